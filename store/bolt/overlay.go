package bolt

import (
	"hash/maphash"
	"iter"
	"math/bits"

	"github.com/baobab-authz/baobab/store"
)

// An overlay is what commits have made of the tuples before them.
type overlay struct {
	seed    maphash.Seed
	last    map[uint64]int32 // hash of a tuple → the entry that was made last for one with it
	entries []entry
	bytes   uint64 // of the commits

	head       store.Revision // that of the last commit
	generation uint64         // the tuples before
}

// An entry is a tuple that commits have touched. A tuple is stored once, and once more as one
// that is set aside.
type entry struct {
	stored store.Stored
	there  bool
	before int32 // the entry that was made before for one with the same hash; or none
}

const none = -1

func newOverlay() *overlay { return &overlay{seed: maphash.MakeSeed(), last: map[uint64]int32{}} }

// apply adds what another commit has made.
func (o *overlay) apply(c *store.Commit) {
	o.bytes += uint64(len(c.Seal()))
	for i := range c.Removed {
		o.put(&c.Removed[i], false)
	}
	for i := range c.Added {
		o.put(&c.Added[i], true)
	}
}

func (o *overlay) put(s *store.Stored, there bool) {
	h := o.hash(s)
	last, ok := o.last[h]
	if !ok {
		last = none
	}
	if e := o.find(last, s); e != nil {
		e.stored, e.there = *s, there
		return
	}
	o.last[h] = int32(len(o.entries))
	o.entries = append(o.entries, entry{*s, there, last})
}

func (o *overlay) hash(s *store.Stored) uint64 {
	return maphash.String(o.seed, s.Object.ID) ^
		bits.RotateLeft64(maphash.String(o.seed, s.Subject.ID), 21) ^
		bits.RotateLeft64(maphash.String(o.seed, s.Tuple.Relation), 42)
}

// find returns the entry of a tuple, beginning at one with its hash; nil if there is none.
func (o *overlay) find(at int32, s *store.Stored) *entry {
	for ; at != none; at = o.entries[at].before {
		if e := &o.entries[at]; e.stored.Aside == s.Aside && e.stored.Tuple == s.Tuple {
			return e
		}
	}
	return nil
}

// covers reports whether what the overlay says of a tuple replaces it.
func (o *overlay) covers(s *store.Stored) bool {
	if len(o.entries) == 0 {
		return false
	}
	last, ok := o.last[o.hash(s)]
	return ok && o.find(last, s) != nil
}

// each goes through the tuples that are there.
func (o *overlay) each() iter.Seq[*store.Stored] {
	return func(yield func(*store.Stored) bool) {
		for i := range o.entries {
			if e := &o.entries[i]; e.there && !yield(&e.stored) {
				return
			}
		}
	}
}
