package index

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Sorting digit by digit is as sorting by comparison: equal keys stay as they were.
func TestSortKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{0, 1, minRadix - 1, minRadix, 3000}).Draw(t, "keys")
		objects := rapid.SampledFrom([]uint32{1, 3, 300, 1<<31 - 1}).Draw(t, "objects")
		names := rapid.SampledFrom([]uint32{1, 2, MaxNames}).Draw(t, "names")
		reverse := rapid.Bool().Draw(t, "reverse")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		keys := make([]Key, n)
		for i := range keys {
			keys[i] = Key{
				Object: ID(rng.Uint32N(objects)), Subject: ID(rng.Uint32N(objects)),
				Relation: Name(rng.Uint32N(names)), SubjectRelation: Name(rng.Uint32N(names)),
				Qualifier: uint32(i),
			}
		}
		want := slices.Clone(keys)
		compare := CompareForward
		if reverse {
			compare = CompareReverse
		}
		slices.SortStableFunc(want, compare)
		require.Equal(t, want, sortKeys(keys, reverse))
	})
}

// A tree orders keys as comparing them does, and gives them back as they were.
func TestTreeOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.Custom(func(t *rapid.T) Key {
			id := rapid.SampledFrom([]ID{0, 1, 2, 1 << 20, localID, ^ID(0)})
			name := rapid.SampledFrom([]Name{0, 1, 2, MaxNames})
			return Key{
				Object: id.Draw(t, "object"), Subject: id.Draw(t, "subject"),
				Relation: name.Draw(t, "relation"), SubjectRelation: name.Draw(t, "subject relation"),
				Qualifier: rapid.SampledFrom([]uint32{0, 1, qualifierExpires | 7}).Draw(t, "qualifier"),
			}
		})
		a, b := key.Draw(t, "a"), key.Draw(t, "b")
		for _, reverse := range []bool{false, true} {
			tree, compare, less := newTree(reverse), CompareForward, ForwardLess
			if reverse {
				compare, less = CompareReverse, ReverseLess
			}
			require.Equal(t, a, tree.key(tree.item(a)))
			require.Equal(t, compare(a, b) < 0, tree.less(a, b))
			require.Equal(t, less(a, b), tree.less(a, b))
			tree.ReplaceOrInsert(a)
			old, replaced := tree.ReplaceOrInsert(b)
			require.Equal(t, a.Same(b), replaced)
			if replaced {
				require.Equal(t, a, old)
			}
			got, ok := tree.Get(b.Identity())
			require.True(t, ok)
			require.Equal(t, b, got)
		}
	})
}

// A tree that is built at once has the same keys, in nearly full nodes.
func TestBuildTree(t *testing.T) {
	for _, n := range []int{0, 1, 2, 63, 64, 65, 1000, 10_000} {
		keys := make([]Key, n)
		for i := range keys {
			keys[i] = Key{Object: ID(i/3 + 1), Subject: ID(i%3 + 1), Relation: 1}
		}
		built := buildTree(keys, false)
		require.Equal(t, n, built.Len())
		var got []Key
		built.Ascend(func(k Key) bool {
			got = append(got, k)
			return true
		})
		require.Equal(t, keys, append([]Key{}, got...))
	}
}
