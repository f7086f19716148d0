package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/tuple"
)

// In each system the lists of every object, every subject and every permission
// say what the checks say.
func TestListsAgreeWithChecks(t *testing.T) {
	ctx := context.Background()
	eachSystem(t, func(t *testing.T, s *System) {
		view := s.Engine.Now()
		objects, subjects := map[tuple.Object]bool{}, map[tuple.Subject]bool{{Object: tuple.Object{Type: "user", ID: "nobody"}}: true}
		for r, err := range view.Tuples(tuple.Filter{}) {
			require.NoError(t, err)
			objects[r.Object], subjects[r.Subject] = true, true
			subjects[r.Object.Subject()] = true
		}
		type answers map[tuple.Tuple]string
		checked, byObject, bySubject, byPair := answers{}, answers{}, answers{}, answers{}
		for subject := range subjects {
			for _, d := range view.Schema().Definitions() {
				for _, r := range d.Relations {
					for o, err := range view.Objects(ctx, subject, r.Name, d.Name) {
						require.NoError(t, err)
						byObject[tuple.New(o.Object, r.Name, subject)] = o.Decision.String()
					}
				}
			}
			for object := range objects {
				for _, r := range view.Schema().Definition(object.Type).Relations {
					q := tuple.New(object, r.Name, subject)
					d, err := view.Check(ctx, q)
					require.NoError(t, err)
					if !d.Denied() {
						checked[q] = d.String()
					}
				}
				for p, err := range view.Permissions(ctx, subject, object) {
					require.NoError(t, err)
					byPair[tuple.New(object, p.Permission, subject)] = p.Decision.String()
				}
			}
		}
		kinds := map[string]bool{}
		for subject := range subjects {
			kind := subject.Type
			if subject.Relation != "" {
				kind += "#" + subject.Relation
			}
			kinds[kind] = true
		}
		for object := range objects {
			for _, r := range view.Schema().Definition(object.Type).Relations {
				for kind := range kinds {
					for a, err := range view.Subjects(ctx, object, r.Name, kind) {
						require.NoError(t, err)
						if a.Subject.IsWildcard() {
							except := map[tuple.Subject]bool{}
							for _, e := range a.Except {
								except[e] = true
							}
							for subject := range subjects {
								if subject.Type == a.Subject.Type && subject.Relation == "" && !except[subject] {
									bySubject[tuple.New(object, r.Name, subject)] = a.Decision.String()
								}
							}
							continue
						}
						if subjects[a.Subject] {
							bySubject[tuple.New(object, r.Name, a.Subject)] = a.Decision.String()
						}
					}
				}
			}
		}
		require.NotEmpty(t, checked)
		require.Equal(t, checked, byPair)
		require.Equal(t, checked, bySubject)
		for q := range byObject { // also what no tuple names as an object, such as the subject itself
			if !objects[q.Object] {
				delete(byObject, q)
			}
		}
		require.Equal(t, checked, byObject)
	})
}
