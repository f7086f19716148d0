package check

import (
	"fmt"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A lookup is a question in the form in which its result is kept. The zero lookup
// is one whose result is not kept: of what is hypothetical or pending, or unknown to
// the state.
type lookup struct {
	cache   *Cache // nil if it is not kept
	key     resultKey
	epoch   uint64
	instant int64
}

// lookup returns the lookup of a question. What it resolves need not be validated,
// since the state knows it.
func (p *plan) lookup(c *Cache, st *store.State, t *tuple.Tuple) (l lookup) {
	if c == nil || !st.Committed() {
		return lookup{}
	}
	object, subject := p.types[t.Object.Type], p.types[t.Subject.Type]
	if object == nil || subject == nil || t.Object.ID == tuple.Wildcard {
		return lookup{}
	}
	r, at := st.Reader(), object.rules[t.Relation]
	var known [2]bool
	l.key.object, known[0] = r.IDOf(object.name, t.Object.ID)
	l.key.subject, known[1] = r.IDOf(subject.name, t.Subject.ID)
	if at == nil || known != [2]bool{true, true} {
		return lookup{}
	}
	if t.Subject.Relation != "" {
		of := subject.rules[t.Subject.Relation]
		if of == nil || t.Subject.ID == tuple.Wildcard {
			return lookup{}
		}
		l.key.subjectRelation = of.relation
	}
	d := p.depends(at.id, r, t.Object.Type, t.Relation)
	if d.many {
		return lookup{}
	}
	if given := st.Context(); len(given) > 0 && len(d.parameters) > 0 {
		var buf [128]byte
		values, ok := d.values(given, buf[:0])
		if !ok {
			return lookup{}
		}
		l.key.given = string(values)
	}
	l.key.plan, l.key.relation = p.number, at.relation
	l.epoch, l.instant = r.Epoch(d.relations), r.Instant()
	l.cache = c
	return l
}

// find returns the decision that is kept for the question.
func (l *lookup) find() (Decision, bool) {
	if l.cache == nil {
		return Decision{}, false
	}
	return l.cache.find(&l.key, l.epoch, l.instant)
}

// keep keeps what a search has found, if it took long enough.
func (l *lookup) keep(s *solver, d Decision, steps int) {
	switch {
	case l.cache == nil:
	case s.work-s.begun < steps:
		l.cache.refuse(&l.key)
	default:
		l.cache.keep(&l.key, result{l.epoch, l.instant, s.until, d})
	}
}

// mustBeKept panics where what was kept is not what a search finds.
func mustBeKept(t tuple.Tuple, kept, d Decision, err error) {
	if err != nil || kept != d {
		panic(fmt.Sprintf("check: %v is %v (%v), and was kept as %v", t, d, err, kept))
	}
}
