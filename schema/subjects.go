package schema

import (
	"maps"
	"slices"
)

// wildcards reports what SpiceDB refuses: an arrow over a relation with a
// wildcard, direct or through a userset, and a userset of another type whose
// relation has one.
func (g *graph) wildcards() {
	origin := make([]int, len(g.nodes)) // the relation with the wildcard, from 1
	needed := make([][]int, len(g.nodes))
	var queue []int
	for i, n := range g.nodes {
		for _, s := range n.rel.Subjects {
			if s.Wildcard && origin[i] == 0 {
				origin[i] = i + 1
				queue = append(queue, i)
			}
		}
		for _, e := range g.edges[i] {
			if !n.rel.Permission {
				needed[e.to] = append(needed[e.to], i)
			}
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, i := range needed[queue[0]] {
			if origin[i] == 0 {
				origin[i] = origin[queue[0]]
				queue = append(queue, i)
			}
		}
	}
	wild := func(def *Definition, name string) string {
		if def == nil || def.byName[name] == nil {
			return ""
		}
		if o := origin[g.index[def.byName[name]]]; o > 0 {
			return g.nodes[o-1].String()
		}
		return ""
	}
	for _, n := range g.nodes {
		for _, t := range n.m.types {
			if from := wild(g.schema.byName[t.Type], t.Relation); from != "" && t.Type != n.def.Name && !n.rel.Permission {
				name := t.Type + "#" + t.Relation
				g.report.errorf(t.at, n.String(), "%s cannot be a subject: it %s", name, admitsWildcard(name, from))
			}
		}
		if n.m.expr == nil {
			continue
		}
		n.m.expr.walk(false, func(e *expr, _ bool) {
			if e.kind != exprArrow {
				return
			}
			if from := wild(n.def, e.name.text); from != "" {
				g.report.errorf(e.name.at, n.String(), "no arrow can follow %s: it %s", e.name.text, admitsWildcard(n.def.Name+"#"+e.name.text, from))
			}
		})
	}
}

func admitsWildcard(name, from string) string {
	if name == from {
		return "admits a wildcard"
	}
	return "leads to " + from + ", which admits a wildcard"
}

// annotations checks, in files that use typechecking, that no permission can be
// held by a type of subject which its annotation does not name.
func (g *graph) annotations() {
	checked := map[*source]bool{}
	for _, f := range g.files {
		if _, on := f.flags["typechecking"]; on {
			checked[f.src] = true
		}
	}
	if len(checked) == 0 || g.report.errors > 0 {
		return
	}
	sets := g.subjectTypes()
	for i, n := range g.nodes {
		if !n.rel.Permission || len(n.m.types) == 0 || !checked[n.m.name.at.src] {
			continue
		}
		for _, typ := range slices.Sorted(maps.Keys(sets[i])) {
			if !slices.ContainsFunc(n.m.types, func(t typeRef) bool { return t.Type == typ }) {
				g.report.errorf(n.m.name.at, n.String(), "%s can be held by type %q, which its annotation does not name", n, typ)
				break
			}
		}
	}
}

// subjectTypes returns the types whose objects can hold each node.
func (g *graph) subjectTypes() []map[string]bool {
	sets := make([]map[string]bool, len(g.nodes))
	g.fixpoint(func(i int) bool {
		n := g.nodes[i]
		set := g.typesOf(n.def, n.rel, n.rel.Rewrite, sets)
		grown := len(set) > len(sets[i])
		if grown {
			sets[i] = set
		}
		return grown
	})
	return sets
}

func (g *graph) typesOf(def *Definition, rel *Relation, r Rewrite, sets []map[string]bool) map[string]bool {
	set := map[string]bool{}
	switch r := r.(type) {
	case This:
		for _, s := range rel.Subjects {
			if s.Relation == "" {
				set[s.Type] = true
			} else {
				maps.Copy(set, sets[g.index[g.schema.byName[s.Type].byName[s.Relation]]])
			}
		}
	case Self:
		set[def.Name] = true
	case Computed:
		maps.Copy(set, sets[g.index[def.byName[r.Relation]]])
	case TupleToUserset:
		for _, d := range g.targets(def, r.Tupleset) {
			if target := d.byName[r.Computed]; target != nil {
				maps.Copy(set, sets[g.index[target]])
			}
		}
	case Union:
		for _, c := range r.Children {
			maps.Copy(set, g.typesOf(def, rel, c, sets))
		}
	case Intersection:
		for i, c := range r.Children {
			types := g.typesOf(def, rel, c, sets)
			if i == 0 {
				set = types
			}
			maps.DeleteFunc(set, func(t string, _ bool) bool { return !types[t] })
		}
	case Exclusion:
		return g.typesOf(def, rel, r.Base, sets)
	}
	return set
}
