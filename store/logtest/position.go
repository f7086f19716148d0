package logtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
)

func is(err, target error) bool { return errors.Is(err, target) }

// positionChecks are about Tails after revisions that are not there, and about Head.
func positionChecks() []check {
	return []check{
		{"TailOfStrangersDiverges", tailOfStrangers},
		{"TailOfReplacedCommitsDiverges", tailOfReplaced},
		{"HeadOfNewLogs", headOfNewLogs},
	}
}

// diverges begins a Tail that must end at once.
func (w *world) diverges(log store.Log, why string, after store.Revision) {
	w.t.Helper()
	tl := w.tail(log, after)
	it, ok := tl.next()
	require.True(w.t, ok, "Tail ends without an error after %s", why)
	require.ErrorIs(w.t, it.err, store.ErrDiverged, "Tail after a revision that is %s", why)
	_, ok = tl.next()
	require.False(w.t, ok, "Tail goes on after ErrDiverged")
}

// tailOfStrangers begins at revisions that the log has never had.
func tailOfStrangers(e env) {
	w := e.world()
	logs := w.handles(2)
	for i := range 3 {
		for _, s := range strangers(w.model) {
			w.diverges(logs[i%2], s.why, s.rev)
		}
		w.commit(w.log, plains(w.model.head(), fmt.Sprint(i), 1+i)...)
	}
	w.reopen()
	for _, s := range strangers(w.model) {
		w.diverges(w.log, s.why, s.rev)
	}
}

// tailOfReplaced begins at commits that were refused, whose position others have.
func tailOfReplaced(e env) {
	w := e.world()
	w.commit(w.log, plains(w.model.head(), "a", 3)...)
	for position := range uint64(3) {
		late := plain(w.model.at(position), "late")
		w.refused(w.log, "another is at its position", late)
		w.diverges(w.log, fmt.Sprintf("that of a refused commit, at position %d", position+1), late.Revision)
	}
	w.same(w.log)
}

// headOfNewLogs compares two: neither takes the other's commits for its own.
func headOfNewLogs(e env) {
	one, other := e.world(), e.world()
	require.False(e.t, one.model.start.SameHistory(other.model.start), "two new logs have the same history: %s, %s", one.model.start, other.model.start)
	one.reopen()
	one.sameHead(one.log)
	one.commit(one.log, plain(one.model.head(), "a"))
	other.refused(other.log, "it is of another log", one.model.commits...)
	other.diverges(other.log, "of another log", one.model.head())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for range 3 {
		head, err := one.log.Head(ctx)
		require.NoError(e.t, err)
		require.Equal(e.t, one.model.head(), head)
	}
}
