package bolt

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// TestMerge compares what chunks and an overlay are merged to with a map.
func TestMerge(t *testing.T) {
	type key struct {
		tuple.Tuple
		aside bool
	}
	rapid.Check(t, func(t *rapid.T) {
		want := map[key]string{}
		var before []string
		w := newChunkWriter()
		for _, s := range rapid.SliceOfN(drawStored(), 0, 30).Draw(t, "before") {
			if _, ok := want[key{s.Tuple, s.Aside}]; !ok {
				w.add(&s)
				want[key{s.Tuple, s.Aside}] = s.Relationship.String()
			}
			if rapid.Bool().Draw(t, "chunk ends") {
				before = append(before, string(w.chunk()))
			}
		}
		before = append(before, string(w.chunk()))
		over := newOverlay()
		for range rapid.IntRange(0, 4).Draw(t, "commits") {
			c := store.Commit{
				Removed: rapid.SliceOfN(drawStored(), 0, 10).Draw(t, "removed"),
				Added:   rapid.SliceOfN(drawStored(), 0, 10).Draw(t, "added"),
			}
			over.apply(&c)
			for _, s := range c.Removed {
				delete(want, key{s.Tuple, s.Aside})
			}
			for _, s := range c.Added {
				want[key{s.Tuple, s.Aside}] = s.Relationship.String()
			}
		}
		horizon := everything()
		if rapid.Bool().Draw(t, "forgets") {
			horizon = time.UnixMicro(rapid.Int64Range(-9e15, 200e15).Draw(t, "horizon")).UTC()
			if rapid.Bool().Draw(t, "to the microsecond") && len(want) > 0 {
				some := rapid.SampledFrom(slices.Sorted(maps.Values(want))).Draw(t, "expires then")
				if r := tuple.MustParseRelationship(some); !r.Expires.IsZero() {
					horizon = r.Expires
				}
			}
			maps.DeleteFunc(want, func(_ key, text string) bool {
				r := tuple.MustParseRelationship(text)
				return !r.Expires.IsZero() && r.Expires.Compare(horizon) <= 0
			})
		}
		got, n := map[key]string{}, 0
		require.NoError(t, merge("log", chunksOf(before...), over, horizon, func(chunk []byte, tuples uint64) error {
			list, err := all(string(chunk))
			require.EqualValues(t, tuples, len(list))
			for _, s := range list {
				n++
				got[key{s.Tuple, s.Aside}] = s.Relationship.String()
			}
			return err
		}))
		require.Equal(t, want, got)
		require.Len(t, want, n, "each once")
	})
}

func chunksOf(chunks ...string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, chunk := range chunks {
			if !yield(chunk, nil) {
				return
			}
		}
	}
}

// TestMergeForgets passes on chunks in which nothing has expired, as they are, and makes others of
// those in which something has, though nothing else has changed in them.
func TestMergeForgets(t *testing.T) {
	horizon := time.UnixMicro(1_800_000_000_000_000).UTC()
	chunk := func(name string, expires func(i int) time.Time) string {
		w := newChunkWriter()
		for i := range 2500 {
			w.add(&store.Stored{Relationship: tuple.Relationship{Tuple: tuple.MustParse(fmt.Sprintf("document:%s-%d#viewer@user:%d", name, i, i)), Expires: expires(i)}})
		}
		return string(w.chunk())
	}
	never := chunk("never", func(int) time.Time { return time.Time{} })
	later := chunk("later", func(i int) time.Time { return horizon.Add(time.Duration(i+1) * time.Microsecond) })
	one := chunk("one", func(i int) time.Time {
		if i == 1234 {
			return horizon
		}
		return time.Time{}
	})
	whole := chunk("all", func(i int) time.Time { return horizon.Add(-time.Duration(i) * time.Hour) })
	require.Greater(t, len(never), chunkSize/2)
	over := newOverlay()
	over.apply(&store.Commit{Added: []store.Stored{
		{Relationship: tuple.MustParse("document:new#viewer@user:a").Until(horizon)},
		{Relationship: tuple.MustParse("document:new#viewer@user:b").Until(horizon.Add(time.Microsecond))},
		{Relationship: tuple.MustParse("document:new#viewer@user:c").Until(horizon.Add(-time.Hour)), Aside: true},
	}})
	var passed []string
	count := map[string]int{}
	require.NoError(t, merge("log", chunksOf(never, whole, later, one), over, horizon, func(c []byte, tuples uint64) error {
		list, err := all(string(c))
		require.Len(t, list, int(tuples))
		for _, s := range list {
			name, _, _ := strings.Cut(s.Object.ID, "-")
			count[name]++
			require.False(t, s.Expired(horizon), "%s", s)
		}
		passed = append(passed, string(c))
		return err
	}))
	require.Equal(t, map[string]int{"never": 2500, "later": 2500, "one": 2499, "new": 1}, count)
	require.Contains(t, passed, never)
	require.Contains(t, passed, later)
}

// TestMergeRefuses passes errors on, and on nothing after them.
func TestMergeRefuses(t *testing.T) {
	broken := func(yield func(string, error) bool) { yield("sumv\x01\x7f", nil) }
	emit := func([]byte, uint64) error { return store.ErrClosed }
	err := merge("log", broken, newOverlay(), everything(), emit)
	require.ErrorIs(t, err, store.ErrCorruptLog)
	require.ErrorContains(t, err, "log")
	failing := func(yield func(string, error) bool) { yield("", store.ErrConflict) }
	require.ErrorIs(t, merge("log", failing, newOverlay(), everything(), emit), store.ErrConflict)
	over := newOverlay()
	over.apply(&store.Commit{Added: []store.Stored{{Relationship: tuple.MustParseRelationship("a:a#b@c:d")}}})
	nothing := func(func(string, error) bool) {}
	require.ErrorIs(t, merge("log", nothing, over, everything(), emit), store.ErrClosed)
}
