package schema

import "github.com/baobab-authz/baobab/tuple"

type Rename struct{ Type, Relation, To string }
type Renames []Rename

func (r Renames) Tuple(t tuple.Relationship) tuple.Relationship { return t }
