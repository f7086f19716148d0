package index

import (
	"errors"
	"fmt"
	"hash/maphash"
	"sync/atomic"

	"github.com/baobab-authz/baobab/tuple"
)

// ErrFull is what interning returns when the ids or names are used up.
var ErrFull = errors.New("the dictionary is full")

// A Dict gives objects their [ID] and names their [Name], and takes them back.
// It only grows; see [Marking] for how ids are given back. Readers never wait and allocate nothing; there may be one
// writer at a time.
//
// Objects are found in a hash table of atomic slots with linear probing, each
// the upper half of the hash and the ID. The writer fills in the object first
// and stores the slot last, so a reader that sees the slot sees the object. A
// table that is two thirds full is replaced by a copy of twice the size. An
// object that is not yet in the table that a reader has loaded is in no
// snapshot that the reader loaded before.
type Dict struct {
	names  atomic.Pointer[nameTable]
	seed   maphash.Seed
	table  atomic.Pointer[hashTable]
	blocks atomic.Pointer[[][]object] // the last may be copied to a larger one
	far    atomic.Pointer[[]string]   // ids that are too long for an object
	count  atomic.Uint32
	epoch  atomic.Uint64 // of the last freeze that changed something
	clock  clock
	maxID  ID // less in tests, as is the next

	maxQualified int // records of a snapshot

	generation *Generation
}

// A hashTable maps objects to IDs. A slot is 0 or tag<<32 | ID.
type hashTable struct {
	mask  uint64
	slots []atomic.Uint64
}

const (
	firstSlots = 128
	// forQuestions is how many of the greatest IDs are never given: who asks about
	// objects that no tuple names needs some that name nothing.
	forQuestions = 1 << 20
)

// NewDict returns an empty dictionary.
func NewDict() *Dict {
	d := &Dict{seed: maphash.MakeSeed(), maxID: localID - forQuestions, maxQualified: qualifierNumber, generation: new(Generation)}
	d.names.Store(newNameTable())
	d.blocks.Store(new([][]object))
	d.far.Store(new([]string))
	d.table.Store(newHashTable(firstSlots))
	return d
}

func newHashTable(slots int) *hashTable {
	return &hashTable{mask: uint64(slots - 1), slots: make([]atomic.Uint64, slots)}
}

// Limit lowers how many objects there can be, and how many qualified tuples in
// a snapshot, so that tests can reach [ErrFull]. It is called by the writer.
func (d *Dict) Limit(objects ID, qualified int) { d.maxID, d.maxQualified = objects, qualified }

// Len returns the number of objects.
func (d *Dict) Len() int { return int(d.count.Load()) }

// ID returns the ID of o, or false when it has none.
func (d *Dict) ID(o tuple.Object) (ID, bool) {
	typ, ok := d.Name(o.Type)
	if !ok || typ == 0 {
		return 0, false
	}
	return d.find(d.hash(typ, o.ID), typ, o.ID)
}

// Object returns the object whose ID is id, or the zero Object for an ID that
// was not given. Its ID is a part of the dictionary's memory: who keeps it keeps
// up to 40 KB of that.
func (d *Dict) Object(id ID) tuple.Object {
	e := d.object(id)
	if e == nil {
		return tuple.Object{}
	}
	return tuple.Object{Type: d.String(e.typ), ID: d.text(e)}
}

// TypeOf returns the type of the object whose ID is id, or 0.
func (d *Dict) TypeOf(id ID) Name {
	e := d.object(id)
	if e == nil {
		return 0
	}
	return e.typ
}

// Intern returns the ID of o, which it gives it if it has none. The type must
// have a name.
func (d *Dict) Intern(o tuple.Object) (ID, error) {
	typ, ok := d.Name(o.Type)
	if !ok || typ == 0 {
		return 0, fmt.Errorf("the type of %s has no name in the dictionary", o)
	}
	return d.InternAs(typ, o.ID)
}

// InternAs is Intern for a type whose name is known.
func (d *Dict) InternAs(typ Name, text string) (ID, error) {
	h := d.hash(typ, text)
	if id, ok := d.find(h, typ, text); ok {
		return id, nil
	}
	if n := d.count.Load(); ID(n) >= d.maxID {
		return 0, fmt.Errorf("%w: %d objects", ErrFull, n)
	}
	return d.add(h, typ, text), nil
}

// add gives the next ID to an object that has none, and of which h is the hash.
func (d *Dict) add(h uint64, typ Name, text string) ID {
	n := d.count.Load()
	id := ID(n + 1)
	d.place(id, typ, text)
	t := d.table.Load()
	if uint64(n+1)*3 > uint64(len(t.slots))*2 {
		t = d.grow(t)
	}
	d.count.Store(n + 1)
	t.put(h, id)
	return id
}

func (d *Dict) hash(typ Name, id string) uint64 {
	return maphash.String(d.seed, id) ^ uint64(typ)*0x9e3779b97f4a7c15
}

func (d *Dict) find(h uint64, typ Name, id string) (ID, bool) {
	t := d.table.Load()
	for i := h & t.mask; ; i = (i + 1) & t.mask {
		slot := t.slots[i].Load()
		if slot == 0 {
			return 0, false
		}
		if slot>>32 != h>>32 {
			continue
		}
		if e := d.object(ID(slot)); e.typ == typ && d.text(e) == id {
			return ID(slot), true
		}
	}
}

// first returns the slot in which an object of a hash would be first.
func (t *hashTable) first(h uint64) uint64 { return t.slots[h&t.mask].Load() }

// put stores id in the first free slot. The writer alone calls it.
func (t *hashTable) put(h uint64, id ID) {
	i := h & t.mask
	for t.slots[i].Load() != 0 {
		i = (i + 1) & t.mask
	}
	t.slots[i].Store(h>>32<<32 | uint64(id))
}

// grow publishes a copy of t of twice the size.
func (d *Dict) grow(t *hashTable) *hashTable {
	larger := newHashTable(2 * len(t.slots))
	for id := ID(1); id <= ID(d.count.Load()); id++ {
		e := d.object(id)
		larger.put(d.hash(e.typ, d.text(e)), id)
	}
	d.table.Store(larger)
	return larger
}
