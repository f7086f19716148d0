package index

// An Entry is a tuple of a known object as its roster holds it: eight bytes, in
// the order of the forward tree. The subject is 0 in the entry that stands for
// all tuples of a wide relation, which are in the tree alone.
type Entry uint64

const (
	entryRelationShift = 48
	entrySubjectRShift = 32
	entrySubjectShift  = 1
	entryQualified     = 1
)

// EntryOf returns the entry of a tuple, whose ids are not local.
func EntryOf(k Key) Entry {
	e := Entry(k.Relation)<<entryRelationShift | Entry(k.SubjectRelation)<<entrySubjectRShift | Entry(k.Subject)<<entrySubjectShift
	if k.Qualifier != 0 {
		e |= entryQualified
	}
	return e
}

// wideEntry stands for the tuples of a wide relation.
func wideEntry(relation Name) Entry { return Entry(relation) << entryRelationShift }

// Relation returns the tuple's relation.
func (e Entry) Relation() Name { return Name(e >> entryRelationShift) }

// SubjectRelation returns that of a userset, and 0 of another subject.
func (e Entry) SubjectRelation() Name { return Name(e >> entrySubjectRShift) }

// Subject returns the subject's object.
func (e Entry) Subject() ID { return ID(uint32(e) >> entrySubjectShift) }

// Qualified reports whether a caveat or an expiry qualifies the tuple.
func (e Entry) Qualified() bool { return e&entryQualified != 0 }

// Wide reports whether the entry stands for all tuples of its relation.
func (e Entry) Wide() bool { return uint32(e) == 0 }
