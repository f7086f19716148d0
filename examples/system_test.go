package main

import (
	"context"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// eachSystem runs a test for each of the five.
func eachSystem(t *testing.T, test func(t *testing.T, s *System)) {
	for _, name := range systemNames() {
		t.Run(name, func(t *testing.T) {
			s, err := loadSystem(context.Background(), embedded, name)
			require.NoError(t, err)
			defer s.Engine.Close()
			test(t, s)
		})
	}
}

// edited returns the embedded files with one text in one file replaced.
func edited(t *testing.T, file, before, after string) fs.FS {
	files := fstest.MapFS{}
	require.NoError(t, fs.WalkDir(embedded, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(embedded, path)
		files[path] = &fstest.MapFile{Data: text}
		return err
	}))
	text := string(files[file].Data)
	require.Contains(t, text, before)
	files[file].Data = []byte(strings.Replace(text, before, after, 1))
	return files
}

func requireDecision(t *testing.T, v baobab.View, q tuple.Tuple, want bool) {
	t.Helper()
	d, err := v.Check(context.Background(), q)
	require.NoError(t, err)
	if d.Allowed() != want {
		why, err := v.Explain(context.Background(), q)
		require.NoError(t, err)
		t.Fatalf("want %s, and\n%v", mark(want), why)
	}
}

// Every cell of every table, as a test of its own.
func TestTables(t *testing.T) {
	eachSystem(t, func(t *testing.T, s *System) {
		require.NotEmpty(t, s.Tables)
		for _, table := range s.Tables {
			for _, action := range table.Actions {
				for i, role := range table.Roles {
					t.Run(table.Title+"/"+action.String()+"/"+role.Name, func(t *testing.T) {
						requireDecision(t, s.Engine.Now(), action.Question(role.Held.Subject), action.Want[i])
					})
				}
			}
		}
	})
}

// The same role in another workspace or another organization gives nothing.
func TestIsolation(t *testing.T) {
	eachSystem(t, func(t *testing.T, s *System) {
		for _, table := range s.Tables {
			for _, action := range table.Actions {
				for _, role := range table.Roles {
					t.Run(table.Title+"/"+action.String()+"/"+role.Name, func(t *testing.T) {
						require.NotEmpty(t, role.Elsewhere)
						for _, held := range role.Elsewhere {
							require.NotEqual(t, role.Held.Object, held.Object)
							require.Equal(t, role.Held.Relation, held.Relation)
							requireDecision(t, s.Engine.Now(), held, true)
							requireDecision(t, s.Engine.Now(), action.Question(held.Subject), false)
						}
					})
				}
			}
		}
	})
}

// Whoever stands for a role has that role and no other, but for what all have.
func TestRolesAlone(t *testing.T) {
	eachSystem(t, func(t *testing.T, s *System) {
		for _, table := range s.Tables {
			for _, role := range table.Roles {
				for _, held := range append([]tuple.Tuple{role.Held}, role.Elsewhere...) {
					var stored []tuple.Tuple
					for r, err := range s.Engine.Tuples(tuple.Filter{SubjectType: held.Subject.Type, SubjectID: held.Subject.ID}) {
						require.NoError(t, err)
						if !table.IsBeside(r.Tuple) {
							stored = append(stored, r.Tuple)
						}
					}
					require.Equal(t, []tuple.Tuple{held}, stored)
				}
			}
		}
	})
}

// Every rule, by its name.
func TestRules(t *testing.T) {
	eachSystem(t, func(t *testing.T, s *System) {
		require.NotEmpty(t, s.Rules)
		for _, rule := range s.Rules {
			t.Run(rule.Name, func(t *testing.T) {
				for _, q := range rule.Questions {
					t.Run(mark(q.Want)+" "+q.Text, func(t *testing.T) {
						requireDecision(t, q.View(s.Engine.Now()), q.Tuple, q.Want)
					})
				}
				require.Empty(t, s.runRule(context.Background(), rule).Problems)
			})
		}
	})
}

// The schemas are to be learned from: canonical in form, and nothing about
// them gives cause for a warning.
func TestSchemas(t *testing.T) {
	eachSystem(t, func(t *testing.T, s *System) {
		file := s.Name + "/schema.zed"
		text, err := fs.ReadFile(embedded, file)
		require.NoError(t, err)
		formatted, err := schema.Format(file, string(text))
		require.NoError(t, err)
		require.Equal(t, string(text), formatted)
		require.Empty(t, s.Engine.Now().Schema().Warnings())
		require.NoError(t, s.Engine.Verify())
	})
}

// Every permission is asked by a table, a rule, a story or a directive, or
// serves one that is.
func TestEveryPermissionIsAsked(t *testing.T) {
	eachSystem(t, func(t *testing.T, s *System) {
		asked := map[string]bool{}
		for _, table := range s.Tables {
			for _, a := range table.Actions {
				asked[a.Object.Type+"#"+a.Permission] = true
			}
		}
		for _, rule := range s.Rules {
			for _, q := range rule.Questions {
				asked[q.Tuple.Object.Type+"#"+q.Tuple.Relation] = true
			}
		}
		for _, story := range s.Stories {
			for _, step := range story.Steps {
				if q, ok := step.(*Inquiry); ok {
					asked[q.Tuple.Object.Type+"#"+q.Tuple.Relation] = true
				}
			}
		}
		serves := map[string]bool{}
		for _, d := range s.Engine.Now().Schema().Definitions() {
			serves[d.DeletedBy] = true
			for _, r := range d.Relations {
				for _, g := range r.Guards {
					serves[g.Permission] = true
				}
				schema.Walk(r.Rewrite, func(w schema.Rewrite) bool {
					switch w := w.(type) {
					case schema.Computed:
						serves[w.Relation] = true
					case schema.TupleToUserset:
						serves[w.Computed] = true
					}
					return true
				})
			}
		}
		for _, d := range s.Engine.Now().Schema().Definitions() {
			for _, r := range d.Relations {
				if name := d.Name + "#" + r.Name; r.Permission && !asked[name] && !serves[r.Name] {
					t.Errorf("nobody asks for %s", name)
				}
			}
		}
	})
}
