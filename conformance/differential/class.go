package differential

import (
	"slices"

	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/tuple"
)

// A class is a kind of disagreement that is understood: a row of the table in
// docs/SEMANTICS.md, "Where others differ".
type class string

const (
	depth     class = "depth"
	undefined class = "undefined, as `p = q - p` by way of tuples"
	granted   class = "undefined, as `p = q - p` by way of tuples, and allowed by OpenFGA"
	cycle     class = "a cycle below an exclusion"
	missing   class = "a missing parameter"
	recursion class = "an arrow over parents of which one type ends the recursion"
	stray     class = "ListUsers: an object in a list of usersets"
	unlike    class = "ListUsers: not what OpenFGA's own Check says"
)

// codes of OpenFGA's errors.
const (
	codeInvalid    = 2000 // a missing parameter among others
	codeTooComplex = 2002
)

// A goal is a relation of an object.
type goal struct {
	object   tuple.Object
	relation string
}

// next returns the goals on which an expression of a goal hangs, by all tuples,
// whatever their conditions.
func (c Case) next(g goal, e oracle.Expr) (all []goal) {
	switch e := e.(type) {
	case oracle.This:
		for _, r := range c.Tuples {
			if r.Object == g.object && r.Relation == g.relation && r.Subject.IsUserset() {
				all = append(all, goal{r.Subject.Object, r.Subject.Relation})
			}
		}
	case oracle.Computed:
		all = append(all, goal{g.object, e.Relation})
	case oracle.Arrow:
		for _, r := range c.Tuples {
			if r.Object == g.object && r.Relation == e.Tupleset && c.rewrite(goal{r.Subject.Object, e.Relation}) != nil {
				all = append(all, goal{r.Subject.Object, e.Relation})
			}
		}
	case oracle.Union:
		all = c.nextOf(g, e...)
	case oracle.Intersection:
		all = c.nextOf(g, e...)
	case oracle.Exclusion:
		all = c.nextOf(g, e.Base, e.Subtract)
	}
	return all
}

func (c Case) nextOf(g goal, operands ...oracle.Expr) (all []goal) {
	for _, e := range operands {
		all = append(all, c.next(g, e)...)
	}
	return all
}

// rewrite returns the expression of a goal, nil if its type lacks the relation.
func (c Case) rewrite(g goal) oracle.Expr {
	if r := c.Schema.Type(g.object.Type).Relation(g.relation); r != nil {
		return r.Rewrite
	}
	return nil
}

// reached returns the goals that can be reached from some goals, these included.
func (c Case) reached(from ...goal) map[goal]bool {
	seen := map[goal]bool{}
	for len(from) > 0 {
		g := from[len(from)-1]
		from = from[:len(from)-1]
		if !seen[g] {
			seen[g] = true
			from = append(from, c.next(g, c.rewrite(g))...)
		}
	}
	return seen
}

// cycleBelowExclusion reports whether a goal hangs on an exclusion below which the
// tuples lead in a circle.
func (c Case) cycleBelowExclusion(g goal) bool {
	for at := range c.reached(g) {
		if !excludes(c.rewrite(at)) {
			continue
		}
		for on := range c.reached(at) {
			if c.reached(c.next(on, c.rewrite(on))...)[on] {
				return true
			}
		}
	}
	return false
}

// mixedRecursion reports whether a goal hangs on a relation that an arrow leads to
// itself, over parents of its own type and of another.
func (c Case) mixedRecursion(g goal) bool {
	for at := range c.reached(g) {
		typ := c.Schema.Type(at.object.Type)
		up := typ.Relation(parent).Admits
		own := slices.ContainsFunc(up, func(a oracle.Admit) bool { return a.Type == typ.Name })
		other := slices.ContainsFunc(up, func(a oracle.Admit) bool { return a.Type != typ.Name })
		if own && other && follows(c.rewrite(at), at.relation) {
			return true
		}
	}
	return false
}

// follows reports whether an arrow in an expression leads to a relation.
func follows(e oracle.Expr, relation string) bool {
	in := func(e oracle.Expr) bool { return follows(e, relation) }
	switch e := e.(type) {
	case oracle.Arrow:
		return e.Relation == relation
	case oracle.Union:
		return slices.ContainsFunc(e, in)
	case oracle.Intersection:
		return slices.ContainsFunc(e, in)
	case oracle.Exclusion:
		return in(e.Base) || in(e.Subtract)
	}
	return false
}

// excludes reports whether there is an exclusion in an expression.
func excludes(e oracle.Expr) bool {
	switch e := e.(type) {
	case oracle.Exclusion:
		return true
	case oracle.Union:
		return slices.ContainsFunc(e, excludes)
	case oracle.Intersection:
		return slices.ContainsFunc(e, excludes)
	}
	return false
}

// complete returns the tuples whose conditions have values for all parameters.
func (c Case) complete() []tuple.Relationship {
	return slices.DeleteFunc(slices.Clone(c.Tuples), func(r tuple.Relationship) bool {
		return r.Caveat != "" && !c.given(r)
	})
}

// incomplete reports whether there are others.
func (c Case) incomplete() bool { return len(c.complete()) < len(c.Tuples) }

// given reports whether every parameter of a tuple's condition has a value.
func (c Case) given(r tuple.Relationship) bool {
	for _, p := range c.Schema.Caveat(r.Caveat).Parameters {
		_, stored := r.Context[p.Name]
		_, given := c.Given[p.Name]
		if !stored && !given {
			return false
		}
	}
	return true
}
