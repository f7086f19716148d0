package index

// minBulk is from how many tuples on the trees may be built anew.
const minBulk = 64

// bulky reports whether so many puts are better merged with what is stored, and the
// trees built anew, than inserted: if there are no fewer of them than tuples stored.
func (s *Snapshot) bulky(puts int) bool { return puts >= minBulk && puts >= s.Len() }

// buildTree returns a tree of keys, which are in its order. It inserts every other key
// first, which leaves each node half full as ascending inserts do, and then those in
// between, which fill it. So the tree takes half the memory, 17 bytes a key.
func buildTree(keys []Key, reverse bool) tree {
	t := newTree(reverse)
	for first := range 2 {
		for i := first; i < len(keys); i += 2 {
			t.ReplaceOrInsert(keys[i])
		}
	}
	return t
}

// build replaces the trees by new ones of the keys, which are in forward order.
func (s *Snapshot) build(keys []Key) {
	s.forward = buildTree(keys, false)
	s.reverse = buildTree(sortKeys(keys, true), true)
}

// merge stores puts, which are sorted and unique, in trees that are built anew.
func (b *Builder) merge(puts *Puts, changes []Change) []Change {
	s := b.own()
	keys := make([]Key, 0, s.Len()+len(puts.keys))
	rest := puts.keys
	take := func() {
		k := rest[0]
		rest = rest[1:]
		q := puts.qualifier(k)
		c := Change{Key: k.Identity(), Has: true, After: q}
		k.Qualifier, _ = b.addRecord(k, q) // there is room for all
		keys = append(keys, k)
		changes = append(changes, c)
		b.touch(k)
	}
	s.forward.Ascend(func(old Key) bool {
		for len(rest) > 0 && CompareForward(rest[0], old) < 0 {
			take()
		}
		if len(rest) == 0 || !rest[0].Same(old) {
			keys = append(keys, old)
			return true
		}
		before := s.qualifier(old)
		if EqualQualifiers(before, puts.qualifier(rest[0])) {
			rest = rest[1:]
			keys = append(keys, old)
			return true
		}
		b.dropRecord(old)
		take()
		c := &changes[len(changes)-1]
		c.Had, c.Before = true, before
		return true
	})
	for len(rest) > 0 {
		take()
	}
	s.build(keys)
	return changes
}
