package oracle

import "github.com/baobab-authz/baobab/tuple"

// A naming finds the concrete subjects that are named in a relation of an
// object, by going everywhere that tuples and rewrites lead.
type naming struct {
	*grounding
	met   map[Atom]bool
	named map[tuple.Object]bool
}

// named returns the concrete subjects that are named in object#relation.
func (m *Model) named(object tuple.Object, relation string) map[tuple.Object]bool {
	n := naming{m.ground, map[Atom]bool{}, map[tuple.Object]bool{}}
	n.relation(Atom{object, relation})
	return n.named
}

func (n naming) relation(a Atom) {
	r := n.schema.Type(a.Object.Type).Relation(a.Relation)
	if r == nil || n.met[a] {
		return
	}
	n.met[a] = true
	n.expression(a, r.Rewrite)
}

// expression goes through e, which is part of the rewrite of a.
func (n naming) expression(a Atom, e Expr) {
	switch e := e.(type) {
	case This:
		for _, t := range n.tuples(a) {
			if t.IsUserset() {
				n.relation(Atom{t.Object, t.Relation})
			} else if !t.IsWildcard() {
				n.named[t.Object] = true
			}
		}
	case Computed:
		n.relation(Atom{a.Object, e.Relation})
	case Arrow:
		n.follow(Atom{a.Object, e.Tupleset}, e.Relation)
	case ArrowAll:
		n.follow(Atom{a.Object, e.Tupleset}, e.Relation)
	case Union:
		n.each(a, e)
	case Intersection:
		n.each(a, e)
	case Exclusion:
		n.expression(a, e.Base)
	case Self:
		n.named[a.Object] = true
	}
}

func (n naming) each(a Atom, list []Expr) {
	for _, e := range list {
		n.expression(a, e)
	}
}

// follow goes to what an arrow leads to, be it over any tuple or over all: also
// where an arrow over all holds of nobody, as there is a tuple that it cannot
// follow.
func (n naming) follow(tupleset Atom, relation string) {
	for _, t := range n.tuples(tupleset) {
		if !t.IsWildcard() {
			n.relation(Atom{t.Object, relation})
		}
	}
}

// tuples returns the live tuples of a relation whose condition is not false.
func (n naming) tuples(a Atom) (list []stored) {
	for _, t := range n.live[a] {
		if t.condition.Holds || t.condition.Undecided() {
			list = append(list, t)
		}
	}
	return list
}
