package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// runCheck answers one question with the engine's explanation.
func runCheck(ctx context.Context, files fs.FS, names []string, question string, w io.Writer) (int, error) {
	t, err := tuple.Parse(question)
	if err != nil {
		return exitError, err
	}
	systems, err := loadSystems(ctx, files, names)
	if err != nil {
		return exitError, err
	}
	defer closeAll(systems)
	s, err := choose(systems, t)
	if err != nil {
		return exitError, err
	}
	why, err := s.Engine.Explain(ctx, t)
	if err != nil {
		return exitError, fmt.Errorf("%s: %w", s.Name, err)
	}
	fmt.Fprintf(w, "%s: %s", s.Name, why)
	if why.Decision.Allowed() {
		return exitRight, nil
	}
	return exitDifferent, nil
}

// choose returns the system to ask: the only one, or the first whose schema has
// the question's types and relation, preferably one that has a tuple about the
// object.
func choose(systems []*System, t tuple.Tuple) (*System, error) {
	if len(systems) == 1 {
		return systems[0], nil // whose engine says what it does not know
	}
	var first *System
	for _, s := range systems {
		if !knows(s.Engine, t) {
			continue
		}
		if stores(s.Engine, t.Object) {
			return s, nil
		}
		if first == nil {
			first = s
		}
	}
	if first == nil {
		return nil, fmt.Errorf("no system has %s#%s, and %s as a subject", t.Object.Type, t.Relation, t.Subject.Type)
	}
	return first, nil
}

// knows reports whether the schema has what the question names.
func knows(eng *baobab.Engine, t tuple.Tuple) bool {
	s := eng.Now().Schema()
	object, subject := s.Definition(t.Object.Type), s.Definition(t.Subject.Type)
	return object != nil && subject != nil && object.Relation(t.Relation) != nil &&
		(!t.Subject.IsUserset() || subject.Relation(t.Subject.Relation) != nil)
}

// stores reports whether there is a tuple about the object.
func stores(eng *baobab.Engine, o tuple.Object) bool {
	for range eng.Tuples(tuple.Filter{ObjectType: o.Type, ObjectID: o.ID}) {
		return true
	}
	return false
}
