package logtest

import (
	"context"
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
)

// contextChecks are about contexts that have ended.
func contextChecks() []check {
	return []check{
		{"CancelledBefore", cancelledBefore},
		{"CancelledAppendIsSettled", cancelledAppend},
	}
}

// cancelledBefore calls everything with a context that has ended: what does not fail
// with its error has to be right.
func cancelledBefore(e env) {
	w := e.world()
	w.commit(w.log, plains(w.model.head(), "a", 4)...)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 10 {
		if head, err := w.log.Head(ctx); err != nil {
			require.ErrorIs(e.t, err, context.Canceled, "Head")
		} else {
			require.Equal(e.t, w.model.head(), head, "Head without an error")
		}
		if snap, err := w.log.Snapshot(ctx); err != nil {
			require.ErrorIs(e.t, err, context.Canceled, "Snapshot")
		} else if got, err := collect(snap); err == nil {
			require.Equal(e.t, w.model.head(), snap.Revision, "the revision of a snapshot without an error")
			require.NoError(e.t, differTuples(w.model.newest, got), "a snapshot without an error")
		}
		if err := w.log.Compact(ctx, 3); err != nil {
			require.ErrorIs(e.t, err, context.Canceled, "Compact")
		}
		w.model.compact(3)
		w.same(w.log)
	}
}

// cancelledAppend appends with contexts that end before or during that. Whatever comes
// of it, repeating tells.
func cancelledAppend(e env) {
	w := e.world()
	logs := w.handles(2)
	w.commit(w.log, plain(w.model.head(), "first"))
	for i := range 60 {
		group := plains(w.model.head(), fmt.Sprint(i), 1+i%4)
		ctx, cancel := context.WithCancel(context.Background())
		cancelled := make(chan struct{})
		go func() { // at some time, which is for the scheduler and the log to say
			defer close(cancelled)
			defer cancel()
			for range i {
				_, _ = logs[1].Head(ctx)
			}
		}()
		if i%3 == 0 {
			w.wait("Head", cancelled)
		}
		err := logs[0].Append(ctx, group)
		cancel()
		w.wait("Head", cancelled)
		require.NotErrorIs(e.t, err, store.ErrConflict, "Append of a group on the head whose context has ended")
		if i%2 == 0 || err == nil {
			w.settle(logs[i/2%2], group)
			continue
		}
		w.resolve(logs[1], group)
	}
	w.same(logs[1])
	w.reopen()
	w.same(w.log)
}

// settle settles a group of which it is not known whether it is in the log: on the head
// it has to get there.
func (w *world) settle(log store.Log, group []store.Commit) {
	w.t.Helper()
	require.NoError(w.t, w.append(log, group...), "Append that is repeated because its outcome is not known")
	w.model.add(group...)
	w.sameHead(log)
}

// resolve appends another commit, and then what of which it is not known whether it is
// in the log: either all of that is, or the other.
func (w *world) resolve(log store.Log, group []store.Commit) {
	w.t.Helper()
	rival := plain(group[0].Parent, "rival-"+group[0].Revision.String())
	err := w.append(log, rival)
	if err == nil {
		w.model.add(rival)
		w.refused(log, "a rival is at its position", group...)
		return
	}
	require.ErrorIs(w.t, err, store.ErrConflict, "Append of a commit beside one whose outcome is not known")
	w.model.add(group...)
	w.again(log, "or else their rival would be", group...)
	w.sameHead(log)
}
