package index

import (
	"errors"
	"fmt"
	"slices"
)

// ErrCorrupt is what Check returns when the structures of a snapshot do not
// agree. It is a defect of this package, or of the machine's memory.
var ErrCorrupt = errors.New("the index is corrupt")

// Check verifies that both trees hold the same tuples in order, that each is
// qualified by a record of its own, that the order by expiry is complete, that
// the counts agree and every id and name is known. It reads everything.
func (s *Snapshot) Check() error {
	if f, r := s.forward.Len(), s.reverse.Len(); f != r {
		return fmt.Errorf("%w: %d tuples forward, %d reverse", ErrCorrupt, f, r)
	}
	c := checker{s: s, records: make(map[uint32]struct{}, s.qualifiers.Len())}
	s.forward.Ascend(c.forward)
	s.reverse.Ascend(c.reverse)
	c.rosters()
	switch {
	case c.err != nil:
	case c.n != s.forward.Len():
		c.fail("%d tuples, counted as %d", c.n, s.forward.Len())
	case len(c.records) != s.qualifiers.Len():
		c.fail("%d qualified tuples, %d records", len(c.records), s.qualifiers.Len())
	case c.expiring != s.expiries.Len():
		c.fail("%d expiring tuples, %d in the order by expiry", c.expiring, s.expiries.Len())
	}
	return c.err
}

// A checker is one run of Check.
type checker struct {
	s        *Snapshot
	err      error
	n        int
	last     Key
	records  map[uint32]struct{}
	expiring int
}

func (c *checker) fail(format string, args ...any) bool {
	if c.err == nil {
		c.err = fmt.Errorf("%w: revision %d: %s", ErrCorrupt, c.s.Revision, fmt.Sprintf(format, args...))
	}
	return false
}

// forward checks a key of the forward tree with all that belongs to it.
func (c *checker) forward(k Key) bool {
	if c.n > 0 && !ForwardLess(c.last, k) {
		return c.fail("%v is not after %v", k, c.last)
	}
	c.n++
	c.last = k
	d := c.s.dict
	if d.TypeOf(k.Object) == 0 || d.TypeOf(k.Subject) == 0 || k.Relation == 0 ||
		int(k.Relation) > d.Names() || int(k.SubjectRelation) > d.Names() {
		return c.fail("%v has an unknown id or name", k)
	}
	if r, ok := c.s.reverse.Get(k); !ok || r != k {
		return c.fail("%v is %v, %t in the reverse tree", k, r, ok)
	}
	if k.Qualifier == 0 {
		return true
	}
	n := k.Qualifier & qualifierNumber
	rec, ok := c.s.qualifiers.Get(record{number: n})
	if _, twice := c.records[n]; !ok || twice || rec.q == nil || rec.q.Expires != rec.expires {
		return c.fail("%v has no record of its own: %+v", k, rec)
	}
	c.records[n] = struct{}{}
	if (k.Qualifier&qualifierExpires != 0) != (rec.expires != 0) {
		return c.fail("%v does not say whether it expires", k)
	}
	if rec.expires != 0 {
		c.expiring++
		if !c.s.expiries.Has(expiry{rec.expires, k.Identity()}) {
			return c.fail("%v is not in the order by expiry", k)
		}
	}
	return true
}

// reverse checks the order of the reverse tree.
func (c *checker) reverse(k Key) bool {
	if c.err != nil {
		return false
	}
	if c.n == c.s.forward.Len() { // the first
		c.n = 0
	} else if !ReverseLess(c.last, k) {
		return c.fail("%v is not after %v in the reverse tree", k, c.last)
	}
	c.n++
	c.last = k
	return true
}

// rosters checks that every object has the roster that its tuples make, and no
// other object has one.
func (c *checker) rosters() {
	objects := 0
	var want []Entry
	for from := (Key{}); c.err == nil; {
		object := ID(0)
		c.s.forward.AscendGreaterOrEqual(from, func(k Key) bool {
			object = k.Object
			return false
		})
		if object == 0 {
			break
		}
		objects++
		want = appendRoster(want[:0], c.s.forward, object)
		if got := c.s.rosters.of(object); !slices.Equal(got, want) {
			c.fail("the roster of object %d is %v, and its tuples make it %v", object, got, want)
		}
		from.Object = object + 1
	}
	for _, s := range c.s.rosters.shelves {
		if s == nil {
			continue
		}
		for i := range s {
			for at := range uint32(pageSize) {
				if len(s[i].roster(at)) > 0 {
					objects--
				}
			}
		}
	}
	if objects != 0 {
		c.fail("%d objects too many have a roster", -objects)
	}
}

// Equal reports whether s and t hold the same tuples, equally qualified, and have
// the same set aside. Their ids must be of one dictionary. It reads everything.
func (s *Snapshot) Equal(t *Snapshot) bool {
	if s.Len() != t.Len() {
		return false
	}
	equal := true
	s.forward.Ascend(func(k Key) bool {
		other, ok := t.forward.Get(k)
		equal = ok && EqualQualifiers(s.qualifier(k), t.qualifier(other))
		return equal
	})
	return equal && s.sameAside(t)
}
