package check

import (
	"context"
	"slices"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
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

// fast decides a question from rosters alone if it can: by plain recursion, without a
// node, an edge or an allocation. What it returns is what the graph would say: a
// recursion that ends has found all there is to find. It gives up, with unsure, on
// whatever is not decided that way: recursion through the data that goes on for
// long, caveats, arrows over all, and what is hypothetical.
//
// The zero fast has to be prepared for a state, and then for a principal.
type fast struct {
	ctx    context.Context
	reader index.Reader
	plan   *plan
	memo   *memo // nil unless the state is that of a commit
	budget int   // 0 is none

	about tuple.Subject
	principal
	closure *closure // nil until it is needed

	steps int // that are left
}

// A principal is the subject of questions, as rosters and closures have it.
type principal struct {
	subject  goal // as in a solver
	kind     subjectKind
	public   index.ID // the wildcard that names the subject too, or 0
	reach    reachSet
	want     index.Entry // the subject, as entries have it
	wildcard index.Entry // the wildcard, or 0
}

// subjectBits are those of an entry that say who the subject is.
const subjectBits index.Entry = 0x0000_ffff_ffff_fffe

// prepare makes f ready for questions of a state that can be decided from rosters;
// otherwise they are all unsure.
func (f *fast) prepare(ctx context.Context, e *Evaluator, st *store.State) {
	r := *st.Reader()
	if !e.fast() || !r.Rosters() || st.Err() != nil {
		return
	}
	p, err := e.plan(st.Schema(), r.Dict())
	if err != nil {
		return
	}
	f.ctx, f.reader, f.plan, f.budget = ctx, r, p, e.budget
	if st.Committed() {
		f.memo = e.memo
	}
}

// question returns the value of a question, or unsure if the graph has to decide
// it, and so if it may be malformed or names what there is not: what it resolves
// here need not be validated, since the state knows it.
func (f *fast) question(t *tuple.Tuple) value {
	if f.plan == nil || f.ctx.Err() != nil {
		return unsure
	}
	if t.Subject == f.about {
		return f.asks(&t.Object, t.Relation)
	}
	typ, by := f.plan.types[t.Object.Type], f.plan.types[t.Subject.Type]
	if typ == nil || by == nil {
		return unsure
	}
	object, subject := f.reader.IDsOf(typ.name, t.Object.ID, by.name, t.Subject.ID)
	if object == 0 || subject == 0 || t.Object.ID == tuple.Wildcard || !f.become(&t.Subject, by, subject) {
		return unsure
	}
	return f.decide(object, typ.rules[t.Relation])
}

// asks is question for the subject that f has become.
func (f *fast) asks(object *tuple.Object, relation string) value {
	typ := f.plan.types[object.Type]
	if typ == nil || object.ID == tuple.Wildcard { // known, perhaps, but nobody may ask about it
		return unsure
	}
	id, ok := f.reader.IDOf(typ.name, object.ID)
	if !ok {
		return unsure
	}
	return f.decide(id, typ.rules[relation])
}

func (f *fast) decide(object index.ID, r *fastRule) value {
	if r == nil {
		return unsure
	}
	f.steps = maxFast
	if f.budget > 0 {
		f.steps = min(maxFast, f.budget)
	}
	return f.holds(object, r)
}

// become makes sub, whose object is id, the subject of the questions that follow,
// unless the schema does not have it.
func (f *fast) become(sub *tuple.Subject, typ *fastType, id index.ID) bool {
	p := principal{kind: subjectKind{ref: ref{typ: typ.name}, wildcard: sub.ID == tuple.Wildcard}}
	switch {
	case sub.Relation != "":
		r := typ.rules[sub.Relation]
		if r == nil || p.kind.wildcard {
			return false
		}
		p.kind.relation = r.relation
		p.reach = f.plan.reachable(p.kind)
	case p.kind.wildcard:
		p.reach = f.plan.reachable(p.kind)
	default:
		p.reach = typ.reachable(f.plan)
		if typ.public {
			p.public, _ = f.reader.IDOf(typ.name, tuple.Wildcard)
		}
	}
	p.subject = goal{id, p.kind.relation}
	p.want = index.EntryOf(index.Key{Subject: id, SubjectRelation: p.kind.relation})
	if p.public != 0 {
		p.wildcard = index.EntryOf(index.Key{Subject: p.public})
	}
	f.about, f.principal, f.closure = *sub, p, nil
	return true
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
	return f.holds(g.object, f.plan.fast[ref{f.reader.TypeOf(g.object), g.relation}])
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
	if f.public != 0 && result != yes {
		k.Subject, k.SubjectRelation = f.public, 0
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
		if a.wildcards && f.reader.Object(e.Subject()).ID == tuple.Wildcard {
			continue
		}
		r := a.only
		if r == nil {
			if r = f.plan.fast[ref{f.reader.TypeOf(e.Subject()), a.target}]; r == nil {
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
