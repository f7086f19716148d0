package index

import (
	"slices"

	"github.com/google/btree"
)

// A Generation stands for a dictionary, one of a row of which each has taken over
// what was still named in the one before. An ID means something in its own
// generation alone; a Name means the same in all of a row. Who keeps what was found
// out by a dictionary keeps this beside it and not the dictionary, which may be large.
type Generation struct{ _ byte } // of some size, so that no two have the same address

// Generation returns what stands for the dictionary.
func (d *Dict) Generation() *Generation { return d.generation }

// A Marking notes which objects of a dictionary are named somewhere. It is used by
// the writer alone: no object gets an ID in the meantime.
type Marking struct {
	dict *Dict
	bits []uint64
	n    int
}

// NewMarking returns one in which no object is named.
func NewMarking(d *Dict) *Marking { return &Marking{dict: d, bits: make([]uint64, d.Len()/64+1)} }

// Len returns how many objects are named.
func (m *Marking) Len() int { return m.n }

func (m *Marking) has(id ID) bool { return m.bits[id/64]>>(id%64)&1 != 0 }

func (m *Marking) key(k Key) {
	for _, id := range [...]ID{k.Object, k.Subject} {
		if !m.has(id) {
			m.bits[id/64] |= 1 << (id % 64)
			m.n++
		}
	}
}

// Snapshot notes what a snapshot names, also what it has set aside. It costs some
// ten nanoseconds a tuple.
func (m *Marking) Snapshot(s *Snapshot) {
	s.forward.Ascend(func(k Key) bool {
		m.key(k)
		return true
	})
	s.AsideTuples(func(k Key, _ *Qualifier) bool {
		m.key(k)
		return true
	})
}

// Changes notes what changes name.
func (m *Marking) Changes(changes []Change) {
	for _, c := range changes {
		m.key(c.Key)
	}
}

// A Compaction is the next generation of a dictionary, which has only the objects
// that a marking noted, and how to get there. They keep their order, so that what is
// sorted by the old IDs is sorted by the new ones.
type Compaction struct {
	dict *Dict
	ids  []ID // by the old ID; 0 for an object that is not there any more
}

// Compact makes the next generation. It costs some hundred nanoseconds an object.
func (m *Marking) Compact() *Compaction {
	c := &Compaction{m.dict.next(m.n), make([]ID, m.dict.Len()+1)}
	for id := ID(1); int(id) < len(c.ids); id++ {
		if m.has(id) {
			o := m.dict.object(id)
			text := m.dict.text(o)
			c.ids[id] = c.dict.add(m.dict.hash(o.typ, text), o.typ, text)
		}
	}
	return c
}

// Empty returns a next generation that has no objects.
func (d *Dict) Empty() *Dict { return d.next(0) }

// next returns a dictionary with the names of d and room for so many objects. Its
// epochs come after those of d.
func (d *Dict) next(objects int) *Dict {
	n := NewDict()
	n.seed, n.maxID, n.maxQualified = d.seed, d.maxID, d.maxQualified
	n.names.Store(d.names.Load())
	n.epoch.Store(d.epoch.Load())
	n.clock.all.Store(d.epoch.Load())
	slots := firstSlots
	for 2*slots < 3*(objects+1) {
		slots *= 2
	}
	n.table.Store(newHashTable(slots))
	return n
}

// Dict returns the next generation.
func (c *Compaction) Dict() *Dict { return c.dict }

func (c *Compaction) key(k Key) Key {
	k.Object, k.Subject = c.ids[k.Object], c.ids[k.Subject]
	return k
}

// Changes returns changes, all of whose objects were noted, in terms of the next
// generation.
func (c *Compaction) Changes(changes []Change) []Change {
	moved := slices.Clone(changes)
	for i := range moved {
		moved[i].Key = c.key(moved[i].Key)
	}
	return moved
}

// Snapshot returns a snapshot, which was noted, in terms of the next generation. Its
// trees are built anew, and so as small as they can be.
func (c *Compaction) Snapshot(s *Snapshot) *Snapshot {
	next := *s
	next.dict = c.dict
	next.forward, next.reverse = c.tree(s.forward), c.tree(s.reverse)
	next.expiries = btree.NewG(degree, expiryLess)
	s.expiries.Ascend(func(e expiry) bool {
		next.expiries.ReplaceOrInsert(expiry{e.at, c.key(e.key)})
		return true
	})
	if s.aside != nil {
		next.aside = btree.NewG(degree, asideLess)
		s.AsideTuples(func(k Key, q *Qualifier) bool {
			next.aside.ReplaceOrInsert(asideTuple{c.key(k), q})
			return true
		})
	}
	var objects []ID
	next.forward.Ascend(func(k Key) bool {
		if n := len(objects); n == 0 || objects[n-1] != k.Object {
			objects = append(objects, k.Object)
		}
		return true
	})
	next.rosters = rosters{}.update(next.forward, objects)
	return &next
}

func (c *Compaction) tree(t tree) tree {
	keys := make([]Key, 0, t.Len())
	t.Ascend(func(k Key) bool {
		keys = append(keys, c.key(k))
		return true
	})
	return buildTree(keys, t.reverse)
}
