package logtest

import (
	"context"
	"fmt"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
)

// A follower keeps up with a log, as a store does.
type follower struct {
	log     store.Log
	wait    <-chan struct{} // closed when it may go on after its first snapshot
	at      store.Revision
	state   state
	reached *progress
}

// concurrentFollowers follows a log while others append and compact. One of the followers
// goes to sleep and wakes when what it has not seen is compacted.
func concurrentFollowers(e env) {
	w := e.world()
	ctx, cancel := w.patience()
	defer cancel()
	logs := w.handles(4)
	w.commit(w.log, plains(w.model.head(), "first", 3)...)
	following, leave := context.WithCancel(ctx)
	defer leave()
	awake, asleep := make(chan struct{}), make(chan struct{})
	close(awake)
	followers := []*follower{{log: logs[0], wait: awake}, {log: logs[1], wait: awake}, {log: logs[2], wait: asleep}}
	var all sync.WaitGroup
	var faults failure
	for _, f := range followers {
		f.reached = newProgress()
		all.Go(func() { faults.note(f.run(following)) })
	}
	for _, f := range followers {
		w.reach(f.reached, 3)
	}
	r := w.race(ctx)
	for n := range uint64(20) {
		faults.note(logs[3].Compact(ctx, n%5))
		w.reach(followers[n%2].reached, min(3+4*n, appenders*each)) // a time after which there is something new
	}
	w.do("what goroutines do that append", r.all.Wait)
	require.NoError(e.t, r.failed())
	require.NoError(e.t, logs[3].Compact(ctx, 2))
	close(asleep)
	head := w.head(w.log)
	for n := range 10 {
		c := plain(head, fmt.Sprint("last-", n))
		require.NoError(e.t, w.append(logs[n%4], c), "Append to the head")
		head = c.Revision
	}
	for _, f := range followers {
		w.reach(f.reached, head.Position())
	}
	leave()
	w.do("a follower", all.Wait)
	require.NoError(e.t, faults.first())
	w.agree(followers, head, len(r.in)+13)
}

// agree compares followers that have come to the head with a snapshot.
func (w *world) agree(followers []*follower, head store.Revision, tuples int) {
	w.t.Helper()
	snap, cancel := w.snapshot(w.log)
	defer cancel()
	want, err := collect(snap)
	require.NoError(w.t, err, "the tuples of a snapshot")
	require.Equal(w.t, head, snap.Revision, "the revision of the snapshot")
	require.Len(w.t, want, tuples, "the tuples of the snapshot, of which each commit added one")
	for i, f := range followers {
		require.Equal(w.t, head, f.at, "where follower %d has come", i)
		require.NoError(w.t, differTuples(state{tuples: want}, f.state.tuples), "the tuples of follower %d", i)
	}
}

// come says where the follower is.
func (f *follower) come(at store.Revision) {
	f.at = at
	f.reached.raise(at.Position())
}

// run takes a snapshot and follows, and again when that cannot go on.
func (f *follower) run(ctx context.Context) error {
	defer f.reached.end()
	for ctx.Err() == nil {
		snap, err := f.log.Snapshot(ctx)
		if err == nil {
			f.state.tuples, err = collect(snap)
		}
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("Snapshot: %w", err)
		}
		if err != nil {
			return nil
		}
		f.come(snap.Revision)
		select {
		case <-f.wait:
		case <-ctx.Done():
		}
		if err := f.follow(ctx); err != nil {
			return err
		}
	}
	return nil
}

// follow applies what comes after the snapshot, until it is compacted or ctx ends.
func (f *follower) follow(ctx context.Context) error {
	for c, err := range f.log.Tail(ctx, f.at) {
		switch {
		case is(err, store.ErrCompacted) || err != nil && ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("Tail: %w", err)
		case c.Parent != f.at:
			return fmt.Errorf("Tail after %s goes on with a commit on %s", f.at, c.Parent)
		}
		f.state.apply(c)
		f.come(c.Revision)
	}
	return nil
}
