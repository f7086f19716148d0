package reference

import (
	"math/rand/v2"
	"time"
)

// line is what a processor fetches at once.
type line struct {
	next uint32
	_    [60]byte
}

// Chase is a chain of memory accesses each of which says where the next one is,
// over a working set of a given size, so that none can begin before the last.
type Chase struct {
	lines []line
	steps int
	at    uint32
}

// NewChase returns a chain through a working set of so many bytes. A sample takes
// so many steps.
func NewChase(bytes, steps int) *Chase {
	c := &Chase{lines: make([]line, max(2, bytes/64)), steps: steps}
	for i := range c.lines {
		c.lines[i].next = uint32(i)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := len(c.lines) - 1; i > 0; i-- { // Sattolo: one cycle through all
		k := random.IntN(i)
		c.lines[i].next, c.lines[k].next = c.lines[k].next, c.lines[i].next
	}
	return c
}

// Bytes returns the size of the working set.
func (c *Chase) Bytes() int { return 64 * len(c.lines) }

// Access samples one dependent access.
func (c *Chase) Access() float64 {
	at := c.at
	from := time.Now()
	for range c.steps {
		at = c.lines[at].next
	}
	c.at = at // which also keeps the loop
	return perItem(from, c.steps)
}
