package check

import (
	"slices"

	"github.com/baobab-authz/baobab/internal/index"
)

// maxFast bounds what is tried from rosters before a question is left to the
// graph: enough for what is not recursive in the data, and little beside what a
// question costs there.
const maxFast = 256

// How questions are decided, which build tags say: from rosters if they suffice; by
// the graph alone (baobab_graph); or by both, with a panic where they differ (baobab_both).
const (
	rosters = iota
	graphOnly
	both
)

// fast decides a goal from rosters alone if it can: by plain recursion, without a
// node, an edge or an allocation. What it returns is what the graph would say: a
// recursion that ends has found all there is to find. It gives up, with unsure, on
// whatever is not decided that way: recursion through the data that goes on for
// long, caveats, arrows over all, and what is hypothetical.
type fast struct {
	*solver
	want     index.Entry // the subject, as entries have it
	wildcard index.Entry // the wildcard that names it too, or 0
	closure  *closure    // nil until it is needed
	steps    int         // that are left
}

// subjectBits are those of an entry that say who the subject is.
const subjectBits index.Entry = 0x0000_ffff_ffff_fffe

// tryFast returns the value of a goal, or unsure if the graph has to decide it.
func (s *solver) tryFast(g goal) value {
	r := s.plan.fast[ref{s.typeOf(g.object), g.relation}]
	if r == nil || !s.reader.Rosters() {
		return unsure
	}
	f := &s.fast
	f.solver, f.steps = s, maxFast
	if s.budget > 0 {
		f.steps = min(maxFast, s.budget)
	}
	return f.holds(g.object, r)
}

// fastPrincipal makes the solver's subject that of the fast path too.
func (s *solver) fastPrincipal() {
	f := &s.fast
	f.closure = nil
	f.want = index.EntryOf(index.Key{Subject: s.subject.object, SubjectRelation: s.subject.relation})
	f.wildcard = 0
	if s.wildcard != 0 {
		f.wildcard = index.EntryOf(index.Key{Subject: s.wildcard})
	}
}

func (f *fast) holds(object index.ID, r *fastRule) value {
	if f.steps--; f.steps < 0 {
		return unsure
	}
	if r.id >= 0 && !f.reach.has(r.id) {
		return no
	}
	if f.subject.relation != 0 && (goal{object, r.relation}) == f.subject {
		return yes // x#r@x#r holds for every userset
	}
	switch r.op {
	case opUnion:
		return f.union(object, r.fastPart)
	case opIntersection:
		result := yes
		for _, a := range r.args {
			switch f.holds(object, a) {
			case no:
				return no
			case unsure:
				result = unsure
			}
		}
		return result
	case opExclusion:
		left := f.holds(object, r.args[0])
		if left == no {
			return no
		}
		switch right := f.holds(object, r.args[1]); {
		case right == yes:
			return no
		case left == yes && right == no:
			return yes
		}
	}
	return unsure
}

// union looks for the subject in the tuples of the object first, and only then
// follows arrows.
func (f *fast) union(object index.ID, p *fastPart) value {
	if object == f.subject.object && (f.subject.relation == 0 && p.self || f.subject.relation != 0 && slices.Contains(p.own, f.subject.relation)) {
		return yes
	}
	roster := f.reader.Roster(object)
	result := f.this(object, p, roster)
	for i := 0; result != yes && i < len(p.to); i++ {
		result = either(result, f.arrow(object, &p.to[i], roster))
	}
	for i := 0; result != yes && i < len(p.args); i++ {
		result = either(result, f.holds(object, p.args[i]))
	}
	return result
}

func either(a, b value) value {
	if b == no || a == yes {
		return a
	}
	return b
}

// this merges the relations of a union with the roster, which are both sorted.
func (f *fast) this(object index.ID, p *fastPart, roster []index.Entry) value {
	result := no
	i := 0
	for _, e := range roster {
		for i < len(p.this) && p.this[i].relation < e.Relation() {
			i++
		}
		if i == len(p.this) {
			break
		}
		if p.this[i].relation != e.Relation() {
			continue
		}
		v := no
		switch who := e & subjectBits; {
		case who == f.want, who == f.wildcard && who != 0:
			v = f.qualified(object, e, yes)
		case who == 0:
			v = f.wide(object, &p.this[i])
		case e.SubjectRelation() != 0:
			v = f.qualified(object, e, f.userset(goal{e.Subject(), e.SubjectRelation()}, p.this[i].closed))
		}
		if v == yes {
			return yes
		}
		result = either(result, v)
	}
	return result
}

// userset reports whether a userset has the subject.
func (f *fast) userset(g goal, closed bool) value {
	if closed {
		return f.closed(g)
	}
	r := f.plan.fast[ref{f.typeOf(g.object), g.relation}]
	if r == nil {
		return unsure
	}
	return f.holds(g.object, r)
}

// closed is userset for groups.
func (f *fast) closed(g goal) value {
	if f.closure == nil {
		f.closure = f.findClosure()
	}
	switch {
	case f.closure.has(g):
		return yes
	case f.closure.unsure:
		return unsure
	}
	return no
}

// qualified returns v if it is yes by a tuple that is live, and unsure if the
// tuple has a caveat.
func (f *fast) qualified(object index.ID, e index.Entry, v value) value {
	if v != yes || !e.Qualified() {
		return v
	}
	return f.stored(index.Key{Object: object, Relation: e.Relation(), Subject: e.Subject(), SubjectRelation: e.SubjectRelation()})
}

// stored returns whether a tuple is stored and live, as far as it has no caveat.
func (f *fast) stored(k index.Key) value {
	found, ok := f.reader.Get(k)
	switch {
	case !ok:
		return no
	case found.Qualifier != 0 && f.reader.Qualifier(found).Caveat != "":
		return unsure
	}
	return yes
}

// wide probes a relation that the roster does not hold. It asks for the subject and
// for each group that it is in, and never goes through the tuples.
func (f *fast) wide(object index.ID, r *fastRelation) value {
	k := index.Key{Object: object, Relation: r.relation, Subject: f.subject.object, SubjectRelation: f.subject.relation}
	result := f.stored(k)
	if f.solver.wildcard != 0 && result != yes {
		k.Subject, k.SubjectRelation = f.solver.wildcard, 0
		result = either(result, f.stored(k))
	}
	switch {
	case result == yes || !r.usersets:
		return result
	case !r.closed:
		return unsure
	}
	if f.closure == nil {
		f.closure = f.findClosure()
	}
	if f.closure.unsure || len(f.closure.groups) > maxFast {
		return unsure
	}
	for _, g := range f.closure.groups {
		k.Subject, k.SubjectRelation = g.object, g.relation
		if result = either(result, f.stored(k)); result == yes {
			return yes
		}
	}
	return result
}

func (f *fast) arrow(object index.ID, a *fastArrow, roster []index.Entry) value {
	result := no
	for _, e := range roster {
		if e.Relation() != a.tupleset {
			if e.Relation() > a.tupleset {
				break
			}
			continue
		}
		if e.Wide() {
			return unsure
		}
		if a.wildcards && f.isWildcard(e.Subject()) {
			continue
		}
		r := a.only
		if r == nil {
			if r = f.plan.fast[ref{f.typeOf(e.Subject()), a.target}]; r == nil {
				continue // the type lacks the target
			}
		}
		v := f.qualified(object, e, f.holds(e.Subject(), r))
		if v == yes {
			return yes
		}
		result = either(result, v)
	}
	return result
}
