package schema

import (
	"errors"
	"fmt"

	"github.com/baobab-authz/baobab/tuple"
)

// ErrRename is matched by every [*RenameError].
var ErrRename = errors.New("invalid rename")

// A Rename says that a type, a relation or a permission has another name after
// a change of the schema, and is still the same.
type Rename struct {
	Type     string // the type that is renamed, or whose relation is; its name before
	Relation string // the relation or permission that is renamed; empty if the type is
	To       string // the name after: of the type, or of the relation alone
}

// String returns the names: doc to document, or doc#viewer to reader.
func (r Rename) String() string {
	if r.Relation == "" {
		return r.Type + " to " + r.To
	}
	return r.Type + "#" + r.Relation + " to " + r.To
}

// A RenameError says what is wrong with one of several renames. It matches
// [ErrRename], and [ErrUnknownType] or [ErrUnknownRelation] if a name does not
// exist.
type RenameError struct {
	Rename Rename
	err    error
}

// Error names the rename, and what is wrong with it.
func (e *RenameError) Error() string { return fmt.Sprintf("rename %s: %v", e.Rename, e.err) }

// Is reports whether target is [ErrRename].
func (e *RenameError) Is(target error) bool { return target == ErrRename }

// Unwrap returns what is wrong; a [*NameError] if a name does not exist.
func (e *RenameError) Unwrap() error { return e.err }

// Renames are made at once, so that two things can swap their names.
type Renames []Rename

// Name returns what a type and one of its relations are called after the
// renames; both names are those before, and the relation may be empty. It takes
// time in proportion to the number of renames.
func (r Renames) Name(typ, relation string) (typeAfter, relationAfter string) {
	typeAfter, relationAfter = typ, relation
	for _, rename := range r {
		switch {
		case rename.Type != typ:
		case rename.Relation == "":
			typeAfter = rename.To
		case rename.Relation == relation:
			relationAfter = rename.To
		}
	}
	return typeAfter, relationAfter
}

// Tuple returns a relationship of the schema before with the names after: those
// of its object's type, its relation, and its subject's type and relation. What
// qualifies it stays. It allocates nothing.
func (r Renames) Tuple(t tuple.Relationship) tuple.Relationship {
	t.Object.Type, t.Relation = r.Name(t.Object.Type, t.Relation)
	t.Subject.Type, t.Subject.Relation = r.Name(t.Subject.Type, t.Subject.Relation)
	return t
}

// Validate reports why the renames cannot lead from one schema to the other;
// nil if they can. Each must name something that exists before, by a name that
// exists after, for the same kind of thing; nothing is renamed twice; and no two
// things of before may come to have one name, so that the tuples of one would
// become those of the other: a name that is taken before must be given up by a
// rename of its own.
//
// The error joins a [*RenameError] for each rename that is wrong.
func (r Renames) Validate(before, after *Schema) error {
	var errs []error
	from, to := map[Rename]bool{}, map[Rename]bool{}
	for _, rename := range r {
		from[Rename{Type: rename.Type, Relation: rename.Relation}] = true
	}
	seen := map[Rename]bool{}
	for _, rename := range r {
		source := Rename{Type: rename.Type, Relation: rename.Relation}
		target := Rename{To: rename.To}
		if rename.Relation != "" {
			target.Type = rename.Type
		}
		err := r.validate(rename, before, after, from)
		switch {
		case err != nil:
		case seen[source]:
			err = fmt.Errorf("it is renamed already")
		case to[target]:
			err = fmt.Errorf("something else is renamed to that already")
		}
		seen[source], to[target] = true, true
		if err != nil {
			errs = append(errs, &RenameError{rename, err})
		}
	}
	return errors.Join(errs...)
}

// validate checks one rename by itself; from has everything that is renamed.
func (r Renames) validate(rename Rename, before, after *Schema, from map[Rename]bool) error {
	source, err := before.definition(rename.Type)
	if err != nil {
		return fmt.Errorf("in the schema before: %w", err)
	}
	if rename.Relation == "" {
		switch _, err := after.definition(rename.To); {
		case err != nil:
			return fmt.Errorf("in the schema after: %w", err)
		case rename.To == rename.Type:
			return errors.New("that is its name already")
		case before.byName[rename.To] != nil && !from[Rename{Type: rename.To}]:
			return fmt.Errorf("the schema before has a type %s of its own, which is not renamed", rename.To)
		}
		return nil
	}
	old, err := before.relation(rename.Type, rename.Relation)
	if err != nil {
		return fmt.Errorf("in the schema before: %w", err)
	}
	typ, _ := r.Name(rename.Type, "")
	renamed, err := after.relation(typ, rename.To)
	switch {
	case err != nil:
		return fmt.Errorf("in the schema after: %w", err)
	case rename.To == rename.Relation:
		return errors.New("that is its name already")
	case source.byName[rename.To] != nil && !from[Rename{Type: rename.Type, Relation: rename.To}]:
		return fmt.Errorf("the schema before has %s#%s of its own, which is not renamed", rename.Type, rename.To)
	case old.Permission != renamed.Permission:
		return fmt.Errorf("%s#%s is %s, and %s#%s is %s", rename.Type, old.Name, old.kind(), typ, renamed.Name, renamed.kind())
	}
	return nil
}

// kind says what it was declared as.
func (r *Relation) kind() string {
	if r.Permission {
		return "a permission"
	}
	return "a relation"
}
