package oracle

import (
	"errors"
	"fmt"

	"github.com/baobab-authz/baobab/tuple"
)

// ErrUnknown is matched by the error about a question that names a type or a
// relation which the schema does not define.
var ErrUnknown = errors.New("unknown")

// A Schema is a list of types, of the caveats that their relations name, and of
// the rules for writes.
type Schema struct {
	Types      []*Type
	Caveats    []*Caveat
	Directives []Directive
}

// A Type is what objects are of. Its relations include what the native
// language calls permissions.
type Type struct {
	Name      string
	Relations []*Relation
}

// A Relation is stored if it admits subjects, and rewritten by its expression.
// A plain relation has the rewrite This; a permission admits no subjects.
type Relation struct {
	Name    string
	Admits  []Admit
	Rewrite Expr
}

// An Admit is a form of subject that the tuples of a relation may have: an
// object of the type, a userset of it, or its wildcard, and the caveat that such
// a tuple carries, if any. Expires says that they may also have an expiry,
// Temporary that they must have one.
type Admit struct {
	Type      string
	Relation  string // of a userset
	Wildcard  bool
	Caveat    string
	Expires   bool
	Temporary bool
}

// An Expr is a rewrite: one of the types below.
type Expr interface{ String() string }

// The operators of a rewrite.
type (
	This         struct{}                            // the relation's own tuples
	Computed     struct{ Relation string }           // another relation of the same object
	Arrow        struct{ Tupleset, Relation string } // a relation of any object that the tupleset names
	ArrowAll     struct{ Tupleset, Relation string } // a relation of every object that the tupleset names
	Union        []Expr                              // at least one of them
	Intersection []Expr                              // all of them, of which there is at least one
	Exclusion    struct{ Base, Subtract Expr }       // the first and not the second
	Nil          struct{}                            // no one
	Self         struct{}                            // the object itself
)

// Type returns the type of that name, or nil.
func (s *Schema) Type(name string) *Type {
	for _, t := range s.Types {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// Caveat returns the caveat of that name, or nil.
func (s *Schema) Caveat(name string) *Caveat {
	for _, c := range s.Caveats {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Relation returns the type's relation of that name, or nil. A nil type has none.
func (t *Type) Relation(name string) *Relation {
	if t != nil {
		for _, r := range t.Relations {
			if r.Name == name {
				return r
			}
		}
	}
	return nil
}

// Ask reports why t is no question that can be asked; nil when it is one.
func (s *Schema) Ask(t tuple.Tuple) error {
	if err := t.Validate(); err != nil {
		return err
	}
	if s.Type(t.Object.Type).Relation(t.Relation) == nil {
		return fmt.Errorf("%w relation %s#%s", ErrUnknown, t.Object.Type, t.Relation)
	}
	typ := s.Type(t.Subject.Type)
	if typ == nil {
		return fmt.Errorf("%w type %s", ErrUnknown, t.Subject.Type)
	}
	if t.Subject.Relation != "" && typ.Relation(t.Subject.Relation) == nil {
		return fmt.Errorf("%w relation %s#%s", ErrUnknown, t.Subject.Type, t.Subject.Relation)
	}
	return nil
}

// Admit reports whether r can be stored.
func (s *Schema) Admit(r tuple.Relationship) bool {
	relation := s.Type(r.Object.Type).Relation(r.Relation)
	if relation == nil {
		return false
	}
	for _, a := range relation.Admits {
		if a.Type == r.Subject.Type && a.Relation == r.Subject.Relation && a.Wildcard == r.Subject.IsWildcard() &&
			a.Caveat == r.Caveat && a.lasts(!r.Expires.IsZero()) {
			return r.Caveat == "" || s.Caveat(r.Caveat).Validate(r.Context) == nil
		}
	}
	return false
}

// lasts reports whether a tuple of the form may have an expiry, or none.
func (a Admit) lasts(expires bool) bool {
	if expires {
		return a.Expires || a.Temporary
	}
	return !a.Temporary
}
