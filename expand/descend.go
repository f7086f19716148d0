package expand

import (
	"context"
	"sort"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/tuple"
)

// A descender goes from a goal down through the tuples, and takes note of the
// subjects that they name, and of which of these have the permission without
// further question, or unless an exclusion on the way takes it away.
type descender struct {
	lookup
	*scratch
	ctx   context.Context
	plan  *descentPlan
	asker *check.Asker
	// everywhere says that subjects on the right sides of exclusions are wanted.
	everywhere bool
	// unasked says that conditions are not evaluated: each is undecided.
	unasked  bool
	wildcard index.ID // that of the type that is wanted, 0 if there is none

	right      []exclusion // whose right sides are to be taken yet
	open       level       // of the wildcard
	exclusions []exclusion // that were passed, some twice
	// narrowed says that somebody may have the permission, or not, by more than
	// unions and exclusions.
	narrowed bool
	// conditioned is as in a climb.
	conditioned bool
	steps       int // so far: goals, operators and tuples
	looked      int // steps when the context was last looked at
}

// An exclusion is one that was passed on the way, of an object.
type exclusion struct {
	object index.ID
	*descent
}

// A scan is what is left to read of the tuples of an operator.
type scan struct {
	from index.Key
	*descent
	level level
}

// begin reaches a relation of an object, if that leads to anybody.
func (c *descender) begin(object tuple.Object, relation string) {
	typ, _ := c.reader.Name(object.Type)
	name, _ := c.reader.Name(relation)
	if node, ok := c.plan.byRef[ref{typ, name}]; ok {
		c.reach(c.id(object), node, certain)
	}
}

// run goes on until there is nothing left, or about as many steps have been taken in
// all. It reports whether there is nothing left.
func (c *descender) run(limit int) (done bool, err error) {
	for err == nil && len(c.scans)+len(c.todo)+len(c.right) > 0 {
		if c.steps >= limit {
			return false, nil
		}
		switch {
		case len(c.scans) > 0:
			next := c.scans[len(c.scans)-1]
			c.scans = c.scans[:len(c.scans)-1]
			err = c.read(next)
		case len(c.todo) > 0:
			next := c.todo[len(c.todo)-1]
			c.todo = c.todo[:len(c.todo)-1]
			if d := c.plan.nodes[next.node].rewrite; d != nil {
				err = c.descend(next.object, d, next.level)
			}
		default:
			next := c.right[len(c.right)-1]
			c.right = c.right[:len(c.right)-1]
			err = c.descend(next.object, next.excluded, certain)
		}
	}
	return err == nil, err
}

// reach notes that a goal is reached; as a userset it may be wanted itself.
func (c *descender) reach(object index.ID, node int32, l level) {
	if l <= c.goals.raise(object, node, l) {
		return
	}
	c.todo = append(c.todo, reached{goal{object, node}, l})
	if c.plan.nodes[node].wanted {
		c.find(object, l)
	}
}

func (c *descender) find(id index.ID, l level) {
	if c.found.raise(id, 0, l) == unseen {
		c.candidates = append(c.candidates, candidate{id, l})
	}
}

// descend takes an operator of a goal's rule, which is reached at a level.
func (c *descender) descend(object index.ID, d *descent, l level) error {
	if err := c.tick(1); err != nil {
		return err
	}
	switch d.op {
	case opThis:
		return c.tuples(object, d, l)
	case opArrow:
		if d.all {
			l = c.narrow(l)
		}
		return c.tuples(object, d, l)
	case opComputed:
		c.reach(object, d.node, l)
	case opSelf:
		c.find(object, l)
	case opUnion:
		return c.operands(object, d, l)
	case opNarrow:
		return c.operands(object, d, c.narrow(l))
	case opExclude:
		return c.exclude(object, d, l)
	}
	return nil
}

func (c *descender) operands(object index.ID, d *descent, l level) error {
	for _, a := range d.args {
		if err := c.descend(object, a, l); err != nil {
			return err
		}
	}
	return nil
}

// exclude takes the left side of an exclusion, and notes that there is a right one.
func (c *descender) exclude(object index.ID, d *descent, l level) error {
	if l >= kept {
		l = kept
		c.exclusions = append(c.exclusions, exclusion{object, d})
	}
	if err := c.operands(object, d, l); err != nil || !c.everywhere {
		return err
	}
	return c.descend(object, d.excluded, against)
}

// narrow returns the level behind what unions and exclusions do not decide.
func (c *descender) narrow(l level) level {
	c.narrowed = c.narrowed || l > against
	return min(l, maybe)
}

// tuples takes the tuples of a relation of an object: from its roster, or later from
// the tree.
func (c *descender) tuples(object index.ID, d *descent, l level) error {
	from := index.Key{Object: object, Relation: d.relation}
	if d.op == opThis && d.direct == directNone {
		from.SubjectRelation = 1
	}
	if object == foreign {
		return nil
	}
	if !c.reader.Rosters() {
		c.scans = append(c.scans, scan{from, d, l})
		return nil
	}
	roster := c.reader.Roster(object)
	first := sort.Search(len(roster), func(i int) bool { return roster[i].Relation() >= d.relation })
	for _, e := range roster[first:] {
		if e.Relation() != d.relation {
			break
		}
		if e.Wide() {
			c.scans = append(c.scans, scan{from, d, l})
			return nil
		}
		k := index.Key{Object: object, Relation: d.relation, Subject: e.Subject(), SubjectRelation: e.SubjectRelation()}
		if e.Qualified() {
			var live bool
			if k, live = c.reader.Get(k); !live {
				continue
			}
		}
		if err := c.take(k, d, l); err != nil {
			return err
		}
	}
	return nil
}

// read takes some tuples from the tree.
func (c *descender) read(s scan) error {
	page := c.reader.Forward(s.from, c.page)
	if len(page) == cap(page) {
		s.from = page[len(page)-1].AfterForward()
		c.scans = append(c.scans, s)
	}
	for _, k := range page {
		if err := c.take(k, s.descent, s.level); err != nil {
			return err
		}
	}
	return c.tick(1)
}

// take goes where a tuple leads, unless its condition is false. Where it is undecided,
// so is what the tuple leads to.
func (c *descender) take(k index.Key, d *descent, l level) error {
	if k.Qualifier != 0 {
		holds, sure, err := c.condition(k)
		if err != nil || !holds {
			return err
		}
		if !sure {
			l = c.narrow(l)
		}
	}
	at := ref{relation: k.SubjectRelation}
	switch {
	case d.op == opArrow:
		at.relation = 0
		if d.public && c.reader.Object(k.Subject).ID == tuple.Wildcard {
			return nil
		}
	case k.SubjectRelation == 0:
		if d.direct == directAll || d.direct == directSome && c.reader.TypeOf(k.Subject) == c.plan.typ {
			c.name(k.Subject, l)
		}
		return c.tick(1)
	}
	at.typ = c.reader.TypeOf(k.Subject)
	if node, ok := d.to(at); ok {
		c.reach(k.Subject, node, l)
	}
	return c.tick(1)
}

// condition reports whether the condition of a tuple is true, or might be.
func (c *descender) condition(k index.Key) (holds, sure bool, err error) {
	if c.unasked {
		return true, c.reader.Qualifier(k).Caveat == "", nil
	}
	c.conditioned = true
	return c.asker.Condition(k)
}

// name takes a subject of the type that is wanted.
func (c *descender) name(id index.ID, l level) {
	if id == c.wildcard {
		c.open = max(c.open, l)
		return
	}
	c.find(id, l)
}

// tick counts steps, and looks at the context now and then.
func (c *descender) tick(steps int) error {
	if c.steps += steps; c.steps-c.looked < interruptAfter {
		return nil
	}
	c.looked = c.steps
	return c.ctx.Err()
}
