package bolt_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/bolt"
)

// TestReadersBesideCompact reads snapshots and tails while commits are appended, and compacted
// all the time: each snapshot is one state, and no tail has a gap.
func TestReadersBesideCompact(t *testing.T) {
	const commits = 300
	log := must(t, filepath.Join(t.TempDir(), "log"), bolt.WithCompactBytes(bolt.Options{}, 1))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all sync.WaitGroup
	beside := func(f func() error) {
		all.Go(func() {
			for ctx.Err() == nil {
				if err := f(); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	beside(func() error { return log.Compact(ctx, 3) })
	for range 2 {
		beside(func() error {
			at, err := snapshotWindow(ctx, log)
			for err == nil && at.Position() < commits {
				next, err := one(ctx, log, at)
				if errors.Is(err, store.ErrCompacted) {
					return nil // and begin anew
				}
				if err != nil {
					return err
				}
				at = next
			}
			return err
		})
	}
	at := head(t, log)
	for range commits {
		at = appendTo(t, log, numbered(at))
	}
	got, err := snapshotWindow(ctx, log)
	require.NoError(t, err)
	require.Equal(t, at, got)
	cancel()
	all.Wait()
}

// one returns the revision of the commit after another, when there is one.
func one(ctx context.Context, log *bolt.Log, after store.Revision) (store.Revision, error) {
	for c, err := range log.Tail(ctx, after) {
		if err == nil && c.Parent != after {
			err = errors.New("a gap")
		}
		return c.Revision, err
	}
	return store.Revision{}, errors.New("a tail without an element")
}

// snapshotWindow returns the revision of a snapshot, which has the tuples of that.
func snapshotWindow(ctx context.Context, log *bolt.Log) (store.Revision, error) {
	snapshot, err := log.Snapshot(ctx)
	if err != nil {
		return store.Revision{}, err
	}
	return snapshot.Revision, isWindow(snapshot)
}
