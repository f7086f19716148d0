package reference

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The chase goes through its whole working set before it comes back.
func TestChaseIsOneCycle(t *testing.T) {
	c := NewChase(64*1000, 999)
	require.Equal(t, 64*1000, c.Bytes())
	seen := map[uint32]bool{}
	for at := uint32(0); !seen[at]; at = c.lines[at].next {
		seen[at] = true
	}
	require.Len(t, seen, 1000)
	c.Access()
	require.NotZero(t, c.at)
	c.steps = 1
	c.Access()
	require.Zero(t, c.at)
}

// What is asked for is there, so that no sample measures misses.
func TestAskedIsThere(t *testing.T) {
	tree, table := NewBTree(500, 2_000), NewMap(500, 2_000)
	cache, err := NewLRU(500, 2_000)
	require.NoError(t, err)
	require.Equal(t, 500, tree.tree.Len())
	require.Len(t, table.items, 500)
	require.Equal(t, 500, cache.cache.Len())
	for _, ask := range [][]Key{tree.ask, table.ask, cache.ask} {
		require.Len(t, ask, 2_000)
		for _, k := range ask {
			_, inTree := tree.tree.Get(k)
			_, inTable := table.items[k]
			_, inCache := cache.cache.Get(k)
			require.True(t, inTree && inTable && inCache)
		}
	}
}

// A commit inserts into clones: the tree that is asked stays as it is, and the next
// sample inserts other keys.
func TestCommitLeavesTheTree(t *testing.T) {
	one, two := NewBTree(500, 1), NewBTree(500, 1)
	require.Len(t, one.Commit(two, 100), 100)
	require.Equal(t, 500, one.tree.Len())
	require.Equal(t, 500, two.tree.Len())
	fresh := one.fresh
	one.Commit(two, 1)
	require.NotEqual(t, fresh, one.fresh)
}
