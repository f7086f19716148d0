package baobab_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// boolean evaluates expressions such as "x && y" or "x || y" of booleans; a number fails.
type boolean struct{}

func (boolean) Compile(c *schema.Caveat) (schema.Condition, error) { return booleanCondition{c}, nil }

type booleanCondition struct{ *schema.Caveat }

func (booleanCondition) Validate(map[string]any) error { return nil }

func (c booleanCondition) Evaluate(stored, given map[string]any) (schema.Verdict, error) {
	any, all, missing := false, true, []string(nil)
	for _, p := range c.Parameters {
		v, ok := stored[p.Name]
		if !ok {
			v, ok = given[p.Name]
		}
		if !ok {
			missing = append(missing, p.Name)
			continue
		}
		b, ok := v.(bool)
		if !ok {
			return schema.Verdict{}, fmt.Errorf("%s is %v", p.Name, v)
		}
		any, all = any || b, all && b
	}
	switch {
	case strings.Contains(c.Expression, "||") && any:
		return schema.Verdict{Holds: true}, nil
	case strings.Contains(c.Expression, "&&") && !all:
		return schema.Verdict{}, nil
	case missing != nil:
		return schema.Verdict{Missing: missing}, nil
	}
	return schema.Verdict{Holds: strings.Contains(c.Expression, "&&")}, nil
}

var (
	attackTypes     = []string{"user", "doc", "a/user"}
	attackStored    = []string{"user", "doc", "rel", "ban"}
	attackPerms     = []string{"p", "q", "view", "less"}
	attackRelations = slices.Concat(attackStored, attackPerms)
	attackIDs       = []string{"!", "**", "*a", "0", "any", "b", "~", "é"}
)

func (w *attackWorld) draw() *schema.Schema {
	for {
		parts := []schema.Part{
			schema.DeclareCaveat("or", "x || y", schema.Parameter{Name: "x", Type: schema.TypeRef{Name: "any"}}, schema.Parameter{Name: "y", Type: schema.TypeRef{Name: "any"}}),
			schema.DeclareCaveat("and", "x && z", schema.Parameter{Name: "x", Type: schema.TypeRef{Name: "any"}}, schema.Parameter{Name: "z", Type: schema.TypeRef{Name: "any"}}),
		}
		for _, typ := range w.types {
			var ms []schema.Member
			for _, r := range attackStored {
				m := schema.Rel(r, w.subjectTypes()...)
				if w.IntN(5) == 0 {
					m = m.Rewritten(schema.Or(schema.This{}, w.rewrite(2)))
				}
				ms = append(ms, m)
			}
			for _, p := range attackPerms {
				ms = append(ms, schema.Perm(p, w.rewrite(3)))
			}
			parts = append(parts, schema.Define(typ, ms...))
		}
		s, err := schema.New(parts...)
		if err == nil {
			return s
		}
		if w.shares.Refused++; w.shares.Refused > 100000 {
			panic(err)
		}
	}
}

func (w *attackWorld) subjectTypes() (list []schema.SubjectType) {
	for n := 1 + w.IntN(4); n > 0; n-- {
		s := schema.SubjectType{Type: w.of(w.types...)}
		switch w.IntN(6) {
		case 0, 1:
			s.Wildcard = true
		case 2, 3:
			s.Relation = w.of(attackRelations...)
		}
		switch w.IntN(5) {
		case 0:
			s.Caveat = w.of("or", "and")
		case 1:
			s.Expiration = true
		}
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
		if plain := (schema.SubjectType{Type: s.Type, Wildcard: s.Wildcard, Relation: s.Relation}); w.IntN(2) == 0 && !slices.Contains(list, plain) {
			list = append(list, plain)
		}
	}
	if s := schema.Wildcard(w.of(w.types...)); w.IntN(3) > 0 && !slices.Contains(list, s) {
		list = append(list, s)
	}
	return list
}

func (w *attackWorld) rewrite(depth int) schema.Rewrite {
	if depth > 0 {
		switch w.IntN(6) {
		case 0, 1, 2:
			return schema.Exclusion{Base: w.rewrite(w.IntN(depth)), Subtract: w.rewrite(depth - 1)}
		case 3:
			return schema.And(w.rewrite(depth-1), w.rewrite(depth-1))
		case 4:
			return schema.Or(w.rewrite(depth-1), w.rewrite(depth-1))
		}
	}
	switch w.IntN(9) {
	case 0:
		return schema.Self{}
	case 1, 2:
		return schema.Arrow(w.of(attackStored...), w.of(attackRelations...))
	case 3:
		return schema.ArrowAll(w.of(attackStored...), w.of(attackRelations...))
	case 4:
		return schema.Ref(w.of(attackPerms...))
	}
	return schema.Ref(w.of(attackStored...))
}

func (w *attackWorld) relationship(s *schema.Schema) tuple.Relationship {
	d := s.Definitions()[w.IntN(len(w.types))]
	r := d.Relations[w.IntN(len(attackStored))]
	sub := r.Subjects[w.IntN(len(r.Subjects))]
	if i := slices.IndexFunc(r.Subjects, func(s schema.SubjectType) bool { return s.Wildcard }); i >= 0 && w.IntN(3) == 0 {
		sub = r.Subjects[i]
	}
	id := w.of(attackIDs[:4]...)
	if sub.Wildcard {
		id = "*"
	}
	rel := tuple.Relationship{Tuple: tuple.New(tuple.Object{Type: d.Name, ID: w.of(attackIDs[:4]...)}, r.Name,
		tuple.Subject{Object: tuple.Object{Type: sub.Type, ID: id}, Relation: sub.Relation})}
	if sub.Caveat != "" {
		rel.Caveat, rel.Context = sub.Caveat, map[string]any{}
		for _, p := range []string{"x", "y"} {
			if p == "y" && sub.Caveat == "and" {
				p = "z"
			}
			switch w.IntN(8) {
			case 0:
				rel.Context[p] = true
			case 1:
				rel.Context[p] = false
			case 2:
				rel.Context[p] = 1.0
			}
		}
	}
	if sub.Expiration {
		rel.Expires = w.clock.Add(time.Duration(w.IntN(20)-4) * time.Hour)
	}
	return rel
}
