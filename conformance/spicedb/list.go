package spicedb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/tuple"
)

// Again compares CheckAll and Explain with Check.
func (w *World) Again(ctx context.Context) (t Tally) {
	all := slices.Collect(w.questions)
	decisions, err := w.View.CheckAll(ctx, all)
	for i, q := range all {
		if err == nil {
			t.expect("CheckAll "+q.String(), w.answers[q], decisions[i])
		}
		why, err := w.View.Explain(ctx, q)
		if err != nil {
			t.expect("Explain "+q.String(), w.answers[q], answer(decisions[i], err))
			continue
		}
		t.expect("Explain "+q.String(), w.answers[q], why.Decision)
	}
	return t
}

// ByObject compares Objects with Check: for each subject, type and relation.
func (w *World) ByObject(ctx context.Context) (t Tally) {
	for _, s := range w.Subjects {
		for _, d := range w.View.Schema().Definitions() {
			for _, r := range w.Relations(d.Name) {
				var expected, got []string
				for _, o := range w.sorted(d.Name) {
					if a := w.answers[tuple.New(o, r, s)]; a != denied {
						expected = append(expected, entry(o, a))
					}
				}
				for o, err := range w.View.Objects(ctx, s, r, d.Name) {
					got = append(got, entry(o.Object, answer(o.Decision, err)))
				}
				t.expect(fmt.Sprintf("Objects %s#%s@%s", d.Name, r, s), expected, got)
			}
		}
	}
	return t
}

// ByPermission compares Permissions with Check: for each subject and object.
func (w *World) ByPermission(ctx context.Context) (t Tally) {
	for _, s := range w.Subjects {
		for _, o := range w.Objects {
			var expected, got []string
			for _, r := range slices.Sorted(slices.Values(w.Relations(o.Type))) {
				if a := w.answers[tuple.New(o, r, s)]; a != denied {
					expected = append(expected, entry(r, a))
				}
			}
			for p, err := range w.View.Permissions(ctx, s, o) {
				got = append(got, entry(p.Permission, answer(p.Decision, err)))
			}
			t.expect(fmt.Sprintf("Permissions %s@%s", o, s), expected, got)
		}
	}
	return t
}

// BySubject compares Subjects with Check: for each object, relation and type of
// subject, those of usersets included.
func (w *World) BySubject(ctx context.Context) (t Tally) {
	for _, o := range w.Objects {
		for _, r := range w.Relations(o.Type) {
			for _, d := range w.View.Schema().Definitions() {
				w.concrete(ctx, &t, o, r, d.Name)
				for _, q := range w.Relations(d.Name) {
					w.usersets(ctx, &t, o, r, d.Name, q)
				}
			}
		}
	}
	return t
}

// usersets compares a list of usersets, which is what Check does not deny.
func (w *World) usersets(ctx context.Context, t *Tally, o tuple.Object, r, typ, q string) {
	var expected, got []string
	for _, x := range w.sorted(typ) {
		if a := w.answers[tuple.New(o, r, x.Userset(q))]; a != denied {
			expected = append(expected, entry(x.Userset(q), a))
		}
	}
	for s, err := range w.View.Subjects(ctx, o, r, typ+"#"+q) {
		got = append(got, entry(s.Subject, answer(s.Decision, err)))
	}
	t.expect(fmt.Sprintf("Subjects %s#%s@%s#%s", o, r, typ, q), expected, got)
}

// concrete compares a list of objects as subjects. Beside a wildcard that speaks
// for them, subjects may be in the list or not: by docs/SEMANTICS.md those are
// that tuples name. All else follows from Check.
func (w *World) concrete(ctx context.Context, t *Tally, o tuple.Object, r, typ string) {
	what := fmt.Sprintf("Subjects %s#%s@%s", o, r, typ)
	listed := map[tuple.Subject]bool{}
	var got, except []string
	for s, err := range w.View.Subjects(ctx, o, r, typ) {
		listed[s.Subject] = true
		got = append(got, entry(s.Subject, answer(s.Decision, err)))
		for _, x := range s.Except {
			except = append(except, x.String())
		}
	}
	everyone := tuple.Object{Type: typ, ID: tuple.Wildcard}.Subject()
	public := w.answers[tuple.New(o, r, everyone)]
	var expected, exceptions []string
	if public != denied {
		expected = append(expected, entry(everyone, public))
	}
	for _, x := range w.sorted(typ) {
		a := w.answers[tuple.New(o, r, x.Subject())]
		if public != denied && a != public {
			exceptions = append(exceptions, x.String())
		}
		if a != denied && (public == denied || a != public || listed[x.Subject()]) {
			expected = append(expected, entry(x, a))
		}
	}
	t.expect(what, expected, got)
	t.expect(what+", exceptions", exceptions, except)
}

// entry is an element of a list with its answer.
func entry(element any, answer string) string {
	if answer == allowed {
		return fmt.Sprint(element)
	}
	return fmt.Sprintf("%v (%s)", element, answer)
}

// sorted returns the objects of a type by id.
func (w *World) sorted(typ string) []tuple.Object {
	var all []tuple.Object
	for _, o := range w.Objects {
		if o.Type == typ {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b tuple.Object) int { return strings.Compare(a.ID, b.ID) })
	return all
}
