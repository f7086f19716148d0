package expand

import (
	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
)

// A climbPlan is a schema turned upside down, as far as it leads to one relation
// of one type: from what a subject has to what it has by that.
type climbPlan struct {
	target index.Name // the relation that the objects are wanted for
	typ    index.Name // of the objects

	// What a tuple leads to whose subject is what was reached. Objects are reached
	// as such, with relation 0, and as usersets.
	scans map[ref][]scanStep
	// What else of the same object a userset leads to.
	same map[ref][]sameStep
	// What an object of a type leads to by being itself.
	self map[index.Name][]sameStep
}

// A ref names a relation of a type, or with relation 0 the type.
type ref struct{ typ, relation index.Name }

// A scanStep leads along the tuples with one relation whose subject is the object
// that was reached, with the subject relation given.
type scanStep struct {
	subjectRelation, relation index.Name
	objectType                index.Name
	to                        index.Name
	plain                     bool
}

// A sameStep leads to another relation of the same object. A step is plain if
// what it leads to holds because of it alone; otherwise more has to hold, or must not.
type sameStep struct {
	to    index.Name
	plain bool
}

// newClimbPlan compiles what leads to relation of typ, which s has.
func newClimbPlan(s *schema.Schema, r *index.Reader, typ, relation string) *climbPlan {
	c := &climbCompiler{schema: s, reader: r, plan: &climbPlan{
		scans: map[ref][]scanStep{}, same: map[ref][]sameStep{}, self: map[index.Name][]sameStep{},
	}}
	c.plan.typ, c.plan.target = c.name(typ), c.name(relation)
	c.reach(typ, relation)
	for len(c.todo) > 0 {
		next := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		c.definition, c.relation = next.definition, next.relation
		c.walk(c.relation.Rewrite, true)
	}
	return c.plan
}

// A climbCompiler goes from the target down through the rewrites, and enters each
// step in the opposite direction.
type climbCompiler struct {
	schema *schema.Schema
	reader *index.Reader
	plan   *climbPlan
	seen   map[*schema.Relation]bool
	todo   []rule

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
		c.plan.same[from] = append(c.plan.same[from], sameStep{to, plain})
		c.reach(c.definition.Name, w.Relation)
	case schema.TupleToUserset:
		for _, sub := range c.definition.Relation(w.Tupleset).Subjects {
			if sub.Wildcard || c.schema.Definition(sub.Type).Relation(w.Computed) == nil {
				continue
			}
			c.scan(ref{c.name(sub.Type), c.name(w.Computed)}, scanStep{
				subjectRelation: c.name(sub.Relation), relation: c.name(w.Tupleset), objectType: here, to: to, plain: plain && !w.All,
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
		c.plan.self[here] = append(c.plan.self[here], sameStep{to, plain})
	}
}

// this enters the steps along the relation's own tuples. A wildcard is reached as
// the object that it is.
func (c *climbCompiler) this(here, to index.Name, plain bool) {
	for _, sub := range c.relation.Subjects {
		from := ref{c.name(sub.Type), c.name(sub.Relation)}
		c.scan(from, scanStep{subjectRelation: from.relation, relation: to, objectType: here, to: to, plain: plain})
		if sub.Relation != "" {
			c.reach(sub.Type, sub.Relation)
		}
	}
}

// scan enters a step unless it is there: a relation can admit a type with and
// without a caveat.
func (c *climbCompiler) scan(from ref, step scanStep) {
	for _, s := range c.plan.scans[from] {
		if s == step {
			return
		}
	}
	c.plan.scans[from] = append(c.plan.scans[from], step)
}
