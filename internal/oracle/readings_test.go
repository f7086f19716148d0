package oracle_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/internal/oracle/gen"
	"github.com/baobab-authz/baobab/tuple"
)

// With up to four of a case's tuples undecided, the answers are compared with
// those of every state in which each of the four is certain, or stopped. This
// goes through the rules that a state is turned into, which the brute force on
// rules alone does not.
func TestUndecidedTuplesByBruteForce(t *testing.T) {
	seen := map[oracle.Value]int{}
	for seed := range 60 {
		c := gen.Cases().Example(seed)
		if len(c.Tuples) > 40 {
			continue // with a long chain
		}
		var tuples []tuple.Relationship
		undecided := map[int]string{}
		for i, r := range c.Tuples {
			r = r.Tuple.Always()
			if (i+seed)%(len(c.Tuples)/4+1) == 0 {
				undecided[i] = fmt.Sprintf("k%d", i)
				if i%7 == 3 {
					undecided[i] = "fails"
				}
				r.Caveat = undecided[i]
			}
			tuples = append(tuples, r)
		}
		schema := undecidedSchema(c.Schema, undecided)
		model := oracle.NewModel(schema, tuples, c.Asked, nil, c.Objects()...)
		order := slices.Sorted(maps.Keys(undecided))
		var readings []*oracle.Model
		for bits := range 1 << len(order) {
			list := slices.Clone(tuples)
			for n, i := range order {
				list[i].Caveat = []string{"stopped", "certain"}[bits>>n&1]
			}
			readings = append(readings, oracle.NewModel(schema, list, c.Asked, nil, c.Objects()...))
		}
		for _, s := range c.Subjects() {
			answers := model.Values(s)
			for a, answer := range answers {
				if answer.Conditional() {
					seen[oracle.Missing()]++
				} else {
					seen[answer]++
				}
				about := func() string { return fmt.Sprintf("seed %d: %v for %v", seed, model.Atoms()[a], s) }
				for bits, reading := range readings {
					value := reading.Values(s)[a]
					switch {
					case answer == oracle.True, answer == oracle.False:
						require.Equal(t, answer, value, about())
					case answer.Conditional():
						require.NotEqual(t, oracle.Undefined, value, about())
					}
					for n, i := range order {
						if value == readings[bits^1<<n].Values(s)[a] {
							continue
						}
						if undecided[i] == "fails" {
							require.Equal(t, oracle.Failed, answer, about())
						} else if answer.Conditional() {
							require.Contains(t, answer.Missing(), undecided[i], about())
						}
					}
				}
			}
		}
	}
	require.Len(t, seen, 5)
	t.Log(seen)
}

// undecidedSchema admits what a schema admits, with any of the caveats: each has
// a parameter of its name, but for one that fails, and two that are decided.
func undecidedSchema(s *oracle.Schema, undecided map[int]string) *oracle.Schema {
	n := []oracle.Parameter{{Name: "n", Type: "int"}}
	u := &oracle.Schema{Caveats: []*oracle.Caveat{
		{Name: "certain", Parameters: n, Expression: "true || n == 1"},
		{Name: "stopped", Parameters: n, Expression: "false && n == 1"},
		{Name: "fails", Parameters: n, Expression: "1 / 0 == 1"},
	}}
	for _, name := range undecided {
		u.Caveats = append(u.Caveats, &oracle.Caveat{Name: name, Parameters: []oracle.Parameter{{Name: name, Type: "bool"}}, Expression: name})
	}
	for _, t := range s.Types {
		typ := &oracle.Type{Name: t.Name}
		for _, r := range t.Relations {
			relation := &oracle.Relation{Name: r.Name, Rewrite: r.Rewrite}
			for _, a := range r.Admits {
				a.Caveat = ""
				relation.Admits = append(relation.Admits, a)
				for _, c := range u.Caveats {
					a.Caveat = c.Name
					relation.Admits = append(relation.Admits, a)
				}
			}
			typ.Relations = append(typ.Relations, relation)
		}
		u.Types = append(u.Types, typ)
	}
	return u
}

// Whoever is given what an answer names is not asked for it again, nor for
// anything else; and no answer changes that was certain without.
func TestGivingWhatIsMissing(t *testing.T) {
	conditional := 0
	for seed := range 300 {
		c := gen.Cases().Example(seed)
		if len(c.Schema.Caveats) == 0 || len(c.Tuples) > 40 || twoTypes(c.Schema) {
			continue
		}
		now := c.Moments()[0]
		before := c.Model(now)
		asked := map[oracle.Value]bool{}
		for _, s := range c.Subjects() {
			for _, v := range before.Values(s) {
				if v.Conditional() {
					asked[v] = true
				}
			}
		}
		for v := range asked {
			more := gen.Moment{State: now.State, At: now.At, Given: maps.Clone(now.Given)}
			for i, name := range v.Missing() {
				more.Given[name] = valueFor(c.Schema, name, seed+i)
			}
			after := c.Model(more)
			for _, s := range c.Subjects() {
				answers := after.Values(s)
				for a, was := range before.Values(s) {
					if was == v {
						conditional++
						require.False(t, answers[a].Conditional(), "seed %d: %v for %v given %v", seed, after.Atoms()[a], s, more.Given)
					}
					if was == oracle.True || was == oracle.False {
						require.Equal(t, was, answers[a], "seed %d: %v for %v given %v", seed, after.Atoms()[a], s, more.Given)
					}
				}
			}
		}
	}
	require.NotZero(t, conditional)
}

// twoTypes reports whether a value for one caveat is of the wrong type for
// another, which fails then, even if it did not need the value.
func twoTypes(s *oracle.Schema) bool {
	types := map[string]string{}
	for _, c := range s.Caveats {
		for _, p := range c.Parameters {
			if typ, known := types[p.Name]; known && typ != p.Type {
				return true
			}
			types[p.Name] = p.Type
		}
	}
	return false
}

// valueFor returns a value of the type that the parameters of a name have.
func valueFor(s *oracle.Schema, name string, n int) any {
	for _, c := range s.Caveats {
		for _, p := range c.Parameters {
			switch {
			case p.Name != name:
			case p.Type == "bool":
				return n%2 == 0
			case p.Type == "int":
				return float64(n % 3)
			default:
				return "x"
			}
		}
	}
	return nil
}
