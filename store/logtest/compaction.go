package logtest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// compactChecks are about what is left after a compaction.
func compactChecks() []check {
	return []check{
		{"CompactKeepsNewest", compactKeepsNewest},
		{"CompactKeepsTuples", compactKeepsTuples},
		{"CompactNothing", compactNothing},
		{"CompactAll", compactAll},
		{"CompactBeneathTails", compactBeneathTails},
		{"CompactForgetsWhatExpired", compactForgetsExpired},
		{"CompactForgetsNothingElse", compactForgetsNothingElse},
	}
}

// mayBeGone begins a Tail after a position, which may have been compacted. Either it ends with that
// error at once, or nothing is missing.
func (w *world) mayBeGone(log store.Log, position uint64) {
	w.t.Helper()
	if position >= w.model.floor {
		w.sameTail(log, position)
		return
	}
	tl := w.tail(log, w.model.at(position))
	it, ok := tl.next()
	require.True(w.t, ok, "Tail ends without an error after position %d", position)
	if it.err == nil {
		require.NoError(w.t, differ(w.model.commits[position], it.commit), "the commit that Tail hands out for position %d", position+1)
		tl.at = it.commit.Revision
		tl.expect(position+2, w.model.head().Position())
		tl.stop()
		return
	}
	require.ErrorIs(w.t, it.err, store.ErrCompacted, "Tail after position %d of a log that may have compacted up to position %d", position, w.model.floor)
	_, ok = tl.next()
	require.False(w.t, ok, "Tail goes on after ErrCompacted")
}

// compactKeepsNewest compacts more and more, and begins Tails everywhere.
func compactKeepsNewest(e env) {
	w := e.world()
	logs := w.handles(2)
	w.commit(w.log, plains(w.model.head(), "a", 20)...)
	for i, keep := range []uint64{20, 15, 15, 18, 3, 1, 0} {
		w.compact(logs[i%2], keep)
		for position := range w.model.head().Position() + 1 {
			w.mayBeGone(logs[1-i%2], position)
		}
		w.same(logs[0])
	}
	w.reopen()
	for position := range w.model.head().Position() + 1 {
		w.mayBeGone(w.log, position)
	}
}

// compactKeepsTuples compacts between commits: a snapshot has what forgotten commits made.
func compactKeepsTuples(e env) {
	w := e.world()
	draft := newDrafter(chance(8))
	for i := range 15 {
		w.commit(w.log, draft.group(w.model, 1+draft.choose(5))...)
		w.compact(w.log, uint64(draft.choose(4)))
		w.same(w.log)
		if i%3 == 0 {
			w.reopen()
			w.same(w.log)
		}
	}
}

// compactNothing compacts an empty log, and keeps more than there is.
func compactNothing(e env) {
	w := e.world()
	for _, keep := range []uint64{0, 1, math.MaxUint64} {
		w.compact(w.log, keep)
		w.same(w.log)
	}
	w.commit(w.log, plains(w.model.head(), "a", 3)...)
	for _, keep := range []uint64{3, 4, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64} {
		w.compact(w.log, keep)
		w.sameTail(w.log, 0)
		w.same(w.log)
	}
}

// compactAll keeps no commit: the head stays, and the log goes on.
func compactAll(e env) {
	w := e.world()
	logs := w.handles(2)
	tl := w.tail(logs[1], w.model.start)
	for range 5 {
		group := plains(w.model.head(), w.model.head().String(), 3)
		w.commit(logs[0], group...)
		tl.expect(group[0].Revision.Position(), w.model.head().Position())
		w.compact(logs[0], 0)
		w.same(logs[0])
		w.same(logs[1])
		w.refused(logs[1], "the head is its grandparent", plains(w.model.head(), "late", 2)[1])
	}
	tl.stop()
}

// compactBeneathTails compacts while Tails are behind: each goes on without a gap, or
// ends with ErrCompacted.
func compactBeneathTails(e env) {
	w := e.world()
	logs := w.handles(2)
	w.commit(w.log, plains(w.model.head(), "a", 300)...)
	var tails []*tail
	for i := range 6 {
		tl := w.tail(logs[i%2], w.model.at(uint64(i*20)))
		tl.expect(uint64(i*20)+1, uint64(i*20)+10)
		tails = append(tails, tl)
	}
	w.compact(logs[0], 100)
	w.commit(logs[0], plains(w.model.head(), "b", 10)...)
	for _, tl := range tails {
		w.restOf(tl)
	}
	w.same(logs[1])
}

// lasting returns tuples that expire before, at and after a time, and never, each beside one
// that is set aside.
func lasting(at time.Time) []store.Stored {
	var all []store.Stored
	for _, d := range []time.Duration{-1000 * time.Hour, -time.Microsecond, 0, time.Microsecond, time.Second, 1000 * time.Hour, math.MaxInt64} {
		t := tuple.MustParse(fmt.Sprintf("document:%d#viewer@user:a", d))
		r := t.Until(at.Add(d))
		if d == math.MaxInt64 {
			r = t.When("office_hours", nil)
		}
		aside := t
		aside.Object.ID += "-aside"
		both := r
		both.Tuple = aside
		all = append(all, store.Stored{Relationship: r}, store.Stored{Relationship: both}, store.Stored{Relationship: both, Aside: true})
	}
	return all
}

// timed makes a commit of a time.
func (w *world) timed(at time.Time, removed, added []store.Stored) store.Commit {
	c := w.stored(removed, added)
	c = store.Commit{Parent: c.Parent, ID: c.ID, Time: at, Schema: c.Schema, Removed: removed, Added: added}
	c.Seal()
	return c
}

// compactForgetsExpired compacts a log that has what has expired, and what expires a little later
// than the newest commit, long before the present and long after it. What may be
// forgotten may be removed, added and touched as if it were there.
func compactForgetsExpired(e env) {
	for _, at := range []time.Time{time.Date(1999, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.UnixMicro(1_800_000_000_000_000).UTC(), time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		w := e.world()
		logs := w.handles(2)
		all := lasting(at)
		w.commit(logs[0], w.timed(at.Add(-time.Hour), nil, all))
		w.compact(logs[0], 0) // which expires nothing but the first
		w.same(logs[1])
		w.commit(logs[1], w.timed(at, nil, nil))
		w.same(logs[0])
		w.compact(logs[0], 1)
		w.same(logs[1])
		w.compact(logs[1], 0)
		w.same(logs[0])
		w.reopen()
		w.same(w.log)
		logs = w.handles(2)
		third := len(all) / 3
		w.commit(logs[1], w.timed(at, all[:third], nil))
		w.same(logs[0])
		for i := range all[third:] {
			s := &all[third+i]
			*s = store.Stored{Relationship: s.Tuple.Until(at.Add(time.Duration(i-3) * time.Second)), Aside: s.Aside}
		}
		w.commit(logs[0], w.timed(at.Add(time.Second), all[third:2*third], all[third:]))
		w.same(logs[1])
		w.compact(logs[1], 0)
		w.commit(logs[0], w.timed(at.Add(time.Second), nil, all[:third]))
		w.same(logs[1])
		again := slices.Clone(all[third:]) // by a store that does not know that they were there
		for i := range again {
			again[i].Expires = at.Add(time.Hour)
		}
		w.commit(logs[0], w.timed(at.Add(time.Second), nil, again))
		w.same(logs[1])
		w.reopen()
		w.same(w.log)
	}
}

// compactForgetsNothingElse has what has expired in a snapshot taken before, and in a log
// that is not compacted again.
func compactForgetsNothingElse(e env) {
	w := e.world()
	logs := w.handles(2)
	at := time.UnixMicro(1_800_000_000_000_000).UTC()
	all := lasting(at)
	w.compact(w.log, 0)
	w.commit(w.log, w.timed(at, nil, all))
	w.same(w.log)
	want := w.model.newest.clone()
	snap, cancel := w.snapshot(logs[1])
	defer cancel()
	w.compact(logs[0], 0)
	w.compact(logs[1], 0)
	w.isSnapshot(snap, 1, want)
	w.commit(w.log, w.timed(at.Add(time.Second), nil, all)) // all of it again
	w.same(w.log)
	w.commit(w.log, w.timed(at.Add(2000*time.Hour), nil, nil))
	w.same(logs[1])
	w.reopen()
	w.same(w.log)
}

// restOf reads a Tail up to the head, or to ErrCompacted.
func (w *world) restOf(tl *tail) {
	w.t.Helper()
	for tl.at != w.model.head() {
		it, ok := tl.next()
		require.True(w.t, ok, "Tail ends without an error after position %d", tl.at.Position())
		if errors.Is(it.err, store.ErrCompacted) && tl.at.Position() < w.model.floor {
			return
		}
		require.NoError(w.t, it.err, "Tail after position %d", tl.at.Position())
		require.NoError(w.t, differ(w.model.commits[tl.at.Position()], it.commit), "the commit that Tail hands out for position %d", tl.at.Position()+1)
		tl.at = it.commit.Revision
	}
	tl.stop()
}
