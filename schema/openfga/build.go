package openfga

import (
	"github.com/baobab-authz/baobab/schema"
)

// build checks a model and makes a schema of it.
func build(b *schema.Builder, m *model) (*schema.Schema, error) {
	check(b, m)
	if b.Failed() {
		return b.Schema()
	}
	for _, def := range m.types {
		members := make([]schema.Member, len(def.relations))
		for i, rel := range def.relations {
			members[i] = rel.member()
		}
		b.Define(def.name.text, def.name.at, members...)
	}
	b.OpenFGA = true
	for _, c := range m.conditions {
		b.DeclareCaveat(c.name.text, c.name.at, c.expression, c.body, c.parameters...)
	}
	return b.Schema()
}

// member returns the relation as one of the schema: what is assigned directly is
// stored, what is not is a permission.
func (r *relation) member() schema.Member {
	subjects := make([]schema.SubjectType, len(r.restrictions))
	places := make([]schema.Span, len(r.restrictions))
	for i, t := range r.restrictions {
		subjects[i], places[i] = t.subject(), t.at
	}
	m := schema.Rel(r.name.text, subjects...)
	switch {
	case r.expr.kind == exprDirect:
	case r.expr.has(exprDirect):
		m = m.Rewritten(r.expr.rewrite())
	default:
		m = schema.Perm(r.name.text, r.expr.rewrite())
	}
	return m.At(r.name.at, places...)
}

func (e *expr) rewrite() schema.Rewrite {
	kids := make([]schema.Rewrite, len(e.kids))
	for i, k := range e.kids {
		kids[i] = k.rewrite()
	}
	var r schema.Rewrite
	switch e.kind {
	case exprComputed:
		r = schema.Ref(e.name.text)
	case exprFrom:
		r = schema.Arrow(e.from.text, e.name.text)
	case exprUnion:
		r = schema.Or(kids...)
	case exprIntersection:
		r = schema.And(kids...)
	case exprExclusion:
		r = schema.Minus(kids[0], kids[1])
	default:
		r = schema.This{}
	}
	return schema.Placed(r, e.at)
}
