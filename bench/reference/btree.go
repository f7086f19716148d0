package reference

import (
	"time"

	"github.com/google/btree"
)

const degree = 32

// BTree is a google/btree of random 16-byte keys.
type BTree struct {
	tree  *btree.BTreeG[Key]
	ask   []Key
	fresh uint64 // the seed of keys that are not in it yet
}

// NewBTree returns a tree of n keys, which is asked for probes different ones.
func NewBTree(n, probes int) *BTree {
	all := keys(1, n)
	t := btree.NewG(degree, less)
	for _, k := range all {
		t.ReplaceOrInsert(k)
	}
	return &BTree{tree: t, ask: asked(all, probes), fresh: 2}
}

// Get samples a Get of a random key.
func (b *BTree) Get() float64 {
	found := 0
	from := time.Now()
	for _, k := range b.ask {
		if _, ok := b.tree.Get(k); ok {
			found++
		}
	}
	return perItem(from, found)
}

// perItem returns the nanoseconds since an instant for each of n items, which
// must be counted so that no compiler leaves them out.
func perItem(from time.Time, n int) float64 {
	return float64(time.Since(from).Nanoseconds()) / float64(max(1, n))
}

// Commit is what a commit of one tuple to two trees costs at the least: Clone of
// each, and an insert in each. It returns how long each of n such commits took.
func (b *BTree) Commit(other *BTree, n int) []time.Duration {
	b.fresh++
	one, two := b.tree, other.tree
	took := make([]time.Duration, 0, n)
	for _, k := range keys(b.fresh, n) {
		from := time.Now()
		one, two = one.Clone(), two.Clone()
		one.ReplaceOrInsert(k)
		two.ReplaceOrInsert(Key{k.Low, k.High})
		took = append(took, time.Since(from))
	}
	return took
}
