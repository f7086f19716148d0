package check

import "slices"

// cycle returns a cycle through the right side of an exclusion that leaves a
// goal undefined, and how many steps it leaves out. There is one, since what is
// unsure because of a cycle depends on one (or is part of it). It costs time in
// proportion to what was explored, once for all goals of one component.
func (s *solver) cycle(g goal) (steps []CycleStep, omitted int) {
	root := s.goals[g]
	if c, ok := s.cycles[root]; ok {
		return c.steps, c.omitted
	}
	if s.work += len(s.nodes) + len(s.edges); s.interrupted() != nil {
		return nil, 0
	}
	children := s.unsureChildren()
	_, group := components([]int32{root}, children)
	at, exit := exclusionInCycle(group, children)
	if at == none {
		return nil, 0
	}
	c := &namedCycle{steps: s.steps(append([]childEdge{exit}, path(exit.child, at, children)...), at)}
	if c.omitted = max(0, len(c.steps)-MaxCycle); c.omitted > 0 {
		c.steps = append([]CycleStep(nil), c.steps[:MaxCycle]...)
	}
	if s.cycles == nil {
		s.cycles = map[int32]*namedCycle{}
	}
	for n, component := range group {
		if component == group[at] {
			s.cycles[n] = c
		}
	}
	return c.steps, c.omitted
}

type namedCycle struct {
	steps   []CycleStep
	omitted int
}

// exclusionInCycle returns the first node with an exclusion whose right side
// leads back to it.
func exclusionInCycle(group map[int32]int32, children map[int32][]childEdge) (at int32, exit childEdge) {
	at = none
	for n, component := range group {
		for _, e := range children[n] {
			if e.role == subtrahend && group[e.child] == component && (at == none || n < at) {
				at, exit = n, e
			}
		}
	}
	return at, exit
}

type childEdge struct {
	child int32
	role  role
	cause cause
}

// unsureChildren returns the edges between unsure nodes, downwards.
func (s *solver) unsureChildren() map[int32][]childEdge {
	children := map[int32][]childEdge{}
	for at := range s.nodes {
		if s.nodes[at].value == unsure {
			s.childOf(int32(at), unsure, children)
		}
	}
	return children
}

// childOf enters a node as a child of those of its parents that have a value.
func (g *graph) childOf(at int32, v value, children map[int32][]childEdge) {
	for e := g.nodes[at].watchers; e != 0; e = g.edges[e].next {
		if p := g.edges[e].parent; g.nodes[p].value == v {
			children[p] = append(children[p], childEdge{at, g.edges[e].role, g.edges[e].cause})
		}
	}
}

// components returns the strongly connected components that the roots reach,
// each after those that it leads to, and for each node the index of its own, by
// Tarjan's algorithm on an explicit stack.
func components(roots []int32, children map[int32][]childEdge) (groups [][]int32, group map[int32]int32) {
	type visit struct{ at, next int32 }
	index, low := map[int32]int32{}, map[int32]int32{}
	group = map[int32]int32{}
	var stack []int32
	var visits []visit
	enter := func(at int32) {
		index[at] = int32(len(index))
		low[at] = index[at]
		stack = append(stack, at)
		visits = append(visits, visit{at: at})
	}
	for _, root := range roots {
		if _, ok := index[root]; !ok {
			enter(root)
		}
		for len(visits) > 0 {
			v := &visits[len(visits)-1]
			if int(v.next) < len(children[v.at]) {
				c := children[v.at][v.next].child
				v.next++
				if i, ok := index[c]; !ok {
					enter(c)
				} else if _, closed := group[c]; !closed {
					low[v.at] = min(low[v.at], i)
				}
				continue
			}
			at := v.at
			visits = visits[:len(visits)-1]
			if len(visits) > 0 {
				parent := visits[len(visits)-1].at
				low[parent] = min(low[parent], low[at])
			}
			if low[at] == index[at] {
				first := len(stack) - 1
				for stack[first] != at {
					first--
				}
				for _, n := range stack[first:] {
					group[n] = int32(len(groups))
				}
				groups = append(groups, slices.Clone(stack[first:]))
				stack = stack[:first]
			}
		}
	}
	return groups, group
}

// path returns the edges of a shortest path between two nodes.
func path(from, to int32, children map[int32][]childEdge) []childEdge {
	type arrival struct {
		from int32
		edge childEdge
	}
	came := map[int32]arrival{}
	for todo := []int32{from}; len(todo) > 0; todo = todo[1:] {
		if todo[0] == to {
			break
		}
		for _, e := range children[todo[0]] {
			if _, ok := came[e.child]; !ok && e.child != from {
				came[e.child] = arrival{todo[0], e}
				todo = append(todo, e.child)
			}
		}
	}
	var back []childEdge
	for at := to; at != from; at = came[at].from {
		back = append(back, came[at].edge)
	}
	for i, j := 0, len(back)-1; i < j; i, j = i+1, j-1 {
		back[i], back[j] = back[j], back[i]
	}
	return back
}

// steps turns a cycle of edges that begins at a node into tuples. The nodes of
// one goal become one step.
func (s *solver) steps(cycle []childEdge, from int32) []CycleStep {
	var steps []CycleStep
	for _, e := range cycle {
		t := s.tuple(s.nodes[from].goal)
		if n := len(steps); n == 0 || steps[n-1].Tuple != t {
			steps = append(steps, CycleStep{Tuple: t})
		}
		last := &steps[len(steps)-1]
		last.Excluded = last.Excluded || e.role == subtrahend
		from = e.child
	}
	// The cycle may begin inside of a goal's rule and come back through its top.
	if n := len(steps) - 1; n > 0 && steps[n].Tuple == steps[0].Tuple {
		steps[0].Excluded = steps[0].Excluded || steps[n].Excluded
		steps = steps[:n]
	}
	return steps
}
