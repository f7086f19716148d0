package schema

import (
	"fmt"
	"sort"

	"github.com/baobab-authz/baobab/tuple"
)

// ValidateRelationship reports why r may not be written; nil when it may. The
// object's type must have the relation, the relation must store tuples, and
// one of its subject types must be exactly what r has: type, relation or
// wildcard, caveat, expiry. Whether r is well-formed is for [tuple] to say. It
// allocates nothing when r is admitted.
//
// The error is a [*NameError], an [*AdmissionError] or a [*ContextError].
func (s *Schema) ValidateRelationship(r tuple.Relationship) error {
	rel, err := s.relation(r.Object.Type, r.Relation)
	if err != nil {
		return err
	}
	kind := ErrNotStored
	if rel.Stored() {
		kind = admits(rel, r)
	}
	if kind == nil {
		return s.validateContext(r)
	}
	if kind != ErrNotStored {
		if err := s.validateSubject(r.Subject); err != nil {
			return err
		}
	}
	return &AdmissionError{Relationship: r, Admitted: rel.Subjects, kind: kind}
}

// validateContext reports what the caveat of r cannot be given. What type a
// value must have is for the evaluator to say, if the schema is bound to one.
func (s *Schema) validateContext(r tuple.Relationship) error {
	if r.Caveat == "" {
		return nil
	}
	c := s.caveatNamed[r.Caveat]
	for name := range r.Context {
		if _, ok := c.byName[name]; !ok {
			names := make([]string, len(c.Parameters))
			for i, p := range c.Parameters {
				names[i] = p.Name
			}
			err := fmt.Errorf("%s: the caveat %s has no parameter %q", r.Tuple, c.Name, name)
			if near := closest(name, names); near != "" {
				err = fmt.Errorf("%w; did you mean %q?", err, near)
			}
			return &ContextError{r, err}
		}
	}
	if c.condition == nil {
		return nil
	}
	if err := c.condition.Validate(r.Context); err != nil {
		return &ContextError{r, fmt.Errorf("%s: %w", r.Tuple, err)}
	}
	return nil
}

// admits returns what keeps rel from admitting r: nil, or a sentinel.
func admits(rel *Relation, r tuple.Relationship) error {
	wildcard, expires := r.Subject.IsWildcard(), !r.Expires.IsZero()
	kind := ErrSubjectNotAllowed
	if wildcard {
		kind = ErrWildcardNotAllowed
	}
	for i := range rel.Subjects {
		t := &rel.Subjects[i]
		switch {
		case t.Type != r.Subject.Type || t.Relation != r.Subject.Relation || t.Wildcard != wildcard:
		case t.Caveat != r.Caveat:
			if kind != ErrExpirationNotAllowed {
				kind = ErrCaveatNotAllowed
			}
		case t.Expiration != expires:
			kind = ErrExpirationNotAllowed
		default:
			return nil
		}
	}
	return kind
}

// ValidateTuple reports why it makes no sense to ask whether t holds; nil when
// it does. The types, the relation and the subject's relation must exist;
// whether the relation admits the subject does not matter. It allocates nothing
// when t is valid.
//
// The error is a [*NameError].
func (s *Schema) ValidateTuple(t tuple.Tuple) error {
	if _, err := s.relation(t.Object.Type, t.Relation); err != nil {
		return err
	}
	return s.validateSubject(t.Subject)
}

// validateSubject reports a type or relation that does not exist.
func (s *Schema) validateSubject(sub tuple.Subject) error {
	if sub.Relation == "" {
		_, err := s.definition(sub.Type)
		return err
	}
	_, err := s.relation(sub.Type, sub.Relation)
	return err
}

// ValidateFilter reports a type or relation in f that does not exist; nil when
// all do. A relation must exist on the type that f names beside it, or on any
// type if it names none, and store tuples there: a filter on a permission would
// match nothing, which is seldom what is meant.
//
// The error is a [*NameError], or matches [ErrNotStored].
func (s *Schema) ValidateFilter(f tuple.Filter) error {
	if err := s.validatePart(f.ObjectType, f.Relation); err != nil {
		return err
	}
	if f.Relation != "" && !s.stores(f.ObjectType, f.Relation) {
		return fmt.Errorf("the filter %q: %w: nothing can match", f, ErrNotStored)
	}
	if f.SubjectRelation == tuple.Ellipsis {
		f.SubjectRelation = ""
	}
	return s.validatePart(f.SubjectType, f.SubjectRelation)
}

// stores reports whether the relation, of the type or if that is empty of any,
// stores tuples.
func (s *Schema) stores(typ, relation string) bool {
	if typ == "" {
		return s.relations[relation]
	}
	return s.byName[typ].byName[relation].Stored()
}

// ValidateStored reports why no tuple t can be stored, as far as its names
// tell; nil when one may be. It is what ValidateTuple reports, and
// [ErrNotStored] for a permission.
func (s *Schema) ValidateStored(t tuple.Tuple) error {
	if err := s.ValidateTuple(t); err != nil {
		return err
	}
	if !s.stores(t.Object.Type, t.Relation) {
		return &AdmissionError{Relationship: t.Always(), kind: ErrNotStored}
	}
	return nil
}

func (s *Schema) validatePart(typ, relation string) error {
	switch {
	case typ != "" && relation != "":
		_, err := s.relation(typ, relation)
		return err
	case typ != "":
		_, err := s.definition(typ)
		return err
	case relation != "":
		if _, ok := s.relations[relation]; !ok {
			names := make([]string, 0, len(s.relations))
			for name := range s.relations {
				names = append(names, name)
			}
			sort.Strings(names)
			return &NameError{Relation: relation, Suggestion: closest(relation, names)}
		}
	}
	return nil
}

func (s *Schema) definition(name string) (*Definition, error) {
	if d := s.byName[name]; d != nil {
		return d, nil
	}
	return nil, &NameError{Type: name, Suggestion: closest(name, typeNames(s.definitions))}
}

func (s *Schema) relation(typ, name string) (*Relation, error) {
	d, err := s.definition(typ)
	if err != nil {
		return nil, err
	}
	if r := d.byName[name]; r != nil {
		return r, nil
	}
	return nil, &NameError{Type: typ, Relation: name, Suggestion: closest(name, relationNames(d))}
}

func typeNames(definitions []*Definition) []string {
	names := make([]string, len(definitions))
	for i, d := range definitions {
		names[i] = d.Name
	}
	return names
}

func relationNames(d *Definition) []string {
	names := make([]string, len(d.Relations))
	for i, r := range d.Relations {
		names[i] = r.Name
	}
	return names
}
