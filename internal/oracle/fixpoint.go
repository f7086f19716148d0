package oracle

import (
	"slices"

	"github.com/baobab-authz/baobab/tuple"
)

// A set of atoms, by number.
type set []bool

// wellFounded computes the well-founded model for a subject: the atoms that are
// true, and those that are true or undecided.
func (g *grounding) wellFounded(subject tuple.Subject) (lower, upper set) {
	read := [...]set{g.facts(subject, false), g.facts(subject, true)}
	lower = make(set, len(g.rules))
	for {
		upper = g.gamma(read[1], lower)
		next := g.gamma(read[0], upper)
		if slices.Equal(next, lower) {
			return lower, upper
		}
		lower = next
	}
}

// gamma is the least fixpoint of the rules when what an exclusion takes away is
// looked up in assumed.
func (g *grounding) gamma(facts, assumed set) set {
	holds := slices.Clone(facts)
	for changed := true; changed; {
		changed = false
		// Any order gives the same set; backwards, operands come before
		// the expressions and relations that they are part of.
		for i := len(g.rules) - 1; i >= 0; i-- {
			if !holds[i] && g.rules[i].derives(holds, assumed) {
				holds[i], changed = true, true
			}
		}
	}
	return holds
}

// derives reports whether the rule's body is satisfied.
func (r *rule) derives(holds, assumed set) bool {
	for _, i := range r.any {
		if holds[i] {
			return true
		}
	}
	if r.but != nil {
		return holds[r.but.base] && !assumed[r.but.subtract]
	}
	for _, i := range r.all {
		if !holds[i] {
			return false
		}
	}
	return len(r.all) > 0
}

// facts are the atoms that hold for the subject at once when undecided
// conditions are read as true, or as false.
func (g *grounding) facts(subject tuple.Subject, undecided bool) set {
	facts := make(set, len(g.rules))
	for i, r := range g.rules {
		facts[i] = r.condition != nil && undecided
		for _, s := range r.facts {
			if s == subject || s.IsWildcard() && s.Type == subject.Type && !subject.IsUserset() {
				facts[i] = true
			}
		}
	}
	return facts
}
