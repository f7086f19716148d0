package store

import (
	"errors"
	"fmt"

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

// An admission checks what is written in a transaction, and gives ids to it. Since
// tuples come in few forms, and often several in a row about one object, it
// remembers the last ones.
type admission struct {
	schema *schema.Schema
	dict   *index.Dict
	forms  []form // admitted without a qualifier, those seen last first

	object, subject     tuple.Object // interned last
	objectID, subjectID index.ID
	relation            string // likewise
	relationName        index.Name
}

const maxForms = 16

// check returns what qualifies a relationship, or why the schema does not admit it.
func (a *admission) check(rel *tuple.Relationship) (*index.Qualifier, error) {
	plain := rel.Caveat == "" && len(rel.Context) == 0 && rel.Expires.IsZero()
	if plain && a.known(formOf(&rel.Tuple)) && tuple.ValidateID(rel.Subject.ID) == nil &&
		tuple.ValidateID(rel.Object.ID) == nil && rel.Object.ID != tuple.Wildcard {
		return nil, nil
	}
	canonical, err := admitted(a.schema, *rel)
	if err != nil {
		return nil, err
	}
	if plain {
		a.remember(formOf(&rel.Tuple))
	}
	return index.QualifierOf(canonical), nil
}

// known reports whether a form is among the last ones, and moves it to the front.
func (a *admission) known(f form) bool {
	for i := range a.forms {
		if a.forms[i] == f {
			if i > 0 {
				copy(a.forms[1:], a.forms[:i])
				a.forms[0] = f
			}
			return true
		}
	}
	return false
}

func (a *admission) remember(f form) {
	if len(a.forms) < maxForms {
		a.forms = append(a.forms, form{})
	}
	copy(a.forms[1:], a.forms)
	a.forms[0] = f
}

// intern returns the identity of a tuple of the schema, giving ids to objects that
// have none.
func (a *admission) intern(t *tuple.Tuple) (index.Key, error) {
	var err error
	if a.objectID == 0 || t.Object != a.object {
		if a.objectID, err = a.dict.Intern(t.Object); err != nil {
			return index.Key{}, err
		}
		a.object = t.Object
	}
	if a.subjectID == 0 || t.Subject.Object != a.subject {
		if a.subjectID, err = a.dict.Intern(t.Subject.Object); err != nil {
			return index.Key{}, err
		}
		a.subject = t.Subject.Object
	}
	k := index.Key{Object: a.objectID, Subject: a.subjectID}
	if t.Relation != a.relation {
		a.relation = t.Relation
		a.relationName, _ = a.dict.Name(t.Relation) // the schema has it
	}
	k.Relation = a.relationName
	if t.Subject.Relation != "" {
		k.SubjectRelation, _ = a.dict.Name(t.Subject.Relation)
	}
	return k, nil
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
