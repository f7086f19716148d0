package oracle

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/tuple"
)

// The well-founded model is also the least fixpoint of: true is what a rule
// derives from what is known, false is the greatest unfounded set. That is its
// older definition, and it has nothing in common with the alternating fixpoint.
func unfounded(g *grounding, facts set) (isTrue, isFalse set) {
	isTrue, isFalse = make(set, len(g.rules)), make(set, len(g.rules))
	for changed := true; changed; {
		changed = false
		for i, r := range g.rules {
			if !isTrue[i] && (facts[i] || r.derives(isTrue, negate(isFalse))) {
				isTrue[i], changed = true, true
			}
		}
		// An atom is founded if a rule could still derive it from founded ones.
		founded := make(set, len(g.rules))
		for grown := true; grown; {
			grown = false
			for i, r := range g.rules {
				if !founded[i] && !isFalse[i] && (facts[i] || r.derives(founded, isTrue)) {
					founded[i], grown = true, true
				}
			}
		}
		for i := range g.rules {
			if !isFalse[i] && !founded[i] {
				isFalse[i], changed = true, true
			}
		}
	}
	return isTrue, isFalse
}

func negate(s set) set {
	n := make(set, len(s))
	for i := range s {
		n[i] = !s[i]
	}
	return n
}

func TestAlternatingFixpointIsTheWellFoundedModel(t *testing.T) {
	seen := map[Value]int{}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "atoms")
		atom := rapid.IntRange(0, n-1)
		g := &grounding{}
		subject := tuple.MustParseSubject("user:ann")
		for range n {
			var r rule
			switch rapid.IntRange(0, 7).Draw(t, "kind") {
			case 0:
				r.facts = []tuple.Subject{subject}
			case 1, 2:
				r.any = rapid.SliceOfN(atom, 0, 3).Draw(t, "any")
			case 3:
				r.all = rapid.SliceOfN(atom, 0, 3).Draw(t, "all")
			default:
				r.but = &exclusion{atom.Draw(t, "base"), atom.Draw(t, "subtract")}
			}
			g.rules = append(g.rules, r)
		}
		lower, upper := g.wellFounded(subject)
		isTrue, isFalse := unfounded(g, g.facts(subject, false))
		require.Equal(t, isTrue, lower)
		require.Equal(t, negate(isFalse), upper)
		for i := range lower {
			switch {
			case lower[i]:
				seen[True]++
			case upper[i]:
				seen[Undefined]++
			default:
				seen[False]++
			}
		}
	})
	if !testing.Short() { // with -short rapid draws a fifth of the cases
		require.Len(t, seen, 3)
	}
}
