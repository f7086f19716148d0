package store

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/tuple"
)

// A Tx is a transaction in progress, with which the function given to
// [Store.Update] writes. Its methods see what it wrote before. A method that
// returns an error has changed nothing, and the transaction may go on; but
// after a failed [Tx.Require] or [Tx.Forbid] it will not commit.
//
// A Tx is for one goroutine. Once the function has returned, every method
// returns [ErrTxDone].
type Tx struct {
	ctx     context.Context
	store   *Store
	base    *index.Snapshot
	on      *proposal // that made the base, if it is not published
	builder *index.Builder
	instant int64 // at which expiry is judged, and the time of the commit

	admission *admission
	puts      index.Puts // to be stored next

	changes []index.Change
	swept   []index.Change
	written bool
	failed  error // what keeps the transaction from committing

	roots   []index.ID            // on which DeleteObject was called
	deleted map[index.ID]struct{} // these and those to which that cascaded
	acting  *acting               // whose guards apply; nil for nobody's

	entitled map[index.ID]bool // of these, under a guard, those that come with a root, and whether they are gone

	actor tuple.Subject // whom the commit names
	note  string

	done     atomic.Bool
	proposed *proposal // what it comes to, in a store with a log
	apart    bool      // someone else commits it, see Prepare
}

// usable reports why the transaction cannot go on.
func (tx *Tx) usable() error {
	if tx.done.Load() {
		return ErrTxDone
	}
	return tx.store.err()
}

// reader returns a reader of the pending state, good until the next write.
func (tx *Tx) reader() index.Reader { return tx.builder.Peek().ReadAt(tx.instant) }

// State returns the pending state: the one before, with what the transaction
// has written so far. It does not change with what is written later, so that
// one may write while going through it. It returns [ErrTxDone] from everything
// once the transaction is over. It costs about a microsecond, and makes the
// next write copy the few nodes that it changes.
func (tx *Tx) State() (*State, error) {
	if err := tx.usable(); err != nil {
		return nil, err
	}
	return &State{store: tx.store, reader: tx.builder.Freeze().ReadAt(tx.instant), tx: tx}, nil
}

// Require returns [ErrPrecondition] unless a tuple of the pending state
// matches f, and then the transaction will not commit, even if the function
// returns nil.
func (tx *Tx) Require(f tuple.Filter) error {
	_, found, err := tx.first(f)
	if err == nil && !found {
		err = fmt.Errorf("%w: required, but no tuple matches %q", ErrPrecondition, f)
		tx.failed = err
	}
	return err
}

// Forbid returns [ErrPrecondition] if a tuple of the pending state matches f,
// naming one, and then the transaction will not commit, even if the function
// returns nil.
func (tx *Tx) Forbid(f tuple.Filter) error {
	t, found, err := tx.first(f)
	if err == nil && found {
		err = fmt.Errorf("%w: %q is forbidden, but there is %s", ErrPrecondition, f, t)
		tx.failed = err
	}
	return err
}

// first returns a tuple of the pending state that matches f.
func (tx *Tx) first(f tuple.Filter) (t tuple.Tuple, found bool, err error) {
	if err := tx.usable(); err != nil {
		return t, false, err
	}
	r := tx.reader()
	q, err := newQuery(&r, f)
	if err != nil {
		return t, false, err
	}
	q.each(func(k index.Key) bool {
		t, found = r.Tuple(k), true
		return false
	})
	return t, found, nil
}
