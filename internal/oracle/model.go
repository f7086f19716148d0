package oracle

import (
	"fmt"
	"slices"
	"time"

	"github.com/baobab-authz/baobab/tuple"
)

// A Model is the meaning of one state at one instant. It is not safe for
// concurrent use.
type Model struct {
	schema        *Schema
	relationships []tuple.Relationship
	at            time.Time
	given         map[string]any
	objects       []tuple.Object
	ground        *grounding
	values        map[tuple.Subject][]Value
}

// NewModel takes relationships, no two of one tuple, the values that are given
// for the caveats' parameters, and the objects that will be asked about beside
// those that live relationships name. It panics on a relationship that the
// schema does not admit.
func NewModel(s *Schema, relationships []tuple.Relationship, at time.Time, given map[string]any, objects ...tuple.Object) *Model {
	seen := map[tuple.Tuple]bool{}
	for _, r := range relationships {
		if seen[r.Tuple] || !s.Admit(r) {
			panic(fmt.Sprintf("oracle: %s is not admitted, or there twice", r))
		}
		seen[r.Tuple] = true
	}
	m := &Model{schema: s, relationships: relationships, at: at, given: given}
	m.include(objects...)
	return m
}

// include adds objects that may be asked about.
func (m *Model) include(objects ...tuple.Object) {
	m.objects = append(slices.Clone(m.objects), objects...)
	m.ground = ground(m.schema, m.relationships, m.at, m.given, m.objects)
	m.values = map[tuple.Subject][]Value{}
}

// Holds answers the question t. One that cannot be asked, for which
// [Schema.Ask] has an error, is False.
func (m *Model) Holds(t tuple.Tuple) Value {
	if m.schema.Ask(t) != nil {
		return False
	}
	a := Atom{t.Object, t.Relation}
	if _, known := m.ground.number[a]; !known {
		m.include(t.Object)
	}
	return m.Values(t.Subject)[m.ground.number[a]]
}

// Atoms returns the relations of all objects in play: those that live
// relationships name, and those that were given or asked about.
func (m *Model) Atoms() []Atom { return m.ground.atoms }

// Values returns the value of each of Atoms for a subject. The caller must not
// change it.
func (m *Model) Values(subject tuple.Subject) []Value {
	if known, ok := m.values[subject]; ok {
		return known
	}
	lower, upper := m.ground.wellFounded(subject)
	hangs := hanging{m.ground, lower, upper}
	cycles := hangs.cycles()
	values := make([]Value, len(m.ground.atoms))
	for i := range values {
		switch {
		case lower[i]:
			values[i] = True
		case upper[i]:
			values[i] = hangs.answer(i, cycles)
		default:
			values[i] = False
		}
	}
	m.values[subject] = values
	return values
}
