package expand

import (
	"cmp"
	"slices"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
)

// A descentPlan is a schema as far as its relations can name subjects of one type
// (and one relation of it, if usersets are wanted), or its wildcard, on whichever
// side of an exclusion.
type descentPlan struct {
	typ    index.Name
	nodes  []descentNode
	byRef  map[ref]int32
	givers map[ref]bool // lead to an exclusion that has another on its right side
	size   int          // how many nodes, operators and givers there are
}

// A descentNode is a relation of a type.
type descentNode struct {
	rewrite *descent // nil if it names nobody
	wanted  bool     // it is itself a userset such as those wanted
}

// A descent is an operator of a rule that can name such subjects. Operands that
// cannot are left out.
type descent struct {
	op       descentOp
	relation index.Name // this: the relation; an arrow: the tupleset
	node     int32      // computed: what it is
	all      bool       // an arrow over all
	public   bool       // an arrow: some of the tuples may have wildcards, which it passes over
	direct   direct     // this: which of the tuples with plain objects name subjects
	targets  []target   // this: the usersets; an arrow: what it leads to; sorted, each once
	args     []*descent // of an operator
	excluded *descent   // the right side of an exclusion
}

// A target is where a tuple leads by the type of its subject, and in the relation's
// own tuples by the relation of its subject.
type target struct {
	ref
	node int32
}

// direct says which tuples of a relation, of those whose subjects have no relation,
// name wanted subjects.
type direct uint8

const (
	directNone direct = iota
	directSome        // those of one type, among others
	directAll
)

type descentOp uint8

const (
	opThis descentOp = iota
	opComputed
	opArrow
	opUnion
	opNarrow // an intersection
	opExclude
	opSelf
)

// newDescentPlan compiles s for subjects of a type, and a relation or none.
func newDescentPlan(s *schema.Schema, r *index.Reader, typ, relation string) *descentPlan {
	c := &descentCompiler{schema: s, reader: r, typ: typ, relation: relation}
	c.useful = c.leading(func(at rule, w schema.Rewrite) bool {
		return c.names(at, w) || at.definition.Name == typ && at.relation.Name == relation
	})
	givers := c.givers()
	c.plan = &descentPlan{typ: c.name(typ), byRef: map[ref]int32{}, givers: map[ref]bool{}}
	for _, d := range s.Definitions() {
		for _, rel := range d.Relations {
			at := ref{c.name(d.Name), c.name(rel.Name)}
			if givers[rel] {
				c.plan.givers[at] = true
			}
			if c.useful[rel] {
				n := c.node(at)
				c.plan.nodes[n] = descentNode{c.compile(rule{d, rel}, rel.Rewrite), d.Name == typ && rel.Name == relation}
			}
		}
	}
	c.plan.size += len(c.plan.nodes) + len(givers)
	return c.plan
}

// steps returns how large the plan is.
func (p *descentPlan) steps() int { return p.size }

type descentCompiler struct {
	schema        *schema.Schema
	reader        *index.Reader
	typ, relation string
	useful        map[*schema.Relation]bool
	plan          *descentPlan
}

// node returns the number of a node, which it makes if need be.
func (c *descentCompiler) node(at ref) int32 {
	n, ok := c.plan.byRef[at]
	if !ok {
		n = int32(len(c.plan.nodes))
		c.plan.nodes = append(c.plan.nodes, descentNode{})
		c.plan.byRef[at] = n
	}
	return n
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

// names reports whether an operator names wanted subjects by itself, or their wildcard.
func (c *descentCompiler) names(at rule, w schema.Rewrite) bool {
	switch w.(type) {
	case schema.This:
		return c.direct(at.relation) != directNone
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

// direct returns which tuples of a relation name wanted subjects directly.
func (c *descentCompiler) direct(r *schema.Relation) direct {
	some, others := false, false
	for _, sub := range r.Subjects {
		if sub.Relation == "" {
			some = some || sub.Type == c.typ
			others = others || sub.Type != c.typ
		}
	}
	switch {
	case !some || c.relation != "":
		return directNone
	case others:
		return directSome
	}
	return directAll
}

// targets returns where the tuples of a relation lead: to usersets, or with a
// relation to follow by an arrow, to that of their subjects' objects.
func (c *descentCompiler) targets(r *schema.Relation, follow string) []target {
	var list []target
	for _, sub := range r.Subjects {
		by, to := ref{c.name(sub.Type), c.name(sub.Relation)}, sub.Relation
		if follow != "" {
			by, to = ref{typ: c.name(sub.Type)}, follow
		}
		if to == "" || sub.Wildcard {
			continue
		}
		if rel := c.schema.Definition(sub.Type).Relation(to); rel != nil && c.useful[rel] {
			list = append(list, target{by, c.node(ref{by.typ, c.name(to)})})
		}
	}
	slices.SortFunc(list, func(a, b target) int { return a.compare(b.ref) })
	return slices.Compact(list)
}

// compile returns w, or nil if it can name nobody wanted.
func (c *descentCompiler) compile(at rule, w schema.Rewrite) *descent {
	d := c.operator(at, w)
	if d != nil {
		c.plan.size += 1 + len(d.targets)
	}
	return d
}

func (c *descentCompiler) operator(at rule, w schema.Rewrite) *descent {
	switch w := w.(type) {
	case schema.This:
		d := &descent{op: opThis, relation: c.name(at.relation.Name), direct: c.direct(at.relation), targets: c.targets(at.relation, "")}
		if d.direct != directNone || len(d.targets) > 0 {
			return d
		}
	case schema.Self:
		if c.names(at, w) {
			return &descent{op: opSelf}
		}
	case schema.Computed:
		if c.useful[at.definition.Relation(w.Relation)] {
			return &descent{op: opComputed, node: c.node(ref{c.name(at.definition.Name), c.name(w.Relation)})}
		}
	case schema.TupleToUserset:
		tupleset := at.definition.Relation(w.Tupleset)
		d := &descent{op: opArrow, relation: c.name(w.Tupleset), all: w.All, targets: c.targets(tupleset, w.Computed)}
		if len(d.targets) > 0 {
			d.public = slices.ContainsFunc(tupleset.Subjects, func(sub schema.SubjectType) bool { return sub.Wildcard })
			return d
		}
	case schema.Union:
		return c.compileAll(opUnion, at, w.Children)
	case schema.Intersection:
		return c.compileAll(opNarrow, at, w.Children)
	case schema.Exclusion:
		return c.exclusion(at, w)
	}
	return nil
}

// compileAll compiles an operator whose operands name whom it names.
func (c *descentCompiler) compileAll(op descentOp, at rule, operands []schema.Rewrite) *descent {
	var args []*descent
	for _, w := range operands {
		if d := c.compile(at, w); d != nil {
			args = append(args, d)
		}
	}
	switch {
	case len(args) == 0:
		return nil
	case op == opUnion && len(args) == 1:
		return args[0]
	}
	return &descent{op: op, args: args}
}

// exclusion compiles one. If nobody wanted can be on its right side, it is its left side;
// (a - b) - c is a - (b + c).
func (c *descentCompiler) exclusion(at rule, w schema.Exclusion) *descent {
	excluded := []schema.Rewrite{w.Subtract}
	base := w.Base
	for inner, ok := base.(schema.Exclusion); ok; inner, ok = base.(schema.Exclusion) {
		excluded = append(excluded, inner.Subtract)
		base = inner.Base
	}
	left, right := c.compileAll(opUnion, at, []schema.Rewrite{base}), c.compileAll(opUnion, at, excluded)
	if right == nil {
		return left
	}
	d := &descent{op: opExclude, excluded: right}
	if left != nil {
		d.args = []*descent{left}
	}
	return d
}

func (r ref) compare(other ref) int {
	return cmp.Or(cmp.Compare(r.typ, other.typ), cmp.Compare(r.relation, other.relation))
}

// to returns the node that a subject leads to.
func (d *descent) to(at ref) (int32, bool) {
	if len(d.targets) == 1 {
		return d.targets[0].node, d.targets[0].ref == at
	}
	i, ok := slices.BinarySearchFunc(d.targets, at, func(t target, r ref) int { return t.compare(r) })
	if !ok {
		return 0, false
	}
	return d.targets[i].node, true
}
