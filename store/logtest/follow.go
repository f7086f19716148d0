package logtest

import (
	"context"
	"errors"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
)

// as is errors.As, whose target go vet wants to see.
func as(err error, conflict **store.ConflictError) bool { return errors.As(err, conflict) }

// A tail is a Tail that a goroutine of its own goes through.
type tail struct {
	w        *world
	cancel   context.CancelFunc
	items    chan item
	released chan struct{} // closed when nobody reads the items any more
	ended    chan struct{} // closed when the goroutine is over
	at       store.Revision
}

type item struct {
	commit store.Commit
	err    error
}

// tail begins a Tail after a revision.
func (w *world) tail(log store.Log, after store.Revision) *tail {
	ctx, cancel := context.WithCancel(context.Background())
	return w.tailIn(ctx, cancel, log, after)
}

func (w *world) tailIn(ctx context.Context, cancel context.CancelFunc, log store.Log, after store.Revision) *tail {
	tl := &tail{w: w, cancel: cancel, items: make(chan item), released: make(chan struct{}), ended: make(chan struct{}), at: after}
	w.tails = append(w.tails, tl)
	go func() {
		defer close(tl.ended)
		for c, err := range log.Tail(ctx, after) {
			select {
			case tl.items <- item{c, err}:
			case <-tl.released:
				return
			}
		}
		close(tl.items)
	}()
	return tl
}

// release lets the goroutine end at the next item.
func (tl *tail) release() {
	select {
	case <-tl.released:
	default:
		close(tl.released)
	}
}

// next waits for the next item; ok is false if there is none any more.
func (tl *tail) next() (it item, ok bool) {
	tl.w.t.Helper()
	timer := time.NewTimer(tl.w.target.Patience)
	defer timer.Stop()
	select {
	case it, ok = <-tl.items:
		return it, ok
	case <-timer.C:
		tl.w.t.Fatalf("Tail does not hand out the commit after position %d within %v", tl.at.Position(), tl.w.target.Patience)
		return item{}, false
	}
}

// expect reads the commits at the positions from and to and between, and compares them with the
// model's.
func (tl *tail) expect(from, to uint64) {
	tl.w.t.Helper()
	for n := from; n <= to; n++ {
		it, ok := tl.next()
		require.True(tl.w.t, ok, "Tail ends without an error before position %d", n)
		require.NoError(tl.w.t, it.err, "Tail before position %d", n)
		require.NoError(tl.w.t, differ(tl.w.model.commits[n-1], it.commit), "the commit that Tail hands out for position %d", n)
		tl.at = it.commit.Revision
	}
}

// stop cancels the Tail, which has to end by that; commits may still come before.
func (tl *tail) stop() {
	tl.w.t.Helper()
	tl.cancel()
	last := tl.last()
	require.ErrorIs(tl.w.t, last, context.Canceled, "the last of a Tail whose context was cancelled")
}

// last reads until the error that ends the Tail. What comes before it has to be dense.
func (tl *tail) last() error {
	tl.w.t.Helper()
	for {
		it, ok := tl.next()
		require.True(tl.w.t, ok, "Tail ends without an error after position %d", tl.at.Position())
		if it.err == nil {
			require.Equal(tl.w.t, tl.at, it.commit.Parent, "the parent of the commit that Tail hands out after position %d", tl.at.Position())
			tl.at = it.commit.Revision
			continue
		}
		further, ok := tl.next()
		require.False(tl.w.t, ok, "Tail goes on after its error %v, with %v, %v", it.err, further.commit.Revision, further.err)
		tl.w.wait("a Tail after its last element", tl.ended)
		return it.err
	}
}
