package store

import (
	"context"
	"fmt"
)

// Prepare runs fn in a transaction on the state of a revision, which has to be the
// newest one of the log, and returns what it comes to without committing it: for a
// log that appends it together with something else, and keeps others from appending until
// then. The zero Commit, which has no ID, says that fn changed nothing.
//
// What is appended comes back by the log. A commit that is not appended has never been,
// and may be prepared anew, with another ID.
//
// It waits for the revision, until ctx ends: that is [ErrStale]. If the store
// is past it, the error is [ErrConflict]. Otherwise the errors are those of [Store.Update]; a
// store without a log has nothing to prepare for, which is [ErrNoLog].
func (s *Store) Prepare(ctx context.Context, head Revision, fn func(*Tx) error) (Commit, error) {
	return s.prepare(ctx, head, nil, fn)
}

// PrepareAs is to [Store.Prepare] what [Store.UpdateAs] is to [Store.Update].
func (s *Store) PrepareAs(ctx context.Context, head Revision, as Actor, fn func(*Tx) error) (Commit, error) {
	return s.prepare(ctx, head, as.in(ctx), fn)
}

func (s *Store) prepare(ctx context.Context, head Revision, as *acting, fn func(*Tx) error) (Commit, error) {
	if fn == nil {
		return Commit{}, ErrNoFunction
	}
	if s.line == nil {
		return Commit{}, ErrNoLog
	}
	if err := s.err(); err != nil {
		return Commit{}, err
	}
	if err := s.reach(ctx, head); err != nil {
		return Commit{}, err
	}
	if err := s.take(ctx); err != nil {
		return Commit{}, err
	}
	defer s.release()
	base := s.head.Load()
	if here := s.revision(&base.Meta); here != head {
		return Commit{}, fmt.Errorf("%w: %s was to be its head, and it has %s", ErrConflict, head, here)
	}
	tx := s.beginOn(ctx, base, nil)
	tx.apart = true
	if _, err := transact(s.mark, tx, as, fn); err != nil || tx.proposed == nil {
		return Commit{}, err
	}
	return tx.proposed.commit, nil
}
