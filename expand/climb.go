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
	for _, step := range c.plan.scans[from] {
		key := index.Key{Subject: object, SubjectRelation: step.subjectRelation, Relation: step.relation}
		for more := true; more; {
			page := c.reader.Reverse(key, c.page)
			more = len(page) == cap(page)
			for _, k := range page {
				if k.Relation != step.relation {
					more = false
					break
				}
				if c.typeOf(k.Object) != step.objectType {
					continue
				}
				holds, sure, err := c.asker.Condition(k)
				if err != nil {
					return err
				}
				if holds {
					c.reach(goal{k.Object, step.to}, l, step.plain && sure)
				}
			}
			if c.steps += 1 + len(page); c.steps >= interruptAfter {
				c.steps = 0
				if err := c.ctx.Err(); err != nil {
					return err
				}
			}
			if more {
				key = page[len(page)-1].AfterReverse()
			}
		}
	}
	return nil
}

// interruptAfter is how many tuples are read before the context is looked at.
const interruptAfter = 4096
