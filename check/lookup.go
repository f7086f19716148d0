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
	rule    *fastRule
	worth   int // how many steps make it worth to be kept
	key     resultKey
	epoch   uint64
	since   int64 // the first instant at which the tuples are the same
	instant int64
}

// lookup returns the lookup of a question. What it resolves need not be validated,
// since the state knows it.
func (e *Evaluator) lookup(ctx context.Context, st *store.State, t *tuple.Tuple) (l lookup) {
	if e.keepFrom == 0 || st.Err() != nil || ctx.Err() != nil || !st.Committed() {
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
	needs := p.depends(r.Dict(), at.id, t.Object.Type, t.Relation)
	if needs.many {
		return lookup{}
	}
	if given := st.Context(); len(given) > 0 && len(needs.parameters) > 0 {
		var buf [128]byte
		values, ok := needs.values(given, buf[:0])
		if !ok {
			return lookup{}
		}
		l.key.given = string(values)
	}
	l.key.plan, l.rule = p.number, at
	l.epoch, l.since, l.instant = r.Epoch(needs.relations), r.Since(), r.Instant()
	l.cache, l.worth = e.cache, e.keepFrom
	return l
}

// resolve fills in the ids and names of a question, and returns its rule; nil if
// the state does not know all of it, or it may not be asked.
func (p *plan) resolve(r *index.Reader, t *tuple.Tuple, k *resultKey) *fastRule {
	object, at := p.about(&t.Object, t.Relation)
	subject := p.types[t.Subject.Type]
	if at == nil || subject == nil {
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
	var ok bool
	if k.object, ok = r.IDOf(object, t.Object.ID); !ok {
		return nil
	}
	if k.subject, ok = r.IDOf(subject.name, t.Subject.ID); !ok {
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
		l.guess(true)
	}
	return d, ok
}

// keep keeps what took so many steps to find, if it was worth it. Until is the first
// instant at which a tuple that mattered expires.
func (l *lookup) keep(d Decision, steps int, until int64) {
	switch {
	case l.cache == nil:
	case steps < l.worth:
		l.cache.refuse(&l.key)
		l.guess(false)
	default:
		l.guess(l.cache.keep(&l.key, result{l.epoch, l.since, until, d}, steps >= atOnce*l.worth))
	}
}

// atOnce is how many times as many steps as make a result worth to be kept make it
// so even if nobody asks again.
const atOnce = 16

// guess says whether the next question about the relation will probably take a search,
// so that it is better looked for here before rosters are tried.
func (l *lookup) guess(search bool) {
	if l.cache != nil && l.rule.searched.Load() != search {
		l.rule.searched.Store(search)
	}
}

// mustBeKept panics where what was found kept is not what a search finds.
func mustBeKept(t tuple.Tuple, kept Decision, found bool, d Decision, err error) {
	if found && (err != nil || kept != d) {
		panic(fmt.Sprintf("check: %v is %v (%v), and was kept as %v", t, d, err, kept))
	}
}
