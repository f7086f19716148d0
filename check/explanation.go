package check

import (
	"strconv"
	"strings"

	"github.com/baobab-authz/baobab/tuple"
)

// An Explanation says why a tuple holds or does not.
type Explanation struct {
	Tuple    tuple.Tuple
	Decision Decision
	Reason   *Reason
	// Omitted is how many branches of a deny were left out, because there were
	// more than [MaxBranches].
	Omitted int
}

// MaxBranches bounds the branches that the explanation of a deny lists. A
// proof is always complete.
const MaxBranches = 10_000

// A Reason is one tuple that holds, or does not, and why; or a part of the rule
// of its relation, for the same object and subject.
type Reason struct {
	// Tuple is what the reason is about, stored or derived.
	Tuple tuple.Tuple
	// Part says that the reason is only about Rule, which is a part of what
	// Tuple's relation means: that may hold where Tuple does not.
	Part bool
	// Holds says whether it holds; of a tuple to which Via led, whether it does so by
	// way of Via: if Via's caveat does not hold, Holds is false although the tuple,
	// asked by itself, may hold.
	Holds bool
	// Missing names the parameters that it depends on whether it holds, by way of
	// Via as well, sorted; nil if it does not depend on any. Then Holds is false.
	Missing []string
	// Stored says that Tuple is stored, whatever its condition.
	Stored bool
	// Via is the stored tuple whose subject led to this reason; zero if none did.
	Via tuple.Tuple
	// ViaCaveat is the caveat that Via carries; empty if it carries none.
	ViaCaveat string
	// Excludes says that the tuple is on the right side of an exclusion: where
	// it holds, the reason above does not.
	Excludes bool
	// Rule is what the relation means, or the part of it that this reason is
	// about, in the schema language; empty for a relation that is only stored.
	Rule string
	// Note says what there is to say of a tuple that no rule explains: that it
	// is stored, or is not, or stands elsewhere in the explanation.
	Note string
	// Because holds the reasons of this one: for a tuple that holds those that
	// together prove it, for one that does not hold those that stopped it.
	Because []*Reason
}

// Proof returns the stored tuples by which an allowed tuple holds, each once,
// in the order in which they lead from the object to the subject; nil for a
// deny. Where an exclusion matters, it holds also because of tuples that are not
// stored, or lead nowhere; the reasons say so.
func (e *Explanation) Proof() []tuple.Tuple {
	if !e.Decision.Allowed() {
		return nil
	}
	var proof []tuple.Tuple
	seen := map[tuple.Tuple]bool{}
	add := func(t tuple.Tuple) {
		if t != (tuple.Tuple{}) && !seen[t] {
			seen[t] = true
			proof = append(proof, t)
		}
	}
	e.walk(func(r *Reason, _ int) {
		if r.Holds {
			add(r.Via)
			if r.Stored {
				add(r.Tuple)
			}
		}
	})
	return proof
}

// walk visits the reasons from the top, each before those below it, without
// recursion: a proof can be as deep as the data.
func (e *Explanation) walk(visit func(r *Reason, depth int)) {
	type step struct {
		*Reason
		depth int
	}
	for todo := []step{{e.Reason, 0}}; len(todo) > 0; {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		visit(s.Reason, s.depth)
		for i := len(s.Because) - 1; i >= 0; i-- {
			todo = append(todo, step{s.Because[i], s.depth + 1})
		}
	}
}

// Deeper reasons are not indented any further.
const maxIndent = 40

// String returns the explanation as indented text, a reason a line: a mark
// that says whether its tuple holds, the tuple, and why.
func (e *Explanation) String() string {
	var b strings.Builder
	b.WriteString(e.Tuple.String() + " is " + e.Decision.String() + "\n")
	e.walk(func(r *Reason, depth int) {
		b.WriteString(strings.Repeat("  ", min(depth, maxIndent)+1))
		r.line(&b)
		b.WriteByte('\n')
	})
	if e.Omitted > 0 {
		b.WriteString("  … and " + strconv.Itoa(e.Omitted) + " more branches\n")
	}
	return b.String()
}

func (r *Reason) line(b *strings.Builder) {
	switch {
	case r.Holds:
		b.WriteString("✓ ")
	case len(r.Missing) > 0:
		b.WriteString("? ")
	default:
		b.WriteString("✗ ")
	}
	switch {
	case r.Part:
		b.WriteString(r.Tuple.Object.String() + "#(" + r.Rule + ")@" + r.Tuple.Subject.String())
	case r.Rule != "":
		b.WriteString(r.Tuple.String() + " = " + r.Rule)
	default:
		b.WriteString(r.Tuple.String())
	}
	switch {
	case r.Excludes && r.Holds:
		b.WriteString(", which excludes")
	case r.Excludes && len(r.Missing) > 0:
		b.WriteString(", which may exclude")
	case r.Excludes:
		b.WriteString(", which would exclude")
	}
	if r.Via != (tuple.Tuple{}) {
		b.WriteString(", through " + r.Via.String())
	}
	if r.ViaCaveat != "" {
		b.WriteString("[" + r.ViaCaveat + "]")
	}
	if len(r.Missing) > 0 {
		b.WriteString(", missing " + strings.Join(r.Missing, ", "))
	}
	if r.Note != "" {
		b.WriteString(": " + r.Note)
	}
}
