package store

import (
	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/tuple"
)

// A query is a filter in terms of one state's ids.
type query struct {
	r       *index.Reader
	filter  tuple.Filter
	nothing bool // a part of the filter is unknown, so that no tuple can match

	object, subject              index.ID
	objectType, relation         index.Name
	subjectType, subjectRelation index.Name
	givenSubjectRelation         bool // perhaps as none
}

// pageKeys is how many keys are read from a tree at a time: 2 KB.
const pageKeys = 128

// newQuery checks f and looks its parts up.
func newQuery(r *index.Reader, f tuple.Filter) (*query, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if err := r.Snapshot().Schema.ValidateFilter(f); err != nil {
		return nil, err
	}
	q := &query{r: r, filter: f}
	q.objectType, q.relation, q.subjectType = q.name(f.ObjectType), q.name(f.Relation), q.name(f.SubjectType)
	q.object, q.subject = q.id(f.ObjectType, f.ObjectID), q.id(f.SubjectType, f.SubjectID)
	q.givenSubjectRelation = f.SubjectRelation != ""
	if f.SubjectRelation != tuple.Ellipsis {
		q.subjectRelation = q.name(f.SubjectRelation)
	}
	return q, nil
}

func (q *query) name(s string) index.Name {
	n, ok := q.r.Name(s)
	q.nothing = q.nothing || !ok
	return n
}

func (q *query) id(typ, id string) index.ID {
	if id == "" {
		return 0
	}
	n, ok := q.r.ID(tuple.Object{Type: typ, ID: id})
	q.nothing = q.nothing || !ok
	return n
}

// matches reports whether k agrees with every part of the filter.
func (q *query) matches(k index.Key) bool {
	return (q.object == 0 || k.Object == q.object) &&
		(q.relation == 0 || k.Relation == q.relation) &&
		(q.subject == 0 || k.Subject == q.subject) &&
		(!q.givenSubjectRelation || k.SubjectRelation == q.subjectRelation) &&
		(q.objectType == 0 || q.object != 0 || q.r.TypeOf(k.Object) == q.objectType) &&
		(q.subjectType == 0 || q.subject != 0 || q.r.TypeOf(k.Subject) == q.subjectType)
}

// each calls yield for every tuple that matches, in the order of the tree that
// serves the filter best, until yield returns false.
func (q *query) each(yield func(index.Key) bool) {
	switch {
	case q.nothing:
	case q.object != 0 && q.subject != 0:
		q.between(yield)
	case q.object != 0:
		q.scan(q.forward(), index.Key.AfterForward, yield)
	case q.subject != 0:
		q.scan(q.reverse(), index.Key.AfterReverse, yield)
	default:
		q.scan(q.r.All, index.Key.AfterForward, yield)
	}
}

// A page reads the keys at or after from.
type page func(from index.Key, buf []index.Key) []index.Key

func (q *query) forward() page {
	if q.relation != 0 {
		return q.r.Forward
	}
	return q.r.ForwardObject
}

func (q *query) reverse() page {
	if q.givenSubjectRelation {
		return q.r.Reverse
	}
	return q.r.ReverseSubject
}

// start returns the least key that can match.
func (q *query) start() index.Key {
	return index.Key{Object: q.object, Relation: q.relation, Subject: q.subject, SubjectRelation: q.subjectRelation}
}

func (q *query) scan(read page, after func(index.Key) index.Key, yield func(index.Key) bool) {
	buf := make([]index.Key, 0, pageKeys)
	from := q.start()
	for {
		keys := read(from, buf)
		for _, k := range keys {
			if q.beyond(k) || q.matches(k) && !yield(k) {
				return
			}
		}
		if len(keys) < cap(buf) {
			return
		}
		from = after(keys[len(keys)-1])
	}
}

// beyond reports whether k follows all that can match, in a scan of one object
// or subject that begins where both relations are as given.
func (q *query) beyond(k index.Key) bool {
	return (q.object != 0 || q.subject != 0) && q.relation != 0 && q.givenSubjectRelation &&
		(k.Relation != q.relation || k.SubjectRelation != q.subjectRelation)
}

// between goes through the tuples between one object and one subject. It
// skips from one pair of relations to the next, so that it costs a lookup for
// each pair that the object has, not a scan of all the object's tuples.
func (q *query) between(yield func(index.Key) bool) {
	read := q.forward()
	var one [1]index.Key
	for from := q.start(); ; {
		keys := read(from, one[:0])
		if len(keys) == 0 {
			return
		}
		k := keys[0]
		switch {
		case k.Subject < q.subject: // this pair, the subject
			from = k
			from.Subject = q.subject
			continue
		case k.Subject == q.subject && q.matches(k) && !yield(k):
			return
		}
		from = index.Key{Object: k.Object, Relation: k.Relation, SubjectRelation: k.SubjectRelation, Subject: ^index.ID(0)}
	}
}

// keys returns every key that matches.
func (q *query) keys() []index.Key {
	var keys []index.Key
	q.each(func(k index.Key) bool {
		keys = append(keys, k)
		return true
	})
	return keys
}
