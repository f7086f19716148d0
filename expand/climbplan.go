package expand

import (
	"slices"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
)

// A climbPlan is a schema turned upside down, as far as it leads to one relation
// of one type: from what a subject has to what it has by that.
type climbPlan struct {
	target index.Name // the relation that the objects are wanted for
	typ    index.Name // of the objects
	size   int        // how many steps there are

	// Which tuples lead on whose subject is what was reached. Objects are reached
	// as such, with relation 0, and as usersets.
	scans map[ref][]*scanPlan
	// What else of the same object a userset leads to.
	same map[ref][]step
	// What an object of a type leads to by being itself.
	self map[index.Name][]step
}

// A ref names a relation of a type, or with relation 0 the type.
type ref struct{ typ, relation index.Name }

// A scanPlan is what the tuples lead to whose subject is the object that was
// reached, with one subject relation.
type scanPlan struct {
	subjectRelation index.Name
	relations       []index.Name   // of the tuples, sorted, each once
	steps           map[ref][]step // by the type of the tuple's object, and its relation
}

// A step leads to a relation of the same object, or of a tuple's object. It is plain
// if what it leads to holds because of it alone; otherwise more has to hold, or must not.
type step struct {
	to    index.Name
	plain bool
}

// newClimbPlan compiles what leads to relation of typ, which s has.
func newClimbPlan(s *schema.Schema, r *index.Reader, typ, relation string) *climbPlan {
	c := &climbCompiler{schema: s, reader: r, entered: map[entry]bool{}, scanning: map[ref]map[index.Name]*scanPlan{}, plan: &climbPlan{
		scans: map[ref][]*scanPlan{}, same: map[ref][]step{}, self: map[index.Name][]step{},
	}}
	c.plan.typ, c.plan.target = c.name(typ), c.name(relation)
	c.reach(typ, relation)
	for len(c.todo) > 0 {
		next := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		c.definition, c.relation = next.definition, next.relation
		c.walk(c.relation.Rewrite, true)
	}
	for _, plans := range c.plan.scans {
		for _, p := range plans {
			p.sort()
		}
	}
	return c.plan
}

// steps returns how large the plan is.
func (p *climbPlan) steps() int { return p.size }

// A climbCompiler goes from the target down through the rewrites, and enters each
// step in the opposite direction.
type climbCompiler struct {
	schema *schema.Schema
	reader *index.Reader
	plan   *climbPlan
	seen   map[*schema.Relation]bool
	todo   []rule

	entered  map[entry]bool
	scanning map[ref]map[index.Name]*scanPlan // by the subject relation

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
	here, to := c.name(c.definition.Name), c.name(c.relation.Name)
	switch w := w.(type) {
	case schema.This:
		c.this(here, to, plain)
	case schema.Computed:
		from := ref{here, c.name(w.Relation)}
		c.plan.same[from] = append(c.plan.same[from], step{to, plain})
		c.plan.size++
		c.reach(c.definition.Name, w.Relation)
	case schema.TupleToUserset:
		for _, sub := range c.definition.Relation(w.Tupleset).Subjects {
			if sub.Wildcard || c.schema.Definition(sub.Type).Relation(w.Computed) == nil {
				continue
			}
			c.scan(entry{
				from: ref{c.name(sub.Type), c.name(w.Computed)}, subjectRelation: c.name(sub.Relation),
				tuples: ref{here, c.name(w.Tupleset)}, step: step{to, plain && !w.All},
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
		c.plan.self[here] = append(c.plan.self[here], step{to, plain})
	}
}

// this enters the steps along the relation's own tuples. A wildcard is reached as
// the object that it is.
func (c *climbCompiler) this(here, to index.Name, plain bool) {
	for _, sub := range c.relation.Subjects {
		from := ref{c.name(sub.Type), c.name(sub.Relation)}
		c.scan(entry{from, from.relation, ref{here, to}, step{to, plain}})
		if sub.Relation != "" {
			c.reach(sub.Type, sub.Relation)
		}
	}
}

// An entry is a step along tuples, and what is reached when it is taken.
type entry struct {
	from            ref
	subjectRelation index.Name
	tuples          ref // the type of their objects, and their relation
	step
}

// scan enters a step along tuples unless it is there: a relation can admit a type
// with and without a caveat.
func (c *climbCompiler) scan(e entry) {
	if c.entered[e] {
		return
	}
	c.entered[e] = true
	if c.scanning[e.from] == nil {
		c.scanning[e.from] = map[index.Name]*scanPlan{}
	}
	p := c.scanning[e.from][e.subjectRelation]
	if p == nil {
		p = &scanPlan{subjectRelation: e.subjectRelation, steps: map[ref][]step{}}
		c.scanning[e.from][e.subjectRelation] = p
		c.plan.scans[e.from] = append(c.plan.scans[e.from], p)
	}
	p.relations = append(p.relations, e.tuples.relation)
	p.steps[e.tuples] = append(p.steps[e.tuples], e.step)
	c.plan.size++
}

func (p *scanPlan) sort() {
	slices.Sort(p.relations)
	p.relations = slices.Clip(slices.Compact(p.relations))
}

// next returns the first of the relations that is not before one, or false.
func (p *scanPlan) next(relation index.Name) (index.Name, bool) {
	i, _ := slices.BinarySearch(p.relations, relation)
	if i == len(p.relations) {
		return 0, false
	}
	return p.relations[i], true
}
