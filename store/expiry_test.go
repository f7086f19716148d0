package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

func TestExpiryIsExact(t *testing.T) {
	clock := at(0)
	s := open(t, store.Options{Clock: func() time.Time { return clock }})
	r := rel("document:a#viewer@user:a")
	r.Expires = at(10)
	create(t, s, r.String())
	clock = at(10).Add(-1)
	held := now(t, s)
	require.Len(t, texts(t, held), 1)
	clock = at(10)
	require.Empty(t, texts(t, now(t, s)))
	require.Len(t, texts(t, held), 1, "the instant is that of the state")
	next, ok := held.Reader().NextExpiry()
	require.True(t, ok)
	require.Equal(t, at(10).UnixMicro(), next)
	_, err := s.Update(bg, func(tx *store.Tx) error { return tx.Create(r.Always()) })
	require.NoError(t, err, "an expired tuple does not exist")

	clock = at(-100) // a clock that runs backwards
	st := now(t, s)
	require.Equal(t, at(10), st.Time())
	require.Len(t, texts(t, st), 1)
	_, err = s.Update(bg, func(tx *store.Tx) error { return tx.Delete(r.Tuple) })
	require.NoError(t, err)
	require.Equal(t, at(10), now(t, s).Time(), "commit times do not run backwards")
}

func TestSweep(t *testing.T) {
	clock := at(0)
	s := open(t, store.Options{Clock: func() time.Time { return clock }, SweepGrace: 5 * time.Second, SweepPerCommit: 1})
	var revs []store.Revision
	for i := range 4 {
		r := tuple.MustParse(fmt.Sprintf("document:a#viewer@user:%d", i)).Until(at(10 + i))
		revs = append(revs, create(t, s, r.String()))
	}
	clock = at(14)
	n, err := s.Sweep(bg)
	require.NoError(t, err)
	require.Zero(t, n, "the time of grace")
	clock = at(17)
	last := create(t, s, "document:b#viewer@user:b")
	require.Equal(t, 4, s.Stats().Stored, "a commit sweeps one")
	require.Equal(t, 1, s.Stats().Tuples)
	n, err = s.Sweep(bg)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, last, now(t, s).Revision())

	_, err = now(t, s).AsOf(at(11))
	require.ErrorIs(t, err, store.ErrSwept)
	require.ErrorContains(t, err, at(12).Format(time.RFC3339))
	st, err := now(t, s).AsOf(at(12))
	require.NoError(t, err)
	require.Len(t, texts(t, st), 2)
	clock = at(1)
	require.Equal(t, at(17), now(t, s).Time())

	st, err = s.At(revs[2])
	require.NoError(t, err)
	require.Len(t, texts(t, st), 3, "the history has what was swept")
	st, err = s.At(last)
	require.NoError(t, err)
	require.Len(t, texts(t, must(st.AsOf(at(11)))), 3, "the commit swept the first before it")
	require.NoError(t, s.Check())
}

func TestSweptStaysGone(t *testing.T) {
	clock := at(0)
	s := open(t, store.Options{Clock: func() time.Time { return clock }, SweepGrace: -1})
	create(t, s, tuple.MustParse("document:a#viewer@user:a").Until(at(10)).String())
	clock = at(20)
	require.Equal(t, 1, must(s.Sweep(bg)))
	clock = at(5)
	require.Equal(t, at(10), now(t, s).Time(), "never before what was swept")
	require.Empty(t, texts(t, now(t, s)))
}

func TestClockWithoutInstant(t *testing.T) {
	for _, instant := range []time.Time{{}, time.Time{}.Add(-1)} { // the first that there is, and none
		s := open(t, store.Options{Clock: func() time.Time { return instant }})
		create(t, s, "document:a#viewer@user:a")
		require.Zero(t, must(s.Sweep(bg)))
		require.Len(t, texts(t, now(t, s)), 1)
		_, err := now(t, s).AsOf(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
		require.NoError(t, err)
	}
}
