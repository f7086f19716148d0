package check

// cycle returns a cycle through the right side of an exclusion that leaves a
// goal undefined, and how many steps it leaves out. There is one, since what is
// undefined depends on such a cycle (or is part of it). It costs time in
// proportion to what was explored, once for all goals of one component.
func (s *solver) cycle(g goal) (steps []CycleStep, omitted int) {
	root := s.goals[g]
	if c, ok := s.cycles[root]; ok {
		return c.steps, c.omitted
	}
	if s.work += len(s.nodes) + len(s.edges); s.interrupted() != nil {
		return nil, 0
	}
	children := s.undefinedChildren()
	group := components(root, children)
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
}

// undefinedChildren returns the edges between undefined nodes, downwards.
func (s *solver) undefinedChildren() map[int32][]childEdge {
	children := map[int32][]childEdge{}
	for at := range s.nodes {
		if s.nodes[at].value != undefined {
			continue
		}
		for e := s.nodes[at].watchers; e != 0; e = s.edges[e].next {
			if p := s.edges[e].parent; s.nodes[p].value == undefined {
				children[p] = append(children[p], childEdge{int32(at), s.edges[e].role})
			}
		}
	}
	return children
}

// components numbers the strongly connected components that root reaches, by
// Tarjan's algorithm on an explicit stack.
func components(root int32, children map[int32][]childEdge) map[int32]int32 {
	type visit struct{ at, next int32 }
	index, low, group := map[int32]int32{root: 0}, map[int32]int32{}, map[int32]int32{}
	stack, visits := []int32{root}, []visit{{at: root}}
	for len(visits) > 0 {
		v := &visits[len(visits)-1]
		if int(v.next) < len(children[v.at]) {
			c := children[v.at][v.next].child
			v.next++
			if i, ok := index[c]; !ok {
				index[c] = int32(len(index))
				low[c] = index[c]
				stack = append(stack, c)
				visits = append(visits, visit{at: c})
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
			for {
				top := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				group[top] = at
				if top == at {
					break
				}
			}
		}
	}
	return group
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
