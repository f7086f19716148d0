package expand

import (
	"context"
	"slices"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A climb goes from a subject up through the reverse index, from each goal that
// it may have to those that it may have by that, and takes note of which hold
// without further question.
type climb struct {
	lookup
	ctx   context.Context
	plan  *climbPlan
	asker *check.Asker
	goals map[goal]level
	todo  []goal
	page  []index.Key
	steps int
}

// objects returns the objects that sub may have the plan's relation to, sorted.
func (c *climb) objects(st *store.State, sub tuple.Subject) ([]candidate, error) {
	c.reader = st.Reader()
	c.goals, c.page = map[goal]level{}, make([]index.Key, 0, pageKeys)
	if err := c.begin(sub); err != nil {
		return nil, err
	}
	for len(c.todo) > 0 {
		at := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		from := ref{c.typeOf(at.object), at.relation}
		if err := c.tick(1 + len(c.plan.same[from])); err != nil {
			return nil, err
		}
		for _, step := range c.plan.same[from] {
			c.reach(goal{at.object, step.to}, c.goals[at], step.plain)
		}
		if err := c.scan(at.object, from, c.goals[at]); err != nil {
			return nil, err
		}
	}
	var found []candidate
	for at, l := range c.goals {
		if at.relation == c.plan.target && c.typeOf(at.object) == c.plan.typ {
			found = append(found, candidate{c.object(at.object), l})
		}
	}
	slices.SortFunc(found, byID)
	return found, nil
}

// begin reaches what the subject has by tuples that name it, and by being itself.
func (c *climb) begin(sub tuple.Subject) error {
	id := c.id(sub.Object)
	typ, _ := c.reader.Name(sub.Type)
	if sub.IsUserset() {
		relation, _ := c.reader.Name(sub.Relation)
		c.reach(goal{id, relation}, certain, true)
		return nil
	}
	if err := c.scan(id, ref{typ, 0}, certain); err != nil || sub.IsWildcard() {
		return err
	}
	for _, step := range c.plan.self[typ] {
		c.reach(goal{id, step.to}, certain, step.plain)
	}
	if wildcard, ok := c.reader.ID(tuple.Object{Type: sub.Type, ID: tuple.Wildcard}); ok {
		return c.scan(wildcard, ref{typ, 0}, certain)
	}
	return nil
}

// reach notes that a goal is reached by a step from something of a level.
func (c *climb) reach(at goal, from level, plain bool) {
	if !plain {
		from = maybe
	}
	if from > c.goals[at] {
		c.goals[at] = from
		c.todo = append(c.todo, at)
	}
}

// scan takes every step along tuples whose subject is an object, which was
// reached as from.
func (c *climb) scan(object index.ID, from ref, l level) error {
	for _, p := range c.plan.scans[from] {
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
	at := index.Key{Subject: object, SubjectRelation: p.subjectRelation, Relation: p.relations[0]}
	for {
		page := c.reader.Reverse(at, c.page)
		if err := c.tick(1 + len(page)); err != nil {
			return err
		}
		for _, k := range page {
			if err := c.take(k, p.steps[ref{c.typeOf(k.Object), k.Relation}], l); err != nil {
				return err
			}
		}
		if len(page) < cap(page) {
			return nil
		}
		at = page[len(page)-1].AfterReverse()
		next, ok := p.next(at.Relation)
		if !ok {
			return nil
		}
		if next != at.Relation {
			at.Relation, at.Object = next, 0
		}
	}
}

// take takes steps along one tuple, unless its condition is false.
func (c *climb) take(k index.Key, steps []step, l level) error {
	if len(steps) == 0 {
		return nil
	}
	holds, sure, err := c.asker.Condition(k)
	if err != nil || !holds {
		return err
	}
	for _, s := range steps {
		c.reach(goal{k.Object, s.to}, l, s.plain && sure)
	}
	return c.tick(len(steps))
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
