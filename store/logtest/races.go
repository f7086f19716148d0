package logtest

import (
	"context"
	"fmt"
	"runtime"
	"sync"

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
	newer *progress                         // what was acknowledged
	fault failure
}

// race starts the appenders, which stop at the first fault.
func (w *world) race(ctx context.Context) *race {
	r := &race{w: w, logs: w.handles(4), ctx: ctx, in: map[store.CommitID]store.Revision{}, out: map[store.CommitID]bool{}, newer: newProgress()}
	for g := range appenders {
		r.all.Go(func() { r.fault.note(r.run(g)) })
	}
	go func() {
		r.all.Wait()
		r.newer.end()
	}()
	return r
}

func (r *race) failed() error { return r.fault.first() }

// run is what each goroutine does: ask for the head, append to it, try again. Now and
// then it tries a head of before as well, so that there are conflicts however the
// goroutines are scheduled.
func (r *race) run(g int) error {
	last, before := uint64(0), store.Revision{}
	for n := 0; n < each && r.failed() == nil; {
		log := r.logs[(g+n)%len(r.logs)]
		head, err := r.head(log, &last)
		if err != nil {
			return err
		}
		if n%4 == 3 {
			if _, err := r.append(log, before, fmt.Sprintf("late-%d-%d", g, n), 1+n%2); err != nil {
				return err
			}
		}
		in, err := r.append(log, head, fmt.Sprintf("%d-%d", g, n), 1+n%3)
		if err != nil {
			return err
		}
		if in {
			n++
			before = head
		}
	}
	return nil
}

// append appends a group, and notes what came of it. It is not in the log if compacted
// is the answer, for it has never been appended before.
func (r *race) append(log store.Log, parent store.Revision, name string, n int) (in bool, err error) {
	group := plains(parent, name, n)
	runtime.Gosched() // others may be faster
	err = log.Append(r.ctx, group)
	if err != nil && !is(err, store.ErrConflict) && !is(err, store.ErrCompacted) {
		return false, fmt.Errorf("Append: %w", err)
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
	if err != nil {
		return false, nil
	}
	r.newer.raise(group[n-1].Revision.Position())
	return true, nil
}

// head asks for the head, which is not before anything that was acknowledged before.
func (r *race) head(log store.Log, last *uint64) (store.Revision, error) {
	least := max(r.newer.at.Load(), *last)
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

// end waits for the appenders and compares what they were told with what is there.
func (r *race) end() {
	r.w.t.Helper()
	r.w.do(fmt.Sprintf("what %d goroutines do that append", appenders), r.all.Wait)
	require.NoError(r.w.t, r.failed())
	require.NotEmpty(r.w.t, r.out, "conflicts")
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
		w.reach(r.newer, uint64(n*appenders*each/20))
		least := r.newer.at.Load()
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
		require.NoError(e.t, differTuples(w.model.state(position), s.tuples), "the tuples of a snapshot at position %d", position)
	}
}
