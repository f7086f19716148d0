package bolt

import (
	"context"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"

	"github.com/baobab-authz/baobab/store"
)

// How much of the commits is read in one transaction of bbolt, and is in memory at once.
const (
	batchCommits = 256
	batchBytes   = 1 << 20
)

// Tail implements [store.Log]. It reads some hundred commits at once, waits without
// polling, and holds up nobody: not those who append, nor those who compact.
func (l *Log) Tail(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		err := l.check(ctx, after)
		for at := after; err == nil; {
			var commits []store.Commit
			if commits, err = l.wait(ctx, at); err != nil {
				break
			}
			for _, c := range commits {
				if !yield(c, nil) {
					return
				}
				at = c.Revision
			}
			err = l.usable(ctx)
		}
		yield(store.Commit{}, err)
	}
}

// check returns nil if a revision is the base of the log or that of a commit which it has.
func (l *Log) check(ctx context.Context, r store.Revision) error {
	if err := l.usable(ctx); err != nil {
		return err
	}
	now := l.state()
	diverged := in(l.path, fmt.Errorf("%w: %s, and the head is %s", store.ErrDiverged, r, now.head))
	switch {
	case !r.SameHistory(now.head) || r.Position() > now.head.Position():
		return diverged
	case r.Position() < now.base.Position():
		return in(l.path, fmt.Errorf("%w: those after %s", store.ErrCompacted, r))
	case r == now.base || r == now.head:
		return nil
	case r.Position() == now.base.Position():
		return diverged
	}
	commits, err := l.read(r.Position()-1, r.Position())
	if err == nil && commits[0].Revision != r {
		err = diverged
	}
	return err
}

// wait returns commits after a revision, when there are any.
func (l *Log) wait(ctx context.Context, after store.Revision) ([]store.Commit, error) {
	for {
		l.mu.Lock()
		head, news := l.now.head.Position(), l.news
		l.mu.Unlock()
		if after.Position() < head {
			commits, err := l.read(after.Position(), head)
			if err == nil && commits[0].Parent != after {
				err = in(l.path, corrupt("commit %d follows %s, and the one before is %s", after.Position()+1, commits[0].Parent, after))
			}
			return commits, err
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-l.done:
			return nil, in(l.path, ErrClosed)
		}
	}
}

// read returns commits after a position and up to another one, some of them at least one.
func (l *Log) read(after, upTo uint64) ([]store.Commit, error) {
	var sealed [][]byte
	size := 0
	err := l.view(func(tx *bbolt.Tx) error {
		r, err := decodeRecord(tx.Bucket([]byte(bucketLog)).Get([]byte(keyRecord)))
		if err == nil && after < r.base.Position() {
			err = fmt.Errorf("%w: those after position %d", store.ErrCompacted, after)
		}
		if err != nil {
			return err
		}
		return getCommits(tx, after+1, func(position uint64, data []byte) bool {
			sealed = append(sealed, data)
			size += len(data)
			return position < upTo && len(sealed) < batchCommits && size < batchBytes
		})
	})
	if err != nil {
		return nil, in(l.path, err)
	}
	commits := make([]store.Commit, len(sealed))
	for i, data := range sealed {
		c, err := store.DecodeCommit(data)
		if err == nil && (c.Revision.Position() != after+uint64(i)+1 || i > 0 && c.Parent != commits[i-1].Revision) {
			err = corrupt("it follows %s", c.Parent)
		}
		if err != nil {
			return nil, in(l.path, corrupt("commit %d: %w", after+uint64(i)+1, err))
		}
		commits[i] = c
	}
	return commits, nil
}
