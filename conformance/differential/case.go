// Package differential asks OpenFGA and baobab the same questions: about random
// models that both languages express, over random tuples, some with conditions.
//
// OpenFGA runs in the same process, its server on its memory store, without limits
// on lists and with the greatest depth that it admits. Every disagreement is
// judged by the oracle, the naive evaluator that implements docs/SEMANTICS.md and
// nothing else: if the engine is not what the oracle says, the test fails; if it
// is, the disagreement must belong to one of the classes in class.go.
package differential

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/tuple"
)

// A Case is a model, tuples, and what is given to conditions.
type Case struct {
	Schema *oracle.Schema
	Tuples []tuple.Relationship
	Given  map[string]any
}

// The names of all cases. Both types have the same relations, so that an arrow
// meets its target on either. The relation parent is what arrows follow.
var (
	typeNames     = []string{"group", "doc"}
	relationNames = []string{"a", "b", "c"}
	ids           = []string{"1", "2"}
	users         = []string{"ann", "bob"}
)

const parent = "parent"

// Draw draws a case.
func Draw(t *rapid.T) Case {
	s := drawSchema(t)
	return Case{s, drawTuples(t, s), drawValues(t, s.Caveats)}
}

// drawSchema draws a model that OpenFGA should accept, although it may refuse one
// of whose relations nobody could ever be in.
func drawSchema(t *rapid.T) *oracle.Schema {
	s := &oracle.Schema{Types: []*oracle.Type{{Name: "user"}}}
	if rapid.IntRange(0, 2).Draw(t, "conditions") == 2 {
		s.Caveats = []*oracle.Caveat{
			{Name: "c1", Parameters: []oracle.Parameter{{Name: "x", Type: "bool"}}, Expression: "x"},
			{Name: "c2", Parameters: []oracle.Parameter{{Name: "x", Type: "bool"}, {Name: "y", Type: "bool"}}, Expression: "x || !y"},
		}
	}
	for _, name := range typeNames {
		s.Types = append(s.Types, &oracle.Type{Name: name})
	}
	for _, typ := range s.Types[1:] {
		up := &oracle.Relation{Name: parent, Rewrite: oracle.This{}}
		for _, name := range subset(t, "parents", typeNames) {
			up.Admits = append(up.Admits, admitted(t, s, oracle.Admit{Type: name})...)
		}
		typ.Relations = append(typ.Relations, up)
		for _, name := range relationNames[:rapid.IntRange(1, len(relationNames)).Draw(t, "relations")] {
			typ.Relations = append(typ.Relations, &oracle.Relation{Name: name})
		}
	}
	for _, typ := range s.Types[1:] {
		d := drawer{t, s, typ}
		for _, r := range typ.Relations[1:] {
			d.relation(r)
		}
	}
	return s
}

// subset draws some of the values, at least one.
func subset[T any](t *rapid.T, label string, all []T) []T {
	n := rapid.IntRange(1, len(all)).Draw(t, label)
	return rapid.Permutation(all).Draw(t, label)[:n]
}

// admitted returns a form of subject: as it is, with a condition, or both.
func admitted(t *rapid.T, s *oracle.Schema, a oracle.Admit) []oracle.Admit {
	if len(s.Caveats) == 0 {
		return []oracle.Admit{a}
	}
	with := a
	with.Caveat = rapid.SampledFrom(s.Caveats).Draw(t, "caveat").Name
	return [][]oracle.Admit{{a}, {a}, {with}, {a, with}}[rapid.IntRange(0, 3).Draw(t, "with")]
}

// A drawer draws the relations of one type.
type drawer struct {
	t   *rapid.T
	s   *oracle.Schema
	typ *oracle.Type
}

// relation draws what a relation admits, and its rewrite. One in four stores
// nothing.
func (d drawer) relation(r *oracle.Relation) {
	depth := rapid.IntRange(0, 2).Draw(d.t, "depth")
	if depth > 0 && rapid.IntRange(0, 3).Draw(d.t, "stored") == 3 {
		r.Rewrite = d.expression(r, depth, false)
		return
	}
	forms := []oracle.Admit{{Type: "user"}, {Type: "user", Wildcard: true}}
	for _, typ := range d.s.Types[1:] {
		forms = append(forms, oracle.Admit{Type: typ.Name})
		for _, q := range typ.Relations[1:] {
			u := oracle.Admit{Type: typ.Name, Relation: q.Name}
			forms = append(forms, u, u)
		}
	}
	for _, a := range subset(d.t, "forms", forms)[:rapid.IntRange(1, 3).Draw(d.t, "admits")%3] {
		if !slices.ContainsFunc(r.Admits, func(b oracle.Admit) bool {
			return a.Type == b.Type && a.Relation == b.Relation && a.Wildcard == b.Wildcard
		}) {
			r.Admits = append(r.Admits, admitted(d.t, d.s, a)...)
		}
	}
	if !slices.ContainsFunc(r.Admits, func(b oracle.Admit) bool { return b.Type == "user" && !b.Wildcard }) {
		r.Admits = append(r.Admits, oracle.Admit{Type: "user"})
	}
	r.Rewrite = d.expression(r, depth, true)
}

// expression draws a rewrite, with the relation's own tuples in it if it is to be
// stored: in the place furthest to the left, or to the right.
func (d drawer) expression(r *oracle.Relation, depth int, stored bool) oracle.Expr {
	if depth == 0 {
		if stored {
			return oracle.This{}
		}
		return d.leaf(r)
	}
	left := d.expression(r, depth-1, stored)
	right := d.expression(r, rapid.IntRange(0, depth-1).Draw(d.t, "right"), false)
	if rapid.IntRange(0, 3).Draw(d.t, "swapped") == 3 {
		left, right = right, left
	}
	switch rapid.IntRange(0, 4).Draw(d.t, "operator") {
	case 2:
		return oracle.Intersection{left, right}
	case 3, 4:
		return oracle.Exclusion{Base: left, Subtract: right}
	}
	return oracle.Union{left, right}
}

// leaf draws another relation of the same object, or an arrow.
func (d drawer) leaf(r *oracle.Relation) oracle.Expr {
	var all []oracle.Expr
	for _, q := range d.typ.Relations[1:] {
		if q != r {
			all = append(all, oracle.Computed{Relation: q.Name})
		}
	}
	for _, a := range d.typ.Relations[0].Admits {
		for _, q := range d.s.Type(a.Type).Relations[1:] {
			all = append(all, oracle.Arrow{Tupleset: parent, Relation: q.Name})
		}
	}
	return rapid.SampledFrom(all).Draw(d.t, "leaf")
}

// drawTuples draws tuples that the model admits, each once. There may be none.
func drawTuples(t *rapid.T, s *oracle.Schema) []tuple.Relationship {
	type form struct {
		typ, relation string
		oracle.Admit
	}
	var forms []form
	for _, typ := range s.Types {
		for _, r := range typ.Relations {
			for _, a := range r.Admits {
				forms = append(forms, form{typ.Name, r.Name, a})
			}
		}
	}
	var all []tuple.Relationship
	for range rapid.IntRange(1, 12).Draw(t, "tuples") {
		f := rapid.SampledFrom(forms).Draw(t, "form")
		from := ids
		if f.Type == "user" {
			from = users
		}
		subject := tuple.Subject{Object: tuple.Object{Type: f.Type, ID: rapid.SampledFrom(from).Draw(t, "subject")}, Relation: f.Relation}
		if f.Wildcard {
			subject.ID = tuple.Wildcard
		}
		r := tuple.New(tuple.Object{Type: f.typ, ID: rapid.SampledFrom(ids).Draw(t, "object")}, f.relation, subject).Always()
		if f.Caveat != "" {
			r = r.When(f.Caveat, drawValues(t, []*oracle.Caveat{s.Caveat(f.Caveat)}))
		}
		implicit := r.Subject == r.Object.Userset(r.Relation) // which OpenFGA does not store
		if !implicit && !slices.ContainsFunc(all, func(other tuple.Relationship) bool { return other.Tuple == r.Tuple }) {
			all = append(all, r)
		}
	}
	return all
}

// drawValues draws values for some of the parameters of conditions.
func drawValues(t *rapid.T, caveats []*oracle.Caveat) map[string]any {
	values := map[string]any{}
	for _, c := range caveats {
		for _, p := range c.Parameters {
			if n := rapid.IntRange(0, 2).Draw(t, p.Name); n > 0 {
				values[p.Name] = n == 1
			}
		}
	}
	if len(values) == 0 {
		return nil
	}
	return values
}

// String prints the case for a person, and for a test to be made of it.
func (c Case) String() string {
	var b strings.Builder
	b.WriteString(c.Schema.Source())
	for _, r := range c.Tuples {
		fmt.Fprintln(&b, r)
	}
	fmt.Fprintln(&b, "given", c.Given)
	return b.String()
}
