package oracle

import (
	"maps"
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/tuple"
)

// An ObjectEntry is an entry of a list of objects: one that is not denied, and
// the answer for it.
type ObjectEntry struct {
	Object tuple.Object
	Value  Value
}

// A SubjectEntry is an entry of a list of subjects. That of a wildcard has its
// exceptions, ordered by id.
type SubjectEntry struct {
	Subject tuple.Subject
	Value   Value
	Except  []tuple.Subject
}

// A PermissionEntry is an entry of a list of permissions; relations are among
// them.
type PermissionEntry struct {
	Permission string
	Value      Value
}

// String returns the entry as docs/SEMANTICS.md writes it.
func (e ObjectEntry) String() string { return e.Object.String() + e.Value.mark() }

// String returns the entry as docs/SEMANTICS.md writes it, exceptions last.
func (e SubjectEntry) String() string {
	text := e.Subject.String() + e.Value.mark()
	var ids []string
	for _, s := range e.Except {
		ids = append(ids, s.ID)
	}
	if len(ids) > 0 {
		text += "(except:" + strings.Join(ids, ",") + ")"
	}
	return text
}

// String returns the entry as docs/SEMANTICS.md writes it.
func (e PermissionEntry) String() string { return e.Permission + e.Value.mark() }

// mark is what an entry has behind its name.
func (v Value) mark() string {
	if v == True {
		return ""
	}
	return "(" + string(v) + ")"
}

// Objects lists the objects of a type that the subject has the relation to. What
// cannot be asked has an empty list, here and below.
func (m *Model) Objects(subject tuple.Subject, relation, objectType string) (list []ObjectEntry) {
	for _, id := range m.ids(objectType, subject.Object) {
		o := tuple.Object{Type: objectType, ID: id}
		if v := m.Holds(tuple.New(o, relation, subject)); v != False {
			list = append(list, ObjectEntry{o, v})
		}
	}
	return list
}

// Subjects lists those of a type who have the relation to the object: its
// usersets of subjectRelation, or, if that is empty, its wildcard and concrete
// subjects.
func (m *Model) Subjects(object tuple.Object, relation, subjectType, subjectRelation string) (list []SubjectEntry) {
	ask := func(id string) (tuple.Subject, Value) {
		s := tuple.Subject{Object: tuple.Object{Type: subjectType, ID: id}, Relation: subjectRelation}
		return s, m.Holds(tuple.New(object, relation, s))
	}
	ids := m.ids(subjectType, object)
	public := SubjectEntry{Value: False}
	if subjectRelation == "" {
		public.Subject, public.Value = ask(tuple.Wildcard)
	}
	if public.Value != False {
		for _, id := range ids {
			if s, v := ask(id); v != public.Value {
				public.Except = append(public.Except, s)
			}
		}
		list = append(list, public)
	}
	named := m.named(object, relation)
	for _, id := range ids {
		s, v := ask(id)
		if v != False && (public.Value == False || v != public.Value || named[s.Object]) {
			list = append(list, SubjectEntry{Subject: s, Value: v})
		}
	}
	return list
}

// Permissions lists the relations and permissions that the subject has to the
// object.
func (m *Model) Permissions(subject tuple.Subject, object tuple.Object) (list []PermissionEntry) {
	typ := m.schema.Type(object.Type)
	if typ == nil {
		return nil
	}
	var names []string
	for _, r := range typ.Relations {
		names = append(names, r.Name)
	}
	slices.Sort(names)
	for _, name := range names {
		if v := m.Holds(tuple.New(object, name, subject)); v != False {
			list = append(list, PermissionEntry{name, v})
		}
	}
	return list
}

// ids returns, in order, the ids of a type that can be in a list: those that
// live tuples name on either side, whatever their condition, that of the object
// that the question names, and, for good measure, all that the model was given
// or has been asked about.
func (m *Model) ids(typ string, question tuple.Object) []string {
	ids := map[string]bool{}
	add := func(o tuple.Object) {
		if o.Type == typ && o.ID != tuple.Wildcard {
			ids[o.ID] = true
		}
	}
	add(question)
	for _, o := range m.objects {
		add(o)
	}
	for a, tuples := range m.ground.live {
		add(a.Object)
		for _, t := range tuples {
			add(t.Object)
		}
	}
	return slices.Sorted(maps.Keys(ids))
}
