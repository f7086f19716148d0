package schema

import "strings"

// A Rewrite says who holds a relation: one of Zanzibar's operators, as a tree.
// The types that implement it are [This], [Computed], [TupleToUserset],
// [Union], [Intersection], [Exclusion], [Nil] and [Self], as values and not as
// pointers. Those of a compiled schema are read-only, at most 500 deep, and in
// normal form: no operator has fewer than two operands, and no operand of a
// union is a union, nor that of an intersection an intersection.
type Rewrite interface {
	// String returns the operator in the language's syntax, with no more
	// parentheses than its precedence needs.
	String() string
	rewrite()
}

type (
	// This is whoever the relation's own tuples name.
	This struct{}
	// Computed is whoever holds another relation of the same object.
	Computed struct{ Relation string }
	// TupleToUserset is an arrow: it follows the tuples of the relation Tupleset
	// from the object to the objects of their subjects, and is whoever holds the
	// relation Computed on one of these; on each of these (and there is one) if
	// All. Objects whose type lacks the relation are skipped.
	TupleToUserset struct {
		Tupleset, Computed string
		All                bool
	}
	// Union is whoever is in one of its children.
	Union struct{ Children []Rewrite }
	// Intersection is whoever is in all of its children.
	Intersection struct{ Children []Rewrite }
	// Exclusion is whoever is in Base and not in Subtract.
	Exclusion struct{ Base, Subtract Rewrite }
	// Nil is nobody.
	Nil struct{}
	// Self is the object itself, as a subject.
	Self struct{}
)

func (This) rewrite()           {}
func (Computed) rewrite()       {}
func (TupleToUserset) rewrite() {}
func (Union) rewrite()          {}
func (Intersection) rewrite()   {}
func (Exclusion) rewrite()      {}
func (Nil) rewrite()            {}
func (Self) rewrite()           {}

// String returns "this", which stands in no schema text: see [Relation].
func (This) String() string { return "this" }

// String returns the relation's name.
func (c Computed) String() string { return c.Relation }

// String returns tupleset->computed or tupleset.all(computed).
func (t TupleToUserset) String() string {
	if t.All {
		return t.Tupleset + ".all(" + t.Computed + ")"
	}
	return t.Tupleset + "->" + t.Computed
}

// String returns the children joined by +.
func (u Union) String() string { return operands(" + ", bindUnion, u.Children) }

// String returns the children joined by &.
func (i Intersection) String() string { return operands(" & ", bindIntersection, i.Children) }

// String returns base - subtract.
func (e Exclusion) String() string {
	return operand(e.Base, bindExclusion) + " - " + operand(e.Subtract, bindIntersection)
}

// String returns "nil".
func (Nil) String() string { return "nil" }

// String returns "self".
func (Self) String() string { return "self" }

// How tightly an operator binds: + most of all, then &, then -.
const (
	bindExclusion = iota
	bindIntersection
	bindUnion
	bindAtom
)

func binding(r Rewrite) int {
	switch r := r.(type) {
	case Union:
		if len(r.Children) > 1 {
			return bindUnion
		}
	case Intersection:
		if len(r.Children) > 1 {
			return bindIntersection
		}
	case Exclusion:
		return bindExclusion
	}
	return bindAtom
}

// operands prints a list, whose members must bind more tightly than the list.
func operands(op string, bind int, children []Rewrite) string {
	switch len(children) {
	case 0:
		return "nil"
	case 1:
		return children[0].String()
	}
	var b strings.Builder
	for i, c := range children {
		if i > 0 {
			b.WriteString(op)
		}
		b.WriteString(operand(c, bind+1))
	}
	return b.String()
}

// operand prints r, in parentheses if it binds less tightly than it must.
func operand(r Rewrite, bind int) string {
	if binding(r) < bind {
		return "(" + r.String() + ")"
	}
	return r.String()
}

// Walk calls visit for r and every operator below it, each before its
// children, from left to right. It stops early when visit returns false, and
// reports whether it did not.
func Walk(r Rewrite, visit func(Rewrite) bool) bool {
	if !visit(r) {
		return false
	}
	switch r := r.(type) {
	case Union:
		return walkAll(r.Children, visit)
	case Intersection:
		return walkAll(r.Children, visit)
	case Exclusion:
		return Walk(r.Base, visit) && Walk(r.Subtract, visit)
	}
	return true
}

func walkAll(list []Rewrite, visit func(Rewrite) bool) bool {
	for _, r := range list {
		if !Walk(r, visit) {
			return false
		}
	}
	return true
}
