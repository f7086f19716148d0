package logtest

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/store"
)

// A world is one log under test, the model of it, and everything that is open.
type world struct {
	t      rapid.TB
	target Target
	shared bool // it can be open more than once
	log    store.Log
	model  *model

	open  []store.Log // beside log
	tails []*tail
}

func newWorld(t rapid.TB, target Target) *world {
	t.Helper()
	if target.Patience == 0 {
		target.Patience = time.Minute
	}
	w := &world{t: t, target: target}
	w.log = w.openLog()
	_, exclusive := w.log.(store.Exclusive)
	w.shared = !exclusive && !target.Volatile
	ctx, cancel := w.context()
	defer cancel()
	start, err := w.log.Head(ctx)
	require.NoError(t, err, "Head of a new log")
	require.Zero(t, start.Position(), "the position of the head of a new log")
	require.False(t, start.IsZero(), "the head of a new log says whose commits these will be, and is the zero Revision")
	w.model = newModel(start)
	return w
}

func (w *world) openLog() store.Log {
	w.t.Helper()
	log, err := w.target.Open()
	require.NoError(w.t, err, "Open")
	return log
}

// context returns one that ends when patience does.
func (w *world) context() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), w.target.Patience)
}

// do runs f, which should return soon, and fails if it does not.
func (w *world) do(what string, f func()) {
	w.t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	w.wait(what, done)
}

// wait waits for a channel to be closed, and fails if that takes too long.
func (w *world) wait(what string, done <-chan struct{}) {
	w.t.Helper()
	timer := time.NewTimer(w.target.Patience)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		w.t.Fatalf("%s does not return within %v", what, w.target.Patience)
	}
}

// another returns a further handle of the log, or the same if there can be one only.
func (w *world) another() store.Log {
	w.t.Helper()
	if !w.shared {
		return w.log
	}
	log := w.openLog()
	w.open = append(w.open, log)
	return log
}

// handles returns n handles of the log, which are one if there can be one only.
func (w *world) handles(n int) []store.Log {
	w.t.Helper()
	logs := []store.Log{w.log}
	for len(logs) < n {
		logs = append(logs, w.another())
	}
	return logs
}

// reopen closes everything and opens the log again; it does nothing if that would lose
// the log.
func (w *world) reopen() {
	w.t.Helper()
	if w.target.Volatile {
		return
	}
	w.close()
	w.log = w.openLog()
}

// close closes every handle. Tails of before have to end by that.
func (w *world) close() {
	w.t.Helper()
	for _, tl := range w.tails {
		tl.release() // Close may wait for who goes through one
	}
	for _, log := range append(w.open, w.log) {
		if log != nil {
			w.do("Close", func() { _ = log.Close() })
		}
	}
	w.log, w.open = nil, nil
	for _, tl := range w.tails {
		w.wait("a Tail of a closed log", tl.ended)
		tl.cancel()
	}
	w.tails = nil
}

// end is close at the end of a check, which may have failed already.
func (w *world) end() {
	if w.t.Failed() { // then nothing is sure to end
		for _, tl := range w.tails {
			tl.release()
			tl.cancel()
		}
		for _, log := range append(w.open, w.log) {
			if log != nil {
				go func() { _ = log.Close() }()
			}
		}
		return
	}
	w.close()
}

// append appends commits by a handle.
func (w *world) append(log store.Log, commits ...store.Commit) error {
	w.t.Helper()
	ctx, cancel := w.context()
	defer cancel()
	return log.Append(ctx, commits)
}

// commit appends commits that the log has to take, and notes them in the model.
func (w *world) commit(log store.Log, commits ...store.Commit) {
	w.t.Helper()
	require.NoError(w.t, w.append(log, commits...), "Append of %d commits to the head, at position %d", len(commits), w.model.head().Position())
	w.model.add(commits...)
}

// refused appends commits for which the log must have a conflict.
func (w *world) refused(log store.Log, why string, commits ...store.Commit) {
	w.t.Helper()
	err := w.append(log, commits...)
	require.ErrorIs(w.t, err, store.ErrConflict, "Append of %d commits: %s", len(commits), why)
	var conflict *store.ConflictError
	if as(err, &conflict) {
		require.Equal(w.t, w.model.head(), conflict.Head, "the head that the ConflictError names: %s", why)
	}
	w.sameHead(log)
}

// head returns what Head does.
func (w *world) head(log store.Log) store.Revision {
	w.t.Helper()
	ctx, cancel := w.context()
	defer cancel()
	head, err := log.Head(ctx)
	require.NoError(w.t, err, "Head")
	return head
}

// sameHead compares the head with the model's.
func (w *world) sameHead(log store.Log) {
	w.t.Helper()
	head := w.head(log)
	require.Equal(w.t, w.model.head().Position(), head.Position(), "the position of the head")
	require.Equal(w.t, w.model.head(), head, "the head")
}

// same compares everything that a handle can say with the model.
func (w *world) same(log store.Log) {
	w.t.Helper()
	w.sameHead(log)
	w.sameSnapshot(log)
	w.sameTail(log, w.model.floor)
}

// sameTail reads all commits after a position, and compares.
func (w *world) sameTail(log store.Log, after uint64) {
	w.t.Helper()
	tl := w.tail(log, w.model.at(after))
	tl.expect(after+1, w.model.head().Position())
	tl.stop()
}

// compact compacts, and notes in the model what may be gone.
func (w *world) compact(log store.Log, keep uint64) {
	w.t.Helper()
	ctx, cancel := w.context()
	defer cancel()
	require.NoError(w.t, log.Compact(ctx, keep), "Compact, keeping %d of %d commits", keep, len(w.model.commits))
	w.model.compact(keep)
}
