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

// A goal is a relation of an object, by its number in a plan.
type goal struct {
	object index.ID
	node   int32
}

// Goals are the levels of those that were reached. The levels of objects with
// neighbouring ids are in one place of a table: ids that were given together are
// often reached together.
type goals struct {
	blocks []block // with linear probing
	used   int     // of the blocks
	last   int     // the block that was looked for last
}

// A block has the levels of a node for sixteen objects in a row, four bits each. One
// that has no level is free.
type block struct {
	first  goal // its object is the number of the block
	levels uint64
}

const (
	blockSize   = 16
	levelBits   = 64 / blockSize
	levelMask   = 1<<levelBits - 1
	firstBlocks = 1 << 5
)

// reset forgets all goals. The table is left as large as the last list needed it, so
// that a few small lists in a row do not clear what a large one left.
func (g *goals) reset() {
	n := firstBlocks
	for n <= 2*g.used {
		n *= 2
	}
	if n > cap(g.blocks) {
		g.blocks = make([]block, n)
	}
	g.blocks, g.used, g.last = g.blocks[:n], 0, 0
	clear(g.blocks)
}

// raise raises the level of a goal, unless it is as high already, and returns what it was.
func (g *goals) raise(object index.ID, node int32, l level) (before level) {
	b, shift := g.block(object, node), object%blockSize*levelBits
	before = level(b.levels >> shift & levelMask)
	if l <= before {
		return before
	}
	fresh := b.levels == 0
	b.levels += uint64(l-before) << shift
	if fresh {
		b.first = goal{object / blockSize, node}
		if g.used++; 2*g.used > len(g.blocks) {
			g.grow()
		}
	}
	return before
}

// level returns that of a goal, unseen if it was not reached.
func (g *goals) level(object index.ID, node int32) level {
	return level(g.block(object, node).levels >> (object % blockSize * levelBits) & levelMask)
}

// block returns that of a goal, or the free one where it belongs.
func (g *goals) block(object index.ID, node int32) *block {
	at := goal{object / blockSize, node}
	if b := &g.blocks[g.last]; b.first == at && b.levels != 0 {
		return b
	}
	h := (uint64(at.object) | uint64(node)<<32) * 0x9e3779b97f4a7c15
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	for i := int(h>>32) & (len(g.blocks) - 1); ; i = (i + 1) & (len(g.blocks) - 1) {
		if b := &g.blocks[i]; b.levels == 0 || b.first == at {
			g.last = i
			return b
		}
	}
}

// grow puts the blocks into a table of twice the size.
func (g *goals) grow() {
	old := g.blocks
	g.blocks, g.last = make([]block, 2*len(old)), 0
	for _, b := range old {
		if b.levels != 0 {
			*g.block(b.first.object*blockSize, b.first.node) = b
		}
	}
}
