package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
	"github.com/baobab-authz/baobab/tuple"
)

// openLog returns a store of a log, which is closed with the test.
func openLog(t testing.TB, log store.Log, o store.Options) *store.Store {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := store.OpenLog(context.Background(), log, testSchema, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func viewer(document, user string) tuple.Tuple {
	return tuple.MustParse("document:" + document + "#viewer@user:" + user)
}

func TestLogIsShared(t *testing.T) {
	ctx := context.Background()
	truth := memlog.New()
	a, b := openLog(t, truth.Open(), store.Options{CheckEachCommit: true}), openLog(t, truth.Open(), store.Options{CheckEachCommit: true})
	rev, err := a.Update(ctx, func(tx *store.Tx) error { return tx.Create(viewer("plan", "ann").Always()) })
	require.NoError(t, err)
	st, err := b.AtLeast(ctx, rev)
	require.NoError(t, err)
	require.Equal(t, rev, st.Revision())
	_, ok, err := st.Get(viewer("plan", "ann"))
	require.NoError(t, err)
	require.True(t, ok)
	_, err = b.Update(ctx, func(tx *store.Tx) error { return tx.Create(viewer("plan", "ann").Always()) })
	require.ErrorIs(t, err, store.ErrExists)
	rev, err = b.Update(ctx, func(tx *store.Tx) error { return tx.Delete(viewer("plan", "ann")) })
	require.NoError(t, err)
	st, err = a.Latest(ctx)
	require.NoError(t, err)
	require.Equal(t, rev, st.Revision())
	n, err := st.Count(tuple.Filter{})
	require.NoError(t, err)
	require.Zero(t, n)
	require.NoError(t, a.Check())
	require.NoError(t, b.Check())
}

// Counters that several goroutines of several stores increment lose nothing.
func TestWritersOfOneLogLoseNothing(t *testing.T) {
	ctx := context.Background()
	truth := memlog.New()
	stores := []*store.Store{openLog(t, truth.Open(), store.Options{}), openLog(t, truth.Open(), store.Options{}), openLog(t, truth.Open(), store.Options{})}
	const each = 30
	var wg sync.WaitGroup
	for i, s := range stores {
		for g := range 4 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for j := range each {
					_, err := s.Update(ctx, func(tx *store.Tx) error {
						st, err := tx.State()
						if err != nil {
							return err
						}
						n, err := st.Count(tuple.Filter{ObjectType: "document", ObjectID: "counter"})
						if err != nil {
							return err
						}
						if err := tx.Create(viewer("counter", fmt.Sprint(n)).Always()); err != nil {
							return err
						}
						return tx.Create(viewer("who", fmt.Sprintf("%d-%d-%d", i, g, j)).Always())
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			}()
		}
	}
	wg.Wait()
	for _, s := range stores {
		st, err := s.Latest(ctx)
		require.NoError(t, err)
		n, err := st.Count(tuple.Filter{ObjectType: "document", ObjectID: "counter"})
		require.NoError(t, err)
		require.Equal(t, 3*4*each, n)
		n, err = st.Count(tuple.Filter{ObjectType: "document", ObjectID: "who"})
		require.NoError(t, err)
		require.Equal(t, 3*4*each, n)
		require.NoError(t, s.Check())
	}
}

func BenchmarkUpdateWithLog(b *testing.B) {
	for _, writers := range []int{1, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := openLog(b, memlog.New().Open(), store.Options{})
			b.SetParallelism(writers / 2)
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					_, err := s.Update(context.Background(), func(tx *store.Tx) error { return tx.Touch(viewer(fmt.Sprint(i), "ann").Always()) })
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// A log is told to forget old commits, and what follows it does not notice.
func TestLogForgets(t *testing.T) {
	ctx := context.Background()
	truth := memlog.New()
	a, b := openLog(t, truth.Open(), store.Options{LogCommits: 10}), openLog(t, truth.Open(), store.Options{})
	first := now(t, a).Revision()
	var rev store.Revision
	for i := range 40 {
		var err error
		rev, err = a.Update(ctx, func(tx *store.Tx) error { return tx.Create(viewer(fmt.Sprint(i), "ann").Always()) })
		require.NoError(t, err)
	}
	st, err := b.AtLeast(ctx, rev)
	require.NoError(t, err)
	n, err := st.Count(tuple.Filter{})
	require.NoError(t, err)
	require.Equal(t, 40, n)
	log := truth.Open()
	require.Eventually(t, func() bool {
		for _, err := range log.Tail(ctx, first) {
			return errors.Is(err, store.ErrCompacted)
		}
		return false
	}, time.Minute, time.Millisecond)
}
