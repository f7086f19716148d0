package logtest

import (
	"context"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
)

// tailChecks are about Tails after revisions that are there.
func tailChecks() []check {
	return []check{
		{"TailFromEveryRevision", tailFromEveryRevision},
		{"TailHandsOutWhatWasAppended", tailHandsOut},
		{"TailWaits", tailWaits},
		{"TailOfEmptyLogWaits", tailOfEmptyLogWaits},
		{"TailEndsWithContext", tailEndsWithContext},
		{"TailIsResumed", tailIsResumed},
		{"TailsAtOnce", tailsAtOnce},
	}
}

// tailFromEveryRevision begins everywhere and reads to the head.
func tailFromEveryRevision(e env) {
	w := e.world()
	logs := w.handles(2)
	for i := range 5 {
		w.commit(logs[i%2], plains(w.model.head(), fmt.Sprint(i), 1+i)...)
	}
	for range 2 {
		for position := range w.model.head().Position() + 1 {
			w.sameTail(w.log, position)
		}
		w.reopen()
	}
}

// tailHandsOut compares commits with all that commits can have.
func tailHandsOut(e env) {
	w := e.world()
	draft := newDrafter(chance(1))
	for range 40 {
		w.commit(w.log, draft.group(w.model, 1+draft.choose(5))...)
	}
	w.sameTail(w.another(), 0)
	w.reopen()
	w.sameTail(w.log, 0)
}

// tailWaits appends to a log whose Tail has nothing more.
func tailWaits(e env) {
	w := e.world()
	logs := w.handles(3)
	w.commit(w.log, plain(w.model.head(), "a"))
	tl := w.tail(logs[1], w.model.start)
	tl.expect(1, 1)
	for i := range 20 {
		group := plains(w.model.head(), fmt.Sprint(i), 1+i%3)
		w.commit(logs[i%3], group...)
		tl.expect(group[0].Revision.Position(), w.model.head().Position())
	}
	tl.stop()
}

// tailOfEmptyLogWaits waits for the first commit.
func tailOfEmptyLogWaits(e env) {
	w := e.world()
	tl := w.tail(w.another(), w.model.start)
	w.commit(w.log, plains(w.model.head(), "a", 3)...)
	tl.expect(1, 3)
	w.commit(w.log, plains(w.model.head(), "b", 2)...) // in case it began late, and found the first ones
	tl.expect(4, 5)
	tl.stop()
}

// tailEndsWithContext ends the context before, within and after the commits that there
// are: its error is the last.
func tailEndsWithContext(e env) {
	w := e.world()
	w.tail(w.log, w.model.start).stop()
	w.commit(w.log, plains(w.model.head(), "a", 50)...)

	waiting := w.tail(w.log, w.model.start)
	waiting.expect(1, 50)
	waiting.stop()
	within := w.tail(w.log, w.model.start)
	within.expect(1, 10)
	within.stop()

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w.tailIn(ctx, cancel, w.log, w.model.start).stop()
	w.tailIn(ctx, cancel, w.log, w.model.head()).stop()

	ctx, cancel = context.WithDeadline(context.Background(), time.Unix(0, 0))
	late := w.tailIn(ctx, cancel, w.log, w.model.start)
	require.ErrorIs(e.t, late.last(), context.DeadlineExceeded, "the last of a Tail whose context has passed its deadline")
	w.same(w.log)
}

// tailIsResumed leaves Tails after any number of commits and goes on after the last one.
func tailIsResumed(e env) {
	w := e.world()
	w.commit(w.log, plains(w.model.head(), "a", 30)...)
	choose := chance(2)
	for range 10 {
		at := w.model.start
		for at != w.model.head() {
			at = w.some(at, 1+choose(12))
		}
	}
	w.same(w.log)
}

// some reads up to n commits after a revision in a loop that it leaves, and returns the
// revision of the last.
func (w *world) some(at store.Revision, n int) store.Revision {
	w.t.Helper()
	n = min(n, int(w.model.head().Position()-at.Position()))
	ctx, cancel := w.context()
	defer cancel()
	for c, err := range w.log.Tail(ctx, at) {
		require.NoError(w.t, err, "Tail after position %d", at.Position())
		require.NoError(w.t, differ(w.model.commits[at.Position()], c), "the commit that Tail hands out for position %d", at.Position()+1)
		at = c.Revision
		if n--; n == 0 {
			break
		}
	}
	return at
}

// tailsAtOnce has many Tails of several handles while commits are appended.
func tailsAtOnce(e env) {
	w := e.world()
	logs := w.handles(3)
	w.commit(w.log, plains(w.model.head(), "a", 5)...)
	var tails []*tail
	var from []uint64
	for i := range 12 {
		position := uint64(i % 6)
		from = append(from, position)
		tails = append(tails, w.tail(logs[i%3], w.model.at(position)))
	}
	for i := range 10 {
		w.commit(logs[i%3], plains(w.model.head(), fmt.Sprint(i), 2)...)
		half := w.model.head().Position() - 1
		for n, tl := range tails {
			if n%2 == 0 {
				tl.expect(from[n]+1, half)
				from[n] = half
			}
		}
	}
	for n, tl := range tails {
		tl.expect(from[n]+1, w.model.head().Position())
		tl.stop()
	}
}
