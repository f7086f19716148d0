package store_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

func TestAtLeast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, store.Options{})
		first := now(t, s).Revision()
		next := store.Next(store.Next(first))
		require.Equal(t, first, must(s.AtLeast(bg, store.Revision{})).Revision())
		require.Equal(t, first, must(s.AtLeast(bg, first)).Revision())
		require.Equal(t, first, must(s.Latest(bg)).Revision())
		require.ErrorIs(t, second(s.At(next)), store.ErrFutureRevision)

		got := make(chan store.Revision)
		for range 3 {
			go func() { got <- must(s.AtLeast(bg, next)).Revision() }()
		}
		synctest.Wait()
		create(t, s, "document:a#viewer@user:a")
		synctest.Wait()
		select {
		case <-got:
			t.Fatal("answered early")
		default:
		}
		require.Equal(t, next, create(t, s, "document:a#viewer@user:b"))
		for range 3 {
			require.Equal(t, next, <-got)
		}

		ctx, cancel := context.WithTimeout(bg, time.Second)
		defer cancel()
		_, err := s.AtLeast(ctx, store.Next(next))
		require.ErrorIs(t, err, store.ErrStale)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		failed := make(chan error)
		go func() { failed <- second(s.AtLeast(bg, store.Next(next))) }()
		synctest.Wait()
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-failed, store.ErrClosed)
	})
}

func TestForeignRevisions(t *testing.T) {
	s := open(t, store.Options{})
	for _, rev := range []store.Revision{aRevision(t), store.OtherEpoch(now(t, s).Revision())} {
		require.ErrorIs(t, second(s.At(rev)), store.ErrForeignRevision)
		require.ErrorIs(t, second(s.AtLeast(bg, rev)), store.ErrForeignRevision)
	}
	require.ErrorIs(t, second(s.At(store.Revision{})), store.ErrForeignRevision)
}

func TestHistoryAge(t *testing.T) {
	clock := at(0)
	s := open(t, store.Options{Clock: func() time.Time { return clock }, HistoryAge: 10 * time.Second})
	first := now(t, s).Revision()
	clock = at(100)
	replacement := create(t, s, "document:a#viewer@user:a")
	require.NoError(t, second(s.At(first)), "replaced only now")
	clock = at(110)
	create(t, s, "document:a#viewer@user:b")
	require.NoError(t, second(s.At(first)))
	clock = at(111)
	create(t, s, "document:a#viewer@user:c")
	err := second(s.At(first))
	require.ErrorIs(t, err, store.ErrRevisionGone)
	require.ErrorContains(t, err, replacement.String())
	require.NoError(t, second(s.At(replacement)))
}

// One commit that is larger than the history may be is retained without its changes.
func TestHistoryBytes(t *testing.T) {
	s := open(t, store.Options{HistoryBytes: 2000, PinEvery: 10})
	var rels []tuple.Relationship
	for i := range 1000 {
		rels = append(rels, rel(fmt.Sprintf("document:a#viewer@user:%d", i)))
	}
	rev, err := s.Update(bg, func(tx *store.Tx) error { return tx.Create(rels...) })
	require.NoError(t, err)
	stats := s.Stats()
	require.Equal(t, rev, stats.Oldest)
	require.Equal(t, 1, stats.Commits)
	create(t, s, "document:b#viewer@user:b")
	require.NoError(t, s.Check())
	require.Len(t, texts(t, must(s.At(now(t, s).Revision()))), 1001)
}

// A pinned snapshot counts for what it keeps: nothing while it is the newest state,
// more with each commit, and never more than all of it.
func TestPinnedBytes(t *testing.T) {
	bytes := func(pinEvery, commits int) (int, int64) {
		s := open(t, store.Options{PinEvery: pinEvery})
		var rels []tuple.Relationship
		for i := range 100 {
			rels = append(rels, rel(fmt.Sprintf("document:a#viewer@user:%d", i)))
		}
		require.NoError(t, second(s.Update(bg, func(tx *store.Tx) error { return tx.Create(rels...) })))
		for i := range commits {
			create(t, s, fmt.Sprintf("document:b#viewer@user:%d", i))
		}
		stats := s.Stats()
		return stats.Pinned, stats.Bytes
	}
	kept := func(commits int) int64 {
		none, without := bytes(1000, commits)
		one, with := bytes(100, commits)
		require.Zero(t, none)
		require.Equal(t, 1, one)
		return with - without
	}
	require.Zero(t, kept(0))
	require.EqualValues(t, 2*3<<10, kept(1), "a commit is a step and a change")
	require.EqualValues(t, 100*64, kept(3))
	require.EqualValues(t, 100*64, kept(40))
}

// A tuple that changes in every commit is as it was in each, wherever the
// reconstruction begins.
func TestHistoryOfOneTuple(t *testing.T) {
	for _, pin := range []int{0, 5} {
		s := open(t, store.Options{PinEvery: pin})
		u := tuple.MustParse("document:a#viewer@user:a")
		var revs []store.Revision
		for i := range 30 {
			rev, err := s.Update(bg, func(tx *store.Tx) error {
				if i%4 == 3 {
					return tx.Delete(u)
				}
				return tx.Touch(u.When("c", map[string]any{"n": i}))
			})
			require.NoError(t, err)
			revs = append(revs, rev)
		}
		for _, i := range []int{0, 29, 3, 28, 1, 16, 15, 14, 13, 17, 19, 2} {
			r, ok, err := must(s.At(revs[i])).Get(u)
			require.NoError(t, err)
			require.Equal(t, i%4 != 3, ok, i)
			if ok {
				require.Equal(t, float64(i), r.Context["n"])
			}
		}
	}
}

// A commit is dropped from the history together with the sweep after it.
func TestHistoryOfSweeps(t *testing.T) {
	clock := at(0)
	s := open(t, store.Options{Clock: func() time.Time { return clock }, HistoryCommits: 3, SweepGrace: -1})
	var revs []store.Revision
	for i := range 20 {
		revs = append(revs, create(t, s, tuple.MustParse(fmt.Sprintf("document:a#viewer@user:%d", i)).Until(at(i+2)).String()))
		clock = at(i + 1)
		if i%2 == 0 {
			must(s.Sweep(bg))
		}
		require.NoError(t, s.Check())
		stats := s.Stats()
		require.Equal(t, min(i+2, 3), stats.Commits)
		if i >= 3 {
			require.Equal(t, revs[i-2], stats.Oldest)
			for j := i - 2; j <= i; j++ {
				st := must(s.At(revs[j]))
				require.Len(t, texts(t, st), 2)
			}
		}
	}
}

func TestHistoryPins(t *testing.T) {
	s := open(t, store.Options{PinEvery: 8, HistoryCommits: 40})
	var revs []store.Revision
	for i := range 100 {
		revs = append(revs, create(t, s, fmt.Sprintf("document:a#viewer@user:%d", i)))
	}
	stats := s.Stats()
	require.Equal(t, 40, stats.Commits)
	require.InDelta(t, 10, stats.Pinned, 2)
	require.Equal(t, revs[60], stats.Oldest)
	for i := 60; i < 100; i++ {
		require.Len(t, texts(t, must(s.At(revs[i]))), i+1)
	}
	for i := 99; i >= 60; i-- {
		require.Len(t, texts(t, must(s.At(revs[i]))), i+1)
	}
	require.ErrorIs(t, second(s.At(revs[59])), store.ErrRevisionGone)
	require.NoError(t, s.Check())
}
