package check

import (
	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/tuple"
)

// foreign gives ids to the objects of questions that the state does not know.
// No tuple names them, yet they can be themselves, and wildcards match them.
// Their ids count down from the greatest that is not local to a view, where no
// store's ids arrive.
type foreign struct {
	objects []foreignObject
	ids     map[tuple.Object]index.ID
}

type foreignObject struct {
	tuple.Object
	typ index.Name
}

const firstForeign = index.ID(1<<31 - 1)

// id returns the id of an object, a foreign one if the state does not know it.
// An object that was foreign stays so while the solver works, although a
// writer may give it an id meanwhile: in this state nothing is stored about it.
func (s *solver) id(o tuple.Object) index.ID {
	if id, ok := s.foreign.ids[o]; ok {
		return id
	}
	if id, ok := s.reader.ID(o); ok {
		return id
	}
	if s.foreign.ids == nil {
		s.foreign.ids = map[tuple.Object]index.ID{}
	}
	typ, _ := s.reader.Name(o.Type)
	id := firstForeign - index.ID(len(s.foreign.objects))
	s.foreign.objects = append(s.foreign.objects, foreignObject{o, typ})
	s.foreign.ids[o] = id
	return id
}

// foreignOf returns the foreign object of an id, or nil.
func (s *solver) foreignOf(id index.ID) *foreignObject {
	if i := firstForeign - id; i < index.ID(len(s.foreign.objects)) {
		return &s.foreign.objects[i]
	}
	return nil
}

func (s *solver) typeOf(id index.ID) index.Name {
	if f := s.foreignOf(id); f != nil {
		return f.typ
	}
	return s.reader.TypeOf(id)
}

func (s *solver) object(id index.ID) tuple.Object {
	if f := s.foreignOf(id); f != nil {
		return f.Object
	}
	return s.reader.Object(id)
}

func (s *solver) isWildcard(id index.ID) bool { return s.object(id).ID == tuple.Wildcard }

// tuple returns the tuple that a goal asks about.
func (s *solver) tuple(g goal) tuple.Tuple {
	return tuple.New(s.object(g.object), s.reader.String(g.relation), s.subjectOf())
}

func (s *solver) subjectOf() tuple.Subject {
	sub := s.object(s.subject.object).Subject()
	if s.subject.relation != 0 {
		sub.Relation = s.reader.String(s.subject.relation)
	}
	return sub
}

// key returns the stored tuple with the identity of k.
func (s *solver) key(k index.Key) tuple.Tuple {
	t := tuple.New(s.object(k.Object), s.reader.String(k.Relation), s.object(k.Subject).Subject())
	if k.SubjectRelation != 0 {
		t.Subject.Relation = s.reader.String(k.SubjectRelation)
	}
	return t
}
