package gen

import (
	"slices"

	"github.com/baobab-authz/baobab/internal/oracle"
)

// repair gives a base to relations and permissions that nobody could ever hold,
// which the engine's schemas refuse.
func repair(s *oracle.Schema) {
	for {
		held := holdable(s)
		repaired := false
		for _, t := range s.Types {
			for _, r := range t.Relations {
				if held[key{t.Name, r.Name}] || repaired {
					continue
				}
				repaired = true
				if !canHold(held, t, r, oracle.This{}) && len(r.Admits) > 0 {
					r.Admits = append(r.Admits, oracle.Admit{Type: "user"})
				}
				if _, plain := r.Rewrite.(oracle.This); !plain {
					r.Rewrite = oracle.Union{r.Rewrite, base(t, r)}
				}
			}
		}
		if !repaired {
			return
		}
	}
}

// base is what anyone can hold: a relation's own tuples, or the type's first
// relation, which is stored.
func base(t *oracle.Type, r *oracle.Relation) oracle.Expr {
	if len(r.Admits) > 0 {
		return oracle.This{}
	}
	return oracle.Computed{Relation: t.Relations[0].Name}
}

type key struct{ typ, relation string }

// holdable finds the relations that someone can hold, if the data are right.
func holdable(s *oracle.Schema) map[key]bool {
	held := map[key]bool{}
	for changed := true; changed; {
		changed = false
		for _, t := range s.Types {
			for _, r := range t.Relations {
				if !held[key{t.Name, r.Name}] && canHold(held, t, r, r.Rewrite) {
					held[key{t.Name, r.Name}], changed = true, true
				}
			}
		}
	}
	return held
}

func canHold(held map[key]bool, t *oracle.Type, r *oracle.Relation, e oracle.Expr) bool {
	each := func(list []oracle.Expr, want bool) bool {
		for _, e := range list {
			if canHold(held, t, r, e) == want {
				return true
			}
		}
		return false
	}
	arrow := func(tupleset, target string) bool {
		for _, a := range t.Relation(tupleset).Admits {
			if !a.Wildcard && held[key{a.Type, target}] {
				return true
			}
		}
		return false
	}
	switch e := e.(type) {
	case oracle.This:
		for _, a := range r.Admits {
			if a.Relation == "" || held[key{a.Type, a.Relation}] {
				return true
			}
		}
		return false
	case oracle.Computed:
		return held[key{t.Name, e.Relation}]
	case oracle.Arrow:
		return arrow(e.Tupleset, e.Relation)
	case oracle.ArrowAll:
		return arrow(e.Tupleset, e.Relation)
	case oracle.Union:
		return each(e, true)
	case oracle.Intersection:
		return !each(e, false)
	case oracle.Exclusion:
		return canHold(held, t, r, e.Base)
	case oracle.Self:
		return true
	}
	return false
}

// untangle replaces what an exclusion takes away if on the same object that
// needs the exclusion itself, which the engine's schemas refuse as well: only
// data may close such a cycle.
func untangle(s *oracle.Schema) {
	for _, t := range s.Types {
		for _, r := range t.Relations {
			r.Rewrite = untangled(t, r, r.Rewrite, false)
		}
	}
}

func untangled(t *oracle.Type, r *oracle.Relation, e oracle.Expr, subtracted bool) oracle.Expr {
	each := func(list []oracle.Expr) (c []oracle.Expr) {
		for _, e := range list {
			c = append(c, untangled(t, r, e, subtracted))
		}
		return c
	}
	switch e := e.(type) {
	case oracle.Computed:
		if subtracted && needs(t, e.Relation, r.Name) {
			for _, other := range t.Relations {
				if _, plain := other.Rewrite.(oracle.This); plain {
					return oracle.Computed{Relation: other.Name}
				}
			}
			return oracle.Nil{}
		}
	case oracle.Union:
		return oracle.Union(each(e))
	case oracle.Intersection:
		return oracle.Intersection(each(e))
	case oracle.Exclusion:
		return oracle.Exclusion{Base: untangled(t, r, e.Base, subtracted), Subtract: untangled(t, r, e.Subtract, true)}
	}
	return e
}

// needs reports whether a relation is computed from another, or is it.
func needs(t *oracle.Type, relation, other string) bool {
	seen := map[string]bool{}
	var visit func(name string) bool
	var in func(e oracle.Expr) bool
	in = func(e oracle.Expr) bool {
		switch e := e.(type) {
		case oracle.Computed:
			return visit(e.Relation)
		case oracle.Union:
			return slices.ContainsFunc(e, in)
		case oracle.Intersection:
			return slices.ContainsFunc(e, in)
		case oracle.Exclusion:
			return in(e.Base) || in(e.Subtract)
		}
		return false
	}
	visit = func(name string) bool {
		if name == other || seen[name] {
			return name == other
		}
		seen[name] = true
		return in(t.Relation(name).Rewrite)
	}
	return visit(relation)
}
