package expand

import (
	"context"
	"iter"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Objects returns the objects of a type that a subject has a permission on, or a
// relation to, in the order of their ids. docs/SEMANTICS.md says exactly which:
// those that [check.Evaluator.Check] does not deny. What is conditional is marked
// so; what is an error for one object, [check.ErrCycle], [check.ErrCondition] or
// [check.ErrBudget], is in the list as that error beside the object, and the list goes on.
//
// Any other error ends the list, after which nothing more is said, and has no
// object: that of the state, of a malformed subject, [schema.ErrUnknownType] and
// [schema.ErrUnknownRelation], [ErrCursor], and the context's. A list that ends without an error is complete.
//
// It goes from the subject up to all objects that it leads to, with a time and
// memory linear in them, before the first entry; then it decides those for which
// an intersection, an exclusion, an arrow over all or a caveat stands on the way,
// one by one as the loop arrives there. A loop that breaks has no further cost.
func (l *Lister) Objects(ctx context.Context, st *store.State, subject tuple.Subject, permission, objectType string, options ...ListOption) iter.Seq2[ObjectAnswer, error] {
	return func(yield func(ObjectAnswer, error) bool) {
		o, err := list(st, options)
		if err == nil {
			err = validType("objects", objectType)
		}
		if err == nil {
			err = askable(st, tuple.New(tuple.Object{Type: objectType, ID: anyID}, permission, subject))
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			yield(ObjectAnswer{}, err)
			return
		}
		asker := l.evaluator.Asker(ctx, st)
		defer asker.Close()
		c := climb{ctx: ctx, asker: asker, plan: planned(l, planKey{st.Schema(), st.Reader().Dict().Generation(), true, objectType, permission}, func() *climbPlan {
			return newClimbPlan(st.Schema(), st.Reader(), objectType, permission)
		})}
		candidates, err := c.objects(st, subject)
		if err != nil {
			yield(ObjectAnswer{}, err)
			return
		}
		listed := 0
		for _, found := range behind(candidates, o.after.Last) {
			d, err := decide(asker, found.level, tuple.New(found.object, permission, subject))
			if err != nil && !ofOne(err) {
				yield(ObjectAnswer{}, err)
				return
			}
			if err == nil && d.Denied() {
				continue
			}
			if listed++; !yield(ObjectAnswer{found.object, d}, err) || listed == o.limit {
				return
			}
		}
	}
}

// decide answers a question, which need not be asked if it is certain.
func decide(a *check.Asker, l level, t tuple.Tuple) (check.Decision, error) {
	if l == certain {
		return check.Allow(), nil
	}
	return a.Check(t)
}
