package logtest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/logtest"
	"github.com/baobab-authz/baobab/store/memlog"
	"github.com/baobab-authz/baobab/tuple"
)

var ctx = context.Background()

// commitOn returns a commit that adds one tuple.
func commitOn(parent store.Revision, name string) store.Commit {
	t := tuple.New(tuple.Object{Type: "document", ID: name}, "viewer", tuple.Object{Type: "user", ID: "a"}.Subject())
	c := store.Commit{Parent: parent, ID: store.NewCommitID(), Time: time.UnixMicro(0), Added: []store.Stored{{Relationship: t.Always()}}}
	c.Seal()
	return c
}

func headOf(t testing.TB, log store.Log) store.Revision {
	t.Helper()
	head, err := log.Head(ctx)
	require.NoError(t, err)
	return head
}

// faulty returns a log that fails, and the same that does not.
func faulty(f *logtest.Faults) (log, sound store.Log) {
	truth := memlog.New()
	return logtest.Faulty(truth.Open(), f), truth.Open()
}

func TestFaultBefore(t *testing.T) {
	log, sound := faulty(&logtest.Faults{Before: 1})
	c := commitOn(headOf(t, sound), "a")
	for range 3 {
		require.ErrorIs(t, log.Append(ctx, []store.Commit{c}), logtest.ErrInjected)
		require.Zero(t, headOf(t, sound).Position())
	}
}

func TestFaultAfter(t *testing.T) {
	f := &logtest.Faults{After: 1}
	log, sound := faulty(f)
	c := commitOn(headOf(t, sound), "a")
	require.ErrorIs(t, log.Append(ctx, []store.Commit{c}), logtest.ErrInjected)
	require.Equal(t, c.Revision, headOf(t, sound))
	late := commitOn(c.Parent, "b")
	require.NotErrorIs(t, log.Append(ctx, []store.Commit{late}), store.ErrConflict, "what came of it is not said either")
	f.Stop()
	require.NoError(t, log.Append(ctx, []store.Commit{c}))
	require.ErrorIs(t, log.Append(ctx, []store.Commit{late}), store.ErrConflict)
	require.Equal(t, 2, f.Injected())
}

func TestFaultLate(t *testing.T) {
	f := &logtest.Faults{Late: 1}
	log, sound := faulty(f)
	c := commitOn(headOf(t, sound), "a")
	require.ErrorIs(t, log.Append(ctx, []store.Commit{c}), logtest.ErrInjected)
	require.Zero(t, headOf(t, sound).Position())

	gone, cancel := context.WithCancel(ctx)
	cancel()
	require.ErrorIs(t, log.Append(gone, []store.Commit{c}), logtest.ErrInjected, "it cannot be carried out now")
	require.Zero(t, headOf(t, sound).Position())

	f.Stop()
	require.NoError(t, log.Append(ctx, []store.Commit{c}))
	require.Equal(t, c.Revision, headOf(t, sound), "once")
}

// TestFaultLateBehindTheBack carries Appends out that nobody repeats, when others are
// appended: those have a conflict that nobody else can be the reason of.
func TestFaultLateBehindTheBack(t *testing.T) {
	f := &logtest.Faults{Late: .5, Seed: 1}
	log, sound := faulty(f)
	behind := 0
	for i := range 200 {
		head := headOf(t, sound)
		err := log.Append(ctx, []store.Commit{commitOn(head, fmt.Sprint(i))})
		if errors.Is(err, store.ErrConflict) {
			behind++
			require.NotEqual(t, head, headOf(t, sound))
		}
	}
	require.Greater(t, behind, 10)
}

func TestFaultHead(t *testing.T) {
	log, _ := faulty(&logtest.Faults{Head: 1})
	head, err := log.Head(ctx)
	require.ErrorIs(t, err, logtest.ErrInjected)
	require.Zero(t, head)
}

// TestFaultSnapshot breaks off snapshots before, within and after their tuples, and never
// without an error.
func TestFaultSnapshot(t *testing.T) {
	log, sound := faulty(&logtest.Faults{Snapshot: 1, Seed: 2})
	head := headOf(t, sound)
	for i := range 100 {
		c := commitOn(head, fmt.Sprint(i))
		require.NoError(t, sound.Append(ctx, []store.Commit{c}))
		head = c.Revision
	}
	counts := map[int]int{}
	for range 300 {
		snap, err := log.Snapshot(ctx)
		n := -1
		if err == nil {
			for _, broken := range snap.Tuples {
				n, err = n+1, broken
			}
		}
		require.ErrorIs(t, err, logtest.ErrInjected)
		counts[n]++
	}
	require.Greater(t, counts[-1], 100, "before")
	require.Positive(t, counts[100], "after all of them")
	require.Greater(t, len(counts), 20, "and anywhere between")
	for range 20 { // leaving the loop is no matter
		if snap, err := log.Snapshot(ctx); err == nil {
			for range snap.Tuples {
				break
			}
		}
	}
}

func TestFaultBreak(t *testing.T) {
	f := &logtest.Faults{Break: .1, Seed: 3}
	log, sound := faulty(f)
	at := headOf(t, sound)
	head := at
	for i := range 200 {
		c := commitOn(head, fmt.Sprint(i))
		require.NoError(t, sound.Append(ctx, []store.Commit{c}))
		head = c.Revision
	}
	breaks := 0
	for at != head {
		for c, err := range log.Tail(ctx, at) {
			if err != nil {
				require.ErrorIs(t, err, logtest.ErrInjected)
				breaks++
				continue // there is nothing more
			}
			require.Equal(t, at, c.Parent)
			if at = c.Revision; at == head {
				break
			}
		}
	}
	require.Greater(t, breaks, 5)
	require.Equal(t, breaks, f.Injected())
}

func TestFaultCompact(t *testing.T) {
	f := &logtest.Faults{Compact: 1}
	log, sound := faulty(f)
	before, after := 0, 0
	for range 50 {
		first := headOf(t, sound)
		c := commitOn(first, "a")
		require.NoError(t, sound.Append(ctx, []store.Commit{c}))
		require.ErrorIs(t, log.Compact(ctx, 0), logtest.ErrInjected)
		for _, err := range sound.Tail(ctx, first) {
			if errors.Is(err, store.ErrCompacted) {
				after++
			} else {
				before++
			}
			break
		}
	}
	require.Positive(t, before)
	require.Positive(t, after)
	f.Stop()
	require.NoError(t, log.Compact(ctx, 0))
}

// TestFaultSlow waits for as long as the context lasts, which has ended.
func TestFaultSlow(t *testing.T) {
	f := &logtest.Faults{Slow: 1, Delay: 100 * time.Hour}
	log, sound := faulty(f)
	c := commitOn(headOf(t, sound), "a")
	require.NoError(t, sound.Append(ctx, []store.Commit{c}))
	gone, cancel := context.WithDeadline(ctx, time.Unix(0, 0))
	defer cancel()
	require.ErrorIs(t, log.Append(gone, []store.Commit{commitOn(c.Revision, "b")}), context.DeadlineExceeded)
	_, err := log.Head(gone)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = log.Snapshot(gone)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorIs(t, log.Compact(gone, 0), context.DeadlineExceeded)
	for _, err := range log.Tail(gone, c.Parent) {
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
	require.Equal(t, c.Revision, headOf(t, sound))
	require.Zero(t, f.Injected())
	f.Stop()
	require.Equal(t, c.Revision, headOf(t, log))
}

// TestFaultSlowIsOver waits for a short time, after which all is as it should be.
func TestFaultSlowIsOver(t *testing.T) {
	log, sound := faulty(&logtest.Faults{Slow: 1, Delay: time.Microsecond})
	c := commitOn(headOf(t, log), "a")
	require.NoError(t, log.Append(ctx, []store.Commit{c}))
	require.Equal(t, c.Revision, headOf(t, sound))
}

func TestFaultReadOnly(t *testing.T) {
	f := &logtest.Faults{}
	log, sound := faulty(f)
	c := commitOn(headOf(t, sound), "a")
	f.ReadOnly()
	f.Stop()
	require.ErrorIs(t, log.Append(ctx, []store.Commit{c}), store.ErrReadOnly)
	require.Zero(t, headOf(t, log).Position())
}

// TestFaultsRepeat has the same faults for the same seed, and others for another.
func TestFaultsRepeat(t *testing.T) {
	run := func(seed uint64) (outcomes []string) {
		log, sound := faulty(&logtest.Faults{Seed: seed, Before: .2, After: .2, Late: .2, Head: .2, Snapshot: .2, Break: .1, Compact: .2})
		note := func(err error) { outcomes = append(outcomes, fmt.Sprint(err != nil)) }
		for i := range 100 {
			head := headOf(t, sound)
			note(log.Append(ctx, []store.Commit{commitOn(head, fmt.Sprint(i))}))
			_, err := log.Head(ctx)
			note(err)
			_, err = log.Snapshot(ctx)
			note(err)
			note(log.Compact(ctx, 50))
			outcomes = append(outcomes, fmt.Sprint(headOf(t, sound).Position()))
			if headOf(t, sound) == head { // so that Tail has something
				require.NoError(t, sound.Append(ctx, []store.Commit{commitOn(head, fmt.Sprint("more", i))}))
			}
			for _, err := range log.Tail(ctx, head) {
				note(err)
				break
			}
		}
		return outcomes
	}
	require.Equal(t, run(1), run(1))
	require.NotEqual(t, run(1), run(2))
}

// TestFaultsOfManyGoroutines counts calls together: as many fail as of one goroutine.
func TestFaultsOfManyGoroutines(t *testing.T) {
	failed := func(goroutines int) int {
		f := &logtest.Faults{Seed: 4, Head: .3}
		log, _ := faulty(f)
		var all sync.WaitGroup
		for range goroutines {
			all.Go(func() {
				for range 1200 / goroutines {
					_, _ = log.Head(ctx)
				}
			})
		}
		all.Wait()
		return f.Injected()
	}
	require.Equal(t, failed(1), failed(8))
	require.InDelta(t, 360, failed(1), 100)
}

// A nudged log says that it was.
type nudged struct {
	store.Log
	times int
}

func (n *nudged) Nudge() { n.times++ }

// TestFaultyIsWhatTheLogIs: Exclusive, and a Nudger.
func TestFaultyIsWhatTheLogIs(t *testing.T) {
	log := memlog.New().Open()
	_, is := logtest.Faulty(log, &logtest.Faults{}).(store.Exclusive)
	require.False(t, is)
	wrapped := logtest.Faulty(exclusive{log}, &logtest.Faults{})
	_, is = wrapped.(store.Exclusive)
	require.True(t, is)
	wrapped.(store.Exclusive).Exclusive()

	n := &nudged{Log: log}
	logtest.Faulty(n, &logtest.Faults{}).(store.Nudger).Nudge()
	require.Equal(t, 1, n.times)
	logtest.Faulty(log, &logtest.Faults{}).(store.Nudger).Nudge() // does nothing
	require.NoError(t, logtest.Faulty(log, &logtest.Faults{}).Close())
	_, err := log.Head(ctx)
	require.ErrorIs(t, err, memlog.ErrClosed)
}
