package bolt

import (
	"context"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/baobab-authz/baobab/store"
)

// Append implements [store.Log]: it makes the commits durable in one transaction of bbolt.
// That takes two waits for the disk, however many there are and however many tuples the
// log has.
//
// An error of the disk ends appending: this call returns it, and its outcome is not known
// until the file is opened again; later calls return [store.ErrReadOnly] and that error.
// Everything else goes on. ctx is looked at before the commits are written, not any more
// then.
func (l *Log) Append(ctx context.Context, commits []store.Commit) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.usable(ctx); err != nil || len(commits) == 0 {
		return err
	}
	sealed := make([][]byte, len(commits))
	for i := range commits {
		sealed[i] = commits[i].Seal()
		if i > 0 && commits[i].Parent != commits[i-1].Revision {
			return in(l.path, fmt.Errorf("%w: commit %d of %d is validated on %s, and the one before is %s",
				store.ErrConflict, i+1, len(commits), commits[i].Parent, commits[i-1].Revision))
		}
	}
	now := l.state()
	if commits[0].Parent != now.head {
		return l.repeated(now, commits)
	}
	if l.failed != nil {
		return in(l.path, fmt.Errorf("%w: %w", store.ErrReadOnly, l.failed))
	}
	return l.append(now, commits, sealed)
}

func (l *Log) append(now state, commits []store.Commit, sealed [][]byte) error {
	now.head = commits[len(commits)-1].Revision
	err := l.update(func(tx *bbolt.Tx) error {
		for i := range commits {
			if err := putCommit(tx, commits[i].Revision.Position(), sealed[i]); err != nil {
				return err
			}
		}
		return putRecord(tx, now.record)
	})
	if err != nil {
		l.failed = err
		return in(l.path, fmt.Errorf("append: %w", err))
	}
	for i := range commits {
		now.since += uint64(len(sealed[i]))
		if commits[i].Schema != "" {
			now.newest.schema = commits[i].Schema
		}
	}
	now.newest.time = commits[len(commits)-1].Time.UnixMicro()
	l.change(func(s *state) { s.head, s.since, s.newest = now.head, now.since, now.newest })
	return nil
}

// repeated returns nil if the commits are in the log already, or why nobody can say, or that
// they are not.
func (l *Log) repeated(now state, commits []store.Commit) error {
	conflict := in(l.path, &store.ConflictError{Head: now.head})
	after, last := commits[0].Parent.Position(), commits[len(commits)-1].Revision.Position()
	if after < now.base.Position() {
		return in(l.path, fmt.Errorf("%w: those after %s", store.ErrCompacted, commits[0].Parent))
	}
	if last > now.head.Position() || !commits[0].Parent.SameHistory(now.head) {
		return conflict
	}
	same := true
	err := l.view(func(tx *bbolt.Tx) error {
		var failed error
		err := getCommits(tx, after+1, func(position uint64, data []byte) bool {
			c := &commits[position-after-1]
			there, err := store.DecodeCommit(data)
			if failed = err; err == nil {
				same = there.ID == c.ID
			}
			return err == nil && same && position < last
		})
		if err == nil {
			err = failed
		}
		return err
	})
	if err != nil {
		return in(l.path, err)
	}
	if !same {
		return conflict
	}
	return nil
}
