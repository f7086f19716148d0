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
// long, caveats, and what is hypothetical.
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

	always  bool // also if a search will probably be needed
	skipped bool // for that the last question was not tried
}

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
	if e.cache != nil && st.Committed() {
		f.memo = e.cache.memo
	}
}

// question returns the value of a question, or unsure if the graph has to decide
// it, and so if it is malformed or names what the schema does not have.
func (f *fast) question(t *tuple.Tuple) value {
	if f.plan == nil || f.ctx.Err() != nil {
		return unsure
	}
	typ, r := f.plan.about(&t.Object, t.Relation)
	if r == nil || t.Subject == (tuple.Subject{}) { // which is also what nobody was asked about yet
		return unsure
	}
	if f.skipped = !f.always && r.searched.Load(); f.skipped {
		return unsure
	}
	object := f.reader.HashOf(typ, t.Object.ID)
	if t.Subject != f.about && !f.become(&t.Subject) {
		return unsure
	}
	return f.holdsOf(object, typ, &t.Object, r)
}

// holdsOf decides a question about an object with a hash.
func (f *fast) holdsOf(h uint64, typ index.Name, object *tuple.Object, r *fastRule) value {
	id, ok := f.reader.IDOfHash(h, typ, object.ID)
	switch {
	case f.subject.object == nobody && *object == f.about.Object:
		id = nobody // though somebody may just have given it an id
	case ok:
	case object.Validate() != nil:
		return unsure
	default:
		id = nothing
	}
	f.steps = maxFast
	if f.budget > 0 {
		f.steps = min(maxFast, f.budget)
	}
	return f.holds(id, r)
}

// about returns what a question is about, or nil if nobody may ask it.
func (p *plan) about(object *tuple.Object, relation string) (index.Name, *fastRule) {
	typ := p.types[object.Type]
	if typ == nil || object.ID == tuple.Wildcard {
		return 0, nil
	}
	return typ.name, typ.rules[relation]
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
	case opArrowAll:
		return f.every(object, &r.to[0])
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
	result := no
	if len(p.this) > 0 {
		result = f.this(object, p, roster)
	}
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

// this looks for the subject in the tuples of a union. Most entries name somebody
// else, which a filter of those that might matter says without another look; it
// does so only if the closure knows all about usersets.
func (f *fast) this(object index.ID, p *fastPart, roster []index.Entry) value {
	filter := &f.direct
	if p.usersets {
		if f.closure == nil {
			if v, groups := f.directly(object, p, roster); v == yes || !groups {
				return v
			}
			f.closure = f.findClosure()
		}
		filter = &f.closure.filter
	}
	all := p.open || p.usersets && f.closure.unsure
	result := no
	for _, e := range roster {
		if !all && !filter.has(e) {
			continue
		}
		r := p.relation(e.Relation())
		if r == nil {
			continue
		}
		v := no
		switch who := e & subjectBits; {
		case who == f.want, who == f.wildcard && who != 0:
			v = f.qualified(object, e, yes)
		case who == 0:
			v = f.wide(object, r)
		case e.SubjectRelation() != 0:
			v = f.qualified(object, e, f.userset(who, r.closed))
		}
		if v == yes {
			return yes
		}
		result = either(result, v)
	}
	return result
}

// directly looks for the subject itself, for which its groups need not be found, and
// reports whether there is anything else to look for.
func (f *fast) directly(object index.ID, p *fastPart, roster []index.Entry) (result value, groups bool) {
	result = no
	for _, e := range roster {
		who := e & subjectBits
		if who != f.want && (who != f.wildcard || who == 0) {
			groups = groups || (who == 0 || e.SubjectRelation() != 0) && p.relation(e.Relation()) != nil
			continue
		}
		if p.relation(e.Relation()) != nil {
			if result = either(result, f.qualified(object, e, yes)); result == yes {
				return yes, groups
			}
		}
	}
	return result, groups
}

// userset reports whether a userset has the subject, by the closure if it is of groups.
func (f *fast) userset(who index.Entry, closed bool) value {
	if !closed {
		return f.holds(who.Subject(), f.plan.fast[ref{f.reader.TypeOf(who.Subject()), who.SubjectRelation()}])
	}
	switch {
	case f.closure.has(who):
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
	if f.closure.unsure || len(f.closure.groups) > maxFast {
		return unsure
	}
	for _, g := range f.closure.groups {
		k.Subject, k.SubjectRelation = g.Subject(), g.SubjectRelation()
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
		r := f.target(a, e.Subject())
		if r == nil {
			continue // the type lacks it
		}
		v := f.qualified(object, e, f.holds(e.Subject(), r))
		if v == yes {
			return yes
		}
		result = either(result, v)
	}
	return result
}

// target returns the rule at the other end of an arrow, or nil if there is none.
func (f *fast) target(a *fastArrow, object index.ID) *fastRule {
	if a.only != nil {
		return a.only
	}
	return f.plan.fast[ref{f.reader.TypeOf(object), a.target}]
}

// every is arrow for one over all: there has to be a tuple, and each has to lead to
// the subject.
func (f *fast) every(object index.ID, a *fastArrow) value {
	result, found := yes, false
	for _, e := range f.reader.Roster(object) {
		if e.Relation() != a.tupleset {
			continue
		}
		if e.Wide() {
			return unsure
		}
		stored := f.qualified(object, e, yes)
		if stored == no {
			continue // it has expired
		}
		found = true
		r := f.target(a, e.Subject())
		if r == nil || a.wildcards && f.reader.Object(e.Subject()).ID == tuple.Wildcard {
			return no
		}
		switch v := f.holds(e.Subject(), r); {
		case v == no:
			return no // whatever its condition is
		case v == unsure || stored == unsure:
			result = unsure
		}
	}
	if !found {
		return no
	}
	return result
}
