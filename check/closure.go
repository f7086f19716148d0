package check

import (
	"cmp"
	"math"
	"slices"

	"github.com/baobab-authz/baobab/internal/index"
)

// A closure is the groups that a subject is in, directly or by way of others: of
// the relations that are made of their own tuples and of each other by union
// alone, as members of teams are. It is found upwards from the subject, once, and
// serves every question about it as long as no tuple of these relations changes.
type closure struct {
	of     goal
	epoch  uint64 // of the relations that it was found in
	from   int64  // the instants at which it is right, in Unix microseconds
	until  int64
	groups []goal // sorted
	unsure bool   // there may be more, by tuples with caveats
}

func (c *closure) has(g goal) bool {
	_, ok := slices.BinarySearchFunc(c.groups, g, compareGoals)
	return ok
}

func compareGoals(a, b goal) int {
	return cmp.Compare(uint64(a.object)<<16|uint64(a.relation), uint64(b.object)<<16|uint64(b.relation))
}

// findClosure returns the subject's closure, which is kept for other questions if
// the state is that of a commit. It is unsure if it would cost more than the budget.
func (f *fast) findClosure() *closure {
	epoch, instant := f.reader.Epoch(f.plan.groupNames), f.reader.Instant()
	if f.memo != nil && f.subject.object < firstForeign {
		if c := f.memo.find(f.subject, epoch, instant); c != nil {
			return c
		}
	}
	c, ok := f.climb()
	c.of, c.epoch, c.from = f.subject, epoch, instant
	if ok && f.memo != nil && f.subject.object < firstForeign {
		f.memo.keep(c)
	}
	return c
}

// climb finds the groups from the subject upwards, and reports whether it found all
// that it could.
func (f *fast) climb() (*closure, bool) {
	w := climber{seen: map[goal]struct{}{}, page: make([]index.Key, 0, laterChunk), until: math.MaxInt64}
	if f.subject.relation != 0 {
		w.reach(f.subject)
	} else {
		w.scan(f, f.subject.object, ref{f.kind.typ, 0})
		if f.public != 0 {
			w.scan(f, f.public, ref{f.kind.typ, 0})
		}
	}
	for len(w.todo) > 0 && !w.stopped(f) {
		g := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		w.scan(f, g.object, ref{f.reader.TypeOf(g.object), g.relation})
	}
	c := &closure{until: w.until, groups: make([]goal, 0, len(w.seen)), unsure: w.unsure}
	for g := range w.seen {
		c.groups = append(c.groups, g)
	}
	slices.SortFunc(c.groups, compareGoals)
	stopped := w.stopped(f)
	c.unsure = c.unsure || stopped
	return c, !stopped
}

// A climber is the work on one closure.
type climber struct {
	seen   map[goal]struct{}
	todo   []goal
	page   []index.Key
	until  int64 // the first instant at which a tuple on the way expires
	unsure bool

	work, looked int
	ended        bool
}

// stopped reports whether the climb has cost too much, or its context has ended.
func (w *climber) stopped(f *fast) bool {
	if w.work-w.looked >= 1024 && !w.ended {
		w.looked = w.work
		w.ended = f.ctx.Err() != nil
	}
	return w.ended || f.budget > 0 && w.work > f.budget
}

func (w *climber) reach(g goal) {
	if _, ok := w.seen[g]; !ok {
		w.seen[g] = struct{}{}
		w.todo = append(w.todo, g)
	}
}

// scan goes from an object or a userset of it to the groups that have it.
func (w *climber) scan(f *fast, object index.ID, from ref) {
	for _, step := range f.plan.climbs[from] {
		if step.relation == 0 {
			w.reach(goal{object, step.to})
			continue
		}
		key := index.Key{Subject: object, SubjectRelation: from.relation, Relation: step.relation}
		for more := true; more; {
			keys := f.reader.Reverse(key, w.page)
			more = len(keys) == cap(w.page)
			w.work += 1 + len(keys)
			for _, k := range keys {
				if k.Relation != step.relation {
					more = false
					break
				}
				if f.reader.TypeOf(k.Object) == step.typ {
					w.follow(f, k, step)
				}
			}
			if more = more && !w.stopped(f); more {
				key = keys[len(keys)-1].AfterReverse()
			}
		}
	}
}

// follow takes a step along a tuple, unless it has a caveat.
func (w *climber) follow(f *fast, k index.Key, step climbStep) {
	if k.Qualifier != 0 {
		q := f.reader.Qualifier(k)
		if q.Caveat != "" {
			w.unsure = true
			return
		}
		w.until = min(w.until, q.Expires)
	}
	w.reach(goal{k.Object, step.to})
}
