package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/baobab-authz/baobab/store"
)

const tailRows = 512 // of one query

// errGone says that the revision to resume after is not in the log.
var errGone = errors.New("the revision is not in the log")

// Tail returns every commit after a revision, see [store.Log]. While it waits it polls, and looks at once
// when it is notified or nudged. Each look makes sure that the last revision is still
// in the log, so that a server that has lost commits is noticed although nothing new has come.
func (l *Log) Tail(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		if err := l.enter(); err != nil {
			yield(store.Commit{}, err)
			return
		}
		l.leave() // Close ends it rather than wait for it
		during, cancel := l.during(ctx)
		defer cancel()
		for {
			news := l.news.next()
			commits, err := l.read(during, after)
			if err != nil {
				yield(store.Commit{}, l.tailError(ctx, err))
				return
			}
			for _, c := range commits {
				if !yield(c, nil) {
					return
				}
				after = c.Revision
			}
			if len(commits) > 0 {
				continue
			}
			if err := l.wait(during, news); err != nil {
				yield(store.Commit{}, l.tailError(ctx, err))
				return
			}
		}
	}
}

// tailError returns those errors that say what becomes of the reader as they are.
func (l *Log) tailError(ctx context.Context, err error) error {
	if errors.Is(err, store.ErrCompacted) || errors.Is(err, store.ErrDiverged) {
		return err
	}
	return l.failed(ctx, "following", err)
}

// wait returns when there may be something new.
func (l *Log) wait(ctx context.Context, news <-chan struct{}) error {
	timer := time.NewTimer(l.opt.Poll)
	defer timer.Stop()
	select {
	case <-news:
		return nil
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// read returns commits after a revision, some of them if there are many.
func (l *Log) read(ctx context.Context, after store.Revision) ([]store.Commit, error) {
	var found []logRow
	err := again(func() (err error) {
		found, err = l.readRows(ctx, after)
		return err
	})
	if errors.Is(err, errGone) {
		return nil, l.gone(ctx, after)
	}
	if err != nil {
		return nil, err
	}
	commits := make([]store.Commit, 0, len(found))
	for _, row := range found {
		if row.data == nil {
			if row.data, err = l.readParts(ctx, row.position); err != nil {
				return nil, err
			}
		}
		c, err := store.DecodeCommit(row.data)
		switch {
		case err != nil:
			return nil, fmt.Errorf("position %d: %w", row.position, err)
		case c.Parent != after || c.Revision.String() != row.revision:
			return nil, fmt.Errorf("%w: position %d has a commit that makes %s of %s, and should have one that makes %s of %s",
				store.ErrCorruptLog, row.position, c.Revision, c.Parent, row.revision, after)
		}
		after = c.Revision
		commits = append(commits, c)
	}
	return commits, nil
}

type logRow struct {
	position int64
	revision string
	data     []byte // nil if it is in parts
}

// readRows reads the rows after a revision, up to maxSmall bytes and one more; the last one may be of a commit in parts. The
// server counts the bytes, so as not to send what would be thrown away. It makes sure that the revision
// itself is there, or the error is errGone, and that no row is missing.
func (l *Log) readRows(ctx context.Context, after store.Revision) ([]logRow, error) {
	bounded, cancel := l.timeout(ctx)
	defer cancel()
	rows, err := l.pool.Query(bounded, l.sql.tail, l.mode, int64(after.Position()), tailRows, maxSmall)
	if err != nil {
		return nil, because(bounded, err)
	}
	defer rows.Close()
	var found []logRow
	next := int64(after.Position())
	for rows.Next() {
		var r logRow
		var standby bool
		if err := rows.Scan(&r.position, &r.revision, &r.data, &standby); err != nil {
			return nil, because(bounded, err)
		}
		if standby {
			return nil, errStandby
		}
		switch {
		case r.position != next && next == int64(after.Position()):
			return nil, errGone
		case r.position != next:
			return nil, fmt.Errorf("%w: position %d is missing", store.ErrCorruptLog, next)
		case next == int64(after.Position()):
			if r.revision != after.String() {
				return nil, store.ErrDiverged
			}
		default:
			found = append(found, r)
		}
		next++
	}
	if err := rows.Err(); err != nil {
		return nil, because(bounded, err)
	}
	if next == int64(after.Position()) {
		return nil, errGone
	}
	return found, nil
}

// readParts reads a commit that is too big for one row. All of it may take longer than the timeout, but not
// each part.
func (l *Log) readParts(ctx context.Context, position int64) ([]byte, error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	timer := time.AfterFunc(l.opt.Timeout, func() { fail(l.noAnswer()) })
	defer timer.Stop()
	rows, err := l.pool.Query(ctx, l.sql.parts, l.mode, position)
	if err != nil {
		return nil, because(ctx, err)
	}
	defer rows.Close()
	var data, part []byte
	for rows.Next() {
		if err := rows.Scan(&part); err != nil {
			return nil, err
		}
		data = append(data, part...)
		timer.Reset(l.opt.Timeout)
	}
	if err := rows.Err(); err != nil {
		return nil, because(ctx, err)
	}
	if len(data) == 0 {
		return nil, fmt.Errorf("the commit at position %d has just been compacted away", position)
	}
	return data, nil
}

// gone returns why a revision is not in the log.
func (l *Log) gone(ctx context.Context, r store.Revision) error {
	e, err := l.ends(ctx, l.pool)
	switch {
	case err != nil:
		return err
	case !r.SameHistory(e.head) || r.Position() > e.head.Position():
		return store.ErrDiverged
	case r.Position() < e.base.Position():
		return store.ErrCompacted
	}
	return fmt.Errorf("position %d was not there, and may be now", r.Position())
}

// ends are the oldest and the newest revision in the log.
type ends struct {
	base, head   store.Revision
	baseIsCommit bool // or else it is what a history began with
}

func (l *Log) ends(ctx context.Context, db querier) (ends, error) {
	var base, head string
	var baseIsCommit, standby bool
	if err := l.row(ctx, db, []any{&base, &baseIsCommit, &head, &standby}, l.sql.ends); err != nil {
		return ends{}, err
	}
	if standby { // which may not have yet what is asked for
		return ends{}, errStandby
	}
	return readEnds(base, baseIsCommit, head)
}

func readEnds(base string, baseIsCommit bool, head string) (e ends, err error) {
	e.baseIsCommit = baseIsCommit
	if e.base, err = parseRevision(base); err != nil {
		return e, err
	}
	e.head, err = parseRevision(head)
	return e, err
}
