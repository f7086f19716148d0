package check

import (
	"slices"
	"strings"
)

// A cause says why a node is unsure: which parameters of caveats are missing,
// what went wrong in a caveat, or that a cycle passes through its own denial.
// It is the number of a set of these in the graph's table; equal sets have equal
// numbers, so that putting many together is cheap.
type cause int32

const (
	certain cause = iota // no cause
	circular
)

type causeSet struct {
	missing []string        // sorted
	failed  *ConditionError // of several the one with the least text
	cycle   bool
}

// causes is the table. The zero value has to be reset.
type causes struct {
	sets   []causeSet
	number map[string]cause
	merged map[[2]cause]cause
}

func (t *causes) reset() {
	t.sets = append(t.sets[:0], causeSet{}, causeSet{cycle: true})
	if len(t.number) > maxPooled || len(t.merged) > maxPooled { // see graph.reset
		t.number, t.merged = nil, nil
	}
	clear(t.number)
	clear(t.merged)
}

// intern returns the number of a set.
func (t *causes) intern(s causeSet) cause {
	key := strings.Join(s.missing, ",")
	if s.cycle {
		key += "\x00cycle"
	}
	if s.failed != nil {
		key += "\x00" + s.failed.Error()
	}
	if n, ok := t.number[key]; ok {
		return n
	}
	if t.number == nil {
		t.number, t.merged = map[string]cause{}, map[[2]cause]cause{}
	}
	n := cause(len(t.sets))
	t.sets = append(t.sets, s)
	t.number[key] = n
	return n
}

// merge returns the union of two sets. Its work counts: there may be many sets of
// many names.
func (g *graph) merge(a, b cause) cause {
	switch {
	case a == b || b == certain:
		return a
	case a == certain:
		return b
	case a > b:
		a, b = b, a
	}
	if n, ok := g.merged[[2]cause{a, b}]; ok {
		return n
	}
	x, y := g.sets[a], g.sets[b]
	g.work += len(x.missing) + len(y.missing)
	n := g.intern(causeSet{missing: union(x.missing, y.missing), failed: lesser(x.failed, y.failed), cycle: x.cycle || y.cycle})
	g.merged[[2]cause{a, b}] = n
	return n
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func lesser(a, b *ConditionError) *ConditionError {
	if a == nil || b != nil && b.Error() < a.Error() {
		return b
	}
	return a
}

// through returns what a node that came to v, because of own, is to a node that
// depends on it by way of a tuple whose condition is undecided because of c.
func (g *graph) through(v value, own, c cause) (value, cause) {
	switch {
	case v == unsure:
		return unsure, g.merge(own, c)
	case v == yes && c != certain:
		return unsure, c
	}
	return v, certain
}

// giveUp makes what remains of a component unsure. A node is so because of all
// that the nodes which it leads to are unsure of, and because of each cycle on
// the way that passes through the right side of an exclusion.
func (g *graph) giveUp(members []int32) {
	children := map[int32][]childEdge{}
	for _, at := range members {
		g.childOf(at, undecided, children)
	}
	groups, group := components(members, children)
	g.work += len(members)
	for i, nodes := range groups {
		c := certain
		for _, at := range nodes {
			c = g.merge(c, g.nodes[at].cause)
			for _, e := range children[at] {
				c = g.merge(c, g.merge(g.nodes[e.child].cause, e.cause))
				if e.role == subtrahend && group[e.child] == int32(i) {
					c = g.merge(c, circular)
				}
			}
		}
		for _, at := range nodes {
			g.nodes[at].cause = c
		}
	}
	for _, at := range members {
		g.decide(at, unsure)
	}
}
