package check

import "github.com/baobab-authz/baobab/internal/index"

// The graph of one question: for a fixed subject, a node for each object and
// relation that was reached (a goal), and one for each nested operator of its
// rule. An edge leads from a node to each node that waits for it.

// A value is what is known of a node. Once it is not undecided it is final.
type value uint8

const (
	undecided value = iota
	no
	yes
	unsure // it neither holds nor fails to, for the node's cause
)

// A role says what a child is to its parent.
type role uint8

const (
	operand    role = iota // of a union, an intersection, or the left side of an exclusion
	subtrahend             // the right side of an exclusion
)

type goal struct {
	object   index.ID
	relation index.Name
}

type node struct {
	goal           // what it is, or is a part of
	part     *part // its operator: a union, an intersection, an exclusion or an arrow over all
	watchers int32 // the first of the edges to those that wait for it, or 0
	pending  int32 // how many children it waits for
	index    int32 // when it was visited first, or -1; Tarjan's index
	low      int32 // the earliest node of the stack that it leads to; Tarjan's lowlink
	rank     int32 // when it was decided: a node's reasons were decided before it
	cause    cause // why its children are unsure, and so it is unless they do not matter
	value    value
	left     value // exclusion: what is known of its left side
	right    value // exclusion: what is known of its right side
	explored bool  // all children are known
	support  bool  // in a component that is being closed: it might yet hold
}

type edge struct {
	parent int32
	next   int32
	cause  cause // why the condition of the tuple that leads along it is undecided
	role   role
}

// graph owns the nodes and keeps what is known of them consistent: whatever
// follows from a decision is decided at once.
type graph struct {
	goals map[goal]int32
	nodes []node
	edges []edge // edges[0] is unused, so that 0 can mean none
	todo  []int32
	ranks int32
	work  int // nodes, edges and tuples touched
	causes
}

// reset forgets everything. To clear a map takes as long as the largest number that
// it held, so one that was large is left to the collector: small questions may follow.
func (g *graph) reset() {
	if g.goals == nil || len(g.nodes) > maxPooled {
		g.goals = map[goal]int32{}
	}
	clear(g.goals)
	clear(g.nodes) // drop the pointers
	g.nodes, g.edges, g.todo = g.nodes[:0], append(g.edges[:0], edge{}), g.todo[:0]
	g.ranks, g.work = 0, 0
	g.causes.reset()
}

// add makes a node that nobody waits for.
func (g *graph) add(at goal, p *part) int32 {
	g.nodes = append(g.nodes, node{goal: at, part: p, index: -1})
	g.work++
	return int32(len(g.nodes) - 1)
}

// wait makes parent wait for child.
func (g *graph) wait(parent, child int32, r role, c cause) {
	g.remember(parent, child, r, c)
	g.nodes[parent].pending++
}

// remember notes that parent depends on child.
func (g *graph) remember(parent, child int32, r role, c cause) {
	g.edges = append(g.edges, edge{parent, g.nodes[child].watchers, c, r})
	g.nodes[child].watchers = int32(len(g.edges) - 1)
	g.work++
}

// decide settles a node for good.
func (g *graph) decide(n int32, v value) {
	g.ranks++
	g.nodes[n].value, g.nodes[n].rank = v, g.ranks
	if v != unsure {
		g.nodes[n].cause = certain
	}
	g.todo = append(g.todo, n)
}

// spread tells those that wait for decided nodes, and so on.
func (g *graph) spread() {
	for len(g.todo) > 0 {
		n := g.todo[len(g.todo)-1]
		g.todo = g.todo[:len(g.todo)-1]
		for e := g.nodes[n].watchers; e != 0; e = g.edges[e].next {
			g.work++
			p := g.edges[e].parent
			g.nodes[p].pending--
			v, c := g.nodes[n].value, g.edges[e].cause
			if v == unsure || c != certain {
				v, c = g.through(v, g.nodes[n].cause, c)
			}
			g.learn(p, g.edges[e].role, v, c)
		}
	}
}

// learn tells a node what a child came to, and if that is unsure, why.
func (g *graph) learn(at int32, r role, v value, c cause) {
	n := &g.nodes[at]
	if n.value != undecided {
		return
	}
	switch n.part.op {
	case opUnion:
		if v == yes {
			g.decide(at, yes)
			return
		}
	case opExclusion:
		if r == subtrahend {
			n.right = v
		} else {
			n.left = v
		}
		switch {
		case n.left == no || n.right == yes:
			g.decide(at, no)
			return
		case n.left == yes && n.right == no:
			g.decide(at, yes)
			return
		}
	default:
		if v == no {
			g.decide(at, no)
			return
		}
	}
	if c != certain {
		n.cause = g.merge(n.cause, c)
	}
	g.settle(at)
}

// settle decides a node none of whose children decided it, when it waits for
// none any more.
func (g *graph) settle(at int32) {
	n := &g.nodes[at]
	switch {
	case n.value != undecided || !n.explored || n.pending > 0:
	case n.cause != certain || n.part.op == opExclusion:
		g.decide(at, unsure)
	case n.part.op == opUnion:
		g.decide(at, no)
	default:
		g.decide(at, yes)
	}
}

// closeComponent decides every node of a set none of which waits for a node
// outside of it. What cannot be derived even if every denial that is still
// open is granted is unfounded, and false (the greatest unfounded set of Van
// Gelder, Ross and Schlipf, 1991); that may decide others, and make more
// unfounded. What remains is unsure: it hangs on children that are, on
// conditions that are undecided, or on its own denial.
func (g *graph) closeComponent(members []int32, interrupted func() error) error {
	for {
		members = g.open(members)
		if len(members) == 0 {
			return nil
		}
		if err := interrupted(); err != nil {
			return err
		}
		g.findSupport(members)
		unfounded := false
		for _, n := range members {
			if !g.nodes[n].support {
				g.decide(n, no)
				unfounded = true
			}
		}
		if !unfounded {
			g.giveUp(members)
		}
		g.spread()
	}
}

// open keeps the undecided of members.
func (g *graph) open(members []int32) []int32 {
	kept := members[:0]
	for _, n := range members {
		if g.nodes[n].value == undecided {
			kept = append(kept, n)
		}
	}
	g.work += len(members)
	return kept
}

// findSupport marks those of members that hold in the least fixpoint in which
// every open denial is granted.
func (g *graph) findSupport(members []int32) {
	needs := make(map[int32]int32) // intersections: how many children lack support
	var todo []int32
	support := func(at int32) {
		g.nodes[at].support = true
		todo = append(todo, at)
	}
	for _, at := range members {
		n := &g.nodes[at]
		n.support = false
		switch n.part.op {
		case opUnion:
			if n.cause != certain {
				support(at)
			}
		case opExclusion:
			if n.left != undecided {
				support(at)
			}
		default:
			needs[at] = n.pending
		}
	}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for e := g.nodes[at].watchers; e != 0; e = g.edges[e].next {
			g.work++
			p, r := g.edges[e].parent, g.edges[e].role
			n := &g.nodes[p]
			if n.value != undecided || n.support || r == subtrahend {
				continue
			}
			if n.part.op != opUnion && n.part.op != opExclusion {
				if needs[p]--; needs[p] > 0 {
					continue
				}
			}
			support(p)
		}
	}
}
