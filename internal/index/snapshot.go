package index

import (
	"math"
	"sync"
	"time"

	"github.com/google/btree"

	"github.com/baobab-authz/baobab/schema"
)

// degree is that of every tree. In a prototype 32 was the best compromise
// between what a lookup costs and what a commit copies.
const degree = 32

// A Meta says which state a snapshot is.
type Meta struct {
	Schema   *schema.Schema
	Revision uint64 // the position of the commit that made it
	Epoch    uint32 // of the log, as in a revision
	Chain    uint64 // likewise
	Time     int64  // of that commit, Unix microseconds
	Swept    int64  // the latest expiry that was swept from it, or NeverSwept
}

// NeverSwept is the value of [Meta.Swept] as long as nothing was swept.
const NeverSwept = math.MinInt64

// A Snapshot is one state of the stored tuples: the two trees, what qualifies
// the tuples, and their order by expiry. It is immutable, and safe for any
// number of goroutines; a [Builder] makes the next one from it.
type Snapshot struct {
	Meta
	dict       *Dict
	forward    tree
	reverse    tree
	qualifiers *btree.BTreeG[record]
	expiries   *btree.BTreeG[expiry]
	rosters    rosters                   // derived from forward when the snapshot was frozen
	epochs     []uint64                  // of each relation, by name: the number of the freeze that last changed a tuple of it
	groups     nameSet                   // relations of the schema that can be part of a group
	beside     bool                      // the line of commits, see Beside
	lastNumber uint32                    // of a record; the next free one is after it
	aside      *btree.BTreeG[asideTuple] // nil while none ever was

	cloning *sync.Mutex // cloning a tree changes the tree that is cloned; snapshots of one line share it, as they share trees
}

// NewSnapshot returns a snapshot without tuples.
func NewSnapshot(d *Dict, m Meta) *Snapshot {
	return &Snapshot{
		Meta:       m,
		dict:       d,
		forward:    newTree(false),
		reverse:    newTree(true),
		qualifiers: btree.NewG(degree, recordLess),
		expiries:   btree.NewG(degree, expiryLess),
		groups:     groupRelations(m.Schema, d),
		cloning:    new(sync.Mutex),
	}
}

// Dict returns the dictionary of the snapshot's ids.
func (s *Snapshot) Dict() *Dict { return s.dict }

// Len returns the number of stored tuples, expired ones included.
func (s *Snapshot) Len() int { return s.forward.Len() }

// Qualified returns the number of stored tuples that something qualifies.
func (s *Snapshot) Qualified() int { return s.qualifiers.Len() }

// Expiring returns the number of stored tuples that have an expiry.
func (s *Snapshot) Expiring() int { return s.expiries.Len() }

// Expired counts the stored tuples that do not exist any more at the instant
// now. It costs as much as there are of them.
func (s *Snapshot) Expired(now int64) int {
	n := 0
	s.expiries.Ascend(func(e expiry) bool {
		if e.at > now {
			return false
		}
		n++
		return true
	})
	return n
}

// HasExpired reports whether there are any.
func (s *Snapshot) HasExpired(now int64) bool {
	first, ok := s.expiries.Min()
	return ok && first.at <= now
}

// CommitTime returns the time of the commit that made the snapshot.
func (s *Snapshot) CommitTime() time.Time { return time.UnixMicro(s.Time).UTC() }

// Lookup returns what qualifies the stored tuple with k's identity, which may
// have expired; false when it is not stored.
func (s *Snapshot) Lookup(k Key) (*Qualifier, bool) {
	k, ok := s.forward.Get(k)
	if !ok {
		return nil, false
	}
	return s.qualifier(k), true
}

// qualifier returns what qualifies k, as the snapshot's tree holds it.
func (s *Snapshot) qualifier(k Key) *Qualifier {
	if k.Qualifier == 0 {
		return nil
	}
	r, _ := s.qualifiers.Get(record{number: k.Qualifier & qualifierNumber})
	return r.q
}

// clone returns a copy of which the trees of tuples may be changed. Only the nodes
// that are then changed are copied. What qualifies the tuples it shares with s until
// [Builder.ownRecords]: most commits leave that alone.
func (s *Snapshot) clone() *Snapshot {
	s.cloning.Lock()
	defer s.cloning.Unlock()
	c := *s
	c.forward, c.reverse = s.forward.Clone(), s.reverse.Clone()
	return &c
}

// cloneRecords replaces what qualifies the tuples of s by a copy that may be changed.
func (s *Snapshot) cloneRecords() {
	s.cloning.Lock()
	defer s.cloning.Unlock()
	s.qualifiers, s.expiries = s.qualifiers.Clone(), s.expiries.Clone()
}

// cloneAside replaces what s has set aside by a copy that may be changed.
func (s *Snapshot) cloneAside() {
	s.cloning.Lock()
	defer s.cloning.Unlock()
	if s.aside == nil {
		s.aside = btree.NewG(degree, asideLess)
		return
	}
	s.aside = s.aside.Clone()
}
