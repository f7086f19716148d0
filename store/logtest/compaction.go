package logtest

import (
	"errors"
	"math"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
)

// compactChecks are about what is left after a compaction.
func compactChecks() []check {
	return []check{
		{"CompactKeepsNewest", compactKeepsNewest},
		{"CompactKeepsTuples", compactKeepsTuples},
		{"CompactNothing", compactNothing},
		{"CompactAll", compactAll},
		{"CompactBeneathTails", compactBeneathTails},
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
