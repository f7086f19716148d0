package logtest

import (
	"context"
	"fmt"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
)

// closeChecks are about the end of a log's use.
func closeChecks() []check {
	return []check{
		{"CloseEndsCalls", closeEndsCalls},
		{"CloseEndsTails", closeEndsTails},
		{"CloseTwice", closeTwice},
		{"CloseOfOneHandle", closeOfOneHandle},
		{"CloseWaitsForAppend", closeWaitsForAppend},
		{"CloseBesideSnapshot", closeBesideSnapshot},
		{"ReopenedAgainAndAgain", reopenedAgain},
	}
}

// notHere fails unless err is one that says nothing about commits: who is told that a
// closed log has diverged, or has a conflict, would act on it.
func (w *world) notHere(err error, what string) {
	w.t.Helper()
	require.Error(w.t, err, what)
	for _, wrong := range []error{store.ErrConflict, store.ErrCompacted, store.ErrDiverged, store.ErrCorruptLog} {
		require.NotErrorIs(w.t, err, wrong, what)
	}
}

// closed calls everything of a log that is closed.
func (w *world) closed(log store.Log) {
	w.t.Helper()
	w.notHere(w.append(log, plain(w.model.head(), "late")), "Append after Close")
	if len(w.model.commits) > 0 {
		w.notHere(w.append(log, w.model.commits[len(w.model.commits)-1]), "Append of what is in the log, after Close")
	}
	ctx, cancel := w.context()
	defer cancel()
	_, err := log.Head(ctx)
	w.notHere(err, "Head after Close")
	_, err = log.Snapshot(ctx)
	w.notHere(err, "Snapshot after Close")
	w.notHere(log.Compact(ctx, 0), "Compact after Close")
	for _, rev := range []store.Revision{w.model.start, w.model.head()} {
		w.notHere(w.tail(log, rev).last(), "Tail after Close")
	}
}

// closes closes a handle for the first time, which has to succeed.
func (w *world) closes(what string, log store.Log) {
	w.t.Helper()
	var err error
	w.do(what, func() { err = log.Close() })
	require.NoError(w.t, err, what)
}

func closeEndsCalls(e env) {
	w := e.world()
	w.commit(w.log, plains(w.model.head(), "a", 3)...)
	w.closes("Close", w.log)
	w.closed(w.log)
	w.reopen()
	if !w.target.Volatile {
		w.same(w.log)
	}
}

// closeEndsTails closes a log with Tails that wait.
func closeEndsTails(e env) {
	w := e.world()
	w.commit(w.log, plains(w.model.head(), "a", 3)...)
	var tails []*tail
	for position := range uint64(4) {
		tl := w.tail(w.log, w.model.at(position))
		tl.expect(position+1, 3)
		tails = append(tails, tl)
	}
	w.closes("Close of a log with Tails that wait", w.log)
	for _, tl := range tails {
		w.notHere(tl.last(), "the last of a Tail whose log was closed")
	}
	w.closed(w.log)
}

// closeTwice closes a second time, which may fail and must return.
func closeTwice(e env) {
	w := e.world()
	w.commit(w.log, plain(w.model.head(), "a"))
	w.closes("Close", w.log)
	w.do("a second Close", func() { _ = w.log.Close() })
	w.closed(w.log)
	w.reopen()
	if !w.target.Volatile {
		w.same(w.log)
	}
}

// closeOfOneHandle closes one of several: the others and their Tails go on.
func closeOfOneHandle(e env) {
	w := e.world()
	if !w.shared {
		return
	}
	gone, stays := w.another(), w.another()
	tl := w.tail(stays, w.model.start)
	w.commit(gone, plain(w.model.head(), "a"))
	w.closes("Close", gone)
	w.closed(gone)
	w.commit(stays, plains(w.model.head(), "b", 2)...)
	tl.expect(1, 3)
	tl.stop()
	w.same(w.log)
	w.same(stays)
}

// closeWaitsForAppend closes a log while goroutines append: what is in the log when
// Close has returned is all that comes of that, and all that was acknowledged is there.
func closeWaitsForAppend(e env) {
	for round := range 5 {
		w := e.world()
		if w.target.Volatile {
			return
		}
		ctx, cancel := w.context()
		defer cancel()
		log, appended := w.log, make(chan store.Commit, 1<<16)
		var all sync.WaitGroup
		for g := range 4 {
			all.Go(func() { appendUntilClosed(ctx, log, fmt.Sprintf("%d-%d", round, g), appended) })
		}
		acknowledged := map[store.CommitID]uint64{}
		for range 8 {
			select {
			case c := <-appended:
				acknowledged[c.ID] = c.Revision.Position()
			case <-ctx.Done():
				e.t.Fatalf("four goroutines append, and none gets 8 commits into the log within %v", w.target.Patience)
			}
		}
		w.do("Close while commits are appended", func() { _ = log.Close() })
		w.log = w.openLog()
		head := w.head(w.log)
		w.do("Append to a closed log", all.Wait)
		require.Equal(e.t, head, w.head(w.log), "the head after Close, and when all Appends have returned")
		close(appended)
		for c := range appended {
			acknowledged[c.ID] = c.Revision.Position()
		}
		w.readAll(head)
		for id, position := range acknowledged {
			require.LessOrEqual(e.t, position, head.Position(), "a commit that was acknowledged while the log was closed is not there")
			require.Equal(e.t, id, w.model.commits[position-1].ID, "a commit that was acknowledged while the log was closed is not at its position %d", position)
		}
		w.same(w.log)
	}
}

// appendUntilClosed appends commits until the log says neither yes nor conflict.
func appendUntilClosed(ctx context.Context, log store.Log, name string, appended chan<- store.Commit) {
	for i := 0; ; i++ {
		head, err := log.Head(ctx)
		if err != nil {
			return
		}
		c := plain(head, fmt.Sprintf("%s-%d", name, i))
		switch err := log.Append(ctx, []store.Commit{c}); {
		case err == nil:
			appended <- c
		case !is(err, store.ErrConflict):
			return
		}
	}
}

// readAll fills the model of a log that others have appended to.
func (w *world) readAll(head store.Revision) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tl := w.tailIn(ctx, cancel, w.log, w.model.head())
	for w.model.head().Position() < head.Position() {
		it, ok := tl.next()
		require.True(w.t, ok, "Tail ends without an error after position %d", tl.at.Position())
		require.NoError(w.t, it.err, "Tail after position %d", tl.at.Position())
		require.Equal(w.t, tl.at, it.commit.Parent, "the parent of the commit that Tail hands out after position %d", tl.at.Position())
		copied, err := store.DecodeCommit(it.commit.Seal())
		require.NoError(w.t, err, "the commit that Tail hands out after position %d", tl.at.Position())
		require.NoError(w.t, differ(copied, it.commit), "the commit that Tail hands out after position %d, and its encoding", tl.at.Position())
		tl.at = it.commit.Revision
		w.model.add(it.commit)
	}
	require.Equal(w.t, head, w.model.head(), "the head, and where the commits lead to")
	tl.stop()
}

// closeBesideSnapshot closes a log whose snapshot somebody goes through: who does gets
// all of it, or an error.
func closeBesideSnapshot(e env) {
	w := e.world()
	draft := newDrafter(chance(9))
	w.commit(w.log, draft.group(w.model, 40)...)
	snap, cancel := w.snapshot(w.log)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.log.Close()
	}()
	got, err := collect(snap)
	if err == nil {
		require.NoError(e.t, differTuples(w.model.newest, got), "a snapshot without an error, whose log was closed")
	}
	cancel()
	w.wait("Close when the context of the snapshot has ended", done)
	w.reopen()
	if !w.target.Volatile {
		w.same(w.log)
	}
}

// reopenedAgain closes and opens after every commit.
func reopenedAgain(e env) {
	w := e.world()
	draft := newDrafter(chance(10))
	for range 20 {
		w.commit(w.log, draft.group(w.model, 1+draft.choose(3))...)
		w.reopen()
		w.same(w.log)
	}
}
