package gen

import (
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/schema"
)

// Build converts a schema to the engine's.
func Build(s *oracle.Schema) (*schema.Schema, error) {
	var parts []schema.Part
	for _, c := range s.Caveats {
		var parameters []schema.Parameter
		for _, p := range c.Parameters {
			parameters = append(parameters, schema.Param(p.Name, p.Type))
		}
		parts = append(parts, schema.DeclareCaveat(c.Name, c.Expression, parameters...))
	}
	for _, t := range s.Types {
		var members []schema.Member
		for _, d := range s.Directives {
			if d, ok := d.(oracle.DeletedBy); ok && d.Type == t.Name {
				members = append(members, schema.DeletedBy(d.Permission))
			}
		}
		for _, r := range t.Relations {
			m := member(r)
			for _, d := range s.Directives {
				if typ, relation := d.About(); typ == t.Name && relation == r.Name {
					m = directed(m, d)
				}
			}
			members = append(members, m)
		}
		parts = append(parts, schema.Define(t.Name, members...))
	}
	return schema.New(parts...)
}

func member(r *oracle.Relation) schema.Member {
	if len(r.Admits) == 0 {
		return schema.Perm(r.Name, rewrite(r.Rewrite))
	}
	var subjects []schema.SubjectType
	for _, a := range r.Admits {
		subject := schema.SubjectType{Type: a.Type, Relation: a.Relation, Wildcard: a.Wildcard, Caveat: a.Caveat}
		if !a.Temporary {
			subjects = append(subjects, subject)
		}
		if a.Expires || a.Temporary {
			subjects = append(subjects, subject.Expiring())
		}
	}
	m := schema.Rel(r.Name, subjects...)
	if _, plain := r.Rewrite.(oracle.This); plain {
		return m
	}
	return m.Rewritten(rewrite(r.Rewrite))
}

func directed(m schema.Member, d oracle.Directive) schema.Member {
	switch d := d.(type) {
	case oracle.Count:
		return m.Counted(schema.Count{Min: d.Min, Max: d.Max, PerSubject: d.PerSubject, In: d.In})
	case oracle.Guard:
		switch {
		case d.Permission == "":
			return m.GrantedToSelf()
		case d.OnSubject:
			return m.GrantedOnSubject(d.Permission)
		}
		return m.GrantedBy(d.Permission)
	case oracle.OnDelete:
		return m.OnDelete(map[string]schema.OnDelete{oracle.Detach: schema.Detach, oracle.Refuse: schema.Refuse, oracle.Cascade: schema.Cascade}[d.Do])
	case oracle.ExpiresWithin:
		return m.ExpiresWithin(d.Limit)
	}
	return m
}

func rewrite(e oracle.Expr) schema.Rewrite {
	each := func(list []oracle.Expr) (c []schema.Rewrite) {
		for _, e := range list {
			c = append(c, rewrite(e))
		}
		return c
	}
	switch e := e.(type) {
	case oracle.This:
		return schema.This{}
	case oracle.Computed:
		return schema.Ref(e.Relation)
	case oracle.Arrow:
		return schema.Arrow(e.Tupleset, e.Relation)
	case oracle.ArrowAll:
		return schema.ArrowAll(e.Tupleset, e.Relation)
	case oracle.Union:
		return schema.Or(each(e)...)
	case oracle.Intersection:
		return schema.And(each(e)...)
	case oracle.Exclusion:
		return schema.Minus(rewrite(e.Base), rewrite(e.Subtract))
	case oracle.Self:
		return schema.Self{}
	}
	return schema.Nil{}
}
