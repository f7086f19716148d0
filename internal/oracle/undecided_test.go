package oracle

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/tuple"
)

// What undecided conditions mean can also be said without Γ⁺, Γ⁻ and what hangs
// on what: read each as true or as false, in every combination, and decide by
// unfounded sets. An answer is certain, and independent of a condition, if all
// of these say so.
func TestUndecidedConditionsByBruteForce(t *testing.T) {
	seen := map[Value]int{}
	differing := 0
	rapid.Check(t, func(t *rapid.T) {
		g, conditions, positive := drawConditions(t)
		subject := tuple.MustParseSubject("user:ann")
		lower, upper := g.wellFounded(subject)
		hangs := hanging{g, lower, upper}
		cycles := hangs.cycles()

		var readings [][]Value // by the bits that say which conditions are true
		for bits := range 1 << len(conditions) {
			facts := g.facts(subject, false)
			for i, c := range conditions {
				facts[c] = bits>>i&1 == 1
			}
			isTrue, isFalse := unfounded(g, facts)
			values := make([]Value, len(g.rules))
			for a := range values {
				values[a] = Undefined
				if isTrue[a] {
					values[a] = True
				} else if isFalse[a] {
					values[a] = False
				}
			}
			readings = append(readings, values)
		}
		for a := range g.rules {
			answer := False
			if lower[a] {
				answer = True
			} else if upper[a] {
				answer = hangs.answer(a, cycles)
			}
			kind := answer
			if answer.Conditional() {
				kind = Missing()
			}
			seen[kind]++
			differ := false
			for bits, values := range readings {
				switch {
				case answer == True, answer == False:
					require.Equal(t, answer, values[a], "atom %d, reading %b", a, bits)
				case answer.Conditional():
					require.NotEqual(t, Undefined, values[a], "atom %d, reading %b", a, bits)
				}
				for i, c := range conditions {
					if values[a] == readings[bits^1<<i][a] {
						continue
					}
					differ = true
					if g.rules[c].condition.Err != nil {
						require.Equal(t, Failed, answer, "atom %d depends on %d", a, c)
					} else if answer.Conditional() {
						require.Contains(t, answer.Missing(), g.rules[c].condition.Missing[0], "atom %d", a)
					}
				}
			}
			if differ {
				differing++
			}
			if positive {
				require.Equal(t, differ, answer != True && answer != False, "atom %d", a)
			}
		}
	})
	if !testing.Short() { // which draws few
		require.Greater(t, len(seen), 3)
		require.Greater(t, 20*differing, seen[True])
	}
}

// drawConditions draws rules of which up to five are undecided conditions, each
// with a parameter of its own.
func drawConditions(t *rapid.T) (g *grounding, conditions []int, positive bool) {
	g = &grounding{}
	positive = rapid.Bool().Draw(t, "positive")
	n := rapid.IntRange(2, 12).Draw(t, "atoms")
	atom := rapid.IntRange(0, n-1)
	for i := range n {
		var r rule
		kind := rapid.IntRange(0, 9).Draw(t, "kind")
		switch {
		case kind == 0:
			r.facts = []tuple.Subject{tuple.MustParseSubject("user:ann")}
		case kind < 4 && len(conditions) < 5:
			r.condition = &Outcome{Missing: []string{fmt.Sprintf("p%d", i)}}
			if rapid.IntRange(0, 4).Draw(t, "fails") == 4 {
				r.condition = &Outcome{Err: errors.New("failed")}
			}
			conditions = append(conditions, i)
		case kind < 6:
			r.any = rapid.SliceOfN(atom, 0, 3).Draw(t, "any")
		case kind < 7 || positive:
			r.all = rapid.SliceOfN(atom, 0, 3).Draw(t, "all")
		default:
			r.but = &exclusion{atom.Draw(t, "base"), atom.Draw(t, "subtract")}
		}
		g.rules = append(g.rules, r)
	}
	return g, conditions, positive
}

// conditional is a schema whose tuples may depend on a parameter, on another being
// false, on two, and on a quotient.
func conditional(pairs ...any) *Schema {
	s := permissions(pairs...)
	for _, c := range []Caveat{{"a", []Parameter{{"a", "bool"}}, "a"}, {"b", []Parameter{{"b", "bool"}}, "!b"},
		{"both", []Parameter{{"a", "bool"}, {"b", "bool"}}, "a && b"}, {"fails", []Parameter{{"n", "int"}}, "1 / n == 1"}} {
		s.Caveats = append(s.Caveats, &c)
	}
	var subjects []Admit
	for _, typ := range []Admit{{Type: "user"}, {Type: "user", Wildcard: true}, {Type: "doc"}, {Type: "doc", Relation: "q"}} {
		for _, c := range []string{"", "a", "b", "both", "fails"} {
			typ.Caveat = c
			subjects = append(subjects, typ)
		}
	}
	doc := s.Types[1]
	doc.Relations[0].Admits = subjects
	doc.Relations = append(doc.Relations, &Relation{"banned", subjects, This{}}, &Relation{"link", subjects, This{}})
	return s
}

const fails = `[fails:{"n":0}]`

func TestConditionalAnswers(t *testing.T) {
	ask := "doc:1#p@user:ann"
	for _, test := range []struct {
		name   string
		p      Expr
		tuples []string
		want   string
	}{
		{"matched", Computed{"q"}, []string{"doc:1#q@user:ann[a]"}, "missing:a"},
		{"decided by the relationship", Computed{"q"}, []string{`doc:1#q@user:ann[a:{"a":true}]`}, "yes"},
		{"not matched", Computed{"q"}, []string{"doc:1#q@user:bob[a]"}, "no"},
		{"matched by a wildcard", Computed{"q"}, []string{"doc:1#q@user:*[a]"}, "missing:a"},
		{"two ways", Computed{"q"}, []string{"doc:1#q@user:*[b]", "doc:1#q@user:ann[a]"}, "missing:a,b"},
		{"one way is certain", Computed{"q"}, []string{"doc:1#q@user:*[both]", "doc:1#q@user:ann"}, "yes"},
		{"a target that is false", Computed{"q"}, []string{"doc:1#q@doc:2#q[a]"}, "no"},
		{"a target that is not", Computed{"q"}, []string{"doc:1#q@doc:2#q[a]", "doc:2#q@user:ann[b]"}, "missing:a,b"},
		{"a tuple that is not there", Computed{"q"}, []string{`doc:1#q@doc:2#q[a:{"a":false}]`, "doc:2#q@user:ann[b]"}, "no"},
		{"of two that lead to one, the one that is not there counts for nothing", Computed{"q"},
			[]string{`doc:1#q@doc:2#q[b:{"b":true}]`, "doc:2#q@user:ann[fails:{\"n\":0}]", "doc:1#q@user:ann[a]"}, "missing:a"},
		{"a circle", Computed{"q"}, []string{"doc:1#q@doc:2#q[a]", "doc:2#q@doc:1#q[b]"}, "no"},
		{"a circle with an end", Computed{"q"}, []string{"doc:1#q@doc:2#q[a]", "doc:2#q@doc:1#q[b]", "doc:2#q@user:ann"}, "missing:a"},
		{"an arrow", Arrow{"link", "q"}, []string{"doc:1#link@doc:2[a]", "doc:2#q@user:ann"}, "missing:a"},
		{"all", ArrowAll{"link", "q"}, []string{"doc:1#link@doc:2[a]", "doc:2#q@user:ann", "doc:1#link@doc:1", "doc:1#q@user:ann[b]"}, "missing:a,b"},
		{"all, one not there", ArrowAll{"link", "q"}, []string{`doc:1#link@doc:2[a:{"a":false}]`, "doc:2#q@user:ann", "doc:1#link@doc:1", "doc:1#q@user:ann"}, "no"},
		{"all, with one that fails", ArrowAll{"link", "q"}, []string{"doc:1#link@doc:2[a]", "doc:2#q@user:ann" + fails}, "error"},
		{"all, with a target that is false", ArrowAll{"link", "q"}, []string{"doc:1#link@doc:2[a]", "doc:1#link@doc:1" + fails, "doc:1#q@user:ann"}, "no"},
		{"all, with a wildcard", ArrowAll{"link", "q"}, []string{"doc:1#link@user:*[a]", "doc:1#link@doc:1", "doc:1#q@user:ann"}, "no"},
		{"a union absorbs", Union{Computed{"q"}, Computed{"banned"}}, []string{"doc:1#q@user:ann" + fails, "doc:1#banned@user:ann"}, "yes"},
		{"an intersection absorbs", Intersection{Computed{"q"}, Computed{"banned"}}, []string{"doc:1#q@user:ann" + fails}, "no"},
		{"a true right side absorbs", Exclusion{Computed{"q"}, Computed{"banned"}}, []string{"doc:1#q@user:ann" + fails, "doc:1#banned@user:ann"}, "no"},
		{"an error on the right never allows", Exclusion{Computed{"q"}, Computed{"banned"}}, []string{"doc:1#q@user:ann", "doc:1#banned@user:ann" + fails}, "error"},
		{"an error before the unknown", Union{Computed{"q"}, Computed{"banned"}}, []string{"doc:1#q@user:ann[a]", "doc:1#banned@user:ann" + fails}, "error"},
		{"a cycle before the unknown", Exclusion{Computed{"q"}, Computed{"p"}}, []string{"doc:1#q@user:ann[a]"}, "undefined"},
		{"an error before the cycle", Exclusion{Computed{"q"}, Computed{"p"}}, []string{"doc:1#q@user:ann" + fails}, "error"},
		{"a cycle that is cut", Exclusion{Computed{"q"}, Union{Computed{"p"}, Computed{"banned"}}}, []string{"doc:1#q@user:ann[a]", "doc:1#banned@user:ann"}, "no"},
		{"without itself", Exclusion{Computed{"q"}, Computed{"q"}}, []string{"doc:1#q@user:ann[a]"}, "missing:a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			expect(t, model(conditional("p", test.p), test.tuples...), ask, test.want)
			slices.Reverse(test.tuples)
			expect(t, model(conditional("p", test.p), test.tuples...), ask, test.want)
		})
	}
}

func TestGiven(t *testing.T) {
	s := conditional()
	state := NewState(relationships("doc:1#q@user:ann[both:{\"a\":true}]", "doc:1#q@user:bob[fails]")...)
	for _, test := range []struct {
		given    map[string]any
		ann, bob string
	}{
		{nil, "missing:b", "missing:n"},
		{map[string]any{"a": false, "colour": "red"}, "missing:b", "missing:n"},
		{map[string]any{"b": true, "n": 1.0}, "yes", "yes"},
		{map[string]any{"b": false, "n": 2.0}, "no", "no"},
		{map[string]any{"a": "not a bool", "b": true, "n": 0.0}, "yes", "error"},
		{map[string]any{"b": 1.0, "n": 0.5}, "error", "error"},
		{map[string]any{"b": nil, "n": int64(1)}, "error", "yes"},
	} {
		m := NewModel(s, state.Relationships(), noon, test.given)
		expect(t, m, "doc:1#q@user:ann", test.ann, "doc:1#q@user:bob", test.bob)
	}
}
