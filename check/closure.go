package check

import (
	"slices"
	"sync/atomic"
	"unsafe"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/tuple"
)

// A closure is the groups that a subject is in, directly or by way of others: of
// the relations that are made of their own tuples and of each other by union
// alone, as members of teams are. It is found upwards from the subject, once, and
// serves every question about it as long as no tuple changes that leads up from the
// subject or from one of the groups.
type closure struct {
	plan   uint64   // whose it is
	of     goal     // the subject,
	public index.ID // and the wildcard that names it too, or 0
	unsure bool     // there may be more, by tuples with caveats
	line   bool     // it is of a snapshot in the line of commits

	typ    index.Name      // of the subject
	size   uint8           // of its id, or 0 if it is too long to be in place
	text   [shortText]byte // its id
	filter filter          // the principal's, with the groups

	// The epochs of the relations of groups at which it is right: from the one at
	// which it was found on. Beside the line it is right at the first alone.
	first uint64
	last  atomic.Uint64

	from, until int64 // the instants at which it is right, in Unix microseconds

	groups []index.Entry // their subjects, sorted
	few    [fewGroups]index.Entry
}

const (
	fewGroups = 6 // that have room in a closure itself
	shortText = 37
)

// names reports whether a closure is that of an object.
func (c *closure) names(p *plan, typ index.Name, id string) bool {
	return c.plan == p.number && c.of.relation == 0 && c.typ == typ && string(c.text[:c.size]) == id
}

// bytes is what a closure takes.
func (c *closure) bytes() int64 {
	size := int64(unsafe.Sizeof(*c))
	if len(c.groups) > fewGroups {
		size += int64(cap(c.groups)) * int64(unsafe.Sizeof(index.Entry(0)))
	}
	return size
}

// has reports whether the subject is in a group, which is the subject of an entry.
func (c *closure) has(who index.Entry) bool {
	if len(c.groups) > 4*fewGroups {
		_, ok := slices.BinarySearch(c.groups, who)
		return ok
	}
	return slices.Contains(c.groups, who)
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
	if instant := b.reader.Instant(); instant < c.from || instant >= c.until || b.epoch < c.first || b.public != c.public {
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
	case b.reader.LastAsMember(c.of.object) > last, b.public != 0 && b.reader.LastAsMember(b.public) > last:
		return false
	}
	for _, g := range c.groups {
		if b.reader.LastAsMember(g.Subject()) > last {
			return false
		}
	}
	c.last.CompareAndSwap(last, b.epoch)
	return true
}

// group returns the closure that is kept of a userset if it is right.
func (b *basis) group(g goal) *closure {
	if b.memo == nil || g.object == nobody {
		return nil
	}
	if c := b.memo.find(goalKey(b.plan, g)); c != nil && c.plan == b.plan.number && c.of == g && c.right(b) {
		return c
	}
	return nil
}

func (f *fast) basis(public index.ID) basis {
	return basis{f.reader, f.plan, f.memo, public, f.reader.Epoch(f.plan.groupNames)}
}

// findClosure returns the subject's closure, which is kept for other questions if
// the state is that of a commit. It is unsure if it would cost more than the budget.
func (f *fast) findClosure() *closure {
	p, id := f.principal, f.about.ID
	switch {
	case p.subject.relation != 0:
		b := f.basis(0)
		if c := b.group(p.subject); c != nil {
			return c
		}
	case p.subject.object != nobody:
	case p.public == 0:
		return f.plan.nobody
	default: // who is nobody is in the groups that everybody is in
		id = tuple.Wildcard
		if c := f.recall(f.reader.HashOf(p.kind.typ, id), p.kind.typ, id, 0); c != nil {
			return c
		}
		p = newPrincipal(goal{p.public, 0}, p.kind, 0, nil)
	}
	return climb(f.ctx, f.budget, f.basis(p.public), p, id)
}
