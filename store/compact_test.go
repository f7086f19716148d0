package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

func compact(t *testing.T, s *store.Store) int {
	t.Helper()
	n, err := s.Compact(bg)
	require.NoError(t, err)
	return n
}

func TestCompact(t *testing.T) {
	s := open(t, store.Options{HistoryCommits: 1, CompactAt: -1})
	require.Zero(t, compact(t, s))
	create(t, s, "document:a#viewer@user:a", "document:b#viewer@user:b[c]", "document:c#viewer@team:c#member")
	require.Equal(t, 6, s.Stats().Objects)
	held := now(t, s)
	require.NoError(t, remove(s, "document:a#viewer@user:a", "document:c#viewer@team:c#member"))
	require.Zero(t, compact(t, s), "the commit that is retained names them")
	rev := create(t, s, "document:b#viewer@user:d[expiration:2100-01-01T00:00:00Z]")
	require.Equal(t, 7, s.Stats().Objects)
	require.Equal(t, 4, compact(t, s))
	stats := s.Stats()
	require.Equal(t, 3, stats.Objects)
	require.Equal(t, rev, stats.Revision)
	require.NoError(t, s.Check())
	require.ElementsMatch(t, []string{"document:b#viewer@user:b[c]", "document:b#viewer@user:d[expiration:2100-01-01T00:00:00Z]"}, texts(t, now(t, s)))
	require.Len(t, texts(t, held), 3, "who holds a state keeps it")
	create(t, s, "document:a#viewer@user:a")
	require.Equal(t, 5, s.Stats().Objects)
	require.Len(t, texts(t, now(t, s)), 3)
	require.NoError(t, s.Check())

	_, err := s.Update(bg, func(tx *store.Tx) error { return second(s.Compact(bg)) })
	require.ErrorIs(t, err, store.ErrReentrant)
	require.NoError(t, s.Close())
	require.ErrorIs(t, second(s.Compact(bg)), store.ErrClosed)
}

// Commits give ids back on their own, and so do transactions that come to nothing.
func TestCommitsCompact(t *testing.T) {
	for _, commits := range []bool{true, false} {
		s := open(t, store.Options{HistoryCommits: 1, CompactAt: 100})
		create(t, s, "document:stays#viewer@user:stays")
		most := 0
		for i := range 500 {
			text := fmt.Sprintf("document:d%d#viewer@user:u%d", i, i)
			_, err := s.Update(bg, func(tx *store.Tx) error {
				if err := tx.Create(rel(text)); err != nil || commits {
					return err
				}
				return errRefused
			})
			if commits {
				require.NoError(t, err)
				require.NoError(t, remove(s, text))
			} else {
				require.Same(t, errRefused, err)
			}
			most = max(most, s.Stats().Objects)
		}
		require.LessOrEqual(t, most, 100, commits)
		require.Greater(t, most, 90, commits)
		require.Equal(t, []string{"document:stays#viewer@user:stays"}, texts(t, now(t, s)))
	}
	s := open(t, store.Options{CompactAt: 100})
	for i := range 500 { // of what is needed, nothing can go
		create(t, s, fmt.Sprintf("document:d%d#viewer@user:u%d", i, i))
	}
	require.Equal(t, 1000, s.Stats().Objects)
	require.NoError(t, s.Check())
}

// The history of before can be read, and whoever is in the middle of it goes on.
func TestHistoryOverCompactions(t *testing.T) {
	s := open(t, store.Options{HistoryCommits: 20, PinEvery: 3, CompactAt: -1})
	first := now(t, s).Revision()
	var revs []store.Revision
	var want []string
	watched := make(chan string)
	ctx, cancel := context.WithCancel(bg)
	defer cancel()
	for i := range 15 {
		want = append(want, fmt.Sprintf("document:d%d#viewer@user:u%d", i, i))
		revs = append(revs, create(t, s, want[i]))
	}
	go func() {
		for c, err := range s.Watch(ctx, first) {
			if err != nil {
				break
			}
			for _, r := range c.Added {
				watched <- r.String()
			}
		}
		close(watched)
	}()
	require.Equal(t, want[0], await(t, watched)) // the others are in its batch
	_, err := s.Update(bg, func(tx *store.Tx) error { return second(tx.DeleteMatching(tuple.Filter{})) })
	require.NoError(t, err)
	_, err = s.Update(bg, func(tx *store.Tx) error {
		require.NoError(t, tx.Create(rel("document:x#viewer@user:x")))
		return errRefused
	})
	require.Same(t, errRefused, err)
	require.Equal(t, 2, compact(t, s))
	for i, rev := range revs {
		st, err := s.At(rev)
		require.NoError(t, err)
		require.ElementsMatch(t, want[:i+1], texts(t, st))
	}
	require.NoError(t, s.Check())
	create(t, s, "document:last#viewer@user:last")
	for _, text := range append(want[1:], "document:last#viewer@user:last") {
		require.Equal(t, text, await(t, watched))
	}
	for i := range 20 {
		create(t, s, fmt.Sprintf("document:e%d#viewer@user:last", i))
	}
	require.Equal(t, 30, compact(t, s))
	require.NoError(t, s.Check())
}

// What is set aside keeps its objects.
func TestCompactKeepsAside(t *testing.T) {
	s := open(t, store.Options{HistoryCommits: 1})
	create(t, s, "team:a#member@user:a", "document:a#viewer@user:b")
	_, err := s.SetSchema(bg, schema.MustParse("definition user {} definition team { relation member: user }"), store.SchemaOptions{SetAside: true})
	require.NoError(t, err)
	create(t, s, "team:a#member@user:c")
	require.Equal(t, 1, s.Stats().Aside)
	require.Zero(t, compact(t, s))
	create(t, s, "team:a#member@user:d")
	require.NoError(t, remove(s, "team:a#member@user:d", "team:a#member@user:c", "team:a#member@user:a"))
	create(t, s, "team:a#member@user:e")
	require.Equal(t, 3, compact(t, s))
	_, err = s.SetSchema(bg, testSchema, store.SchemaOptions{})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"document:a#viewer@user:b", "team:a#member@user:e"}, texts(t, now(t, s)))
	require.NoError(t, s.Check())
}

// While ids are given back after every commit, readers see whole states.
func TestCompactBesideReaders(t *testing.T) {
	s := open(t, store.Options{CompactAt: -1, HistoryCommits: 5, PinEvery: 2})
	ctx, cancel := context.WithCancel(bg)
	var readers sync.WaitGroup
	pair := func(i int) []string {
		return []string{fmt.Sprintf("document:d%d#viewer@user:u%d", i, i), fmt.Sprintf("document:e%d#viewer@user:u%d", i, i)}
	}
	empty := now(t, s).Revision()
	create(t, s, pair(0)...)
	whole := func(st *store.State) {
		n := 0
		for rel, err := range st.Tuples(tuple.Filter{}) {
			require.NoError(t, err)
			require.Equal(t, "user", rel.Subject.Type)
			require.Equal(t, rel.Object.ID[1:], rel.Subject.ID[1:])
			n++
		}
		require.Equal(t, 2, n)
	}
	for range 2 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			for ctx.Err() == nil {
				whole(now(t, s))
				oldest := s.Stats().Oldest
				st, err := s.At(oldest)
				if oldest != empty && !errors.Is(err, store.ErrRevisionGone) {
					require.NoError(t, err)
					whole(st)
				}
			}
		}()
	}
	readers.Add(1)
	go func() {
		defer readers.Done()
		for c, err := range s.Watch(ctx, store.Revision{}) {
			if err == nil {
				require.Len(t, c.Added, 2)
				require.Equal(t, c.Added[0].Subject, c.Added[1].Subject)
			}
		}
	}()
	for i := range 200 {
		_, err := s.Update(bg, func(tx *store.Tx) error {
			require.NoError(t, second(tx.DeleteMatching(tuple.Filter{})))
			for _, text := range pair(i + 1) {
				require.NoError(t, tx.Create(rel(text)))
			}
			return nil
		})
		require.NoError(t, err)
		compact(t, s)
	}
	cancel()
	readers.Wait()
	require.LessOrEqual(t, s.Stats().Objects, 3*6)
	require.NoError(t, s.Check())
}

// A dictionary that is full has room again when what it has is not needed.
func TestCompactMakesRoom(t *testing.T) {
	s := open(t, store.Options{HistoryCommits: 1})
	now(t, s).Reader().Dict().Limit(4, 10)
	create(t, s, "document:a#viewer@user:a", "document:b#viewer@user:b")
	_, err := s.Update(bg, func(tx *store.Tx) error { return tx.Create(rel("document:c#viewer@user:a")) })
	require.ErrorIs(t, err, store.ErrFull)
	require.NoError(t, remove(s, "document:b#viewer@user:b"))
	create(t, s, "document:a#viewer@user:b")
	require.Equal(t, 1, compact(t, s))
	create(t, s, "document:c#viewer@user:a")
	_, err = s.Update(bg, func(tx *store.Tx) error { return tx.Create(rel("document:d#viewer@user:a")) })
	require.ErrorIs(t, err, store.ErrFull, "the limit stays")
}
