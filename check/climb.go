package check

import (
	"context"
	"math"
	"slices"

	"github.com/baobab-authz/baobab/internal/index"
)

// A climber finds one closure, from the subject upwards. It has nothing of who asks
// but values, which therefore can stay on the stack.
type climber struct {
	basis
	ctx    context.Context
	budget int // 0 is none

	found  []goal // in room, as long as it is enough
	room   [maxUnseen]goal
	seen   map[goal]struct{} // what was found, if that is much
	next   int               // of found: the first from which nobody has gone on
	page   [32]index.Key
	until  int64 // the first instant at which a tuple on the way expires
	unsure bool

	work, looked int
	ended        bool
}

// climb returns the closure of a principal, whose id is text.
func climb(ctx context.Context, budget int, b basis, p principal, text string) *closure {
	w := climber{basis: b, ctx: ctx, budget: budget}
	w.begin()
	if p.subject.object == nobody {
		w.memo = nil // it may become somebody, with another id
	}
	if p.subject.relation != 0 {
		return w.group(p)
	}
	w.scan(p.subject.object, ref{p.kind.typ, 0})
	if b.public != 0 {
		w.scan(b.public, ref{p.kind.typ, 0})
	}
	w.share()
	c, all := w.climb(p)
	if all && w.memo != nil && len(text) <= shortText {
		c.size = uint8(copy(c.text[:], text))
		b.memo.keep(textKey(b.plan, b.reader.HashOf(p.kind.typ, text)), c)
	}
	return c
}

// begin makes a climber ready for another closure.
func (w *climber) begin() {
	w.found, w.seen, w.next, w.until, w.unsure = w.room[:0], nil, 0, math.MaxInt64, false
}

// group returns the closure of a principal that is a userset.
func (w *climber) group(p principal) *closure {
	w.reach(p.subject)
	c, all := w.climb(p)
	if all && w.memo != nil {
		w.memo.keep(goalKey(w.plan, p.subject), c)
	}
	return c
}

const (
	maxUnseen = 32 // groups that are few enough to go through
	maxShared = 32 // groups of a subject whose own closures it shares
)

// share adds the closures of the groups that were found so far, which are kept for
// others that are in them.
func (w *climber) share() {
	direct := w.found
	if w.memo == nil || len(direct) > maxShared {
		return
	}
	var other *climber
	groups := w.basis
	groups.public = 0 // which names no userset
	for _, g := range direct {
		c := groups.group(g)
		if c == nil && !w.stopped() {
			if other == nil {
				other = &climber{basis: groups, ctx: w.ctx, budget: w.budget}
			}
			other.begin()
			other.work, other.looked = w.work, w.looked
			c = other.group(newPrincipal(g, subjectKind{ref: ref{w.reader.TypeOf(g.object), g.relation}}, 0, nil))
			w.work, w.looked, w.ended = other.work, other.looked, other.ended
		}
		if c == nil {
			return
		}
		for _, h := range c.groups {
			w.reach(goal{h.Subject(), h.SubjectRelation()})
		}
		w.until, w.unsure = min(w.until, c.until), w.unsure || c.unsure
	}
	w.next = len(w.found)
}

// climb goes on from what was found until there is no more, and returns the closure
// of the principal, and whether it is all that could be found.
func (w *climber) climb(p principal) (c *closure, all bool) {
	for w.next < len(w.found) && !w.stopped() {
		g := w.found[w.next]
		w.next++
		w.scan(g.object, ref{w.reader.TypeOf(g.object), g.relation})
	}
	all = !w.stopped()
	c = &closure{of: p.subject, public: p.public, typ: p.kind.typ, plan: w.plan.number, filter: p.direct, unsure: w.unsure || !all, line: w.reader.Line(), first: w.epoch, from: w.reader.Since(), until: w.until}
	c.last.Store(w.epoch)
	c.groups = c.few[:0]
	if len(w.found) > fewGroups {
		c.groups = make([]index.Entry, 0, len(w.found))
	}
	for _, g := range w.found {
		c.groups = append(c.groups, entryOf(g))
		c.filter.add(entryOf(g))
	}
	slices.Sort(c.groups)
	return c, all
}

// stopped reports whether the climb has cost too much, or its context has ended.
func (w *climber) stopped() bool {
	if w.work-w.looked >= 1024 && !w.ended {
		w.looked = w.work
		w.ended = w.ctx.Err() != nil
	}
	return w.ended || w.budget > 0 && w.work > w.budget
}

func (w *climber) reach(g goal) {
	switch {
	case w.seen != nil:
		if _, ok := w.seen[g]; ok {
			return
		}
		w.seen[g] = struct{}{}
	case slices.Contains(w.found, g):
		return
	case len(w.found) == maxUnseen:
		w.seen = make(map[goal]struct{}, 2*maxUnseen)
		for _, h := range w.found {
			w.seen[h] = struct{}{}
		}
		w.seen[g] = struct{}{}
	}
	w.found = append(w.found, g)
}

// scan goes from an object or a userset of it to the groups that have it.
func (w *climber) scan(object index.ID, from ref) {
	for _, step := range w.plan.climbs[from] {
		if step.relation == 0 {
			w.reach(goal{object, step.to})
			continue
		}
		key := index.Key{Subject: object, SubjectRelation: from.relation, Relation: step.relation}
		for more := true; more; {
			keys := w.reader.ReverseRelation(key, w.page[:0])
			more = len(keys) == len(w.page)
			w.work += 1 + len(keys)
			for _, k := range keys {
				if w.reader.TypeOf(k.Object) == step.typ {
					w.follow(k, step)
				}
			}
			if more = more && !w.stopped(); more {
				key = keys[len(keys)-1].AfterReverse()
			}
		}
	}
}

// follow takes a step along a tuple, unless it has a caveat.
func (w *climber) follow(k index.Key, step climbStep) {
	if k.Qualifier != 0 {
		q := w.reader.Qualifier(k)
		if q.Caveat != "" {
			w.unsure = true
			return
		}
		if q.Expires != 0 {
			w.until = min(w.until, q.Expires)
		}
	}
	w.reach(goal{k.Object, step.to})
}
