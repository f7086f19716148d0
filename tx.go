package baobab

import (
	"context"
	"iter"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A Tx is a transaction. It writes, as [store.Tx] does, with Create, Touch,
// Delete, DeleteMatching and DeleteObject to a pending state that nobody else
// sees, and states preconditions with Require and Forbid. Its questions are
// asked of the pending state.
// It is valid until the function that it was given to returns, and must be
// used by one goroutine at a time.
type Tx struct {
	*store.Tx
	engine *Engine
	given  map[string]any // what UpdateAs was given
}

// Update runs fn on a pending state and commits what it wrote, whole or, if fn
// returns an error or panics, not at all. It returns the revision of the
// commit; if fn changed nothing, that of the state that it saw; with an error,
// the zero revision. fn asks tx: the engine does not see what fn wrote.
//
// Transactions run one at a time, in the order in which they got their turn.
// The context bounds the wait for it. No function is [store.ErrNoFunction].
// fn must neither keep the transaction nor call the engine's writers: that is
// [store.ErrReentrant], not a deadlock, as long as it happens on the same
// goroutine.
//
// Errors: those of fn, [store.ErrPrecondition] if a Require or a Forbid failed
// although fn went on, a [*store.ConstraintError] (which matches
// [store.ErrConstraint]) for what breaks the schema's directives count,
// on-delete or expires-within, [store.ErrClosed], [store.ErrReentrant], [store.ErrFull],
// and that of the context.
//
// A commit costs time in proportion to its changes times log n.
func (e *Engine) Update(ctx context.Context, fn func(*Tx) error) (Revision, error) {
	if fn == nil {
		return Revision{}, store.ErrNoFunction
	}
	return e.store.Update(ctx, func(tx *store.Tx) error { return fn(&Tx{Tx: tx, engine: e}) })
}

// Write stores relationships, replacing what qualifies those that are there.
// It is one transaction with a Touch.
func (e *Engine) Write(ctx context.Context, relationships ...tuple.Relationship) (Revision, error) {
	return e.store.Update(ctx, func(tx *store.Tx) error { return tx.Touch(relationships...) })
}

// Delete removes tuples. One that is not there is no error; one of a
// permission, which stores none, is [schema.ErrNotStored]. It is one
// transaction.
func (e *Engine) Delete(ctx context.Context, tuples ...tuple.Tuple) (Revision, error) {
	return e.store.Update(ctx, func(tx *store.Tx) error { return tx.Delete(tuples...) })
}

// Import stores all relationships of a sequence in one transaction, replacing
// what qualifies those that are there. An error in the sequence, such as those
// of [tuple.ReadLines], ends it, and then nothing is stored. The sequence is gone
// through before the transaction begins. See [store.Store.Import] for what it costs.
func (e *Engine) Import(ctx context.Context, relationships iter.Seq2[tuple.Relationship, error]) (Revision, error) {
	return e.store.Import(ctx, relationships)
}

// View returns a view of the pending state: what was there before, and what the
// transaction wrote so far. What it writes later does not change the view, which
// ends with the transaction. It costs about a microsecond, and makes the next
// write copy the tree nodes that it changes.
func (tx *Tx) View() View {
	v := tx.engine.view(tx.State())
	if len(tx.given) > 0 {
		v = v.Given(tx.given)
	}
	return v
}

// Check is [View.Check] of the pending state.
func (tx *Tx) Check(ctx context.Context, t tuple.Tuple) (Decision, error) {
	return tx.View().Check(ctx, t)
}

// CheckAll is [View.CheckAll] of the pending state.
func (tx *Tx) CheckAll(ctx context.Context, ts []tuple.Tuple) ([]Decision, error) {
	return tx.View().CheckAll(ctx, ts)
}

// Explain is [View.Explain] of the pending state.
func (tx *Tx) Explain(ctx context.Context, t tuple.Tuple) (*Explanation, error) {
	return tx.View().Explain(ctx, t)
}

// Tuples is [View.Tuples] of the pending state. A loop over it may write; it
// does not meet what it writes.
func (tx *Tx) Tuples(f tuple.Filter) iter.Seq2[tuple.Relationship, error] {
	return tx.View().Tuples(f)
}
