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
func (s *solver) findClosure() *closure {
	epoch, instant := s.reader.Epoch(s.plan.groupNames), s.reader.Instant()
	if s.memo != nil && s.subject.object < firstForeign {
		if c := s.memo.find(s.subject, epoch, instant); c != nil {
			return c
		}
	}
	c, ok := s.climb()
	c.of, c.epoch, c.from = s.subject, epoch, instant
	if ok && s.memo != nil && s.subject.object < firstForeign {
		s.memo.keep(c)
	}
	return c
}

// climb finds the groups from the subject upwards, and reports whether it found all
// that it could.
func (s *solver) climb() (*closure, bool) {
	w := climber{solver: s, closure: &closure{until: math.MaxInt64}, seen: map[goal]struct{}{}, page: make([]index.Key, 0, laterChunk)}
	if s.subject.relation != 0 {
		w.reach(s.subject)
	} else {
		w.scan(s.subject.object, ref{s.kind.typ, 0})
		if s.wildcard != 0 {
			w.scan(s.wildcard, ref{s.kind.typ, 0})
		}
	}
	for len(w.todo) > 0 && !w.stopped() {
		g := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		w.scan(g.object, ref{s.typeOf(g.object), g.relation})
	}
	w.groups = make([]goal, 0, len(w.seen))
	for g := range w.seen {
		w.groups = append(w.groups, g)
	}
	slices.SortFunc(w.groups, compareGoals)
	if w.stopped() {
		w.unsure = true
		return w.closure, false
	}
	return w.closure, true
}

type climber struct {
	*solver
	*closure
	seen map[goal]struct{}
	todo []goal
	page []index.Key

	steps, looked int
	ended         bool
}

// stopped reports whether the climb has cost too much, or its context has ended.
func (w *climber) stopped() bool {
	if w.steps-w.looked >= 1024 && !w.ended {
		w.looked = w.steps
		w.ended = w.ctx.Err() != nil
	}
	return w.ended || w.budget > 0 && w.steps > w.budget
}

func (w *climber) reach(g goal) {
	if _, ok := w.seen[g]; !ok {
		w.seen[g] = struct{}{}
		w.todo = append(w.todo, g)
	}
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
			keys := w.reader.Reverse(key, w.page)
			more = len(keys) == cap(w.page)
			w.steps += 1 + len(keys)
			for _, k := range keys {
				if k.Relation != step.relation {
					more = false
					break
				}
				if w.solver.typeOf(k.Object) != step.typ {
					continue
				}
				if k.Qualifier != 0 {
					q := w.reader.Qualifier(k)
					if q.Caveat != "" {
						w.unsure = true
						continue
					}
					w.until = min(w.until, q.Expires)
				}
				w.reach(goal{k.Object, step.to})
			}
			if more = more && !w.stopped(); more {
				key = keys[len(keys)-1].AfterReverse()
			}
		}
	}
}
