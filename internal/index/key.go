package index

import "cmp"

// An ID is an interned object, a type and an id; 0 is none. An ID with the
// top bit set is local to one hypothetical view; see [ID.Local].
type ID uint32

// localID is the bit that marks the IDs of one hypothetical view.
const localID ID = 1 << 31

// maxLocal bounds the objects that one hypothetical view can name besides
// those of the dictionary. It is far from the end of the IDs, so that adding
// one to an ID, with which callers page, never wraps.
const maxLocal = 1 << 30

// Local reports whether id was given by one hypothetical view and means
// nothing anywhere else.
func (id ID) Local() bool { return id&localID != 0 }

// A Name is an interned name of a type or a relation; 0 is the empty name.
type Name uint16

// A Key is a tuple as the trees hold it: 16 bytes without a pointer. The first
// four fields are its identity; Qualifier says where what qualifies it is
// kept, and 0 that nothing does. A wildcard is the object {type, "*"},
// interned like any other.
type Key struct {
	Object, Subject           ID
	Relation, SubjectRelation Name
	Qualifier                 uint32
}

// Bits of Key.Qualifier besides the number of the record. The first lets a
// reader skip the record of a tuple that cannot expire.
const (
	qualifierExpires = 1 << 31 // the record has an expiry
	qualifierLocal   = 1 << 30 // the record is in the view's overlay
	qualifierNumber  = qualifierLocal - 1
)

// Identity returns k without its qualifier, so that it can be a map key.
func (k Key) Identity() Key {
	k.Qualifier = 0
	return k
}

// Same reports whether k and l are the same tuple, whatever qualifies it.
func (k Key) Same(l Key) bool { return k.Identity() == l.Identity() }

// forwardHead and reverseHead are all but the last field of the two orders, as
// one number, so that a comparison is one and a prefix is a mask. They take a pointer
// because a copy of a Key costs more than reading it: it has too many fields to be
// kept in registers.
func (k *Key) forwardHead() uint64 {
	return uint64(k.Object)<<32 | uint64(k.Relation)<<16 | uint64(k.SubjectRelation)
}

func (k *Key) reverseHead() uint64 {
	return uint64(k.Subject)<<32 | uint64(k.SubjectRelation)<<16 | uint64(k.Relation)
}

// Masks for the heads: how many of an order's fields a scan keeps fixed.
const (
	maskNone   uint64 = 0
	maskFirst  uint64 = 0xffff_ffff_0000_0000
	maskSecond uint64 = 0xffff_ffff_ffff_0000
	maskHead   uint64 = 0xffff_ffff_ffff_ffff
)

// ForwardLess orders keys by Object, Relation, SubjectRelation and Subject.
func ForwardLess(a, b Key) bool {
	if a.Object != b.Object {
		return a.Object < b.Object
	}
	x, y := a.forwardHead(), b.forwardHead()
	return x < y || x == y && a.Subject < b.Subject
}

// ReverseLess orders keys by Subject, SubjectRelation, Relation and Object.
func ReverseLess(a, b Key) bool {
	if a.Subject != b.Subject {
		return a.Subject < b.Subject
	}
	x, y := a.reverseHead(), b.reverseHead()
	return x < y || x == y && a.Object < b.Object
}

// CompareForward compares keys in the order of [ForwardLess].
func CompareForward(a, b Key) int {
	return cmp.Or(cmp.Compare(a.forwardHead(), b.forwardHead()), cmp.Compare(a.Subject, b.Subject))
}

// CompareReverse compares keys in the order of [ReverseLess].
func CompareReverse(a, b Key) int {
	return cmp.Or(cmp.Compare(a.reverseHead(), b.reverseHead()), cmp.Compare(a.Object, b.Object))
}

// AfterForward returns the least key that follows k in forward order, with
// which a scan goes on after a page that k ended.
func (k Key) AfterForward() Key {
	k.Subject++ // never wraps: see maxLocal
	return k
}

// AfterReverse returns the least key that follows k in reverse order.
func (k Key) AfterReverse() Key {
	k.Object++
	return k
}
