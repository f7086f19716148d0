package schema

import (
	"fmt"
	"slices"

	"github.com/baobab-authz/baobab/schema/internal/front"
)

// A graph has the relations and permissions of all types as its nodes, and what
// each needs as its edges.
type graph struct {
	*compiler
	nodes []node
	index map[*Relation]int
	edges [][]edge // by node
	holds []bool   // by node: someone can hold it
	leads map[*Relation][]*Definition
}

type node struct {
	def *Definition
	rel *Relation
	m   *member
}

func (n node) String() string { return n.def.Name + "#" + n.rel.Name }

// An edge says that a relation needs another.
type edge struct {
	to       int
	at       span
	negative bool // it is subtracted
	same     bool // of the same object in any case
}

func newGraph(c *compiler) *graph {
	g := &graph{compiler: c, index: map[*Relation]int{}, leads: map[*Relation][]*Definition{}}
	for i, def := range c.schema.definitions {
		for j, rel := range def.Relations {
			g.index[rel] = len(g.nodes)
			g.nodes = append(g.nodes, node{def, rel, &c.members[i][j]})
		}
	}
	g.edges = make([][]edge, len(g.nodes))
	for i := range g.nodes {
		g.connect(i)
	}
	return g
}

// connect finds the edges of node i. Names that are unknown have none.
func (g *graph) connect(i int) {
	n := g.nodes[i]
	add := func(def *Definition, name string, e edge) {
		if def == nil {
			return
		}
		if rel := def.byName[name]; rel != nil {
			e.to = g.index[rel]
			g.edges[i] = append(g.edges[i], e)
		}
	}
	this := func(negative bool) {
		for _, t := range n.m.types {
			if t.Relation != "" {
				add(g.schema.byName[t.Type], t.Relation, edge{at: t.at, negative: negative})
			}
		}
	}
	if n.m.expr == nil {
		if !n.rel.Permission {
			this(false)
		}
		return
	}
	n.m.expr.walk(false, func(e *expr, under bool) {
		switch e.kind {
		case exprThis:
			this(under)
		case exprName:
			add(n.def, e.name.text, edge{at: e.at, negative: under, same: true})
		case exprArrow:
			for _, def := range g.targets(n.def, e.name.text) {
				add(def, e.target.text, edge{at: e.at, negative: under})
			}
		}
	})
}

// targets returns the types to which an arrow over a relation leads.
func (g *graph) targets(def *Definition, tupleset string) []*Definition {
	rel := def.byName[tupleset]
	if rel == nil {
		return nil
	}
	list, ok := g.leads[rel]
	if ok {
		return list
	}
	seen := map[*Definition]bool{}
	for _, s := range rel.Subjects {
		if d := g.schema.byName[s.Type]; d != nil && !s.Wildcard && !seen[d] {
			seen[d] = true
			list = append(list, d)
		}
	}
	g.leads[rel] = list
	return list
}

// check looks for what no one can hold and what excludes itself, and compares
// annotations.
func (g *graph) check() {
	g.propagate()
	g.unheld()
	g.exclusions()
	g.annotations()
}

// propagate finds what someone can hold: the least fixpoint. An explicit nil
// counts as held, because it is meant.
func (g *graph) propagate() {
	g.holds = make([]bool, len(g.nodes))
	g.fixpoint(func(i int) bool {
		n := g.nodes[i]
		if g.holds[i] || !n.m.broken && !g.holdable(n.def, n.rel, n.rel.Rewrite) {
			return false
		}
		g.holds[i] = true
		return true
	})
}

// fixpoint calls grow for each node, and again while what it needs has grown: a
// component after those that it needs, so that what is in no cycle is looked at
// once.
func (g *graph) fixpoint(grow func(i int) bool) {
	next, needed := make([][]int, len(g.nodes)), make([][]int, len(g.nodes))
	last := make([]int, len(g.nodes)) // the node that has been entered last in needed, from 1
	for i, edges := range g.edges {
		for _, e := range edges {
			if last[e.to] != i+1 {
				last[e.to] = i + 1
				next[i] = append(next[i], e.to)
				needed[e.to] = append(needed[e.to], i)
			}
		}
	}
	component := components(next)
	order := make([]int, len(g.nodes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return component[i] - component[j] })
	waits := make([]bool, len(g.nodes))
	for len(order) > 0 {
		n := 1
		for n < len(order) && component[order[n]] == component[order[0]] {
			n++
		}
		queue := slices.Clone(order[:n])
		order = order[n:]
		for _, i := range queue {
			waits[i] = true
		}
		for ; len(queue) > 0; queue = queue[1:] {
			i := queue[0]
			waits[i] = false
			if !grow(i) {
				continue
			}
			for _, j := range needed[i] {
				if component[j] == component[i] && !waits[j] {
					waits[j] = true
					queue = append(queue, j)
				}
			}
		}
	}
}

// holdable reports whether someone can be in r, by what is known so far.
// Whatever is wrong in another way is.
func (g *graph) holdable(def *Definition, rel *Relation, r Rewrite) bool {
	held := func(d *Definition, name string) bool {
		if d == nil || d.byName[name] == nil {
			return true
		}
		return g.holds[g.index[d.byName[name]]]
	}
	child := func(r Rewrite) bool { return g.holdable(def, rel, r) }
	switch r := r.(type) {
	case This:
		return slices.ContainsFunc(rel.Subjects, func(s SubjectType) bool {
			return s.Relation == "" || held(g.schema.byName[s.Type], s.Relation)
		})
	case Computed:
		return held(def, r.Relation)
	case TupleToUserset:
		known := false
		for _, d := range g.targets(def, r.Tupleset) {
			if d.byName[r.Computed] != nil {
				if known = true; held(d, r.Computed) {
					return true
				}
			}
		}
		return !known
	case Union:
		return slices.ContainsFunc(r.Children, child)
	case Intersection:
		return !slices.ContainsFunc(r.Children, func(c Rewrite) bool { return !child(c) })
	case Exclusion:
		return child(r.Base)
	}
	return true
}

// unheld reports the cycles because of which no one can hold something, each
// once; what merely depends on one is not reported.
func (g *graph) unheld() {
	next := make([][]int, len(g.nodes))
	for i := range g.nodes {
		for _, e := range g.edges[i] {
			if !g.holds[i] && !g.holds[e.to] && !e.negative {
				next[i] = append(next[i], e.to)
			}
		}
	}
	component := components(next)
	root := map[int]int{} // the first node of each component from which no other is reached
	for i := range g.nodes {
		if _, ok := root[component[i]]; !ok && !g.holds[i] {
			root[component[i]] = i
		}
	}
	for i := range g.nodes {
		for _, j := range next[i] {
			if component[i] != component[j] {
				root[component[i]] = -1
			}
		}
	}
	for i, n := range g.nodes {
		if g.holds[i] || root[component[i]] != i {
			continue
		}
		suggestion := "admit a type of subject besides"
		if n.rel.Permission {
			suggestion = "write nil if that is meant"
		}
		needs := "itself"
		if path := shortestCycle(next, i); len(path) > 1 {
			needs = g.chain(append(path[1:], i))
		}
		g.report.add(n.m.name.at, Diagnostic{About: n.String(), Suggestion: suggestion,
			Message: fmt.Sprintf("no one can ever hold %s: it needs %s", n, needs)})
	}
}

// chain names nodes each of which needs the next.
func (g *graph) chain(path []int) string {
	names := make([]string, len(path))
	for k, i := range path {
		names[k] = g.nodes[i].String()
	}
	return front.Chain(names)
}

// exclusions warns of what reaches itself through its own exclusion, be it on
// one and the same object or where the data closes the cycle.
func (g *graph) exclusions() {
	same, any := make([][]int, len(g.nodes)), make([][]int, len(g.nodes))
	for i, edges := range g.edges {
		for _, e := range edges {
			any[i] = append(any[i], e.to)
			if e.same {
				same[i] = append(same[i], e.to)
			}
		}
	}
	sameComponent, anyComponent := components(same), components(any)
	for i, n := range g.nodes {
		for _, e := range g.edges[i] {
			what := g.nodes[e.to].String()
			switch {
			case !e.negative:
			case e.same && sameComponent[i] == sameComponent[e.to]:
				if e.to == i {
					g.report.warnf(e.at, n.String(), "", "%s excludes itself: where the rest of it holds, the answer is an error", n)
				} else {
					g.report.warnf(e.at, n.String(), "", "%s excludes itself, because it excludes %s, which needs it: where the rest of it holds, the answer is an error", n, what)
				}
			case anyComponent[i] == anyComponent[e.to]:
				g.report.warnf(e.at, n.String(), "", "%s excludes %s of other objects, which can need it in turn: where the data closes the cycle, the answer is an error", n, what)
			}
		}
	}
}

// components returns the number of the strongly connected component of each
// node. (Tarjan's algorithm, without recursion, since a chain can be long.)
func components(next [][]int) []int {
	n := len(next)
	component, low, order := make([]int, n), make([]int, n), make([]int, n)
	var stack []int
	type frame struct{ node, edge int }
	var frames []frame
	count, number := 0, 0
	enter := func(v int) {
		number++
		order[v], low[v] = number, number
		stack = append(stack, v)
		frames = append(frames, frame{node: v})
	}
	for start := range n {
		if order[start] != 0 {
			continue
		}
		for enter(start); len(frames) > 0; {
			f := &frames[len(frames)-1]
			v := f.node
			if f.edge < len(next[v]) {
				w := next[v][f.edge]
				f.edge++
				if order[w] == 0 {
					enter(w)
				} else if component[w] == 0 {
					low[v] = min(low[v], order[w])
				}
				continue
			}
			frames = frames[:len(frames)-1]
			if len(frames) > 0 {
				parent := frames[len(frames)-1].node
				low[parent] = min(low[parent], low[v])
			}
			if low[v] != order[v] {
				continue
			}
			count++
			for w := -1; w != v; {
				w = stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				component[w] = count
			}
		}
	}
	return component
}

// shortestCycle returns the nodes of a shortest cycle through node i, beginning
// with it.
func shortestCycle(next [][]int, i int) []int {
	before := map[int]int{}
	for queue := []int{i}; len(queue) > 0; queue = queue[1:] {
		for _, j := range next[queue[0]] {
			if _, ok := before[j]; ok {
				continue
			}
			before[j] = queue[0]
			if j != i {
				queue = append(queue, j)
				continue
			}
			path := []int{i}
			for k := before[i]; k != i; k = before[k] {
				path = append(path, k)
			}
			slices.Reverse(path[1:])
			return path
		}
	}
	return nil
}
