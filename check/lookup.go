package check

import (
	"context"
	"fmt"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A lookup is a question in the form in which its result is kept. The zero lookup
// is one whose result is not kept: of what is hypothetical or pending, or unknown to
// the state.
type lookup struct {
	cache   *Cache // nil if it is not kept
	plan    *plan
	needs   *depends
	key     resultKey
	epoch   uint64
	since   int64 // the first instant at which the tuples are the same
	instant int64
	looked  bool // before anything else was tried
}

// expected returns the lookup of a question before rosters are tried, if those
// about its relation were left to the search of late: what is kept is then found
// without trying in vain.
func (e *Evaluator) expected(ctx context.Context, st *store.State, t *tuple.Tuple) lookup {
	if e.cache == nil {
		return lookup{}
	}
	p, err := e.plan(st.Schema(), st.Reader().Dict())
	if err != nil || p.slow.Load() == 0 {
		return lookup{}
	}
	if d := p.dependsOf(t); d == nil || !d.slow.Load() {
		return lookup{}
	}
	l := e.lookup(ctx, st, t)
	l.looked = true
	return l
}

// dependsOf returns what the question's rule depends on, if that is known yet.
func (p *plan) dependsOf(t *tuple.Tuple) *depends {
	if typ := p.types[t.Object.Type]; typ != nil {
		if r := typ.rules[t.Relation]; r != nil {
			return p.needs[r.id].Load()
		}
	}
	return nil
}

// lookup returns the lookup of a question. What it resolves need not be validated,
// since the state knows it.
func (e *Evaluator) lookup(ctx context.Context, st *store.State, t *tuple.Tuple) (l lookup) {
	if e.cache == nil || st.Err() != nil || ctx.Err() != nil || !st.Committed() {
		return lookup{}
	}
	r := st.Reader()
	p, err := e.plan(st.Schema(), r.Dict())
	if err != nil {
		return lookup{}
	}
	at := p.resolve(r, t, &l.key)
	if at == nil {
		return lookup{}
	}
	l.needs = p.depends(at.id, t.Object.Type, t.Relation)
	if l.needs.many {
		return lookup{}
	}
	if given := st.Context(); len(given) > 0 && len(l.needs.parameters) > 0 {
		var buf [128]byte
		values, ok := l.needs.values(given, buf[:0])
		if !ok {
			return lookup{}
		}
		l.key.given = string(values)
	}
	l.key.plan, l.plan = p.number, p
	l.epoch, l.since, l.instant = r.Epoch(l.needs.relations), r.Since(), r.Instant()
	l.cache = e.cache
	return l
}

// resolve fills in the ids and names of a question, and returns its rule; nil if
// the state does not know all of it, or it may not be asked.
func (p *plan) resolve(r *index.Reader, t *tuple.Tuple, k *resultKey) *fastRule {
	object, subject := p.types[t.Object.Type], p.types[t.Subject.Type]
	if object == nil || subject == nil || t.Object.ID == tuple.Wildcard {
		return nil
	}
	at := object.rules[t.Relation]
	if at == nil {
		return nil
	}
	k.relation = at.relation
	if t.Subject.Relation != "" {
		of := subject.rules[t.Subject.Relation]
		if of == nil || t.Subject.ID == tuple.Wildcard {
			return nil
		}
		k.subjectRelation = of.relation
	}
	k.object, k.subject = r.IDsOf(object.name, t.Object.ID, subject.name, t.Subject.ID)
	if k.object == 0 || k.subject == 0 {
		return nil
	}
	return at
}

// find returns the decision that is kept for the question.
func (l *lookup) find() (Decision, bool) {
	if l.cache == nil {
		return Decision{}, false
	}
	d, ok := l.cache.find(&l.key, l.epoch, l.instant)
	if ok {
		l.expect(true)
	}
	return d, ok
}

// keep keeps what a search has found, if it took as many steps.
func (l *lookup) keep(s *solver, d Decision, steps int) {
	switch {
	case l.cache == nil:
	case s.work-s.begun < steps:
		l.cache.refuse(&l.key)
	default:
		l.cache.keep(&l.key, result{l.epoch, l.since, s.until, d})
		l.expect(true)
	}
}

// surprised says that rosters decided what was looked up in vain.
func (l *lookup) surprised() {
	if l.cache != nil {
		l.expect(false)
	}
}

// expect says whether questions about the relation are to be looked up first.
func (l *lookup) expect(first bool) {
	switch {
	case l.needs.slow.Load() == first || !l.needs.slow.CompareAndSwap(!first, first):
	case first:
		l.plan.slow.Add(1)
	default:
		l.plan.slow.Add(-1)
	}
}

// mustBeKept panics where what was kept is not what a search finds.
func mustBeKept(t tuple.Tuple, kept, d Decision, err error) {
	if err != nil || kept != d {
		panic(fmt.Sprintf("check: %v is %v (%v), and was kept as %v", t, d, err, kept))
	}
}
