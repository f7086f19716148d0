package bolt

import (
	"iter"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A key is that by which a tuple is stored once.
type key struct {
	tuple.Tuple
	aside bool
}

// An overlay is what commits have made of the tuples before them.
type overlay struct {
	there   map[key]int         // in tuples, or absent
	objects map[string]struct{} // the ids in there, which are compared faster
	tuples  []store.Stored
	bytes   uint64 // of the commits

	head       store.Revision // that of the last commit
	generation uint64         // the tuples before
}

const absent = -1

func newOverlay() *overlay { return &overlay{there: map[key]int{}, objects: map[string]struct{}{}} }

// apply adds what another commit has made.
func (o *overlay) apply(c *store.Commit) {
	o.bytes += uint64(len(c.Seal()))
	for i := range c.Removed {
		o.put(&c.Removed[i], absent)
	}
	for i := range c.Added {
		o.put(&c.Added[i], len(o.tuples))
		o.tuples = append(o.tuples, c.Added[i])
	}
}

func (o *overlay) put(s *store.Stored, at int) {
	o.there[key{s.Tuple, s.Aside}] = at
	o.objects[s.Object.ID] = struct{}{}
}

// covers reports whether what the overlay says of a tuple replaces it.
func (o *overlay) covers(s *store.Stored) bool {
	if _, ok := o.objects[s.Object.ID]; !ok {
		return false
	}
	_, ok := o.there[key{s.Tuple, s.Aside}]
	return ok
}

// each goes through the tuples that are there.
func (o *overlay) each() iter.Seq[*store.Stored] {
	return func(yield func(*store.Stored) bool) {
		for _, at := range o.there {
			if at != absent && !yield(&o.tuples[at]) {
				return
			}
		}
	}
}
