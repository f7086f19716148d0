package store_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

func TestTxDone(t *testing.T) {
	s := open(t, store.Options{})
	var kept *store.Tx
	var pending, hypothetical *store.State
	create(t, s, "document:a#viewer@user:a")
	_, err := s.Update(bg, func(tx *store.Tx) error {
		kept = tx
		pending = must(tx.State())
		hypothetical = must(pending.With(rel("document:a#viewer@user:b")))
		require.False(t, pending.Committed())
		require.NoError(t, pending.Err())
		for range pending.Tuples(tuple.Filter{}) { // writing while going through it
			require.NoError(t, tx.Create(rel("document:c#viewer@user:c")))
		}
		return tx.Touch(rel("document:b#viewer@user:b"))
	})
	require.NoError(t, err)
	u := tuple.MustParse("document:a#viewer@user:a")
	require.ErrorIs(t, kept.Create(u.Always()), store.ErrTxDone)
	require.ErrorIs(t, kept.Touch(u.Always()), store.ErrTxDone)
	require.ErrorIs(t, kept.Delete(u), store.ErrTxDone)
	_, err = kept.DeleteMatching(tuple.Filter{})
	require.ErrorIs(t, err, store.ErrTxDone)
	_, err = kept.DeleteObject(u.Object)
	require.ErrorIs(t, err, store.ErrTxDone)
	require.ErrorIs(t, kept.Require(tuple.Filter{}), store.ErrTxDone)
	require.ErrorIs(t, kept.Forbid(tuple.Filter{}), store.ErrTxDone)
	_, err = kept.State()
	require.ErrorIs(t, err, store.ErrTxDone)
	for _, st := range []*store.State{pending, hypothetical} {
		requireGone(t, st, store.ErrTxDone)
	}
}

// requireGone asks st everything and wants the error each time.
func requireGone(t *testing.T, st *store.State, is error) {
	t.Helper()
	u := tuple.MustParse("document:a#viewer@user:a")
	require.ErrorIs(t, st.Err(), is)
	_, err := st.With(u.Always())
	require.ErrorIs(t, err, is)
	_, err = st.Without(u)
	require.ErrorIs(t, err, is)
	_, err = st.AsOf(time.Now())
	require.ErrorIs(t, err, is)
	_, _, err = st.Get(u)
	require.ErrorIs(t, err, is)
	_, err = st.Count(tuple.Filter{})
	require.ErrorIs(t, err, is)
	n := 0
	for r, err := range st.Tuples(tuple.Filter{}) {
		require.ErrorIs(t, err, is)
		require.Zero(t, r)
		n++
	}
	require.Equal(t, 1, n)
}

func TestClosed(t *testing.T) {
	s := open(t, store.Options{})
	rev := create(t, s, "document:a#viewer@user:a", "document:a#viewer@user:b")
	held := now(t, s)
	n := 0
	for _, err := range held.Tuples(tuple.Filter{}) { // closed in the middle
		if n++; n == 1 {
			require.NoError(t, err)
			require.NoError(t, s.Close())
		} else {
			require.ErrorIs(t, err, store.ErrClosed)
		}
	}
	require.Equal(t, 2, n)
	require.NoError(t, s.Close(), "a second time does nothing")
	requireGone(t, held, store.ErrClosed)
	for _, err := range []error{
		second(s.Now()), second(s.At(rev)), second(s.AtLeast(bg, rev)), second(s.Latest(bg)), second(s.Sweep(bg)), s.Check(),
		second(s.Update(bg, func(*store.Tx) error { return nil })),
	} {
		require.ErrorIs(t, err, store.ErrClosed)
	}
	require.Zero(t, s.Stats())
	require.Equal(t, rev, held.Revision(), "what it is can still be told")
}

func TestCloseDuringUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, store.Options{})
		started, closed := make(chan struct{}), make(chan struct{})
		go func() {
			<-started
			require.NoError(t, s.Close())
			close(closed)
		}()
		waiting := make(chan error)
		_, err := s.Update(bg, func(tx *store.Tx) error {
			require.NoError(t, tx.Create(rel("document:a#viewer@user:a")))
			go func() { waiting <- second(s.Update(bg, func(*store.Tx) error { return nil })) }()
			synctest.Wait()
			close(started)
			synctest.Wait()
			require.ErrorIs(t, tx.Create(rel("document:a#viewer@user:b")), store.ErrClosed)
			require.ErrorIs(t, <-waiting, store.ErrClosed)
			select {
			case <-closed:
				t.Error("Close did not wait for the transaction")
			default:
			}
			return nil
		})
		require.ErrorIs(t, err, store.ErrClosed)
		<-closed
	})
}

func TestUpdateRollsBack(t *testing.T) {
	s := open(t, store.Options{})
	base := create(t, s, "document:a#viewer@user:a")
	require.PanicsWithValue(t, "boom", func() {
		_, _ = s.Update(bg, func(tx *store.Tx) error {
			require.NoError(t, tx.Create(rel("document:a#viewer@user:b")))
			panic("boom")
		})
	})
	left := make(chan struct{})
	go func() { // as t.FailNow does
		defer close(left)
		_, _ = s.Update(bg, func(tx *store.Tx) error {
			require.NoError(t, tx.Create(rel("document:a#viewer@user:b")))
			runtime.Goexit()
			return nil
		})
	}()
	<-left
	boom := errors.New("boom")
	var kept *store.Tx
	rev, err := s.Update(bg, func(tx *store.Tx) error {
		kept = tx
		return boom
	})
	require.Same(t, boom, err)
	require.ErrorIs(t, kept.Create(rel("document:a#viewer@user:b")), store.ErrTxDone)
	require.Zero(t, rev)
	_, err = s.Update(bg, nil)
	require.ErrorIs(t, err, store.ErrNoFunction)
	require.Equal(t, base, now(t, s).Revision())
	require.Len(t, texts(t, now(t, s)), 1)
	create(t, s, "document:a#viewer@user:b")
}

func TestReentrant(t *testing.T) {
	s, other := open(t, store.Options{}), open(t, store.Options{})
	_, err := s.Update(bg, func(tx *store.Tx) error {
		require.ErrorIs(t, second(s.Update(bg, func(*store.Tx) error { return nil })), store.ErrReentrant)
		require.ErrorIs(t, second(s.Sweep(bg)), store.ErrReentrant)
		require.ErrorIs(t, s.Close(), store.ErrReentrant)
		st := now(t, s)
		next := store.Next(st.Revision())
		require.ErrorIs(t, second(s.AtLeast(bg, next)), store.ErrReentrant)
		require.NoError(t, second(s.AtLeast(bg, st.Revision())))
		// Another store is another matter, and so is another goroutine.
		create(t, other, "document:a#viewer@user:a")
		ctx, cancel := context.WithCancel(bg)
		result := make(chan error)
		go func() { result <- second(s.Update(ctx, func(*store.Tx) error { return nil })) }()
		time.Sleep(time.Millisecond)
		cancel()
		require.ErrorIs(t, await(t, result), context.Canceled)
		return tx.Create(rel("document:a#viewer@user:a"))
	})
	require.NoError(t, err)
	require.Len(t, texts(t, now(t, s)), 1)
}

func TestCancelledWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, store.Options{})
		ctx, cancel := context.WithCancel(bg)
		waiting := make(chan error)
		_, err := s.Update(bg, func(*store.Tx) error {
			go func() { waiting <- second(s.Update(ctx, func(*store.Tx) error { return nil })) }()
			synctest.Wait()
			cancel()
			err := <-waiting
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorContains(t, err, "waiting for the turn")
			return nil
		})
		require.NoError(t, err)
	})
}

func TestCancelledContext(t *testing.T) {
	s := open(t, store.Options{})
	ctx, cancel := context.WithCancel(bg)
	cancel()
	require.ErrorIs(t, second(s.Update(ctx, func(*store.Tx) error { return nil })), context.Canceled)
	require.ErrorIs(t, second(s.Sweep(ctx)), context.Canceled)
	for _, err := range []error{second(s.Latest(ctx)), second(s.AtLeast(ctx, now(t, s).Revision()))} {
		require.ErrorIs(t, err, store.ErrStale)
		require.ErrorIs(t, err, context.Canceled)
	}
	_, err := s.Update(bg, func(tx *store.Tx) error {
		cancel()
		return tx.Create(rel("document:a#viewer@user:a"))
	})
	require.NoError(t, err)
}
