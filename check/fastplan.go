package check

import (
	"slices"
	"sync/atomic"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
)

// A fastPart is a part of a rule in the form that is decided from rosters. The
// relations that a union computes are merged into it, so that one pass over an
// object's roster serves all of them.
type fastPart struct {
	op   op             // opUnion, opIntersection, opExclusion or opArrowAll
	own  []index.Name   // union: the relations that it is, or has merged
	self bool           // union: it holds for the object itself
	this []fastRelation // union: sorted by relation
	to   []fastArrow    // union; the one of an arrow over all
	args []*fastRule    // union: what cannot be merged; otherwise the operands

	usersets bool // union: one of these relations admits groups, which closures know
	open     bool // union: one of these relations admits other usersets
}

// relation returns what is said of a relation's tuples in a union, or nil.
func (p *fastPart) relation(n index.Name) *fastRelation {
	for i := range p.this {
		if p.this[i].relation == n {
			return &p.this[i]
		}
	}
	return nil
}

// A fastRule is a part that is found when it is needed: rules refer to each other.
type fastRule struct {
	*fastPart
	id       int32       // of the rule that it is all of, or -1
	relation index.Name  // of that rule, or 0
	searched atomic.Bool // the last question that was not decided from rosters took a search that was kept
}

// A fastType is how a question's type and relation are found.
type fastType struct {
	name   index.Name
	public bool // there is a wildcard of it somewhere
	rules  map[string]*fastRule
	reach  atomic.Pointer[reachSet] // from an object of it; nil until it is needed
}

// reachable is [plan.reachable] for an object of the type.
func (t *fastType) reachable(p *plan) reachSet {
	if s := t.reach.Load(); s != nil {
		return *s
	}
	s := p.reachable(subjectKind{ref: ref{typ: t.name}})
	t.reach.Store(&s)
	return s
}

// inline returns a rule for a part that is none of its own.
func inline(p *fastPart) *fastRule { return &fastRule{fastPart: p, id: -1} }

// A fastRelation is a relation whose tuples name subjects of a union.
type fastRelation struct {
	relation index.Name
	usersets bool // it admits usersets
	closed   bool // the closure of a subject says in which of these it is
}

// A fastArrow follows the tuples of one relation.
type fastArrow struct {
	tupleset, target index.Name
	wildcards        bool      // the tupleset admits wildcards
	only             *fastRule // what it leads to, if that is the same wherever it leads
}

// newFast makes the fast form of every rule of a plan.
func (c *compiler) newFast(s *schema.Schema) {
	c.plan.fast = make(map[ref]*fastRule, len(c.plan.rules))
	for at, r := range c.plan.rules {
		c.plan.fast[at] = &fastRule{id: r.id, relation: at.relation}
	}
	c.findGroups(s)
	c.plan.types = make(map[string]*fastType, len(s.Definitions()))
	for _, d := range s.Definitions() {
		c.plan.types[d.Name] = &fastType{name: c.name(d.Name), rules: make(map[string]*fastRule, len(d.Relations))}
	}
	for _, d := range s.Definitions() {
		for _, rel := range d.Relations {
			for _, sub := range rel.Subjects {
				if sub.Wildcard {
					c.plan.types[sub.Type].public = true
				}
			}
			f := fastCompiler{compiler: c, schema: s, definition: d}
			r := c.plan.fast[ref{c.name(d.Name), c.name(rel.Name)}]
			r.fastPart = f.rule(rel)
			c.plan.types[d.Name].rules[rel.Name] = r
		}
	}
}

// findGroups marks the relations that closures are made of: those that a tuple can
// name as a userset, and what these are made of, as long as that is their own tuples
// and other such relations, by union alone. It starts with all and takes away until no
// more has to go.
func (c *compiler) findGroups(s *schema.Schema) {
	groups := map[ref]bool{}
	for _, d := range s.Definitions() {
		for _, rel := range d.Relations {
			for _, sub := range rel.Subjects {
				if sub.Relation != "" {
					c.addGroup(groups, s.Definition(sub.Type), sub.Relation)
				}
			}
		}
	}
	byID := make([]ref, len(c.plan.rules))
	var todo []int32
	for _, d := range s.Definitions() {
		for _, rel := range d.Relations {
			at := ref{c.name(d.Name), c.name(rel.Name)}
			id := c.plan.rules[at].id
			if byID[id] = at; !groups[at] || !isUnion(rel) {
				groups[at] = false
				todo = append(todo, id)
			}
		}
	}
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, by := range c.plan.reverse[id] {
			if at := byID[by]; groups[at] {
				groups[at] = false
				todo = append(todo, by)
			}
		}
	}
	c.plan.groups = groups
	// What a closure climbs along: to a group, from whom it can name.
	c.plan.climbs = map[ref][]climbStep{}
	for _, d := range s.Definitions() {
		for _, rel := range d.Relations {
			if at := (ref{c.name(d.Name), c.name(rel.Name)}); groups[at] {
				c.addClimbs(s, d, rel, at)
			}
		}
	}
	slices.Sort(c.plan.groupNames)
	c.plan.groupNames = slices.Compact(c.plan.groupNames)
}

// addGroup enters a relation and those of the same object that it is made of.
func (c *compiler) addGroup(groups map[ref]bool, d *schema.Definition, relation string) {
	at := ref{c.name(d.Name), c.name(relation)}
	if groups[at] {
		return
	}
	groups[at] = true
	schema.Walk(d.Relation(relation).Rewrite, func(w schema.Rewrite) bool {
		if computed, ok := w.(schema.Computed); ok {
			c.addGroup(groups, d, computed.Relation)
		}
		return true
	})
}

// isUnion reports whether a relation is made of its own tuples and of relations of
// the same object, by union alone.
func isUnion(rel *schema.Relation) bool {
	return schema.Walk(rel.Rewrite, func(w schema.Rewrite) bool {
		switch w.(type) {
		case schema.This, schema.Computed, schema.Union, schema.Nil:
			return true
		}
		return false
	})
}

// A climbStep leads from a subject to a group that has it: by a tuple of a relation
// whose object is of a type, or if the relation is 0 on the same object.
type climbStep struct {
	relation, typ index.Name
	to            index.Name
}

// addClimbs enters the steps to one group. They start from a kind of subject, an
// object or a userset; a wildcard is the object that it is.
func (c *compiler) addClimbs(s *schema.Schema, d *schema.Definition, rel *schema.Relation, at ref) {
	add := func(from ref, step climbStep) {
		if !slices.Contains(c.plan.climbs[from], step) {
			c.plan.climbs[from] = append(c.plan.climbs[from], step)
		}
	}
	schema.Walk(rel.Rewrite, func(w schema.Rewrite) bool {
		switch w := w.(type) {
		case schema.This:
			c.plan.groupNames = append(c.plan.groupNames, at.relation)
			for _, sub := range rel.Subjects {
				add(ref{c.name(sub.Type), c.name(sub.Relation)}, climbStep{at.relation, at.typ, at.relation})
			}
		case schema.Computed:
			add(ref{at.typ, c.name(w.Relation)}, climbStep{0, at.typ, at.relation})
		}
		return true
	})
}

// A fastCompiler compiles one rule.
type fastCompiler struct {
	*compiler
	schema     *schema.Schema
	definition *schema.Definition
}

func (f *fastCompiler) rule(rel *schema.Relation) *fastPart {
	switch w := rel.Rewrite.(type) {
	case schema.Intersection, schema.Exclusion:
		return f.part(rel, w)
	}
	p := &fastPart{op: opUnion}
	f.merge(p, rel)
	f.finish(p)
	return p
}

// merge puts a relation of the definition into a union.
func (f *fastCompiler) merge(p *fastPart, rel *schema.Relation) {
	name := f.name(rel.Name)
	if slices.Contains(p.own, name) {
		return
	}
	p.own = append(p.own, name)
	f.add(p, rel, rel.Rewrite)
}

// maxMerged bounds the relations that a union merges, so that a plan takes time and
// memory in proportion to the schema. Those beyond are rules that it leads to.
const maxMerged = 32

// mergeable reports whether a relation is a union of what can stand in one.
func mergeable(rel *schema.Relation) bool {
	return schema.Walk(rel.Rewrite, func(w schema.Rewrite) bool {
		switch w.(type) {
		case schema.Intersection, schema.Exclusion:
			return false
		}
		return true
	})
}

// add puts an operator of a relation's rewrite into a union.
func (f *fastCompiler) add(p *fastPart, rel *schema.Relation, w schema.Rewrite) {
	switch w := w.(type) {
	case schema.This:
		p.this = append(p.this, f.this(rel))
	case schema.Computed:
		if other := f.definition.Relation(w.Relation); len(p.own) < maxMerged && mergeable(other) {
			f.merge(p, other)
		} else {
			p.args = append(p.args, f.plan.fast[ref{f.name(f.definition.Name), f.name(w.Relation)}])
		}
	case schema.TupleToUserset:
		if w.All {
			p.args = append(p.args, inline(&fastPart{op: opArrowAll, to: []fastArrow{f.arrow(w)}}))
			return
		}
		p.to = append(p.to, f.arrow(w))
	case schema.Union:
		for _, child := range w.Children {
			f.add(p, rel, child)
		}
	case schema.Self:
		p.self = true
	case schema.Intersection, schema.Exclusion:
		p.args = append(p.args, inline(f.part(rel, w)))
	}
}

// part compiles an operator that cannot be merged.
func (f *fastCompiler) part(rel *schema.Relation, w schema.Rewrite) *fastPart {
	p := &fastPart{}
	switch w := w.(type) {
	case schema.Intersection:
		p.op = opIntersection
		for _, child := range w.Children {
			p.args = append(p.args, f.operand(rel, child))
		}
	case schema.Exclusion:
		p.op = opExclusion
		p.args = []*fastRule{f.operand(rel, w.Base), f.operand(rel, w.Subtract)}
	default:
		p.op = opUnion
		f.add(p, rel, w)
		f.finish(p)
	}
	return p
}

func (f *fastCompiler) operand(rel *schema.Relation, w schema.Rewrite) *fastRule {
	if computed, ok := w.(schema.Computed); ok {
		return f.plan.fast[ref{f.name(f.definition.Name), f.name(computed.Relation)}]
	}
	return inline(f.part(rel, w))
}

func (f *fastCompiler) finish(p *fastPart) {
	slices.SortFunc(p.this, func(a, b fastRelation) int { return int(a.relation) - int(b.relation) })
	p.this = slices.Compact(p.this)
	p.to = slices.Compact(p.to)
	for _, r := range p.this {
		p.usersets = p.usersets || r.usersets && r.closed
		p.open = p.open || r.usersets && !r.closed
	}
}

func (f *fastCompiler) this(rel *schema.Relation) fastRelation {
	r := fastRelation{relation: f.name(rel.Name), closed: true}
	for _, sub := range rel.Subjects {
		if sub.Relation != "" {
			r.usersets = true
			r.closed = r.closed && f.plan.groups[ref{f.name(sub.Type), f.name(sub.Relation)}]
		}
	}
	return r
}

func (f *fastCompiler) arrow(w schema.TupleToUserset) fastArrow {
	a := fastArrow{tupleset: f.name(w.Tupleset), target: f.name(w.Computed)}
	targets := map[*fastRule]bool{}
	for _, sub := range f.definition.Relation(w.Tupleset).Subjects {
		if sub.Wildcard {
			a.wildcards = true
			continue
		}
		targets[f.plan.fast[ref{f.name(sub.Type), a.target}]] = true // nil if the type lacks it
	}
	if len(targets) == 1 {
		for only := range targets {
			a.only = only
		}
	}
	return a
}
