package validation

import (
	"strings"

	"github.com/baobab-authz/baobab/tuple"
)

// A userFilter is a type of subjects: objects and wildcards, or usersets.
type userFilter struct{ typ, relation string }

// String returns the type, or type#relation.
func (f userFilter) String() string {
	if f.relation == "" {
		return f.typ
	}
	return f.typ + "#" + f.relation
}

// example returns a subject of the type.
func (f userFilter) example() string {
	if f.relation == "" {
		return f.typ + ":" + anyID
	}
	return f.typ + ":" + anyID + "#" + f.relation
}

func among(filters []userFilter, s tuple.Subject) bool {
	for _, f := range filters {
		if f.typ == s.Type && f.relation == s.Relation {
			return true
		}
	}
	return false
}

func joined(filters []userFilter) string {
	names := make([]string, len(filters))
	for i, f := range filters {
		names[i] = f.String()
	}
	return strings.Join(names, ", ")
}
