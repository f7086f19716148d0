package index

import "github.com/google/btree"

// A tree is one of the two trees of tuples: a B-tree of keys in forward or in
// reverse order.
type tree struct {
	items   *btree.BTreeG[item]
	reverse bool
}

// An item is a key as a tree holds it: the fields in their order, the qualifier
// last. As two numbers, keys are passed in registers, and two are compared in a
// few instructions, which is most of what a lookup does.
type item struct{ head, tail uint64 }

func itemLess(a, b item) bool {
	return a.head < b.head || a.head == b.head && a.tail>>32 < b.tail>>32
}

func newTree(reverse bool) tree { return tree{btree.NewG(degree, itemLess), reverse} }

// item returns k as the tree holds it.
func (t tree) item(k Key) item {
	if t.reverse {
		return item{k.reverseHead(), uint64(k.Object)<<32 | uint64(k.Qualifier)}
	}
	return item{k.forwardHead(), uint64(k.Subject)<<32 | uint64(k.Qualifier)}
}

// key returns the key that is held as i.
func (t tree) key(i item) Key {
	first, last := ID(i.head>>32), ID(i.tail>>32)
	one, two := Name(i.head>>16), Name(i.head)
	if t.reverse {
		return Key{Object: last, Subject: first, Relation: two, SubjectRelation: one, Qualifier: uint32(i.tail)}
	}
	return Key{Object: first, Subject: last, Relation: one, SubjectRelation: two, Qualifier: uint32(i.tail)}
}

// less reports whether a is before b.
func (t tree) less(a, b Key) bool { return itemLess(t.item(a), t.item(b)) }

func (t tree) Len() int { return t.items.Len() }

// Get returns the key with k's identity, with its qualifier.
func (t tree) Get(k Key) (Key, bool) {
	i, ok := t.items.Get(t.item(k))
	if !ok {
		return Key{}, false
	}
	return t.key(i), true
}

func (t tree) Has(k Key) bool { return t.items.Has(t.item(k)) }

// ReplaceOrInsert stores k, and returns the key of its identity that was there.
func (t tree) ReplaceOrInsert(k Key) (Key, bool) {
	i, ok := t.items.ReplaceOrInsert(t.item(k))
	return t.key(i), ok
}

// Delete removes the key with k's identity, and returns what was there.
func (t tree) Delete(k Key) (Key, bool) {
	i, ok := t.items.Delete(t.item(k))
	return t.key(i), ok
}

// Ascend calls yield for each key in order until it returns false.
func (t tree) Ascend(yield func(Key) bool) {
	t.items.Ascend(func(i item) bool { return yield(t.key(i)) })
}

// AscendGreaterOrEqual is Ascend from the first key on that is not before from.
func (t tree) AscendGreaterOrEqual(from Key, yield func(Key) bool) {
	t.items.AscendGreaterOrEqual(t.item(from), func(i item) bool { return yield(t.key(i)) })
}

// Clone returns a copy. Only the nodes that are then changed are copied.
func (t tree) Clone() tree { return tree{t.items.Clone(), t.reverse} }
