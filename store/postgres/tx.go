package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/baobab-authz/baobab/store"
)

// errNothing says that there is nothing to append.
var errNothing = errors.New("nothing to append")

// ErrSecondAppend is what [Log.AppendTx] returns when it is called in a transaction in which it
// has been called before.
var ErrSecondAppend = errors.New("AppendTx has been called in this transaction already")

// AppendTx appends a commit in a transaction of the application's own, so that it is
// in the log when that transaction commits, and not if it is rolled back. It returns the
// revision that the commit makes then.
//
// It makes all other appenders wait, until the transaction ends: let it be the last that the
// transaction does, and commit at once. Then it calls prepare with the head, which returns a
// commit made on it (the caller catches up with the log first, and validates on that state). prepare must not append to
// the log itself, which would wait for itself. If it returns the zero Commit there is nothing to append: the result is
// the head, others need not wait any more, and the call does not count as a first one. If prepare fails or panics,
// or anything else does, also because ctx has ended, the transaction is as it was before the call, and can go on; if the
// server does not answer any more, its connection is closed.
//
// The transaction has to be READ COMMITTED, PostgreSQL's default. A stricter one does not see what
// others have appended since it began, and then fails with a serialization failure. It must be on the database
// of the log. A second call in the same transaction is [ErrSecondAppend]: no store
// has the state that the first one would make. It waits for its turn as long as ctx lets it.
//
// The transaction's connection should not be of the log's pool, unless that has some to spare: if such
// transactions that wait for their turn have all of its connections, the log cannot read what prepare waits for.
//
// A process that vanishes in the middle makes others wait until the server notices. So the transaction's
// idle_in_transaction_session_timeout is set to [Options.Timeout] if it is 0: the server ends the connection if
// the application then does nothing for so long. Others end it if it has them wait in the middle of a statement, such as
// a COPY of the application's own that takes so long.
func (l *Log) AppendTx(ctx context.Context, tx pgx.Tx, prepare func(ctx context.Context, head store.Revision) (store.Commit, error)) (store.Revision, error) {
	if err := l.enter(); err != nil {
		return store.Revision{}, err
	}
	defer l.leave()
	made, err := l.appendTx(ctx, tx, prepare)
	if err != nil && err != errNothing {
		return store.Revision{}, fmt.Errorf("postgres: store %s: appending in a transaction: %w", l.opt.Store, err)
	}
	return made, nil
}

// beginAppendTx asks whether the marker is set, and sets a timeout for when this process vanishes, unless
// there is one.
const beginAppendTx = `SELECT coalesce(current_setting($1, true), '') = 'yes' FROM (
	SELECT set_config('idle_in_transaction_session_timeout', CASE current_setting('idle_in_transaction_session_timeout')
		WHEN '0' THEN $2 ELSE current_setting('idle_in_transaction_session_timeout') END, true)) AS timeout`

func (l *Log) appendTx(ctx context.Context, tx pgx.Tx, prepare func(context.Context, store.Revision) (store.Commit, error)) (store.Revision, error) {
	var made store.Revision
	err := l.savepoint(ctx, tx, func(tx pgx.Tx) error {
		marker := "baobab.appended_" + l.opt.Store
		var second bool
		if err := l.row(ctx, tx, []any{&second}, beginAppendTx, marker, strconv.FormatInt(l.opt.idle(), 10)); err != nil {
			return err
		}
		if second {
			return ErrSecondAppend
		}
		if err := l.await(ctx, tx); err != nil {
			return err
		}
		head, err := l.head(ctx, tx)
		if err != nil {
			return err
		}
		c, err := prepare(ctx, head)
		if err != nil {
			return err
		}
		if c.ID == (store.CommitID{}) && c.Parent.IsZero() {
			made = head
			return errNothing // gives back the lock
		}
		if c.Parent != head {
			return &store.ConflictError{Head: head}
		}
		g, err := newGroup(l.salt, []store.Commit{c})
		if err != nil {
			return err
		}
		if err := l.insert(ctx, tx, g); err != nil {
			return err
		}
		made = g.commits[0].Revision
		if _, err := l.exec(ctx, tx, "SELECT set_config($1, 'yes', true)", marker); err != nil {
			return err
		}
		if l.opt.NoListen {
			return nil
		}
		_, err = l.exec(ctx, tx, "SELECT pg_notify($1, '')", l.channel())
		return err
	})
	return made, err
}

// savepoint runs fn in a savepoint. If it fails or panics, or ctx ends, all that it did is taken back; should the server not
// answer to that, the connection is closed, so that nothing of it can be committed.
func (l *Log) savepoint(ctx context.Context, tx pgx.Tx, fn func(pgx.Tx) error) error {
	inner, err := tx.Begin(ctx)
	if err != nil {
		return err
	}
	released := false
	defer func() {
		undo, cancel := l.timeout(context.WithoutCancel(ctx))
		defer cancel()
		if !released && inner.Rollback(undo) != nil {
			_ = tx.Conn().Close(undo)
		}
	}()
	if err := fn(inner); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	release, cancel := l.timeout(context.WithoutCancel(ctx))
	defer cancel()
	err = inner.Commit(release)
	released = err == nil
	return because(release, err)
}
