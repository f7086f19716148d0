package baobab

import (
	"context"
	"iter"

	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/tuple"
)

// Objects returns every object of a type that a subject has a permission on, in
// the order of their ids, without duplicates:
//
//	for o, err := range view.Objects(ctx, ann, "view", "document", expand.Limit(100)) {
//		switch {
//		case err != nil && o.Object.IsZero(): // the list ends here
//		case err != nil: // about this object; the list goes on
//		case o.Decision.Allowed(): …
//		}
//	}
//
// What is conditional is in the list, marked with the parameters that are
// missing: look at the Decision of each. A tuple that is an error of its own,
// [check.ErrCycle], [check.ErrCondition] or [check.ErrBudget], is in the list as that
// error beside its object, and the list goes on; every other error ends it. Without
// one the list is complete. It goes on behind an entry with [expand.After] and an
// [expand.Cursor]. [expand.Unordered] saves the sorting. See [expand.Lister.Objects]
// for the errors, and for what it costs: time linear in what the subject has, whatever
// n is, and for a page behind another of the same state in the page's own entries.
func (v View) Objects(ctx context.Context, subject tuple.Subject, permission, objectType string, options ...expand.ListOption) iter.Seq2[expand.ObjectAnswer, error] {
	if err := v.Err(); err != nil {
		return failed[expand.ObjectAnswer](err)
	}
	return v.engine.lister.Objects(ctx, v.state, subject, permission, objectType, options...)
}

// Subjects returns every subject of a type that has a permission on an object, in
// the order of their ids, without duplicates. The type is that of an object, such
// as user, or a userset's, such as group#member. A wildcard comes first, and says
// for whom it does not speak: see [expand.SubjectAnswer]. The rest is as for
// [View.Objects]. See [expand.Lister.Subjects] for what it costs: time linear in
// the tuples behind the object, and a check for each subject for whom an intersection
// or a caveat stands on the way, or an exclusion that may take it away.
func (v View) Subjects(ctx context.Context, object tuple.Object, permission, subjectType string, options ...expand.ListOption) iter.Seq2[expand.SubjectAnswer, error] {
	if err := v.Err(); err != nil {
		return failed[expand.SubjectAnswer](err)
	}
	return v.engine.lister.Subjects(ctx, v.state, object, permission, subjectType, options...)
}

// Permissions returns every relation and permission that a subject has to an
// object, in the order of their names, for an interface that shows what can be
// done. The rest is as for [View.Objects]. It costs less than a check for each.
func (v View) Permissions(ctx context.Context, subject tuple.Subject, object tuple.Object) iter.Seq2[expand.PermissionAnswer, error] {
	if err := v.Err(); err != nil {
		return failed[expand.PermissionAnswer](err)
	}
	return v.engine.lister.Permissions(ctx, v.state, subject, object)
}

// failed is a list that cannot be made.
func failed[A any](err error) iter.Seq2[A, error] {
	return func(yield func(A, error) bool) {
		var none A
		yield(none, err)
	}
}

// Cursor returns the place in the view's lists behind the entry with an id. It is
// of the view's revision and instant: [Engine.Resume] returns to them, and no other
// view goes on there. An error that ended a list has no entry and so no place.
func (v View) Cursor(last string) expand.Cursor {
	return expand.Cursor{Last: last, Revision: v.Revision(), Time: v.Time()}
}

// Resume returns a view of the state that a cursor is of, so that the pages of a
// list are all of one state; what was hypothetical or given then has to be so again.
// For a cursor without a revision it is Now. The cursor alone says which state that is,
// also one before a grant was revoked or had expired: one that comes back from a client
// should be signed (see [expand.Cursor.String]).
//
// Errors: [expand.ErrCursor] for what cannot be a cursor, and those of [Engine.At] and
// [View.AsOf]: [store.ErrRevisionGone] for a revision that is not retained any more,
// [store.ErrForeignRevision] for one of another engine. Then a cursor with Last alone
// goes on in the newest state.
func (e *Engine) Resume(c expand.Cursor) (View, error) {
	v := e.Now()
	if !c.Revision.IsZero() {
		if err := c.Validate(); err != nil {
			return View{engine: e, err: err}, err
		}
		var err error
		if v, err = e.At(c.Revision); err != nil {
			return v, err
		}
		v = v.AsOf(c.Time)
	}
	return v, v.Err()
}

// Objects is [View.Objects] of Now.
func (e *Engine) Objects(ctx context.Context, subject tuple.Subject, permission, objectType string, options ...expand.ListOption) iter.Seq2[expand.ObjectAnswer, error] {
	return e.Now().Objects(ctx, subject, permission, objectType, options...)
}

// Subjects is [View.Subjects] of Now.
func (e *Engine) Subjects(ctx context.Context, object tuple.Object, permission, subjectType string, options ...expand.ListOption) iter.Seq2[expand.SubjectAnswer, error] {
	return e.Now().Subjects(ctx, object, permission, subjectType, options...)
}

// Permissions is [View.Permissions] of Now.
func (e *Engine) Permissions(ctx context.Context, subject tuple.Subject, object tuple.Object) iter.Seq2[expand.PermissionAnswer, error] {
	return e.Now().Permissions(ctx, subject, object)
}

// Objects is [View.Objects] of the pending state.
func (tx *Tx) Objects(ctx context.Context, subject tuple.Subject, permission, objectType string, options ...expand.ListOption) iter.Seq2[expand.ObjectAnswer, error] {
	return tx.View().Objects(ctx, subject, permission, objectType, options...)
}

// Subjects is [View.Subjects] of the pending state.
func (tx *Tx) Subjects(ctx context.Context, object tuple.Object, permission, subjectType string, options ...expand.ListOption) iter.Seq2[expand.SubjectAnswer, error] {
	return tx.View().Subjects(ctx, object, permission, subjectType, options...)
}

// Permissions is [View.Permissions] of the pending state.
func (tx *Tx) Permissions(ctx context.Context, subject tuple.Subject, object tuple.Object) iter.Seq2[expand.PermissionAnswer, error] {
	return tx.View().Permissions(ctx, subject, object)
}

// Objects is [View.Objects] for the principal.
func (p Principal) Objects(ctx context.Context, permission, objectType string, options ...expand.ListOption) iter.Seq2[expand.ObjectAnswer, error] {
	return p.view.Objects(ctx, p.subject, permission, objectType, options...)
}

// Permissions is [View.Permissions] for the principal.
func (p Principal) Permissions(ctx context.Context, object tuple.Object) iter.Seq2[expand.PermissionAnswer, error] {
	return p.view.Permissions(ctx, p.subject, object)
}
