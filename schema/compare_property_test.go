package schema_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/internal/oracle/gen"
	. "github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// drawPair draws two schemas that have much in common: each type, and each
// relation of it, is one's own or the other's.
func drawPair(t *rapid.T) (c *gen.Case, mixed *oracle.Schema, before, after *Schema) {
	c = gen.Draw(t)
	other := gen.Draw(t).Schema
	mixed = &oracle.Schema{Caveats: c.Schema.Caveats}
	for _, typ := range c.Schema.Types {
		o := other.Type(typ.Name)
		if o == nil {
			if rapid.IntRange(0, 3).Draw(t, "keep") > 0 {
				mixed.Types = append(mixed.Types, typ)
			}
			continue
		}
		m := &oracle.Type{Name: typ.Name}
		for _, r := range typ.Relations {
			if s := o.Relation(r.Name); s != nil && rapid.IntRange(0, 3).Draw(t, "other") == 0 {
				r = s
			}
			m.Relations = append(m.Relations, r)
		}
		mixed.Types = append(mixed.Types, m)
	}
	after, err := gen.Build(mixed)
	if err != nil {
		mixed = other
		after, err = gen.Build(other)
		require.NoError(t, err)
	}
	before, err = gen.Build(c.Schema)
	require.NoError(t, err)
	return c, mixed, before, after
}

// canonical is a rewrite whose operands are sorted, each once.
func canonical(r Rewrite) string {
	join := func(op string, list []Rewrite) string {
		set := map[string]bool{}
		for _, c := range list {
			set[canonical(c)] = true
		}
		sorted := slices.Sorted(maps.Keys(set))
		if len(sorted) == 1 {
			return sorted[0]
		}
		return "(" + strings.Join(sorted, op) + ")"
	}
	switch r := r.(type) {
	case Union:
		return join(" + ", r.Children)
	case Intersection:
		return join(" & ", r.Children)
	case Exclusion:
		return "(" + canonical(r.Base) + " - " + canonical(r.Subtract) + ")"
	}
	return fmt.Sprintf("%T %v", r, r)
}

// closure says all that the answers of a relation depend on.
func closure(s *Schema, typ, relation string) map[string]bool {
	said := map[string]bool{}
	var visit func(d *Definition, r *Relation)
	tuples := func(d *Definition, r *Relation) {
		for _, t := range r.Subjects {
			said[d.Name+"#"+r.Name+" admits "+t.String()] = true
			if t.Caveat != "" {
				said[s.Caveat(t.Caveat).String()] = true
			}
		}
	}
	visit = func(d *Definition, r *Relation) {
		is := d.Name + "#" + r.Name + fmt.Sprint(" is ", r.Permission, " ", canonical(r.Rewrite))
		if said[is] {
			return
		}
		said[is] = true
		Walk(r.Rewrite, func(op Rewrite) bool {
			switch op := op.(type) {
			case This:
				tuples(d, r)
				for _, t := range r.Subjects {
					if t.Relation != "" {
						visit(s.Definition(t.Type), s.Definition(t.Type).Relation(t.Relation))
					}
				}
			case Computed:
				visit(d, d.Relation(op.Relation))
			case TupleToUserset:
				tuples(d, d.Relation(op.Tupleset))
				for _, t := range d.Relation(op.Tupleset).Subjects {
					if target := s.Definition(t.Type).Relation(op.Computed); target != nil && !t.Wildcard {
						visit(s.Definition(t.Type), target)
					}
				}
			}
			return true
		})
	}
	if d := s.Definition(typ); d != nil && d.Relation(relation) != nil {
		visit(d, d.Relation(relation))
	}
	return said
}

func nodes(s *Schema) (list [][2]string) {
	for _, d := range s.Definitions() {
		for _, r := range d.Relations {
			list = append(list, [2]string{d.Name, r.Name})
		}
	}
	return list
}

func affected(changes Changes) map[string]bool {
	set := map[string]bool{}
	for _, c := range changes {
		for _, a := range c.Affects {
			set[a] = true
		}
	}
	return set
}

// TestCompareAffects: what depends on something else than before is named, and
// nothing else is; and what is not named has the same answers.
func TestCompareAffects(t *testing.T) {
	same, differ, questions := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		c, mixed, before, after := drawPair(t)
		changes, err := Compare(before, after)
		require.NoError(t, err)
		affects := affected(changes)
		for _, n := range append(nodes(before), nodes(after)...) {
			was, is := closure(before, n[0], n[1]), closure(after, n[0], n[1])
			if maps.Equal(was, is) {
				same++
			} else {
				differ++
			}
			require.Equal(t, !maps.Equal(was, is), affects[n[0]+"#"+n[1]], "%s#%s\n%s\n%s\n%s", n[0], n[1], before, after, changes)
		}
		var tuples []tuple.Relationship
		for _, r := range c.Tuples {
			if after.ValidateRelationship(r) == nil && mixed.Admit(r) {
				tuples = append(tuples, r)
			}
		}
		one, two := oracle.NewModel(c.Schema, tuples, c.Asked, nil, c.Objects()...), (*oracle.Model)(nil)
		var objects []tuple.Object
		for _, o := range c.Objects() {
			if after.Definition(o.Type) != nil {
				objects = append(objects, o)
			}
		}
		two = oracle.NewModel(mixed, tuples, c.Asked, nil, objects...)
		for _, o := range objects {
			for _, r := range before.Definition(o.Type).Relations {
				if affects[o.Type+"#"+r.Name] {
					continue
				}
				for i, s := range c.Subjects() {
					if q := tuple.New(o, r.Name, s); i%3 == 0 && after.ValidateTuple(q) == nil {
						questions++
						require.Equal(t, one.Holds(q), two.Holds(q), "%v\n%s\n%s\n%s", q, before, after, changes)
					}
				}
			}
		}
	})
	t.Logf("%d relations had another closure, %d the same; %d questions agreed", differ, same, questions)
	require.NotZero(t, questions)
}

// TestCompareSame: a schema has not changed, in whatever order it is written;
// and a rename by itself changes nothing else.
func TestCompareSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := gen.Draw(t)
		s, err := gen.Build(c.Schema)
		require.NoError(t, err)
		changes, err := Compare(s, s)
		require.NoError(t, err)
		require.Empty(t, changes)
		shuffled := &oracle.Schema{Caveats: c.Schema.Caveats}
		for _, i := range rapid.Permutation(c.Schema.Types).Draw(t, "types") {
			typ := &oracle.Type{Name: i.Name}
			for _, r := range rapid.Permutation(i.Relations).Draw(t, "relations") {
				typ.Relations = append(typ.Relations, &oracle.Relation{Name: r.Name, Admits: reversed(r.Admits), Rewrite: swapped(r.Rewrite)})
			}
			shuffled.Types = append(shuffled.Types, typ)
		}
		u, err := gen.Build(shuffled)
		require.NoError(t, err)
		changes, err = Compare(s, u)
		require.NoError(t, err)
		require.Empty(t, changes, "%s\n%s", s, u)

		renamed, renames := rename(shuffled, rapid.SampledFrom([]string{"member", "parent", "view"}).Draw(t, "relation"))
		u, err = gen.Build(renamed)
		require.NoError(t, err)
		changes, err = Compare(s, u, renames...)
		require.NoError(t, err)
		require.Len(t, changes, len(renames), "%s", changes)
		require.Empty(t, affected(changes))
		for _, r := range c.Tuples {
			require.NoError(t, s.ValidateRelationship(r))
			require.NoError(t, u.ValidateRelationship(Renames(renames).Tuple(r)))
		}
	})
}

func reversed[T any](list []T) []T {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

// swapped is the rewrite with its operands in another order, and one twice.
func swapped(e oracle.Expr) oracle.Expr {
	each := func(list []oracle.Expr) (out []oracle.Expr) {
		for _, c := range list {
			out = append(out, swapped(c))
		}
		return append(reversed(out), out[0])
	}
	switch e := e.(type) {
	case oracle.Union:
		return oracle.Union(each(e))
	case oracle.Intersection:
		return oracle.Intersection(each(e))
	case oracle.Exclusion:
		return oracle.Exclusion{Base: swapped(e.Base), Subtract: swapped(e.Subtract)}
	}
	return e
}

// rename gives a type and a relation, wherever it is, other names.
func rename(s *oracle.Schema, relation string) (*oracle.Schema, []Rename) {
	typ := s.Types[len(s.Types)/2].Name
	renames := []Rename{{Type: typ, To: "other"}}
	name := func(n string) string {
		if n == relation {
			return "renamed"
		}
		return n
	}
	var expr func(e oracle.Expr) oracle.Expr
	each := func(list []oracle.Expr) (out []oracle.Expr) {
		for _, c := range list {
			out = append(out, expr(c))
		}
		return out
	}
	expr = func(e oracle.Expr) oracle.Expr {
		switch e := e.(type) {
		case oracle.Computed:
			return oracle.Computed{Relation: name(e.Relation)}
		case oracle.Arrow:
			return oracle.Arrow{Tupleset: name(e.Tupleset), Relation: name(e.Relation)}
		case oracle.ArrowAll:
			return oracle.ArrowAll{Tupleset: name(e.Tupleset), Relation: name(e.Relation)}
		case oracle.Union:
			return oracle.Union(each(e))
		case oracle.Intersection:
			return oracle.Intersection(each(e))
		case oracle.Exclusion:
			return oracle.Exclusion{Base: expr(e.Base), Subtract: expr(e.Subtract)}
		}
		return e
	}
	out := &oracle.Schema{Caveats: s.Caveats}
	for _, t := range s.Types {
		u := &oracle.Type{Name: t.Name}
		if u.Name == typ {
			u.Name = "other"
		}
		for _, r := range t.Relations {
			q := &oracle.Relation{Name: name(r.Name), Rewrite: expr(r.Rewrite)}
			if q.Name != r.Name {
				renames = append(renames, Rename{t.Name, r.Name, q.Name})
			}
			for _, a := range r.Admits {
				a.Relation = name(a.Relation)
				if a.Type == typ {
					a.Type = "other"
				}
				q.Admits = append(q.Admits, a)
			}
			u.Relations = append(u.Relations, q)
		}
		out.Types = append(out.Types, u)
	}
	return out, renames
}

// TestCompareRenamed: if one relation of one type has another name, which an
// arrow can lead to or lead to no more, what is not named has the same answers.
func TestCompareRenamed(t *testing.T) {
	questions := 0
	rapid.Check(t, func(t *rapid.T) {
		c, mixed, before, _ := drawPair(t)
		if rapid.Bool().Draw(t, "nothing else changed") {
			mixed = c.Schema
		}
		typ := rapid.SampledFrom(mixed.Types).Draw(t, "type")
		if len(typ.Relations) == 0 {
			return
		}
		old := rapid.SampledFrom(typ.Relations).Draw(t, "relation").Name
		name := rapid.SampledFrom([]string{"member", "parent", "owner", "banned", "view", "edit", "join", "x"}).Draw(t, "to")
		renamed := renameOne(mixed, typ.Name, old, name)
		after, err := gen.Build(renamed)
		if err != nil || typ.Relation(name) != nil {
			return
		}
		renames := Renames{{Type: typ.Name, Relation: old, To: name}}
		changes, err := Compare(before, after, renames...)
		if err != nil {
			return
		}
		affects := affected(changes)
		var was, is []tuple.Relationship
		for _, r := range c.Tuples {
			if s := renames.Tuple(r); after.ValidateRelationship(s) == nil {
				was, is = append(was, r), append(is, s)
			}
		}
		var objects []tuple.Object
		for _, o := range c.Objects() {
			if after.Definition(o.Type) != nil {
				objects = append(objects, o)
			}
		}
		one, two := oracle.NewModel(c.Schema, was, c.Asked, nil, c.Objects()...), oracle.NewModel(renamed, is, c.Asked, nil, objects...)
		for _, o := range objects {
			for _, r := range before.Definition(o.Type).Relations {
				for i, s := range c.Subjects() {
					q := tuple.New(o, r.Name, s)
					mapped := renames.Tuple(q.Always()).Tuple
					if i%3 == 0 && after.ValidateTuple(mapped) == nil && !affects[o.Type+"#"+mapped.Relation] {
						questions++
						require.Equal(t, one.Holds(q), two.Holds(mapped), "%v\n%s\n%s\n%s", q, before, after, changes)
					}
				}
			}
		}
	})
	require.NotZero(t, questions)
}

// renameOne renames a relation of one type, but not in arrows to it.
func renameOne(s *oracle.Schema, typ, old, name string) *oracle.Schema {
	out := &oracle.Schema{Caveats: s.Caveats}
	for _, t := range s.Types {
		u := &oracle.Type{Name: t.Name}
		for _, r := range t.Relations {
			q := &oracle.Relation{Name: r.Name, Rewrite: r.Rewrite}
			if t.Name == typ {
				q.Rewrite = renamedOperands(r.Rewrite, old, name)
				if r.Name == old {
					q.Name = name
				}
			}
			for _, a := range r.Admits {
				if a.Type == typ && a.Relation == old {
					a.Relation = name
				}
				q.Admits = append(q.Admits, a)
			}
			u.Relations = append(u.Relations, q)
		}
		out.Types = append(out.Types, u)
	}
	return out
}

func renamedOperands(e oracle.Expr, old, name string) oracle.Expr {
	is := func(n string) string {
		if n == old {
			return name
		}
		return n
	}
	each := func(list []oracle.Expr) (out []oracle.Expr) {
		for _, c := range list {
			out = append(out, renamedOperands(c, old, name))
		}
		return out
	}
	switch e := e.(type) {
	case oracle.Computed:
		return oracle.Computed{Relation: is(e.Relation)}
	case oracle.Arrow:
		return oracle.Arrow{Tupleset: is(e.Tupleset), Relation: e.Relation}
	case oracle.ArrowAll:
		return oracle.ArrowAll{Tupleset: is(e.Tupleset), Relation: e.Relation}
	case oracle.Union:
		return oracle.Union(each(e))
	case oracle.Intersection:
		return oracle.Intersection(each(e))
	case oracle.Exclusion:
		return oracle.Exclusion{Base: renamedOperands(e.Base, old, name), Subtract: renamedOperands(e.Subtract, old, name)}
	}
	return e
}
