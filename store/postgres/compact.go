package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/baobab-authz/baobab/store"
)

const (
	compactRows = 10_000 // that one statement deletes of the log, which nobody else locks
	expireRows  = 500    // that one statement deletes of the tuples, which an append may lock
)

// Compact deletes all commits but the newest so many, and the one before them, so that
// [Log.Tail] can begin there, and the tuples that have expired by the time of the head's commit. If there are commits
// to delete it takes a turn among the appends first, and fails if that takes longer than [Options.Timeout]. It deletes
// a few at a time, each in a transaction of its own, and waits for no append with that. An append that changes a tuple which
// is being deleted waits for that statement, some milliseconds at most. A tuple that an append
// has locked stays until the next Compact.
func (l *Log) Compact(ctx context.Context, keep uint64) error {
	if err := l.enter(); err != nil {
		return err
	}
	defer l.leave()
	err := again(func() error { return l.compact(ctx, keep) })
	if err == nil {
		err = l.expire(ctx)
	}
	return l.failed(ctx, "compacting", err)
}

func (l *Log) compact(ctx context.Context, keep uint64) error {
	head, err := l.head(ctx, l.pool)
	if err != nil || head.Position() <= keep {
		return err
	}
	until := int64(head.Position() - keep)
	// Before anything is deleted: see appendStatement for why.
	if _, err := l.exec(ctx, l.pool, l.sql.rebase, until); err != nil {
		return err
	}
	for {
		if n, err := l.exec(ctx, l.pool, l.sql.compact, until, compactRows); err != nil || n == 0 {
			return err
		}
	}
}

// expire deletes the tuples that have expired, in the order in which they did, so that no statement looks
// again at what those before have deleted. It stops as well where others have locked all that a statement has found.
func (l *Log) expire(ctx context.Context) error {
	var from *time.Time
	for {
		var found, gone int
		err := again(func() error { return l.row(ctx, l.pool, []any{&found, &from, &gone}, l.sql.expire, from) })
		if err != nil || found < expireRows || gone == 0 {
			return err
		}
	}
}

// NewEpoch begins another history at the head, and returns the revision that it begins
// with. It is for an operator who has restored the database from a backup, before anybody
// uses it: what was committed after the backup was made, and so might be known to others, is not in the
// history any more. Tokens of before are refused, and every process that has the store open notices, if
// it was not restarted, and reads all tuples anew. Commits of before are forgotten.
func (l *Log) NewEpoch(ctx context.Context) (store.Revision, error) {
	if err := l.enter(); err != nil {
		return store.Revision{}, err
	}
	defer l.leave()
	var fork store.Revision
	err := again(func() error {
		if err := l.compact(ctx, 0); err != nil { // most of it without a lock
			return err
		}
		return l.transact(ctx, func(tx pgx.Tx) (err error) {
			fork, err = l.fork(ctx, tx)
			return err
		})
	})
	if err != nil {
		return store.Revision{}, l.failed(ctx, "beginning an epoch", err)
	}
	l.tell()
	return fork, nil
}

// fork puts the fork of the head in the place of the whole log.
func (l *Log) fork(ctx context.Context, tx pgx.Tx) (store.Revision, error) {
	head, err := l.lock(ctx, tx)
	if err != nil {
		return head, err
	}
	n, err := l.newest(ctx, tx)
	if err != nil {
		return head, err
	}
	fork := head.Fork()
	if _, err := l.exec(ctx, tx, l.sql.fork, int64(fork.Position()), fork.String()); err != nil {
		return head, err
	}
	if _, err := l.exec(ctx, tx, l.sql.empty); err != nil {
		return head, err
	}
	_, err = l.exec(ctx, tx, l.sql.base, int64(fork.Position()), fork.String(), n.at)
	return fork, err
}
