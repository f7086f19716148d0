package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

var bg = context.Background()

func open(t testing.TB, o store.Options) *store.Store {
	o.CheckEachCommit = true
	s, err := store.Open(testSchema, o)
	require.NoError(t, err)
	return s
}

func rel(text string) tuple.Relationship { return tuple.MustParseRelationship(text) }

// create stores the relationships in a commit.
func create(t testing.TB, s *store.Store, texts ...string) store.Revision {
	rev, err := s.Update(bg, func(tx *store.Tx) error {
		for _, text := range texts {
			if err := tx.Create(rel(text)); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	return rev
}

// texts returns all relationships of the state.
func texts(t testing.TB, s *store.State) []string {
	list := []string{}
	for r, err := range s.Tuples(tuple.Filter{}) {
		require.NoError(t, err)
		list = append(list, r.String())
	}
	return list
}

func now(t testing.TB, s *store.Store) *store.State {
	st, err := s.Now()
	require.NoError(t, err)
	return st
}

func TestOpenNeedsASchema(t *testing.T) {
	for _, s := range []*schema.Schema{nil, {}} {
		_, err := store.Open(s, store.Options{})
		require.ErrorIs(t, err, store.ErrNoSchema)
	}
}

// manyNames is a schema with more names than there can be.
func manyNames() *schema.Schema {
	var b strings.Builder
	for i := range 66_000 {
		fmt.Fprintf(&b, "definition t%d {}\n", i)
	}
	return schema.MustParse(b.String())
}

func TestOpenNamesFull(t *testing.T) {
	_, err := store.Open(manyNames(), store.Options{})
	require.ErrorIs(t, err, store.ErrFull)
	require.ErrorContains(t, err, "65535")
}

func TestSchemaOfManyDefinitions(t *testing.T) {
	var b strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&b, "definition t%d { relation r: t%d }\n", i, i)
	}
	s, err := store.Open(schema.MustParse(b.String()), store.Options{CheckEachCommit: true})
	require.NoError(t, err)
	create(t, s, "t9999:a#r@t9999:b")
	require.Equal(t, 10_001, s.Stats().Names)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func second[T any](_ T, err error) error { return err }

func TestBetween(t *testing.T) {
	s := open(t, store.Options{})
	for i := range 300 {
		create(t, s, fmt.Sprintf("document:a#viewer@user:%d", i))
	}
	create(t, s, "team:t#member@user:150", "document:a#editor@user:150", "document:a#viewer@user:*", "document:a#viewer@team:t#member")
	count := func(filter string) int { return must(now(t, s).Count(tuple.MustParseFilter(filter))) }
	require.Equal(t, 2, count("document:a#@user:150"))
	require.Equal(t, 1, count("document:a#viewer@user:150"))
	require.Equal(t, 1, count("document:a#viewer@user:*"))
	require.Equal(t, 1, count("document:a#@team:t"))
	require.Equal(t, 1, count("document:a#viewer@team:t#member"))
	require.Equal(t, 0, count("document:a#viewer@team:t#..."))
	require.Equal(t, 302, count("document:a#viewer"))
	require.Equal(t, 303, count("document:a"))
	require.Equal(t, 301, count("document:a#viewer@user#..."))
	require.Equal(t, 3, count("@user:150#..."))
	require.Equal(t, 2, count("document#@user:150"))
	require.Equal(t, 0, count("document:unknown"))
	for range now(t, s).Tuples(tuple.MustParseFilter("document:a#@user:150")) {
		break
	}
}

func TestSchemaAndReader(t *testing.T) {
	s := open(t, store.Options{})
	st := now(t, s)
	require.Same(t, testSchema, st.Schema())
	require.Same(t, st.Reader(), st.Reader())
}

func TestStats(t *testing.T) {
	clock := at(0)
	s := open(t, store.Options{Clock: func() time.Time { return clock }})
	rev := create(t, s, "document:a#viewer@user:a[c]", tuple.MustParse("document:a#viewer@user:b").Until(at(5)).String())
	clock = at(6)
	stats := s.Stats()
	require.Positive(t, stats.Bytes)
	require.Equal(t, 1, stats.Oldest.Compare(store.Revision{}))
	stats.Bytes, stats.Oldest = 0, store.Revision{}
	require.Equal(t, store.Stats{Revision: rev, Time: at(0), Tuples: 1, Stored: 2, Qualified: 2, Expiring: 1,
		Objects: 3, Names: 8, Commits: 2}, stats)
}
