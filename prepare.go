package baobab

import (
	"context"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Prepare runs fn on the state of a revision, which has to be the newest one of the
// engine's log, and returns the commit without making it: for a log that appends it
// together with something else, such as the rows of an application in the same database
// transaction. See [store.Store.Prepare]; the package store/postgres has an example.
func (e *Engine) Prepare(ctx context.Context, head Revision, fn func(*Tx) error) (store.Commit, error) {
	if fn == nil {
		return store.Commit{}, store.ErrNoFunction
	}
	return e.store.Prepare(ctx, head, func(tx *store.Tx) error { return fn(&Tx{Tx: tx, engine: e}) })
}

// PrepareAs is to Prepare what [Engine.UpdateAs] is to [Engine.Update].
func (e *Engine) PrepareAs(ctx context.Context, head Revision, actor tuple.Subject, given map[string]any, fn func(*Tx) error) (store.Commit, error) {
	if fn == nil {
		return store.Commit{}, store.ErrNoFunction
	}
	as, given, err := e.acting(actor, given)
	if err != nil {
		return store.Commit{}, err
	}
	return e.store.PrepareAs(ctx, head, as, func(tx *store.Tx) error { return fn(&Tx{Tx: tx, engine: e, given: given}) })
}
