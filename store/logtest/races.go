package logtest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
)

// raceChecks are about many goroutines.
func raceChecks() []check {
	return []check{
		{"ConcurrentAppends", concurrentAppends},
		{"ConcurrentSnapshots", concurrentSnapshots},
		{"ConcurrentFollowers", concurrentFollowers},
	}
}

const (
	appenders = 8  // goroutines
	each      = 15 // groups that each of them gets into the log
)

// A race is goroutines that append to one log as fast as they can.
type race struct {
	w     *world
	logs  []store.Log
	ctx   context.Context
	all   sync.WaitGroup
	mu    sync.Mutex
	in    map[store.CommitID]store.Revision // acknowledged
	out   map[store.CommitID]bool           // refused
	newer atomic.Uint64                     // the greatest position that was acknowledged
	fault error                             // the first
}

// race starts the appenders, which stop at the first fault.
func (w *world) race(ctx context.Context) *race {
	r := &race{w: w, logs: w.handles(4), ctx: ctx, in: map[store.CommitID]store.Revision{}, out: map[store.CommitID]bool{}}
	for g := range appenders {
		r.all.Go(func() {
			if err := r.run(g); err != nil {
				r.fail(err)
			}
		})
	}
	return r
}

func (r *race) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault == nil {
		r.fault = err
	}
}

func (r *race) failed() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fault
}

// run is what each goroutine does: ask for the head, append to it, try again.
func (r *race) run(g int) error {
	last := uint64(0)
	for n := 0; n < each && r.failed() == nil; {
		log := r.logs[(g+n)%len(r.logs)]
		head, err := r.head(log, &last)
		if err != nil {
			return err
		}
		group := plains(head, fmt.Sprintf("%d-%d", g, n), 1+n%3)
		err = log.Append(r.ctx, group)
		if err != nil && !is(err, store.ErrConflict) {
			return fmt.Errorf("Append: %w", err)
		}
		r.mu.Lock()
		for _, c := range group {
			if err == nil {
				r.in[c.ID] = c.Revision
			} else {
				r.out[c.ID] = true
			}
		}
		r.mu.Unlock()
		if err == nil {
			n++
			raise(&r.newer, head.Position()+uint64(len(group)))
		}
	}
	return nil
}

// head asks for the head, which is not before anything that was acknowledged before.
func (r *race) head(log store.Log, last *uint64) (store.Revision, error) {
	least := max(r.newer.Load(), *last)
	head, err := log.Head(r.ctx)
	if err != nil {
		return head, fmt.Errorf("Head: %w", err)
	}
	if head.Position() < least {
		return head, fmt.Errorf("Head returns position %d when position %d was acknowledged, or was the head, before the call", head.Position(), least)
	}
	*last = head.Position()
	return head, nil
}

// raise makes a at least n.
func raise(a *atomic.Uint64, n uint64) {
	for have := a.Load(); have < n && !a.CompareAndSwap(have, n); have = a.Load() {
	}
}

// end waits for the appenders and compares what they were told with what is there.
func (r *race) end() {
	r.w.t.Helper()
	r.w.do(fmt.Sprintf("what %d goroutines do that append", appenders), r.all.Wait)
	require.NoError(r.w.t, r.failed())
	r.w.readAll(r.w.head(r.logs[1]))
	seen := map[store.CommitID]bool{}
	for _, c := range r.w.model.commits {
		require.False(r.w.t, seen[c.ID], "commit %x is in the log twice, the second time at position %d", c.ID, c.Revision.Position())
		seen[c.ID] = true
		require.False(r.w.t, r.out[c.ID], "commit %x is in the log at position %d, and its Append returned ErrConflict", c.ID, c.Revision.Position())
		require.Equal(r.w.t, r.in[c.ID], c.Revision, "the commit at position %d, as it was acknowledged", c.Revision.Position())
	}
	require.Len(r.w.t, seen, len(r.in), "commits in the log, and acknowledged ones")
	r.w.same(r.logs[0])
}

// patience returns a context for goroutines of which each does many things.
func (w *world) patience() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 2*w.target.Patience)
}

// concurrentAppends compares what many appenders were told with what is in the log.
func concurrentAppends(e env) {
	w := e.world()
	ctx, cancel := w.patience()
	defer cancel()
	r := w.race(ctx)
	r.end()
	w.reopen()
	w.same(w.log)
}

// concurrentSnapshots takes snapshots while commits are appended: each is that of its
// revision, and of none that is too old.
func concurrentSnapshots(e env) {
	w := e.world()
	ctx, cancel := w.patience()
	defer cancel()
	r := w.race(ctx)
	type taken struct {
		snap   *store.Snapshot
		tuples map[key]string
	}
	var snaps []taken
	for n := 0; n < 20 && r.failed() == nil; n++ {
		least := r.newer.Load()
		snap, err := r.logs[n%len(r.logs)].Snapshot(ctx)
		require.NoError(e.t, err, "Snapshot")
		tuples, err := collect(snap)
		require.NoError(e.t, err, "the tuples of a snapshot")
		require.GreaterOrEqual(e.t, snap.Revision.Position(), least, "the position of a snapshot, and one that was acknowledged before")
		snaps = append(snaps, taken{snap, tuples})
	}
	r.end()
	for _, s := range snaps {
		position := s.snap.Revision.Position()
		require.LessOrEqual(e.t, position, w.model.head().Position(), "the position of a snapshot, and the head")
		require.Equal(e.t, w.model.at(position), s.snap.Revision, "the revision of a snapshot")
		require.NoError(e.t, differTuples(w.model.state(position).tuples, s.tuples), "the tuples of a snapshot at position %d", position)
	}
}

// concurrentFollowers follows a log as stores do, while others append and compact.
func concurrentFollowers(e env) {
	w := e.world()
	ctx, cancel := w.patience()
	defer cancel()
	r := w.race(ctx)
	following, leave := context.WithCancel(ctx)
	defer leave()
	var followers sync.WaitGroup
	states := make([]*follower, 3)
	for i := range states {
		states[i] = &follower{log: r.logs[i], reached: make(chan uint64, 1<<16)}
		followers.Go(func() {
			if err := states[i].run(following); err != nil {
				r.fail(err)
			}
		})
	}
	for n := range 10 {
		if err := r.logs[3].Compact(ctx, uint64(n)); err != nil {
			r.fail(fmt.Errorf("Compact: %w", err))
		}
	}
	w.do("what goroutines do that append", r.all.Wait)
	require.NoError(e.t, r.failed())
	head := w.head(w.log)
	for _, f := range states {
		w.do("a follower on its way to the head", func() {
			for n := range f.reached {
				if n >= head.Position() {
					return
				}
			}
		})
	}
	leave()
	w.do("a follower", followers.Wait)
	require.NoError(e.t, r.failed())
	snap, done := w.snapshot(w.log)
	defer done()
	tuples, err := collect(snap)
	require.NoError(e.t, err)
	require.Len(e.t, tuples, len(r.in), "each commit added one tuple")
	for i, f := range states {
		require.Equal(e.t, head, f.at, "where follower %d has come", i)
		require.NoError(e.t, differTuples(tuples, f.state.tuples), "the tuples of follower %d", i)
	}
}

// A follower keeps up with a log.
type follower struct {
	log     store.Log
	at      store.Revision
	state   state
	reached chan uint64
}

// run takes a snapshot and follows, and again when that cannot go on.
func (f *follower) run(ctx context.Context) error {
	defer close(f.reached)
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
		f.at = snap.Revision
		f.reached <- f.at.Position()
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
		f.at = c.Revision
		f.reached <- f.at.Position()
	}
	return nil
}
