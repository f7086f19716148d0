package expand

import (
	"context"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/tuple"
)

// A climb goes from a subject up through the reverse index, from each goal that
// it may have to those that it may have by that, and takes note of which hold
// without further question.
type climb struct {
	lookup
	*scratch
	ctx   context.Context
	plan  *climbPlan
	asker *check.Asker
	steps int
	// conditioned says that a tuple on the way is qualified, so that what is found may
	// depend on what the state is given.
	conditioned bool
}

// begin reaches what the subject has by tuples that name it, and by being itself.
func (c *climb) begin(sub tuple.Subject) error {
	id := c.id(sub.Object)
	typ, _ := c.reader.Name(sub.Type)
	relation, _ := c.reader.Name(sub.Relation)
	from, ok := c.plan.node(ref{typ, relation})
	switch {
	case !ok:
		return nil
	case sub.IsUserset():
		c.reach(id, from, certain, true)
		return nil
	}
	if err := c.scan(id, from, certain); err != nil || sub.IsWildcard() {
		return err
	}
	for _, step := range c.plan.nodes[from].same {
		c.reach(id, step.to, certain, step.plain)
	}
	if wildcard, ok := c.reader.ID(tuple.Object{Type: sub.Type, ID: tuple.Wildcard}); ok {
		return c.scan(wildcard, from, certain)
	}
	return nil
}

// climb takes the steps from a goal that was reached, and reports whether there was one.
func (c *climb) climb() (bool, error) {
	if len(c.todo) == 0 {
		return false, nil
	}
	from := c.todo[len(c.todo)-1]
	c.todo = c.todo[:len(c.todo)-1]
	same := c.plan.nodes[from.node].same
	if err := c.tick(1 + len(same)); err != nil {
		return false, err
	}
	for _, step := range same {
		c.reach(from.object, step.to, from.level, step.plain)
	}
	return true, c.scan(from.object, from.node, from.level)
}

// reach notes that a goal is reached by a step from something of a level.
func (c *climb) reach(object index.ID, node int32, from level, plain bool) {
	if !plain {
		from = maybe
	}
	before := c.goals.raise(object, node, from)
	if from <= before {
		return
	}
	if c.plan.leads[node] {
		c.todo = append(c.todo, reached{goal{object, node}, from})
	}
	if node == c.plan.target && before == unseen {
		c.candidates = append(c.candidates, candidate{object, from})
	}
}

// scan takes every step along tuples whose subject is an object, which was
// reached as a node.
func (c *climb) scan(object index.ID, node int32, l level) error {
	for _, p := range c.plan.nodes[node].scans {
		if err := c.along(object, p, l); err != nil {
			return err
		}
	}
	return nil
}

// along takes the steps of a plan. It reads the object's tuples from relation to
// relation, past those that lead nowhere, so that it costs no more than the
// relations that the plan has, and those that the object has.
func (c *climb) along(object index.ID, p *scanPlan, l level) error {
	next := 0
	at := index.Key{Subject: object, SubjectRelation: p.subjectRelation, Relation: p.relations[0].relation}
	for {
		page := c.reader.Reverse(at, c.page)
		if err := c.tick(1 + len(page)); err != nil {
			return err
		}
		for i := range page {
			k := &page[i]
			if p.relations[next].relation < k.Relation {
				if next = p.next(next, k.Relation); next == len(p.relations) {
					return nil
				}
			}
			if r := &p.relations[next]; r.relation == k.Relation {
				if err := c.take(k, r.along(c.reader, k.Object), l); err != nil {
					return err
				}
			}
		}
		if len(page) < cap(page) {
			return nil
		}
		at = page[len(page)-1].AfterReverse()
		if r := p.relations[next].relation; r != at.Relation {
			at.Relation, at.Object = r, 0
		}
	}
}

// take takes steps along one tuple, unless its condition is false.
func (c *climb) take(k *index.Key, steps []step, l level) error {
	sure := true
	if k.Qualifier != 0 && len(steps) > 0 {
		c.conditioned = true
		var holds bool
		var err error
		if holds, sure, err = c.asker.Condition(*k); err != nil || !holds {
			return err
		}
	}
	for _, s := range steps {
		c.reach(k.Object, s.to, l, s.plain && sure)
	}
	if len(steps) > 1 {
		return c.tick(len(steps))
	}
	return nil
}

// tick looks at the context now and then.
func (c *climb) tick(steps int) error {
	if c.steps += steps; c.steps < interruptAfter {
		return nil
	}
	c.steps = 0
	return c.ctx.Err()
}

// interruptAfter is how many tuples are read, or steps taken, before the context is looked at.
const interruptAfter = 4096
