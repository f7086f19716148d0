package oracle

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/baobab-authz/baobab/tuple"
)

// A State is the relationships that are stored, at most one for each tuple.
type State map[tuple.Tuple]tuple.Relationship

// NewState touches each of the relationships in turn.
func NewState(relationships ...tuple.Relationship) State { return State{}.With(relationships...) }

// Relationships returns what is stored, in a fixed order, expired or not.
func (s State) Relationships() []tuple.Relationship {
	list := slices.Collect(maps.Values(s))
	slices.SortFunc(list, func(a, b tuple.Relationship) int {
		return cmp.Or(order(a.Object, b.Object), cmp.Compare(a.Relation, b.Relation),
			order(a.Subject.Object, b.Subject.Object), cmp.Compare(a.Subject.Relation, b.Subject.Relation))
	})
	return list
}

func order(a, b tuple.Object) int {
	return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
}

// With returns the state with each of the relationships added, or put in place
// of the one of the same tuple.
func (s State) With(relationships ...tuple.Relationship) State {
	s = maps.Clone(s)
	for _, r := range relationships {
		s[r.Tuple] = r
	}
	return s
}

// Without returns the state without the tuples. One that is not there is nothing.
func (s State) Without(tuples ...tuple.Tuple) State {
	s = maps.Clone(s)
	for _, t := range tuples {
		delete(s, t)
	}
	return s
}

// A Kind is what an operation does.
type Kind uint8

const (
	Create         Kind = iota // stores Relationship; the transaction fails if its tuple is live
	Touch                      // stores Relationship
	Delete                     // removes the tuple of Relationship
	DeleteMatching             // removes what Filter names
	DeleteObject               // removes what names Object, on either side
)

// String returns the name of the writer's method.
func (k Kind) String() string {
	return [...]string{"Create", "Touch", "Delete", "DeleteMatching", "DeleteObject"}[k]
}

// An Operation is a step of a transaction.
type Operation struct {
	Kind         Kind
	Relationship tuple.Relationship // of Create and Touch; of Delete, its tuple counts
	Filter       tuple.Filter       // of DeleteMatching
	Object       tuple.Object       // of DeleteObject
}

// String returns the operation as it would be called.
func (o Operation) String() string {
	argument := o.Relationship.String()
	switch o.Kind {
	case DeleteMatching:
		argument = o.Filter.String()
	case DeleteObject:
		argument = o.Object.String()
	}
	return o.Kind.String() + "(" + argument + ")"
}

// A Transaction is operations that are committed together, at an instant.
type Transaction struct {
	At         time.Time
	Operations []Operation
}

// Apply returns the state after the transaction, and whether it commits. If it
// does not, the state is the same. What has expired does not exist for it.
func (s State) Apply(tx Transaction) (State, bool) {
	pending := maps.Clone(s)
	live := func(r tuple.Relationship) bool { return r.Expires.IsZero() || r.Expires.After(tx.At) }
	remove := func(named func(tuple.Tuple) bool) {
		maps.DeleteFunc(pending, func(t tuple.Tuple, r tuple.Relationship) bool { return live(r) && named(t) })
	}
	for _, o := range tx.Operations {
		t := o.Relationship.Tuple
		switch o.Kind {
		case Create:
			if old, there := pending[t]; there && live(old) {
				return s, false
			}
			pending[t] = o.Relationship
		case Touch:
			pending[t] = o.Relationship
		case Delete:
			remove(func(named tuple.Tuple) bool { return named == t })
		case DeleteMatching:
			remove(o.Filter.Matches)
		case DeleteObject:
			remove(func(t tuple.Tuple) bool { return t.Object == o.Object || t.Subject.Object == o.Object })
		}
	}
	return pending, true
}
