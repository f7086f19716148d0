package expand

import (
	"context"
	"slices"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A descender goes from a goal down through the tuples, and takes note of the
// subjects that they name, and of which of these have the permission without
// further question.
type descender struct {
	lookup
	ctx   context.Context
	plan  *descentPlan
	asker *check.Asker
	// everywhere says that subjects on the right sides of exclusions are wanted.
	everywhere bool

	goals map[goal]level
	found map[index.ID]level
	todo  []goal
	page  []index.Key
	steps int
}

// subjects returns whoever is named on the way down from a relation of an object, sorted.
func (c *descender) subjects(st *store.State, o tuple.Object, relation string) ([]candidate, error) {
	c.reader = st.Reader()
	c.goals, c.found, c.page = map[goal]level{}, map[index.ID]level{}, make([]index.Key, 0, pageKeys)
	name, _ := c.reader.Name(relation)
	c.reach(goal{c.id(o), name}, certain)
	for len(c.todo) > 0 {
		at := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		if d := c.plan.rewrites[ref{c.typeOf(at.object), at.relation}]; d != nil {
			if err := c.descend(at.object, d, c.goals[at]); err != nil {
				return nil, err
			}
		}
	}
	list := make([]candidate, 0, len(c.found))
	for id, l := range c.found {
		list = append(list, candidate{c.object(id), l})
	}
	slices.SortFunc(list, byID)
	return list, nil
}

// reach notes that a goal is reached; as a userset it may be wanted itself.
func (c *descender) reach(at goal, l level) {
	if l <= c.goals[at] {
		return
	}
	c.goals[at] = l
	c.todo = append(c.todo, at)
	if at.relation == c.plan.kind.relation && c.typeOf(at.object) == c.plan.kind.typ {
		c.find(at.object, l)
	}
}

func (c *descender) find(id index.ID, l level) { c.found[id] = max(c.found[id], l) }

// descend takes an operator of a goal's rule, which is reached at a level.
func (c *descender) descend(object index.ID, d *descent, l level) error {
	if err := c.tick(1); err != nil {
		return err
	}
	switch d.op {
	case opThis:
		return c.this(object, d, l)
	case opArrow:
		if d.all {
			l = min(l, maybe)
		}
		return c.scan(index.Key{Object: object, Relation: d.relation}, l, func(k index.Key, l level) {
			// The target may be a relation that the type lacks: it has no rewrite.
			if at := (goal{k.Subject, d.target}); c.reader.Object(k.Subject).ID != tuple.Wildcard {
				c.reach(at, l)
			}
		})
	case opComputed:
		c.reach(goal{object, d.relation}, l)
	case opSelf:
		c.find(object, l)
	case opUnion:
		return c.operands(object, d, l)
	case opNarrow:
		return c.operands(object, d, min(l, maybe))
	}
	return nil
}

func (c *descender) operands(object index.ID, d *descent, l level) error {
	for _, a := range d.args {
		if err := c.descend(object, a, l); err != nil {
			return err
		}
	}
	if d.excluded != nil && c.everywhere {
		return c.descend(object, d.excluded, against)
	}
	return nil
}

// this takes the tuples of a relation, those with usersets as their subjects last.
func (c *descender) this(object index.ID, d *descent, l level) error {
	from := index.Key{Object: object, Relation: d.relation}
	if !d.direct {
		from.SubjectRelation = 1
	}
	return c.scan(from, l, func(k index.Key, l level) {
		switch {
		case k.SubjectRelation != 0:
			c.reach(goal{k.Subject, k.SubjectRelation}, l)
		case c.plan.kind.relation == 0 && c.reader.TypeOf(k.Subject) == c.plan.kind.typ && c.reader.Object(k.Subject).ID != tuple.Wildcard:
			c.find(k.Subject, l)
		}
	})
}

// scan goes through the tuples of a relation of an object, from a key on, unless
// their condition is false. Where it is undecided, so is what they lead to.
func (c *descender) scan(from index.Key, l level, do func(index.Key, level)) error {
	for more := true; more; {
		page := c.reader.Forward(from, c.page)
		more = len(page) == cap(page)
		for _, k := range page {
			holds, sure, err := c.asker.Condition(k)
			switch {
			case err != nil:
				return err
			case holds && sure:
				do(k, l)
			case holds:
				do(k, min(l, maybe))
			}
		}
		if more {
			from = page[len(page)-1].AfterForward()
		}
		if err := c.tick(1 + len(page)); err != nil {
			return err
		}
	}
	return nil
}

// tick looks at the context now and then.
func (c *descender) tick(steps int) error {
	if c.steps += steps; c.steps < interruptAfter {
		return nil
	}
	c.steps = 0
	return c.ctx.Err()
}
