package expand

import (
	"slices"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
)

// A descentPlan is a schema as far as its relations can name subjects of one type
// (and one relation of it, if usersets are wanted), on whichever side of an
// exclusion.
type descentPlan struct {
	kind     ref
	rewrites map[ref]*descent
	givers   map[ref]bool // lead to an exclusion that has another on its right side
	size     int          // how many operators and givers there are
}

// A descent is an operator of a rule that can name such subjects. Operands that
// cannot are left out.
type descent struct {
	op       descentOp
	relation index.Name // this, computed: the relation; an arrow: the tupleset
	target   index.Name // of an arrow
	all      bool       // an arrow over all
	direct   bool       // this: it admits the subjects themselves
	usersets bool       // this: it admits usersets that can name them
	args     []*descent // of an operator
	excluded *descent   // the right side of an exclusion, or nil
}

type descentOp uint8

const (
	opThis descentOp = iota
	opComputed
	opArrow
	opUnion
	opNarrow // an intersection, or an exclusion
	opSelf
)

// newDescentPlan compiles s for subjects of a type, and a relation or none.
func newDescentPlan(s *schema.Schema, r *index.Reader, typ, relation string) *descentPlan {
	c := &descentCompiler{schema: s, reader: r, typ: typ, relation: relation}
	c.useful = c.leading(func(at rule, w schema.Rewrite) bool {
		return c.names(at, w) || at.definition.Name == typ && at.relation.Name == relation
	})
	givers := c.givers()
	p := &descentPlan{kind: ref{c.name(typ), c.name(relation)}, rewrites: map[ref]*descent{}, givers: map[ref]bool{}}
	for _, d := range s.Definitions() {
		for _, rel := range d.Relations {
			if givers[rel] {
				p.givers[ref{c.name(d.Name), c.name(rel.Name)}] = true
				p.size++
			}
			if c.useful[rel] {
				if compiled := c.compile(rule{d, rel}, rel.Rewrite); compiled != nil {
					p.size += compiled.size()
					p.rewrites[ref{c.name(d.Name), c.name(rel.Name)}] = compiled
				}
			}
		}
	}
	return p
}

// steps returns how large the plan is.
func (p *descentPlan) steps() int { return p.size }

// size returns the number of operators.
func (d *descent) size() int {
	if d == nil {
		return 0
	}
	n := 1 + d.excluded.size()
	for _, a := range d.args {
		n += a.size()
	}
	return n
}

type descentCompiler struct {
	schema        *schema.Schema
	reader        *index.Reader
	typ, relation string
	useful        map[*schema.Relation]bool
}

// name returns the name of a text that the schema has, and so the state.
func (c *descentCompiler) name(text string) index.Name {
	n, _ := c.reader.Name(text)
	return n
}

// leading returns the relations that have an operator of some kind, and those that
// lead to them.
func (c *descentCompiler) leading(is func(at rule, w schema.Rewrite) bool) map[*schema.Relation]bool {
	leadsHere := map[*schema.Relation][]*schema.Relation{}
	marked := map[*schema.Relation]bool{}
	var todo []*schema.Relation
	mark := func(r *schema.Relation) {
		if !marked[r] {
			marked[r] = true
			todo = append(todo, r)
		}
	}
	for _, d := range c.schema.Definitions() {
		for _, rel := range d.Relations {
			schema.Walk(rel.Rewrite, func(w schema.Rewrite) bool {
				for _, to := range c.operands(rule{d, rel}, w) {
					leadsHere[to] = append(leadsHere[to], rel)
				}
				if is(rule{d, rel}, w) {
					mark(rel)
				}
				return true
			})
		}
	}
	for len(todo) > 0 {
		next := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, r := range leadsHere[next] {
			mark(r)
		}
	}
	return marked
}

// givers returns the relations that lead to an exclusion with another one on its
// right side, at once or by further relations: it gives back what that one takes.
func (c *descentCompiler) givers() map[*schema.Relation]bool {
	excludes := func(_ rule, w schema.Rewrite) bool {
		_, ok := w.(schema.Exclusion)
		return ok
	}
	takers := c.leading(excludes)
	return c.leading(func(at rule, w schema.Rewrite) bool {
		e, ok := w.(schema.Exclusion)
		return ok && !schema.Walk(e.Subtract, func(w schema.Rewrite) bool {
			return !excludes(at, w) && !slices.ContainsFunc(c.operands(at, w), func(r *schema.Relation) bool { return takers[r] })
		})
	})
}

// names reports whether an operator names wanted subjects by itself.
func (c *descentCompiler) names(at rule, w schema.Rewrite) bool {
	switch w.(type) {
	case schema.This:
		for _, sub := range at.relation.Subjects {
			if !sub.Wildcard && sub.Relation == "" && sub.Type == c.typ && c.relation == "" {
				return true
			}
		}
	case schema.Self:
		return c.relation == "" && at.definition.Name == c.typ
	}
	return false
}

// operands returns the relations that an operator leads to by itself.
func (c *descentCompiler) operands(at rule, w schema.Rewrite) []*schema.Relation {
	var list []*schema.Relation
	switch w := w.(type) {
	case schema.This:
		for _, sub := range at.relation.Subjects {
			if sub.Relation != "" {
				list = append(list, c.schema.Definition(sub.Type).Relation(sub.Relation))
			}
		}
	case schema.Computed:
		list = append(list, at.definition.Relation(w.Relation))
	case schema.TupleToUserset:
		for _, sub := range at.definition.Relation(w.Tupleset).Subjects {
			if to := c.schema.Definition(sub.Type).Relation(w.Computed); to != nil && !sub.Wildcard {
				list = append(list, to)
			}
		}
	}
	return list
}

// leads reports whether an operator leads to a useful relation by itself.
func (c *descentCompiler) leads(at rule, w schema.Rewrite) bool {
	for _, r := range c.operands(at, w) {
		if c.useful[r] {
			return true
		}
	}
	return false
}

// compile returns w, or nil if it can name nobody wanted.
func (c *descentCompiler) compile(at rule, w schema.Rewrite) *descent {
	switch w := w.(type) {
	case schema.This:
		if d := (&descent{op: opThis, relation: c.name(at.relation.Name), direct: c.names(at, w), usersets: c.leads(at, w)}); d.direct || d.usersets {
			return d
		}
	case schema.Self:
		if c.names(at, w) {
			return &descent{op: opSelf}
		}
	case schema.Computed:
		if c.leads(at, w) {
			return &descent{op: opComputed, relation: c.name(w.Relation)}
		}
	case schema.TupleToUserset:
		if c.leads(at, w) {
			return &descent{op: opArrow, relation: c.name(w.Tupleset), target: c.name(w.Computed), all: w.All}
		}
	case schema.Union:
		return operator(&descent{op: opUnion, args: c.compileAll(at, w.Children)})
	case schema.Intersection:
		return operator(&descent{op: opNarrow, args: c.compileAll(at, w.Children)})
	case schema.Exclusion:
		return operator(&descent{op: opNarrow, args: c.compileAll(at, []schema.Rewrite{w.Base}), excluded: c.compile(at, w.Subtract)})
	}
	return nil
}

func operator(d *descent) *descent {
	if len(d.args) == 0 && d.excluded == nil {
		return nil
	}
	return d
}

func (c *descentCompiler) compileAll(at rule, operands []schema.Rewrite) []*descent {
	var compiled []*descent
	for _, w := range operands {
		if d := c.compile(at, w); d != nil {
			compiled = append(compiled, d)
		}
	}
	return compiled
}
