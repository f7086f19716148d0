package gen

import (
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/tuple"
)

// WithoutExclusions returns a copy of the schema in which a - b is a. It is for
// the oracle: the engine may refuse a relation whose This has gone with b.
func WithoutExclusions(s *oracle.Schema) *oracle.Schema {
	c := &oracle.Schema{Caveats: s.Caveats}
	for _, t := range s.Types {
		typ := &oracle.Type{Name: t.Name}
		for _, r := range t.Relations {
			typ.Relations = append(typ.Relations, &oracle.Relation{Name: r.Name, Admits: r.Admits, Rewrite: withoutExclusions(r.Rewrite)})
		}
		c.Types = append(c.Types, typ)
	}
	return c
}

func withoutExclusions(e oracle.Expr) oracle.Expr {
	each := func(list []oracle.Expr) (c []oracle.Expr) {
		for _, e := range list {
			c = append(c, withoutExclusions(e))
		}
		return c
	}
	switch e := e.(type) {
	case oracle.Union:
		return oracle.Union(each(e))
	case oracle.Intersection:
		return oracle.Intersection(each(e))
	case oracle.Exclusion:
		return withoutExclusions(e.Base)
	}
	return e
}

// CycleEdge returns a tuple that closes a cycle among the objects of the tuples
// that were loaded: from its subject's object there is a way back to its
// object. It is not ok if there is none.
func CycleEdge(c *Case) (edge tuple.Tuple, ok bool) {
	return cycleEdge(c, func(tuple.Relationship) bool { return true })
}

// cycleEdge is CycleEdge for those of some relationships.
func cycleEdge(c *Case, among func(tuple.Relationship) bool) (edge tuple.Tuple, ok bool) {
	next := map[tuple.Object][]tuple.Object{}
	for _, r := range c.Tuples {
		next[r.Object] = append(next[r.Object], r.Subject.Object)
	}
	reaches := func(from, to tuple.Object) bool {
		seen := map[tuple.Object]bool{from: true}
		for queue := []tuple.Object{from}; len(queue) > 0; queue = queue[1:] {
			if queue[0] == to {
				return true
			}
			for _, o := range next[queue[0]] {
				if !seen[o] {
					seen[o] = true
					queue = append(queue, o)
				}
			}
		}
		return false
	}
	for _, r := range c.Tuples {
		live := r.Expires.IsZero() || r.Expires.After(c.Asked)
		if live && among(r) && reaches(r.Subject.Object, r.Object) {
			return r.Tuple, true
		}
	}
	return tuple.Tuple{}, false
}
