package check

import (
	"cmp"
	"slices"
	"sync/atomic"
	"unsafe"

	"github.com/baobab-authz/baobab/internal/index"
)

// A closure is the groups that a subject is in, directly or by way of others: of
// the relations that are made of their own tuples and of each other by union
// alone, as members of teams are. It is found upwards from the subject, once, and
// serves every question about it as long as no tuple changes that leads up from the
// subject or from one of the groups.
type closure struct {
	of     goal
	plan   uint64 // whose it is
	filter uint64 // a bit for each group
	unsure bool   // there may be more, by tuples with caveats
	line   bool   // it is of a snapshot in the line of commits

	// The epochs of the relations of groups at which it is right: from the one at
	// which it was found on. Beside the line it is right at the first alone.
	first uint64
	last  atomic.Uint64

	from, until int64 // the instants at which it is right, in Unix microseconds

	groups []goal // sorted
	few    [fewGroups]goal
}

// fewGroups is how many groups have room in a closure itself.
const fewGroups = 6

// bytes is what a closure takes.
func (c *closure) bytes() int64 {
	size := int64(unsafe.Sizeof(*c))
	if len(c.groups) > fewGroups {
		size += int64(cap(c.groups)) * int64(unsafe.Sizeof(goal{}))
	}
	return size
}

func filterBit(g goal) uint64 { return 1 << ((uint32(g.object) * 0x9e3779b1) >> 26) }

func (c *closure) has(g goal) bool {
	if c.filter&filterBit(g) == 0 {
		return false
	}
	if len(c.groups) > 4*fewGroups {
		_, ok := slices.BinarySearchFunc(c.groups, g, compareGoals)
		return ok
	}
	for _, h := range c.groups {
		if h == g {
			return true
		}
	}
	return false
}

func compareGoals(a, b goal) int {
	return cmp.Compare(uint64(a.object)<<16|uint64(a.relation), uint64(b.object)<<16|uint64(b.relation))
}

// A basis is what closures are found in, and judged by.
type basis struct {
	reader index.Reader
	plan   *plan
	memo   *memo    // nil unless the state is that of a commit
	public index.ID // the wildcard that names the subject too, or 0
	epoch  uint64   // of the relations of groups
}

// right reports whether a closure is that of a state: a state of the epoch at
// which it was found, or of a later one if nothing has changed about it since.
func (c *closure) right(b *basis) bool {
	if instant := b.reader.Instant(); instant < c.from || instant >= c.until || b.epoch < c.first {
		return false
	}
	if b.epoch == c.first {
		return true
	}
	last := c.last.Load()
	switch {
	case !c.line || !b.reader.Line():
		return false
	case b.epoch <= last:
		return true
	case b.reader.LastAsSubject(c.of.object) > last, b.public != 0 && b.reader.LastAsSubject(b.public) > last:
		return false
	}
	for _, g := range c.groups {
		if b.reader.LastAsSubject(g.object) > last {
			return false
		}
	}
	c.last.CompareAndSwap(last, b.epoch)
	return true
}

// kept returns the closure that is kept of a subject if it is right.
func (b *basis) kept(g goal) *closure {
	if b.memo == nil {
		return nil
	}
	if c := b.memo.find(b.plan, g); c != nil && c.right(b) {
		return c
	}
	return nil
}

// findClosure returns the subject's closure, which is kept for other questions if
// the state is that of a commit. It is unsure if it would cost more than the budget.
func (f *fast) findClosure() *closure {
	b := basis{f.reader, f.plan, f.memo, f.public, f.reader.Epoch(f.plan.groupNames)}
	if c := b.kept(f.subject); c != nil {
		return c
	}
	return climb(f.ctx, f.budget, b, f.subject, f.kind.typ)
}
