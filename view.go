package baobab

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A View is the state at one revision, judged at one instant: whatever is
// asked of it is answered from the same state. It is a small immutable value,
// safe for use by many goroutines; while it is held it keeps its state in
// memory.
//
// The methods that derive a view never fail themselves. What goes wrong in
// them, such as a hypothetical tuple that the schema does not admit, is
// reported by [View.Err] and by every question of the view derived.
type View struct {
	engine *Engine
	state  *store.State
	err    error
}

// Err returns why the view cannot answer, or nil if it can.
func (v View) Err() error {
	switch {
	case v.err != nil:
		return v.err
	case v.state == nil:
		return ErrNoView
	}
	return v.state.Err()
}

// Revision returns the revision of the view's state; that of a hypothetical
// view is the one that it was derived from.
func (v View) Revision() Revision {
	if v.state == nil {
		return Revision{}
	}
	return v.state.Revision()
}

// Time returns the instant at which expiry is judged.
func (v View) Time() time.Time {
	if v.state == nil {
		return time.Time{}
	}
	return v.state.Time()
}

// Schema returns the schema by which the view decides, nil if it cannot.
func (v View) Schema() *schema.Schema {
	if v.state == nil {
		return nil
	}
	return v.state.Schema()
}

// derive applies a step to a view that can answer.
func (v View) derive(step func(*store.State) (*store.State, error)) View {
	if v.Err() != nil {
		return v
	}
	st, err := step(v.state)
	return View{v.engine, st, err}
}

// With returns the view with relationships added hypothetically: nothing is
// stored, nor can anyone else see them. They are checked against the schema as
// in a write, and one that is there already is replaced. It costs time in
// proportion to the hypothetical relationships of the view, whatever n is.
func (v View) With(relationships ...tuple.Relationship) View {
	return v.derive(func(st *store.State) (*store.State, error) { return st.With(relationships...) })
}

// Without returns the view with tuples removed hypothetically. A tuple that is
// not there is no error. It costs what [View.With] costs.
func (v View) Without(tuples ...tuple.Tuple) View {
	return v.derive(func(st *store.State) (*store.State, error) { return st.Without(tuples...) })
}

// Given returns the view with values for the parameters of caveats, by name, in
// place of those that it had. They are what JSON can express; names that are no
// parameters are passed over, so that one context can serve every question.
// What a tuple carries of its own wins over what is given. An answer that
// depends on a parameter which neither has is conditional and names it; a value
// of the wrong type is an error where it matters. It costs a copy of the values.
func (v View) Given(context map[string]any) View {
	return v.derive(func(st *store.State) (*store.State, error) { return st.Given(context) })
}

// AsOf returns the view judged at another instant. The tuples are the same, so
// that a question about the past wants [Engine.At] as well. An instant from
// which on expired tuples have been swept from the view's state is
// [store.ErrSwept], and so is one before the commit from which an engine of a
// log was opened.
func (v View) AsOf(t time.Time) View {
	return v.derive(func(st *store.State) (*store.State, error) { return st.AsOf(t) })
}

// Check reports whether t holds.
//
// It costs time in proportion to the part of the graph that the search
// reaches, see package [check]. Errors, each with a deny: those of [View.Err],
// [tuple.ErrSyntax] for a malformed tuple, [schema.ErrUnknownType] and
// [schema.ErrUnknownRelation], the context's, [check.ErrBudget], and
// [check.ErrCycle] for a tuple that depends on its own denial.
func (v View) Check(ctx context.Context, t tuple.Tuple) (Decision, error) {
	if err := v.Err(); err != nil {
		return Decision{}, err
	}
	return v.engine.evaluator.Check(ctx, v.state, t)
}

// CheckAll answers many questions, in their order. What is found out about a
// subject serves all questions about it. A question that fails is denied; the
// error then joins a [check.QuestionError] for each that failed.
func (v View) CheckAll(ctx context.Context, ts []tuple.Tuple) ([]Decision, error) {
	if err := v.Err(); err != nil {
		return make([]Decision, len(ts)), err
	}
	return v.engine.evaluator.CheckAll(ctx, v.state, ts)
}

// Explain decides t as [View.Check] does and says why: for an allow, the
// stored tuples of one proof; for a deny, the branches that were tried and
// what stopped each; for a conditional answer, the branches that depend on the
// missing parameters. It costs a few times what the check costs.
func (v View) Explain(ctx context.Context, t tuple.Tuple) (*Explanation, error) {
	if err := v.Err(); err != nil {
		return nil, err
	}
	return v.engine.evaluator.Explain(ctx, v.state, t)
}

// Expand returns the tree of usersets behind object#relation. See
// [expand.Expand] for what it costs and its errors.
func (v View) Expand(ctx context.Context, object tuple.Object, relation string, o expand.Options) (*expand.Tree, error) {
	if err := v.Err(); err != nil {
		return nil, err
	}
	return expand.Expand(ctx, v.state, object, relation, o)
}

// Tuples returns the stored tuples that a filter names, with what qualifies
// them, in no order that is worth relying on but the same each time for the
// same view. It costs time in proportion to the tuples of the filter's object
// or, if it has none, of its subject, and to n if it has neither. The only
// errors are those of [View.Err] and of a filter that is malformed or names
// what the schema does not have; the sequence ends with them.
func (v View) Tuples(f tuple.Filter) iter.Seq2[tuple.Relationship, error] {
	if err := v.Err(); err != nil {
		return func(yield func(tuple.Relationship, error) bool) { yield(tuple.Relationship{}, err) }
	}
	return v.state.Tuples(f)
}

// Export writes the stored tuples, a line each, in the form that
// [tuple.ReadLines] and so [Engine.Import] read. Expired tuples are left out, and
// so are those that a change of the schema has set aside.
func (v View) Export(w io.Writer) error { return tuple.WriteLines(w, v.Tuples(tuple.Filter{})) }
