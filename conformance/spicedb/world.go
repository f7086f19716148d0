// Package spicedb asks of SpiceDB's validation files everything that can be asked
// of them, and compares the answers with each other.
//
// Check, over all objects, relations and subjects of a file, is the reference.
// Objects, Subjects, Permissions, CheckAll, Explain and Expand have to agree with
// it, as SpiceDB's own suite demands of its implementation.
package spicedb

import (
	"context"
	"fmt"
	"strings"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// A World is a view, everything that can be asked of it, and what Check answers.
type World struct {
	View     baobab.View
	Objects  []tuple.Object  // that tuples name, and one of each type that none names
	Subjects []tuple.Subject // these, a wildcard of each type, and each relation of each object
	answers  map[tuple.Tuple]string
}

// unknown is the id of an object that no tuple names.
const unknown = "no-tuple-names-me"

// NewWorld asks every question of a view.
func NewWorld(ctx context.Context, v baobab.View) (*World, error) {
	w := &World{View: v, answers: map[tuple.Tuple]string{}}
	seen := map[tuple.Object]bool{}
	add := func(o tuple.Object) {
		if o.ID != tuple.Wildcard && !seen[o] {
			seen[o] = true
			w.Objects = append(w.Objects, o)
		}
	}
	for r, err := range v.Tuples(tuple.Filter{}) {
		if err != nil {
			return nil, err
		}
		add(r.Object)
		add(r.Subject.Object)
	}
	for _, d := range v.Schema().Definitions() {
		add(tuple.Object{Type: d.Name, ID: unknown})
		w.Subjects = append(w.Subjects, tuple.Object{Type: d.Name, ID: tuple.Wildcard}.Subject())
	}
	for _, o := range w.Objects {
		w.Subjects = append(w.Subjects, o.Subject())
		for _, r := range w.Relations(o.Type) {
			w.Subjects = append(w.Subjects, o.Userset(r))
		}
	}
	for t := range w.questions {
		d, err := v.Check(ctx, t)
		w.answers[t] = answer(d, err)
	}
	return w, nil
}

// Relations returns the relations and permissions of a type.
func (w *World) Relations(typ string) []string {
	var names []string
	for _, r := range w.View.Schema().Definition(typ).Relations {
		names = append(names, r.Name)
	}
	return names
}

// questions yields every tuple that can be asked for, by object and relation.
func (w *World) questions(yield func(tuple.Tuple) bool) {
	for _, o := range w.Objects {
		for _, r := range w.Relations(o.Type) {
			for _, s := range w.Subjects {
				if !yield(tuple.New(o, r, s)) {
					return
				}
			}
		}
	}
}

const (
	allowed = "allowed"
	denied  = "denied"
)

// answer returns what Check says in the form that answers are compared in: a
// conditional one with what is missing, an error by its kind.
func answer(d baobab.Decision, err error) string {
	if err != nil {
		kind, _, _ := strings.Cut(err.Error(), "\n")
		return "error: " + kind
	}
	return d.String()
}

// A Tally counts comparisons, and keeps those that failed.
type Tally struct {
	Asked   int
	Wrong   int
	Reports []string // of the first that were wrong
}

func (t *Tally) expect(what string, expected, got any) {
	t.Asked++
	if fmt.Sprint(expected) == fmt.Sprint(got) {
		return
	}
	t.Wrong++
	if len(t.Reports) < 10 {
		t.Reports = append(t.Reports, fmt.Sprintf("%s: %v, and by Check %v", what, got, expected))
	}
}
