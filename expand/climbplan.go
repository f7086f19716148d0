package expand

import (
	"cmp"
	"slices"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
)

// A climbPlan is a schema turned upside down, as far as it leads to one relation
// of one type: from what a subject has to what it has by that.
type climbPlan struct {
	nodes  []climbNode
	leads  []bool // which of them lead on
	byRef  map[ref]int32
	target int32 // the node of the relation that the objects are wanted for
	size   int   // how many nodes and steps there are
}

// A ref names a relation of a type, or with relation 0 the type.
type ref struct{ typ, relation index.Name }

// A climbNode is what can be reached: a relation of a type, or with relation 0 an
// object of the type as such, where a climb begins.
type climbNode struct {
	same  []step      // what else of the same object it leads to; an object, by being itself
	scans []*scanPlan // which tuples lead on whose subject it is
}

// A scanPlan is what the tuples lead to whose subject is the object that was
// reached, with one subject relation.
type scanPlan struct {
	subjectRelation index.Name
	relations       []scanRelation // of the tuples, sorted, each once
}

// A scanRelation is the steps along the tuples of one relation.
type scanRelation struct {
	relation index.Name
	types    []scanType // of the tuples' objects, sorted, each once
	only     bool       // there are no tuples of objects of other types
}

type scanType struct {
	typ   index.Name
	steps []step
}

// A step leads to a node, of the same object or of a tuple's object. It is plain if
// what it leads to holds because of it alone; otherwise more has to hold, or must not.
type step struct {
	to    int32
	plain bool
}

// newClimbPlan compiles what leads to relation of typ, which s has.
func newClimbPlan(s *schema.Schema, r *index.Reader, typ, relation string) *climbPlan {
	c := &climbCompiler{schema: s, reader: r, entered: map[entry]bool{}, typesOf: map[admitted]int{}, plan: &climbPlan{byRef: map[ref]int32{}}}
	c.plan.target = c.node(ref{c.name(typ), c.name(relation)})
	c.reach(typ, relation)
	for len(c.todo) > 0 {
		next := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		c.definition, c.relation = next.definition, next.relation
		c.walk(c.relation.Rewrite, true)
	}
	c.scans()
	for _, n := range c.plan.nodes {
		c.plan.leads = append(c.plan.leads, len(n.same)+len(n.scans) > 0)
	}
	c.plan.size += len(c.plan.nodes)
	return c.plan
}

// steps returns how large the plan is.
func (p *climbPlan) steps() int { return p.size }

// node returns the number of a node, and whether it leads to the target.
func (p *climbPlan) node(at ref) (int32, bool) {
	n, ok := p.byRef[at]
	return n, ok
}

// A climbCompiler goes from the target down through the rewrites, and enters each
// step in the opposite direction.
type climbCompiler struct {
	schema *schema.Schema
	reader *index.Reader
	plan   *climbPlan
	seen   map[*schema.Relation]bool
	todo   []rule

	entered map[entry]bool
	entries []entry
	typesOf map[admitted]int // in how many types such tuples can be

	rule // that is being compiled
}

type rule struct {
	definition *schema.Definition
	relation   *schema.Relation
}

// name returns the name of a text that the schema has, and so the state.
func (c *climbCompiler) name(text string) index.Name {
	n, _ := c.reader.Name(text)
	return n
}

// node returns the number of a node, which it makes if need be.
func (c *climbCompiler) node(at ref) int32 {
	n, ok := c.plan.byRef[at]
	if !ok {
		n = int32(len(c.plan.nodes))
		c.plan.nodes = append(c.plan.nodes, climbNode{})
		c.plan.byRef[at] = n
	}
	return n
}

// reach notes that relation of typ leads to the target.
func (c *climbCompiler) reach(typ, relation string) {
	d := c.schema.Definition(typ)
	r := d.Relation(relation)
	if c.seen[r] {
		return
	}
	if c.seen == nil {
		c.seen = map[*schema.Relation]bool{}
	}
	c.seen[r] = true
	c.todo = append(c.todo, rule{d, r})
}

// walk enters the steps to the rule that is being compiled.
func (c *climbCompiler) walk(w schema.Rewrite, plain bool) {
	here := c.name(c.definition.Name)
	to := step{c.node(ref{here, c.name(c.relation.Name)}), plain}
	switch w := w.(type) {
	case schema.This:
		c.this(here, to)
	case schema.Computed:
		c.same(ref{here, c.name(w.Relation)}, to)
		c.reach(c.definition.Name, w.Relation)
	case schema.TupleToUserset:
		for _, sub := range c.definition.Relation(w.Tupleset).Subjects {
			if sub.Wildcard || c.schema.Definition(sub.Type).Relation(w.Computed) == nil {
				continue
			}
			c.along(entry{
				from: c.node(ref{c.name(sub.Type), c.name(w.Computed)}), subject: c.name(sub.Type), subjectRelation: c.name(sub.Relation),
				tuples: ref{here, c.name(w.Tupleset)}, step: step{to.to, plain && !w.All},
			})
			c.reach(sub.Type, w.Computed)
		}
	case schema.Union:
		for _, child := range w.Children {
			c.walk(child, plain)
		}
	case schema.Intersection:
		for _, child := range w.Children {
			c.walk(child, false)
		}
	case schema.Exclusion:
		c.walk(w.Base, false)
	case schema.Self:
		c.same(ref{typ: here}, to)
	}
}

// this enters the steps along the relation's own tuples. A wildcard is reached as
// the object that it is.
func (c *climbCompiler) this(here index.Name, to step) {
	for _, sub := range c.relation.Subjects {
		typ, relation := c.name(sub.Type), c.name(sub.Relation)
		c.along(entry{c.node(ref{typ, relation}), typ, relation, ref{here, c.name(c.relation.Name)}, to})
		if sub.Relation != "" {
			c.reach(sub.Type, sub.Relation)
		}
	}
}

func (c *climbCompiler) same(from ref, to step) {
	n := &c.plan.nodes[c.node(from)]
	n.same = append(n.same, to)
	c.plan.size++
}

// An entry is a step along tuples, and what is reached when it is taken.
type entry struct {
	from            int32
	subject         index.Name // the type of the tuples' subjects
	subjectRelation index.Name
	tuples          ref // the type of their objects, and their relation
	step
}

// along enters a step along tuples unless it is there: a relation can admit a type
// with and without a caveat.
func (c *climbCompiler) along(e entry) {
	if !c.entered[e] {
		c.entered[e] = true
		c.entries = append(c.entries, e)
		c.plan.size++
	}
}

// admitted is what tuples have in common that one scan meets: the type and relation of
// their subjects, and their own relation.
type admitted struct {
	subject  ref
	relation index.Name
}

// countTypes counts the types that admit tuples.
func (c *climbCompiler) countTypes() {
	for _, d := range c.schema.Definitions() {
		for _, r := range d.Relations {
			seen := map[ref]bool{}
			for _, sub := range r.Subjects {
				at := ref{c.name(sub.Type), c.name(sub.Relation)}
				if !seen[at] {
					seen[at] = true
					c.typesOf[admitted{at, c.name(r.Name)}]++
				}
			}
		}
	}
}

// scans puts the steps along tuples in the order in which scans meet these.
func (c *climbCompiler) scans() {
	c.countTypes()
	slices.SortStableFunc(c.entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.subjectRelation, b.subjectRelation),
			cmp.Compare(a.tuples.relation, b.tuples.relation), cmp.Compare(a.tuples.typ, b.tuples.typ))
	})
	for i, e := range c.entries {
		n := &c.plan.nodes[e.from]
		before := entry{from: -1}
		if i > 0 {
			before = c.entries[i-1]
		}
		newScan := e.from != before.from || e.subjectRelation != before.subjectRelation
		if newScan {
			n.scans = append(n.scans, &scanPlan{subjectRelation: e.subjectRelation})
		}
		p := n.scans[len(n.scans)-1]
		newRelation := newScan || e.tuples.relation != before.tuples.relation
		if newRelation {
			p.relations = append(p.relations, scanRelation{relation: e.tuples.relation})
		}
		r := &p.relations[len(p.relations)-1]
		if newRelation || e.tuples.typ != before.tuples.typ {
			r.types = append(r.types, scanType{typ: e.tuples.typ})
			r.only = len(r.types) == c.typesOf[admitted{ref{e.subject, e.subjectRelation}, r.relation}] && len(r.types) == 1
		}
		t := &r.types[len(r.types)-1]
		t.steps = append(t.steps, e.step)
	}
}

// next returns the first of the relations from one on that is not before a name.
func (p *scanPlan) next(from int, relation index.Name) int {
	i, _ := slices.BinarySearchFunc(p.relations[from:], relation, func(r scanRelation, n index.Name) int { return cmp.Compare(r.relation, n) })
	return from + i
}

// along returns the steps along a tuple of an object.
func (r *scanRelation) along(reader *index.Reader, object index.ID) []step {
	if r.only {
		return r.types[0].steps
	}
	i, ok := slices.BinarySearchFunc(r.types, reader.TypeOf(object), func(t scanType, n index.Name) int { return cmp.Compare(t.typ, n) })
	if !ok {
		return nil
	}
	return r.types[i].steps
}
