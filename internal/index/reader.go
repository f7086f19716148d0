package index

import (
	"math"
	"time"

	"github.com/baobab-authz/baobab/tuple"
)

// A Reader is one state of the tuples as questions see it: a snapshot, what is
// hypothetically added to it and removed from it, and the instant at which
// expiry is judged. A tuple that has expired at that instant is in none of its
// answers.
//
// A Reader is immutable and safe for any number of goroutines, and a value
// that may be copied. Its lookups and scans allocate nothing.
type Reader struct {
	snap  *Snapshot
	over  *overlay // nil when nothing is hypothetical
	now   int64
	stale bool // a tuple of the snapshot has expired, so each must be looked at
}

// ReadAt returns a reader of s that judges expiry at the instant now.
func (s *Snapshot) ReadAt(now int64) Reader {
	return Reader{snap: s, now: now, stale: s.HasExpired(now)}
}

// AsOf returns the same reader judging at another instant.
func (r *Reader) AsOf(now int64) Reader {
	other := r.snap.ReadAt(now)
	other.over = r.over
	return other
}

// Snapshot returns the snapshot that is read, without what is hypothetical.
func (r *Reader) Snapshot() *Snapshot { return r.snap }

// Dict returns the dictionary of the ids and names that the reader returns.
func (r *Reader) Dict() *Dict { return r.snap.dict }

// Hypothetical reports whether something is added to the snapshot or removed from it.
func (r *Reader) Hypothetical() bool { return r.over != nil }

// Now returns the instant at which expiry is judged.
func (r *Reader) Now() time.Time { return time.UnixMicro(r.now).UTC() }

// Instant is Now in Unix microseconds.
func (r *Reader) Instant() int64 { return r.now }

// ID returns the id of o, or false when no tuple of this state can name it.
func (r *Reader) ID(o tuple.Object) (ID, bool) {
	if r.over != nil {
		if id, ok := r.over.ids[o]; ok {
			return id, true
		}
	}
	return r.snap.dict.ID(o)
}

// IDOf is ID for a type whose name is known. It knows only what is stored.
func (r *Reader) IDOf(typ Name, id string) (ID, bool) {
	return r.snap.dict.find(r.snap.dict.hash(typ, id), typ, id)
}

// HashOf returns the hash by which an object is found.
func (r *Reader) HashOf(typ Name, id string) uint64 { return r.snap.dict.hash(typ, id) }

// IDOfHash is IDOf with the hash.
func (r *Reader) IDOfHash(h uint64, typ Name, id string) (ID, bool) {
	return r.snap.dict.find(h, typ, id)
}

// Name returns the name whose text is s, or false when it has none.
func (r *Reader) Name(s string) (Name, bool) { return r.snap.dict.Name(s) }

// Object returns the object whose id is id.
func (r *Reader) Object(id ID) tuple.Object {
	if id.Local() && r.over != nil {
		return r.over.object(id)
	}
	return r.snap.dict.Object(id)
}

// TypeOf returns the type of the object whose id is id.
func (r *Reader) TypeOf(id ID) Name {
	if id.Local() && r.over != nil {
		n, _ := r.snap.dict.Name(r.over.object(id).Type)
		return n
	}
	return r.snap.dict.TypeOf(id)
}

// String returns the text of n.
func (r *Reader) String(n Name) string { return r.snap.dict.String(n) }

// Get returns the tuple with k's identity, with its qualifier.
func (r *Reader) Get(k Key) (Key, bool) {
	if r.over != nil {
		added, hidden := r.over.get(k)
		if added.Object != 0 {
			return added, r.live(added)
		}
		if hidden {
			return Key{}, false
		}
	}
	k, ok := r.snap.forward.Get(k)
	if !ok || !r.live(k) {
		return Key{}, false
	}
	return k, true
}

// Rosters reports whether the reader's rosters are those of the whole state: not
// so if something is hypothetical.
func (r *Reader) Rosters() bool { return r.over == nil }

// Roster returns all tuples of an object, in forward order; of a wide relation one
// entry instead. Those that have expired are in it. It must not be changed.
func (r *Reader) Roster(id ID) []Entry { return r.snap.rosters.of(id) }

// Qualifier returns what qualifies k, which this reader returned.
func (r *Reader) Qualifier(k Key) Qualifier {
	q := r.qualifier(k)
	if q == nil {
		return Qualifier{}
	}
	return *q
}

func (r *Reader) qualifier(k Key) *Qualifier {
	if k.Qualifier&qualifierLocal != 0 {
		return r.over.qualifiers[k.Qualifier&qualifierNumber]
	}
	return r.snap.qualifier(k)
}

// live reports whether k has not expired. Most keys need no lookup for it:
// those that cannot expire, and all while none of the snapshot has.
func (r *Reader) live(k Key) bool {
	if k.Qualifier&qualifierExpires == 0 {
		return true
	}
	if k.Qualifier&qualifierLocal != 0 {
		return !r.over.qualifiers[k.Qualifier&qualifierNumber].Expired(r.now)
	}
	if !r.stale {
		return true
	}
	rec, _ := r.snap.qualifiers.Get(record{number: k.Qualifier & qualifierNumber})
	return rec.expires > r.now
}

// Relationship returns k, which this reader returned, as text and values. The
// context is a copy.
func (r *Reader) Relationship(k Key) tuple.Relationship {
	return r.qualifier(k).Relationship(r.Tuple(k))
}

// Tuple returns k as text.
func (r *Reader) Tuple(k Key) tuple.Tuple {
	return tuple.Tuple{
		Object:   r.Object(k.Object),
		Relation: r.String(k.Relation),
		Subject:  tuple.Subject{Object: r.Object(k.Subject), Relation: r.String(k.SubjectRelation)},
	}
}

// Key returns the identity of t, or false when no tuple of this state can have it.
func (r *Reader) Key(t tuple.Tuple) (Key, bool) {
	var k Key
	var ok [4]bool
	k.Object, ok[0] = r.ID(t.Object)
	k.Relation, ok[1] = r.Name(t.Relation)
	k.Subject, ok[2] = r.ID(t.Subject.Object)
	k.SubjectRelation, ok[3] = r.Name(t.Subject.Relation)
	if ok != [4]bool{true, true, true, true} {
		return Key{}, false
	}
	return k, true
}

// Since returns the first instant at which the snapshot's tuples are those of Now.
func (r *Reader) Since() int64 {
	if r.stale {
		return r.now
	}
	return math.MinInt64
}

// NextExpiry returns the earliest instant after Now at which a tuple of this
// state expires, in Unix microseconds; false when none does. With hypothetical
// removals it may be that of a removed tuple: it is never too late.
func (r *Reader) NextExpiry() (int64, bool) {
	var next int64
	found := false
	r.snap.expiries.AscendGreaterOrEqual(expiry{at: r.now + 1}, func(e expiry) bool {
		next, found = e.at, true
		return false
	})
	if r.over != nil {
		for _, q := range r.over.qualifiers {
			if q.Expires > r.now && q.Expires != 0 && (!found || q.Expires < next) {
				next, found = q.Expires, true
			}
		}
	}
	return next, found
}
