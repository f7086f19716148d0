package expand

import (
	"github.com/baobab-authz/baobab/internal/index"
)

// A level says what is known of a goal or a candidate.
type level uint8

const (
	unseen  level = iota
	against       // it is on the right side of an exclusion
	maybe         // it is on the way, but something has to be decided
	kept          // it holds, unless an exclusion on the way takes it away
	certain       // it holds
)

// A goal is a relation of an object, by its number in a plan, that was reached.
type goal struct {
	object index.ID
	node   int32
	level  level
}

// Goals are those that were reached, in the order in which they were reached first.
// They are found by a table of their places in the list, with linear probing: a
// third of what a map costs, and it is used again for the next list.
type goals struct {
	list  []goal
	slots []uint32 // the place in the list and one more, or 0 if the slot is free
}

const firstSlots = 1 << 6

// reset forgets all goals. The table is left as large as the last list needed it, so
// that a few small lists in a row do not clear what a large one left.
func (g *goals) reset() {
	n := firstSlots
	for n <= 2*len(g.list) {
		n *= 2
	}
	if n > cap(g.slots) {
		g.slots = make([]uint32, n)
	}
	g.list, g.slots = g.list[:0], g.slots[:n]
	clear(g.slots)
}

// raise enters a goal, or raises its level. It returns its place, and whether either was done.
func (g *goals) raise(object index.ID, node int32, l level) (place int32, raised bool) {
	at := g.slot(object, node)
	if i := g.slots[at]; i > 0 {
		found := &g.list[i-1]
		if raised = l > found.level; raised {
			found.level = l
		}
		return int32(i - 1), raised
	}
	g.list = append(g.list, goal{object, node, l})
	g.slots[at] = uint32(len(g.list))
	if 2*len(g.list) > len(g.slots) {
		g.grow()
	}
	return int32(len(g.list) - 1), true
}

// level returns that of a goal, unseen if it was not reached.
func (g *goals) level(object index.ID, node int32) level {
	if i := g.slots[g.slot(object, node)]; i > 0 {
		return g.list[i-1].level
	}
	return unseen
}

// slot returns that of a goal, or the free one where it belongs.
func (g *goals) slot(object index.ID, node int32) uint32 {
	h := (uint64(object) | uint64(node)<<32) * 0x9e3779b97f4a7c15
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	mask := uint32(len(g.slots) - 1)
	for at := uint32(h>>32) & mask; ; at = (at + 1) & mask {
		i := g.slots[at]
		if i == 0 || g.list[i-1].object == object && g.list[i-1].node == node {
			return at
		}
	}
}

// grow enters the list into a table of twice the size.
func (g *goals) grow() {
	n := 2 * len(g.slots)
	if n <= cap(g.slots) {
		g.slots = g.slots[:n]
		clear(g.slots)
	} else {
		g.slots = make([]uint32, n)
	}
	for i := range g.list {
		g.slots[g.slot(g.list[i].object, g.list[i].node)] = uint32(i + 1)
	}
}
