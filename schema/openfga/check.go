package openfga

import (
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// A checker looks for what OpenFGA refuses in a model that reads.
type checker struct {
	b     *schema.Builder
	model *model

	types      map[string]*typeDef
	relations  map[*typeDef]map[string]*relation
	conditions map[string]name
	tuplesets  map[*relation]bool // another relation is taken from it
}

// check reports what is wrong with the model, and drops what it has twice.
func check(b *schema.Builder, m *model) {
	c := &checker{b: b, model: m, types: map[string]*typeDef{}, relations: map[*typeDef]map[string]*relation{},
		conditions: map[string]name{}, tuplesets: map[*relation]bool{}}
	c.declare()
	c.findTuplesets()
	for _, def := range m.types {
		for _, rel := range def.relations {
			r := &resolver{c, def, rel, def.name.text + "#" + rel.name.text}
			r.restrictions()
			if rel.expr != nil {
				rel.expr.walk(r.operand)
			}
		}
	}
	if !b.Failed() {
		g := newGraph(c)
		g.cycles()
		g.unheld()
	}
}

// declare enters the names.
func (c *checker) declare() {
	for _, def := range c.model.types {
		n := def.name
		switch first := c.types[n.text]; {
		case first != nil:
			c.b.Errorf(n.at, n.text, "type %s is declared already%s", n.text, where(first.name))
		case n.text == "self" || n.text == "this":
			c.b.Errorf(n.at, n.text, "a type cannot be named %s: that is reserved", n.text)
		default:
			c.valid(n, n.text, maxTypeName, tuple.ValidateTypeName(n.text))
		}
		if c.types[n.text] == nil {
			c.types[n.text] = def
		}
		c.declareRelations(def)
	}
	for _, cond := range c.model.conditions {
		n := cond.name
		if first, twice := c.conditions[n.text]; twice {
			c.b.Errorf(n.at, n.text, "condition %s is declared already%s", n.text, where(first))
			continue
		}
		c.conditions[n.text] = n
		c.valid(n, n.text, maxName, tuple.ValidateTypeName(n.text))
		for _, p := range cond.parameters {
			c.short(name{p.Name, p.At}, n.text, maxName)
		}
	}
}

func (c *checker) declareRelations(def *typeDef) {
	named := make(map[string]*relation, len(def.relations))
	c.relations[def] = named
	for _, rel := range def.relations {
		n, about := rel.name, def.name.text+"#"+rel.name.text
		switch first := named[n.text]; {
		case first != nil:
			c.b.Errorf(n.at, about, "%s is declared already%s", n.text, where(first.name))
			continue
		case n.text == "self" || n.text == "this":
			c.b.Errorf(n.at, about, "a relation cannot be named %s: that is reserved", n.text)
		default:
			c.valid(n, about, maxName, tuple.ValidateName(n.text))
		}
		named[n.text] = rel
	}
}

// valid reports a name that is too long, or that OpenFGA has and Baobab does not.
func (c *checker) valid(n name, about string, most int, err error) {
	if c.short(n, about, most) && err != nil {
		c.b.Errorf(n.at, about, "%q cannot be taken over: names consist of letters, digits, '_' and '-', and those of types can have prefixes with '/'", n.text)
	}
}

// short reports a name that is too long.
func (c *checker) short(n name, about string, most int) bool {
	if len(n.text) > most {
		c.b.Errorf(n.at, about, "a name of %d bytes is longer than %d", len(n.text), most)
		return false
	}
	return true
}

// where says where a name was declared, for a message.
func where(n name) string { return ", at " + n.at.Pos().String() }

// findTuplesets finds the relations behind from.
func (c *checker) findTuplesets() {
	for _, def := range c.model.types {
		for _, rel := range def.relations {
			if rel.expr == nil {
				continue
			}
			rel.expr.walk(func(e *expr) {
				if t := c.relations[def][e.from.text]; e.kind == exprFrom && t != nil {
					c.tuplesets[t] = true
				}
			})
		}
	}
}

// typeNames returns the names of the types.
func (c *checker) typeNames() []string {
	list := make([]string, len(c.model.types))
	for i, d := range c.model.types {
		list[i] = d.name.text
	}
	return list
}

func relationNames(def *typeDef) []string {
	list := make([]string, len(def.relations))
	for i, r := range def.relations {
		list[i] = r.name.text
	}
	return list
}

// A resolver checks the names that one relation uses.
type resolver struct {
	*checker
	def      *typeDef
	relation *relation
	about    string
}

// restrictions checks the types in brackets.
func (r *resolver) restrictions() {
	seen := map[string]bool{}
	kept := r.relation.restrictions[:0]
	for _, t := range r.relation.restrictions {
		if seen[t.String()] {
			r.b.Warnf(t.at, r.about, "", "%s stands here already", t)
			continue
		}
		seen[t.String()] = true
		kept = append(kept, t)
		r.restriction(t)
	}
	r.relation.restrictions = kept
}

func (r *resolver) restriction(t restriction) {
	if _, known := r.conditions[t.condition.text]; t.condition.text != "" && !known && !r.model.gaps {
		var names []string
		for _, c := range r.model.conditions {
			names = append(names, c.name.text)
		}
		r.b.Unknownf(t.condition.at, r.about, nil, t.condition.text, names, "unknown condition %q", t.condition.text)
	}
	def := r.types[t.typ.text]
	switch {
	case def == nil && !r.model.gaps:
		r.b.Unknownf(t.typ.at, r.about, schema.ErrUnknownType, t.typ.text, r.typeNames(), "unknown type %q", t.typ.text)
	case def == nil || t.relation.text == "":
	case r.relations[def][t.relation.text] == nil && !def.gaps:
		r.unknown(t.relation, def)
	}
}

// unknown reports a relation that a type does not have.
func (r *resolver) unknown(n name, def *typeDef) {
	r.b.Unknownf(n.at, r.about, schema.ErrUnknownRelation, n.text, relationNames(def),
		"unknown relation %q: type %q does not have it", n.text, def.name.text)
}

// operand checks a relation, or one from another.
func (r *resolver) operand(e *expr) {
	if e.kind == exprUnion || e.kind == exprIntersection {
		r.repeated(e)
	}
	if e.kind != exprComputed && e.kind != exprFrom {
		return
	}
	own := e.name
	if e.kind == exprFrom {
		own = e.from
	}
	rel := r.relations[r.def][own.text]
	switch {
	case rel == nil && r.def.gaps:
	case rel == nil:
		r.unknown(own, r.def)
	case e.kind == exprFrom:
		r.from(e, rel)
	case rel == r.relation:
		r.b.Errorf(e.at, r.about, "%s leads to itself", r.about)
	}
}

// repeated warns of an operand that stands twice.
func (r *resolver) repeated(e *expr) {
	seen := map[[2]string]bool{}
	for _, k := range e.kids {
		if k.kind != exprComputed && k.kind != exprFrom {
			continue
		}
		key := [2]string{k.name.text, k.from.text}
		if seen[key] {
			r.b.Warnf(k.at, r.about, "", "this stands here already")
		}
		seen[key] = true
	}
}

// from checks a relation that is taken from the subjects of rel.
func (r *resolver) from(e *expr, rel *relation) {
	if rel.expr == nil {
		return // which is reported
	}
	if rel.expr.kind != exprDirect {
		r.b.Suggestf(e.from.at, r.about, "give it a relation of its own",
			"no relation can be taken from %s: it has more than types in brackets", rel.name.text)
		return
	}
	var have bool
	var lack, names []string
	for _, t := range rel.restrictions {
		def := r.types[t.typ.text]
		switch {
		case t.wildcard || t.relation.text != "":
			r.b.Errorf(e.from.at, r.about, "no relation can be taken from %s: it admits %s, and not only objects", rel.name.text, t)
			return
		case def == nil || def.gaps:
			return // which is reported
		case r.relations[def][e.name.text] != nil:
			have = true
		default:
			lack = append(lack, t.typ.text)
			names = append(names, relationNames(def)...)
		}
	}
	if !have {
		r.b.Unknownf(e.name.at, r.about, schema.ErrUnknownRelation, e.name.text, names,
			"unknown relation %q: no type that %s admits has it (%s)", e.name.text, rel.name.text, strings.Join(slices.Compact(lack), ", "))
	}
}
