package openfga

import "github.com/baobab-authz/baobab/schema/internal/front"

// A graph has the relations of all types as its nodes.
type graph struct {
	*checker
	nodes []node
	index map[*relation]int
	holds []bool // by node: someone can have it
}

type node struct {
	def *typeDef
	rel *relation
}

func (n node) String() string { return n.def.name.text + "#" + n.rel.name.text }

func newGraph(c *checker) *graph {
	g := &graph{checker: c, index: map[*relation]int{}}
	for _, def := range c.model.types {
		for _, rel := range def.relations {
			g.index[rel] = len(g.nodes)
			g.nodes = append(g.nodes, node{def, rel})
		}
	}
	return g
}

// needs returns the nodes of which an expression needs one or all.
func (g *graph) needs(n node, e *expr) []int {
	var list []int
	add := func(def *typeDef, relation string) {
		if rel := g.relations[def][relation]; rel != nil {
			list = append(list, g.index[rel])
		}
	}
	switch e.kind {
	case exprDirect:
		for _, t := range n.rel.restrictions {
			if t.relation.text != "" {
				add(g.types[t.typ.text], t.relation.text)
			}
		}
	case exprComputed:
		add(n.def, e.name.text)
	case exprFrom:
		for _, t := range g.relations[n.def][e.from.text].restrictions {
			add(g.types[t.typ.text], e.name.text)
		}
	}
	return list
}

// cycles reports relations that lead to themselves on one and the same object.
// OpenFGA refuses them even where there is another way to have them.
func (g *graph) cycles() {
	const open, done = 1, 2
	state := make([]int, len(g.nodes))
	next := make([][]int, len(g.nodes))
	for i, n := range g.nodes {
		n.rel.expr.walk(func(e *expr) {
			if e.kind == exprComputed {
				next[i] = append(next[i], g.needs(n, e)...)
			}
		})
	}
	for i := range g.nodes {
		var path []int
		if state[i] == 0 {
			path, state[i] = []int{i}, open
		}
		for len(path) > 0 {
			at := path[len(path)-1]
			if len(next[at]) == 0 {
				state[at], path = done, path[:len(path)-1]
				continue
			}
			to := next[at][0]
			next[at] = next[at][1:]
			switch state[to] {
			case 0:
				path, state[to] = append(path, to), open
			case open:
				g.cycle(path, to)
			}
		}
	}
}

// cycle reports the end of the path that begins with a node and leads to it again.
func (g *graph) cycle(path []int, to int) {
	from := len(path) - 1
	for path[from] != to {
		from--
	}
	n := g.nodes[to]
	g.b.Errorf(n.rel.name.at, n.String(), "%s leads to itself: it needs %s", n, g.chain(append(path[from+1:len(path):len(path)], to)))
}

// chain names nodes each of which needs the next.
func (g *graph) chain(path []int) string {
	names := make([]string, len(path))
	for k, i := range path {
		names[k] = g.nodes[i].String()
	}
	return front.Chain(names)
}

// unheld reports the cycles because of which no one can ever have a relation, each
// once; what merely depends on one is not reported. As in OpenFGA someone must be
// able to have what is excluded, too.
func (g *graph) unheld() {
	g.propagate()
	reported := make([]bool, len(g.nodes))
	for i := range g.nodes {
		place := map[int]int{} // in the path
		var path []int
		for at := i; !g.holds[at] && !reported[at]; at = g.lacks(g.nodes[at], g.nodes[at].rel.expr) {
			if from, ok := place[at]; ok {
				g.report(append(path[from:], at))
				break
			}
			place[at] = len(path)
			path = append(path, at)
		}
		for _, at := range path {
			reported[at] = true
		}
	}
}

// report reports a cycle, which begins and ends with the same node.
func (g *graph) report(cycle []int) {
	n := g.nodes[cycle[0]]
	needs := "itself"
	if len(cycle) > 2 {
		needs = g.chain(cycle[1:])
	}
	g.b.Suggestf(n.rel.name.at, n.String(), "add a type in brackets", "no one can ever have %s: it needs %s", n, needs)
}

// propagate finds what someone can have: the least fixpoint.
func (g *graph) propagate() {
	g.holds = make([]bool, len(g.nodes))
	needed := make([][]int, len(g.nodes))
	queue, waits := make([]int, len(g.nodes)), make([]bool, len(g.nodes))
	for i, n := range g.nodes {
		queue[i], waits[i] = i, true
		n.rel.expr.walk(func(e *expr) {
			for _, j := range g.needs(n, e) {
				needed[j] = append(needed[j], i)
			}
		})
	}
	for ; len(queue) > 0; queue = queue[1:] {
		i := queue[0]
		waits[i] = false
		if g.holds[i] || g.lacks(g.nodes[i], g.nodes[i].rel.expr) >= 0 {
			continue
		}
		g.holds[i] = true
		for _, j := range needed[i] {
			if !waits[j] {
				waits[j] = true
				queue = append(queue, j)
			}
		}
	}
}

// lacks returns a node because of which no one can be in e, by what is known so
// far; -1 if someone can.
func (g *graph) lacks(n node, e *expr) int {
	switch e.kind {
	case exprUnion:
		lack := -1
		for _, k := range e.kids {
			if lack = g.lacks(n, k); lack < 0 {
				break
			}
		}
		return lack
	case exprIntersection, exprExclusion:
		for _, k := range e.kids {
			if lack := g.lacks(n, k); lack >= 0 {
				return lack
			}
		}
		return -1
	case exprDirect:
		for _, t := range n.rel.restrictions {
			if t.relation.text == "" {
				return -1
			}
		}
	}
	lack := -1
	for _, i := range g.needs(n, e) {
		if lack = i; g.holds[i] {
			return -1
		}
	}
	return lack
}
