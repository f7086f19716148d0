package main

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/tuple"
)

// In each system the lists of every object, every subject and every permission
// say what the checks say.
func TestListsAgreeWithChecks(t *testing.T) {
	eachSystem(t, func(t *testing.T, s *System) {
		q := questioner{t, context.Background(), s.Engine.Now(), map[tuple.Object]bool{}, map[tuple.Subject]bool{}}
		for r, err := range q.view.Tuples(tuple.Filter{}) {
			require.NoError(t, err)
			q.objects[r.Object] = true
			q.subjects[r.Subject], q.subjects[r.Object.Subject()] = true, true
		}
		q.subjects[tuple.MustParseSubject("user:nobody")] = true
		checked := q.checked()
		require.NotEmpty(t, checked)
		require.Equal(t, checked, q.byObject())
		require.Equal(t, checked, q.bySubject())
		require.Equal(t, checked, q.byPair())
	})
}

// A questioner asks about everything that a view has, in four ways.
type questioner struct {
	t        *testing.T
	ctx      context.Context
	view     baobab.View
	objects  map[tuple.Object]bool
	subjects map[tuple.Subject]bool
}

// answers are the decisions about tuples that are not denied.
type answers map[tuple.Tuple]baobab.Decision

func (q questioner) checked() answers {
	all := answers{}
	for object := range q.objects {
		for _, r := range q.view.Schema().Definition(object.Type).Relations {
			for subject := range q.subjects {
				asked := tuple.New(object, r.Name, subject)
				d, err := q.view.Check(q.ctx, asked)
				require.NoError(q.t, err)
				if !d.Denied() {
					all[asked] = d
				}
			}
		}
	}
	return all
}

func (q questioner) byObject() answers {
	all := answers{}
	for subject := range q.subjects {
		for _, d := range q.view.Schema().Definitions() {
			for _, r := range d.Relations {
				for a, err := range q.view.Objects(q.ctx, subject, r.Name, d.Name) {
					require.NoError(q.t, err)
					if q.objects[a.Object] { // and not the subject itself, of which nothing is stored
						all[tuple.New(a.Object, r.Name, subject)] = a.Decision
					}
				}
			}
		}
	}
	return all
}

func (q questioner) bySubject() answers {
	kinds := map[string]bool{}
	for subject := range q.subjects {
		kind := subject.Type
		if subject.IsUserset() {
			kind += "#" + subject.Relation
		}
		kinds[kind] = true
	}
	all := answers{}
	for object := range q.objects {
		for _, r := range q.view.Schema().Definition(object.Type).Relations {
			for kind := range kinds {
				for a, err := range q.view.Subjects(q.ctx, object, r.Name, kind) {
					require.NoError(q.t, err)
					for _, subject := range q.spokenFor(a) {
						all[tuple.New(object, r.Name, subject)] = a.Decision
					}
				}
			}
		}
	}
	return all
}

// spokenFor returns the subjects about whom an entry is.
func (q questioner) spokenFor(a expand.SubjectAnswer) []tuple.Subject {
	var all []tuple.Subject
	for subject := range q.subjects {
		covered := a.Subject.IsWildcard() && subject.Type == a.Subject.Type && !subject.IsUserset() && !slices.Contains(a.Except, subject)
		if covered || subject == a.Subject {
			all = append(all, subject)
		}
	}
	return all
}

func (q questioner) byPair() answers {
	all := answers{}
	for subject := range q.subjects {
		for object := range q.objects {
			for a, err := range q.view.Permissions(q.ctx, subject, object) {
				require.NoError(q.t, err)
				all[tuple.New(object, a.Permission, subject)] = a.Decision
			}
		}
	}
	return all
}
