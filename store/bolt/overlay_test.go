package bolt

import (
	"testing"

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
		got, n := map[key]string{}, 0
		chunks := func(yield func(string, error) bool) {
			for _, chunk := range before {
				if !yield(chunk, nil) {
					return
				}
			}
		}
		require.NoError(t, merge("log", chunks, over, func(chunk []byte, tuples uint64) error {
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

// TestMergeRefuses passes errors on, and on nothing after them.
func TestMergeRefuses(t *testing.T) {
	broken := func(yield func(string, error) bool) { yield("sumv\x01\x7f", nil) }
	emit := func([]byte, uint64) error { return store.ErrClosed }
	err := merge("log", broken, newOverlay(), emit)
	require.ErrorIs(t, err, store.ErrCorruptLog)
	require.ErrorContains(t, err, "log")
	failing := func(yield func(string, error) bool) { yield("", store.ErrConflict) }
	require.ErrorIs(t, merge("log", failing, newOverlay(), emit), store.ErrConflict)
	over := newOverlay()
	over.apply(&store.Commit{Added: []store.Stored{{Relationship: tuple.MustParseRelationship("a:a#b@c:d")}}})
	nothing := func(func(string, error) bool) {}
	require.ErrorIs(t, merge("log", nothing, over, emit), store.ErrClosed)
}
