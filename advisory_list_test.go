package baobab_test

import (
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/tuple"
)

// Most advisories are about lists. What a case says of a question, every list
// that could name it says as well, whole and in pages; and what else is in a
// list, Check says too.
func TestAdvisoriesInLists(t *testing.T) {
	for _, a := range advisories() {
		for about, body := range a.cases(t) {
			t.Run(a.name+"/"+about, func(t *testing.T) {
				r := retell(t, body)
				for name, view := range r.views(t) {
					for _, i := range r.inquiries {
						l := &lists{t: t, view: view.Given(i.given), about: fmt.Sprintf("%s, given %v", name, i.given), read: map[string]map[string]string{}}
						for at, q := range i.questions {
							l.agree(q, i.answers[at])
						}
					}
				}
			})
		}
	}
}

// lists are the lists of a view, each read once: what they name, with its answer.
type lists struct {
	t     *testing.T
	view  baobab.View
	about string
	read  map[string]map[string]string
}

const (
	covered = "*" // where a list of subjects has a wildcard
	pageOf  = 3   // entries
)

// agree looks a question up in the lists of objects, subjects and permissions.
func (l *lists) agree(q tuple.Tuple, want string) {
	about := fmt.Sprintf("%s: %s", l.about, q)
	require.Equal(l.t, want, orNo(l.objects(q)[q.Object.String()]), "Objects, %s", about)
	require.Equal(l.t, want, orNo(l.permissions(q)[q.Relation]), "Permissions, %s", about)
	subjects := l.subjects(q)
	got, ok := subjects[q.Subject.String()]
	if !ok && q.Subject.Relation == "" {
		got = subjects[covered]
	}
	require.Equal(l.t, want, orNo(got), "Subjects, %s", about)
}

func orNo(answer string) string {
	if answer == "" {
		return "no"
	}
	return answer
}

// check asks what a list says of a tuple.
func (l *lists) check(q tuple.Tuple, said string) {
	d, err := l.view.Check(ctx, q)
	require.Equal(l.t, said, answer(d, err), "listed, %s: %s", l.about, q)
}

func (l *lists) objects(q tuple.Tuple) map[string]string {
	name := fmt.Sprintf("%s of %s for %s", q.Relation, q.Object.Type, q.Subject)
	return l.once(name, func() map[string]string {
		list := func(o ...expand.ListOption) iter.Seq2[expand.ObjectAnswer, error] {
			return l.view.Objects(ctx, q.Subject, q.Relation, q.Object.Type, o...)
		}
		all := paged(l.t, list, func(a expand.ObjectAnswer) string { return a.Object.ID })
		said := map[string]string{}
		for _, e := range all {
			said[e.entry.Object.String()] = answer(e.entry.Decision, e.err)
			l.check(tuple.New(e.entry.Object, q.Relation, q.Subject), answer(e.entry.Decision, e.err))
		}
		return said
	})
}

func (l *lists) subjects(q tuple.Tuple) map[string]string {
	kind := q.Subject.Type
	if q.Subject.Relation != "" {
		kind += "#" + q.Subject.Relation
	}
	return l.once(fmt.Sprintf("%s#%s of %s", q.Object, q.Relation, kind), func() map[string]string {
		list := func(o ...expand.ListOption) iter.Seq2[expand.SubjectAnswer, error] {
			return l.view.Subjects(ctx, q.Object, q.Relation, kind, o...)
		}
		said := map[string]string{}
		for _, e := range paged(l.t, list, func(a expand.SubjectAnswer) string { return a.Subject.ID }) {
			says := answer(e.entry.Decision, e.err)
			said[e.entry.Subject.String()] = says
			l.check(tuple.New(q.Object, q.Relation, e.entry.Subject), says)
			if e.entry.Subject.ID != tuple.Wildcard {
				continue
			}
			said[covered] = says
			for _, except := range e.entry.Except {
				if said[except.String()] == "" {
					said[except.String()] = "no" // unless it has an entry of its own, further on
				}
			}
		}
		for subject, says := range said {
			if subject != covered {
				l.check(tuple.New(q.Object, q.Relation, tuple.MustParseSubject(subject)), says)
			}
		}
		return said
	})
}

func (l *lists) permissions(q tuple.Tuple) map[string]string {
	return l.once(fmt.Sprintf("%s and %s", q.Subject, q.Object), func() map[string]string {
		said := map[string]string{}
		for a, err := range l.view.Permissions(ctx, q.Subject, q.Object) {
			require.NotEmpty(l.t, a.Permission, "%v", err)
			said[a.Permission] = answer(a.Decision, err)
			l.check(tuple.New(q.Object, a.Permission, q.Subject), said[a.Permission])
		}
		return said
	})
}

func (l *lists) once(name string, read func() map[string]string) map[string]string {
	if l.read[name] == nil {
		l.read[name] = read()
	}
	return l.read[name]
}

// A listedAs is an entry of a list, with its error.
type listedAs[A any] struct {
	entry A
	err   error
}

// paged reads a whole list, and the same in pages.
func paged[A any](t *testing.T, list func(...expand.ListOption) iter.Seq2[A, error], id func(A) string) []listedAs[A] {
	read := func(seq iter.Seq2[A, error]) (page []listedAs[A]) {
		for a, err := range seq {
			require.NotEmpty(t, id(a), "the list ends: %v", err)
			page = append(page, listedAs[A]{a, err})
		}
		return page
	}
	all := read(list())
	ids := func(some []listedAs[A]) (list []string) {
		for _, e := range some {
			list = append(list, id(e.entry))
		}
		return list
	}
	require.True(t, slices.IsSorted(ids(all)))
	var joined []string
	for page := read(list(expand.Limit(pageOf))); len(page) > 0; {
		require.LessOrEqual(t, len(page), pageOf)
		joined = append(joined, ids(page)...)
		page = read(list(expand.After(expand.Cursor{Last: joined[len(joined)-1]}), expand.Limit(pageOf)))
	}
	require.Equal(t, ids(all), joined, "in pages")
	return all
}
