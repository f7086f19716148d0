package index

import (
	"slices"
	"sync/atomic"

	"github.com/baobab-authz/baobab/schema"
)

// A clock tells of each object the epoch of the last freeze in which a tuple
// changed that makes it, or a userset of it, a member of a group. So the groups that
// subjects are in can be kept over commits that have nothing to do with them. It may name a freeze that came to nothing, or that is not of the snapshot
// that is asked about: then it says too much, never too little.
//
// It is pages by id, which are there only where something was noted; a freeze of
// very many changes is noted for all objects at once.
type clock struct {
	pages atomic.Pointer[[]*clockPage]
	all   atomic.Uint64
}

type clockPage [clockSize]atomic.Uint64

const (
	clockBits = 8
	clockSize = 1 << clockBits
	maxNoted  = 1 << 12 // subjects that a freeze notes one by one
)

// note is called by the writer, before a snapshot of the epoch is published.
func (c *clock) note(subjects []ID, epoch uint64) {
	if len(subjects) > maxNoted {
		c.all.Store(epoch)
		return
	}
	for _, id := range subjects {
		c.page(int(id >> clockBits))[id%clockSize].Store(epoch)
	}
}

// page returns a page for the writer, which makes those that are missing.
func (c *clock) page(at int) *clockPage {
	var pages []*clockPage
	if old := c.pages.Load(); old != nil {
		pages = *old
	}
	if at < len(pages) && pages[at] != nil {
		return pages[at]
	}
	next := slices.Clone(pages)
	if at >= len(next) {
		next = append(next, make([]*clockPage, at+1-len(next))...)
	}
	next[at] = new(clockPage)
	c.pages.Store(&next)
	return next[at]
}

// last returns the last epoch that was noted for an object.
func (c *clock) last(id ID) uint64 {
	epoch := c.all.Load()
	if pages := c.pages.Load(); pages != nil {
		if at := int(id >> clockBits); at < len(*pages) && (*pages)[at] != nil {
			epoch = max(epoch, (*pages)[at][id%clockSize].Load())
		}
	}
	return epoch
}

// LastAsMember returns the epoch of the last change to a tuple that has the object,
// or a userset of it, as its subject, and is of a relation that can be part of a
// group (see [Snapshot.groups]); or a later one. If it is not after an epoch of an
// earlier snapshot of the same line, these tuples have not changed since.
func (r *Reader) LastAsMember(id ID) uint64 { return r.snap.dict.clock.last(id) }

// Line reports whether the reader's snapshot is of the line of commits in which each
// was made from the one before, so that a later one has greater epochs. What was
// reconstructed from the history is beside it.
func (r *Reader) Line() bool { return !r.snap.beside }

// A nameSet is names, one bit each.
type nameSet []uint64

func (s nameSet) has(n Name) bool { return int(n/64) < len(s) && s[n/64]>>(n%64)&1 != 0 }

// groupRelations returns the relations that can be part of a group: those of the types
// that have a relation which a tuple can name as a userset.
func groupRelations(s *schema.Schema, d *Dict) nameSet {
	if s == nil {
		return nil
	}
	types := map[string]bool{}
	for _, def := range s.Definitions() {
		for _, rel := range def.Relations {
			for _, sub := range rel.Subjects {
				types[sub.Type] = types[sub.Type] || sub.Relation != ""
			}
		}
	}
	set := make(nameSet, d.Names()/64+1)
	for typ, groups := range types {
		def := s.Definition(typ)
		if !groups || def == nil {
			continue
		}
		for _, rel := range def.Relations {
			if n, ok := d.Name(rel.Name); ok {
				set[n/64] |= 1 << (n % 64)
			}
		}
	}
	return set
}
