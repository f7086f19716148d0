package check

import (
	"fmt"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
)

// A plan is a schema in the form in which the solver walks it: names are
// interned, and the parts of a rule say what they can need.
type plan struct {
	key   planKey
	rules map[ref]*rule
	// reverse[i] lists the rules of which rule i can make a tuple true.
	reverse    [][]int32
	reach      reachCache
	fast       map[ref]*fastRule
	types      map[string]*fastType // by name
	groups     map[ref]bool         // relations that closures are made of
	climbs     map[ref][]climbStep
	groupNames []index.Name              // what the climbs go along
	nobody     *closure                  // of whom no tuple names
	number     uint64                    // no other plan of the evaluator has it
	caveats    map[string]*schema.Caveat // by name
}

// A ref names a relation of a type.
type ref struct{ typ, relation index.Name }

// A rule says what a relation of a type means.
type rule struct {
	ref
	id   int32
	root *part
}

type op uint8

const (
	opThis op = iota
	opComputed
	opArrow
	opNil
	opSelf
	// The parts below have a node of their own in the graph.
	opUnion
	opIntersection
	opExclusion
	opArrowAll
)

// A part is an operator of a rule with what it is applied to.
type part struct {
	op       op
	relation index.Name // this: the relation itself; computed: the relation; arrows: the tupleset
	target   index.Name // arrows: the relation at the other end
	args     []*part    // union, intersection, exclusion
	rewrite  schema.Rewrite
	this     thisPart
}

// A thisPart says which subjects the tuples of a relation can have.
type thisPart struct {
	usersets bool
	direct   map[index.Name]bool // types of subjects without a relation
	wildcard map[index.Name]bool // types of wildcards
}

// admits reports whether a tuple can name a subject of the kind itself.
func (t *thisPart) admits(k subjectKind) bool {
	switch {
	case k.relation != 0:
		return t.usersets
	case k.wildcard:
		return t.wildcard[k.typ]
	}
	return t.direct[k.typ]
}

// newPlan compiles s, all of whose names d must know.
func newPlan(s *schema.Schema, d *index.Dict) (*plan, error) {
	c := compiler{plan: &plan{rules: map[ref]*rule{}, caveats: map[string]*schema.Caveat{}}, dict: d}
	for _, caveat := range s.Caveats() {
		c.plan.caveats[caveat.Name] = caveat
	}
	for _, d := range s.Definitions() {
		for _, rel := range d.Relations {
			if err := c.add(d, rel); err != nil {
				return nil, err
			}
		}
	}
	c.plan.reverse = make([][]int32, len(c.plan.rules))
	for _, d := range s.Definitions() {
		for _, rel := range d.Relations {
			c.link(s, d, rel)
		}
	}
	c.newFast(s)
	c.plan.nobody = &closure{}
	c.plan.nobody.filter.add(0)
	return c.plan, nil
}

type compiler struct {
	plan *plan
	dict *index.Dict
	err  error
}

func (c *compiler) name(s string) index.Name {
	n, ok := c.dict.Name(s)
	if !ok && c.err == nil {
		c.err = fmt.Errorf("check: the store does not know the name %q of its schema", s)
	}
	return n
}

func (c *compiler) add(d *schema.Definition, rel *schema.Relation) error {
	r := &rule{ref: ref{c.name(d.Name), c.name(rel.Name)}, id: int32(len(c.plan.rules))}
	r.root = c.part(rel, rel.Rewrite)
	switch r.root.op {
	case opUnion, opIntersection, opExclusion, opArrowAll:
	default:
		r.root = &part{op: opUnion, args: []*part{r.root}, rewrite: rel.Rewrite}
	}
	c.plan.rules[r.ref] = r
	return c.err
}

func (c *compiler) part(rel *schema.Relation, w schema.Rewrite) *part {
	p := &part{rewrite: w}
	switch w := w.(type) {
	case schema.This:
		p.op, p.relation = opThis, c.name(rel.Name)
		p.this = thisPart{direct: map[index.Name]bool{}, wildcard: map[index.Name]bool{}}
		for _, s := range rel.Subjects {
			switch {
			case s.Wildcard:
				p.this.wildcard[c.name(s.Type)] = true
			case s.Relation != "":
				p.this.usersets = true
			default:
				p.this.direct[c.name(s.Type)] = true
			}
		}
	case schema.Computed:
		p.op, p.relation = opComputed, c.name(w.Relation)
	case schema.TupleToUserset:
		p.op, p.relation, p.target = opArrow, c.name(w.Tupleset), c.name(w.Computed)
		if w.All {
			p.op = opArrowAll
		}
	case schema.Union:
		p.op = opUnion
		for _, child := range w.Children {
			p.args = append(p.args, c.part(rel, child))
		}
	case schema.Intersection:
		p.op = opIntersection
		for _, child := range w.Children {
			p.args = append(p.args, c.operand(rel, child))
		}
	case schema.Exclusion:
		p.op, p.args = opExclusion, []*part{c.operand(rel, w.Base), c.operand(rel, w.Subtract)}
	case schema.Self:
		p.op = opSelf
	default:
		p.op = opNil
	}
	return p
}

// operand compiles an operand of an intersection or an exclusion: what has
// many children of its own becomes a union, which has a node.
func (c *compiler) operand(rel *schema.Relation, w schema.Rewrite) *part {
	p := c.part(rel, w)
	if p.op == opThis || p.op == opArrow {
		p = &part{op: opUnion, args: []*part{p}, rewrite: w}
	}
	return p
}

// link records which rules can make a tuple of rel true. What stands on the
// right side of an exclusion cannot.
func (c *compiler) link(s *schema.Schema, d *schema.Definition, rel *schema.Relation) {
	to := c.plan.rules[ref{c.name(d.Name), c.name(rel.Name)}].id
	from := func(typ, relation string) {
		if r := c.plan.rules[ref{c.name(typ), c.name(relation)}]; r != nil {
			c.plan.reverse[r.id] = append(c.plan.reverse[r.id], to)
		}
	}
	var walk func(schema.Rewrite)
	walk = func(w schema.Rewrite) {
		switch w := w.(type) {
		case schema.This:
			for _, sub := range rel.Subjects {
				if sub.Relation != "" {
					from(sub.Type, sub.Relation)
				}
			}
		case schema.Computed:
			from(d.Name, w.Relation)
		case schema.TupleToUserset:
			for _, sub := range d.Relation(w.Tupleset).Subjects {
				if t := s.Definition(sub.Type); t != nil && t.Relation(w.Computed) != nil {
					from(sub.Type, w.Computed)
				}
			}
		case schema.Union:
			for _, child := range w.Children {
				walk(child)
			}
		case schema.Intersection:
			for _, child := range w.Children {
				walk(child)
			}
		case schema.Exclusion:
			walk(w.Base)
		}
	}
	walk(rel.Rewrite)
}
