package oracle

import (
	"time"

	"github.com/baobab-authz/baobab/tuple"
)

// An Atom says, of a subject that is understood, that it stands in a relation
// to an object.
type Atom struct {
	Object   tuple.Object
	Relation string
}

// A rule is how an atom is derived. Atoms are numbered, and rule i derives
// atom i. An atom is a relation of an object or a subexpression of its rewrite,
// and, where a tuple's condition is undecided, that condition, and that it is
// true and the tuple matches or its target holds.
type rule struct {
	// facts are the subjects for whom the atom holds at once; a wildcard among
	// them stands for the concrete subjects of its type.
	facts []tuple.Subject
	// Otherwise the atom holds if one of these does, or if all of these do of
	// which there is at least one, or if the one does and the other does not.
	any []int
	all []int
	but *exclusion
	// The atom of an undecided condition is derived when that is read as true.
	condition *Outcome
}

type exclusion struct{ base, subtract int }

// A grounding is the rules of one state.
type grounding struct {
	schema *Schema
	live   map[Atom][]stored // the live tuples of object#relation
	atoms  []Atom            // those that are relations; atom i has number i
	number map[Atom]int
	rules  []rule
}

// A stored tuple has a subject, and a condition, which is what it comes to, and,
// if that is undecided, the number of its atom.
type stored struct {
	tuple.Subject
	condition Outcome
	atom      int
}

// ground turns the live relationships into rules about the objects that they
// name, and about the others given.
func ground(s *Schema, relationships []tuple.Relationship, at time.Time, given map[string]any, others []tuple.Object) *grounding {
	g := &grounding{schema: s, live: map[Atom][]stored{}, number: map[Atom]int{}}
	for _, o := range others {
		g.object(o)
	}
	for _, r := range relationships {
		if !r.Expires.IsZero() && !r.Expires.After(at) {
			continue // it does not exist
		}
		g.object(r.Object)
		if !r.Subject.IsWildcard() {
			g.object(r.Subject.Object)
		}
		t := stored{Subject: r.Subject, condition: Outcome{Holds: true}}
		if r.Caveat != "" {
			t.condition = s.Caveat(r.Caveat).Evaluate(r.Context, given)
		}
		a := Atom{r.Object, r.Relation}
		g.live[a] = append(g.live[a], t)
	}
	g.rules = make([]rule, len(g.atoms), 4*len(g.atoms))
	for _, a := range g.atoms {
		for i := range g.live[a] {
			if t := &g.live[a][i]; t.condition.Undecided() {
				t.atom = g.add(rule{condition: &t.condition})
			}
		}
	}
	for i, a := range g.atoms {
		rewrite := s.Type(a.Object.Type).Relation(a.Relation).Rewrite
		root := g.expression(a, rewrite)
		identity := tuple.Subject{Object: a.Object, Relation: a.Relation}
		g.rules[i] = rule{facts: []tuple.Subject{identity}, any: []int{root}}
	}
	return g
}

// object makes atoms of all relations of an object.
func (g *grounding) object(o tuple.Object) {
	typ := g.schema.Type(o.Type)
	if typ == nil {
		return
	}
	for _, r := range typ.Relations {
		a := Atom{o, r.Name}
		if _, known := g.number[a]; known {
			return
		}
		g.number[a] = len(g.atoms)
		g.atoms = append(g.atoms, a)
	}
}

// atom returns the number of a relation of an object in play.
func (g *grounding) atom(o tuple.Object, relation string) int {
	i, known := g.number[Atom{o, relation}]
	if !known {
		panic("oracle: the schema has no relation " + o.Type + "#" + relation)
	}
	return i
}

// add numbers the atom of a subexpression.
func (g *grounding) add(r rule) int {
	g.rules = append(g.rules, r)
	return len(g.rules) - 1
}

// expression makes the atom of e, which is part of the rewrite of a.
func (g *grounding) expression(a Atom, e Expr) int {
	switch e := e.(type) {
	case This:
		var r rule
		for _, t := range g.live[a] {
			switch {
			case t.condition.Undecided():
				own := rule{facts: []tuple.Subject{t.Subject}}
				if t.IsUserset() {
					own.any = []int{g.atom(t.Object, t.Relation)}
				}
				r.any = append(r.any, g.add(rule{all: []int{t.atom, g.add(own)}}))
			case t.condition.Holds:
				r.facts = append(r.facts, t.Subject)
				if t.IsUserset() {
					r.any = append(r.any, g.atom(t.Object, t.Relation))
				}
			}
		}
		return g.add(r)
	case Computed:
		return g.add(rule{any: []int{g.atom(a.Object, e.Relation)}})
	case Arrow:
		followed, _ := g.follow(Atom{a.Object, e.Tupleset}, e.Relation)
		return g.add(rule{any: followed})
	case ArrowAll:
		followed, every := g.follow(Atom{a.Object, e.Tupleset}, e.Relation)
		if !every {
			followed = nil
		}
		return g.add(rule{all: followed})
	case Union:
		return g.add(rule{any: g.expressions(a, e)})
	case Intersection:
		return g.add(rule{all: g.expressions(a, e)})
	case Exclusion:
		return g.add(rule{but: &exclusion{g.expression(a, e.Base), g.expression(a, e.Subtract)}})
	case Self:
		return g.add(rule{facts: []tuple.Subject{{Object: a.Object}}})
	}
	return g.add(rule{}) // Nil
}

func (g *grounding) expressions(a Atom, list []Expr) []int {
	var atoms []int
	for _, e := range list {
		atoms = append(atoms, g.expression(a, e))
	}
	return atoms
}

// follow returns, for each tuple of the tupleset, that its condition is true and
// its subject's object has the relation, and whether it could follow every tuple.
func (g *grounding) follow(tupleset Atom, relation string) (followed []int, every bool) {
	every = true
	for _, t := range g.live[tupleset] {
		if t.IsWildcard() || g.schema.Type(t.Type).Relation(relation) == nil {
			every = false
			continue
		}
		switch target := g.atom(t.Object, relation); {
		case t.condition.Undecided():
			followed = append(followed, g.add(rule{all: []int{t.atom, target}}))
		case t.condition.Holds:
			followed = append(followed, target)
		default:
			every = false
		}
	}
	return followed, every
}
