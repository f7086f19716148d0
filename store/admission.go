package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// A form is what the admission of an unqualified tuple depends on, but for its ids.
type form struct {
	typ, relation, subjectType, subjectRelation string
	wildcard                                    bool
}

func formOf(t *tuple.Tuple) form {
	return form{t.Object.Type, t.Relation, t.Subject.Type, t.Subject.Relation, t.Subject.IsWildcard()}
}

// clone returns a form whose strings keep nothing else in memory.
func (f form) clone() form {
	for _, s := range []*string{&f.typ, &f.relation, &f.subjectType, &f.subjectRelation} {
		*s = strings.Clone(*s)
	}
	return f
}

// A knownForm is one of which tuples can be stored, with its names.
type knownForm struct {
	form
	admitted                                    bool // without a qualifier
	typ, relation, subjectType, subjectRelation index.Name
}

// An admission checks what is written, and gives ids to it. Since tuples come in few
// forms, and often several in a row about one object, it remembers the last ones: the
// forms from transaction to transaction, the objects within one.
type admission struct {
	schema *schema.Schema
	dict   *index.Dict
	forms  []knownForm // those seen last first

	object, subject     tuple.Object // interned last
	objectID, subjectID index.ID
}

const maxForms = 16

// admissionTo returns the admission for a transaction under a schema.
func (s *Store) admissionTo(sch *schema.Schema) *admission {
	if a := s.admission; a != nil && a.schema == sch && a.dict == s.dict {
		a.object, a.subject, a.objectID, a.subjectID = tuple.Object{}, tuple.Object{}, 0, 0
		return a
	}
	s.admission = &admission{schema: sch, dict: s.dict}
	return s.admission
}

// check returns what qualifies a relationship, or why the schema does not admit it.
func (a *admission) check(rel *tuple.Relationship) (*index.Qualifier, error) {
	plain := rel.Caveat == "" && len(rel.Context) == 0 && rel.Expires.IsZero()
	if plain && validIDs(&rel.Tuple) {
		if f := a.known(&rel.Tuple); f != nil && f.admitted {
			return nil, nil
		}
	}
	canonical, err := admitted(a.schema, *rel)
	if err != nil {
		return nil, err
	}
	if plain {
		a.remember(&rel.Tuple).admitted = true
	}
	return index.QualifierOf(canonical), nil
}

func validIDs(t *tuple.Tuple) bool {
	return tuple.ValidateID(t.Subject.ID) == nil && tuple.ValidateID(t.Object.ID) == nil && t.Object.ID != tuple.Wildcard
}

// known returns the form of a tuple if it is among the last ones, and moves it to
// the front; otherwise nil.
func (a *admission) known(t *tuple.Tuple) *knownForm {
	f := formOf(t)
	for i := range a.forms {
		if a.forms[i].form == f {
			if i > 0 {
				found := a.forms[i]
				copy(a.forms[1:], a.forms[:i])
				a.forms[0] = found
			}
			return &a.forms[0]
		}
	}
	return nil
}

// remember puts the form of a tuple, which can be stored, in front of the others.
func (a *admission) remember(t *tuple.Tuple) *knownForm {
	if f := a.known(t); f != nil {
		return f
	}
	f := knownForm{form: formOf(t).clone()} // all names are interned
	f.typ, _ = a.dict.Name(f.form.typ)
	f.relation, _ = a.dict.Name(f.form.relation)
	f.subjectType, _ = a.dict.Name(f.form.subjectType)
	f.subjectRelation, _ = a.dict.Name(f.form.subjectRelation)
	if len(a.forms) < maxForms {
		a.forms = append(a.forms, knownForm{})
	}
	copy(a.forms[1:], a.forms)
	a.forms[0] = f
	return &a.forms[0]
}

// intern returns the identity of a tuple of the schema, giving ids to objects that
// have none.
func (a *admission) intern(t *tuple.Tuple) (index.Key, error) {
	f := a.remember(t)
	var err error
	if a.objectID == 0 || t.Object != a.object {
		if a.objectID, err = a.dict.InternAs(f.typ, t.Object.ID); err != nil {
			return index.Key{}, err
		}
		a.object = t.Object
	}
	if a.subjectID == 0 || t.Subject.Object != a.subject {
		if a.subjectID, err = a.dict.InternAs(f.subjectType, t.Subject.ID); err != nil {
			return index.Key{}, err
		}
		a.subject = t.Subject.Object
	}
	return index.Key{Object: a.objectID, Subject: a.subjectID, Relation: f.relation, SubjectRelation: f.subjectRelation}, nil
}

// find returns the identity of a tuple, false if it cannot be stored in the state of
// a reader, or why the schema has no such tuple.
func (a *admission) find(r *index.Reader, t *tuple.Tuple) (index.Key, bool, error) {
	f := a.known(t)
	if f == nil || !validIDs(t) {
		if err := wellTyped(a.schema, *t); err != nil {
			return index.Key{}, false, err
		}
		f = a.remember(t)
	}
	k := index.Key{Relation: f.relation, SubjectRelation: f.subjectRelation}
	var object, subject bool
	k.Object, object = r.IDOf(f.typ, t.Object.ID)
	k.Subject, subject = r.IDOf(f.subjectType, t.Subject.ID)
	return k, object && subject, nil
}

// admitted returns rel in canonical form, or why the schema does not admit it.
func admitted(s *schema.Schema, rel tuple.Relationship) (tuple.Relationship, error) {
	rel, err := rel.Canonical()
	if err != nil {
		return rel, err
	}
	return rel, named(s.ValidateRelationship(rel), rel.Tuple)
}

// wellTyped reports why no tuple of the schema can be t.
func wellTyped(s *schema.Schema, t tuple.Tuple) error {
	if err := t.Validate(); err != nil {
		return err
	}
	return named(s.ValidateStored(t), t)
}

// named adds the tuple to an error that says only which name in it is unknown.
func named(err error, t tuple.Tuple) error {
	if err == nil {
		return nil
	}
	var unknown *schema.NameError
	if errors.As(err, &unknown) {
		return fmt.Errorf("%s: %w", t, err)
	}
	return err
}
