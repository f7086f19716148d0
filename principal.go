package baobab

import (
	"context"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/tuple"
)

// A Principal asks questions about one subject of one view, which is looked up once,
// with the groups that it is in. It is a small immutable value, safe for use by many
// goroutines.
type Principal struct {
	view     View
	subject  tuple.Subject
	prepared *check.Prepared // nil unless it is of use
}

// As returns the principal of a subject. It costs about as much as a question, and
// pays from the second one on.
func (v View) As(subject tuple.Subject) Principal {
	p := Principal{view: v, subject: subject}
	if v.Err() == nil {
		p.prepared = v.engine.evaluator.Prepare(v.state, subject)
	}
	return p
}

// Subject returns who asks.
func (p Principal) Subject() tuple.Subject { return p.subject }

// View returns the view that is asked.
func (p Principal) View() View { return p.view }

// Check reports whether the principal has the relation or permission to the
// object. Its errors are those of [View.Check].
func (p Principal) Check(ctx context.Context, object tuple.Object, relation string) (Decision, error) {
	if err := p.view.Err(); err != nil {
		return Decision{}, err
	}
	if d, ok := p.prepared.Try(ctx, object, relation); ok {
		return d, nil
	}
	return p.view.Check(ctx, tuple.New(object, relation, p.subject))
}

// CheckAll reports which of the objects the principal has the relation or
// permission to, in their order. Its errors are those of [View.CheckAll].
func (p Principal) CheckAll(ctx context.Context, objects []tuple.Object, relation string) ([]Decision, error) {
	ts := make([]tuple.Tuple, len(objects))
	for i, o := range objects {
		ts[i] = tuple.New(o, relation, p.subject)
	}
	return p.view.CheckAll(ctx, ts)
}
