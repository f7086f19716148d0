package check

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A lookup is a question in the form in which its result is kept. The zero lookup
// is one whose result is not kept: of what is hypothetical or pending, or unknown to
// the state.
type lookup struct {
	cache   *Cache        // nil if it is not kept
	odds    *atomic.Int32 // guessed, that the result is kept
	worth   int           // how many steps make it worth to be kept
	key     resultKey
	epoch   uint64
	since   int64 // the first instant at which the tuples are the same
	instant int64
}

// guesses say of relations, by the look of their names, whether questions about them
// are looked up before rosters are tried: so if one of the last few was kept. To find
// the rule itself would cost those for which the answer is no a third of what they
// take, while a lookup in vain costs a tenth of what a hit saves.
type guesses [256]atomic.Int32

// surest is after how many lookups in vain the guess is that there will be no hit.
const surest = 8

func (g *guesses) of(typ, relation string) *atomic.Int32 { return &g[look(typ)*31+look(relation)] }

// kept reports whether the result of a question might be kept.
func (g *guesses) kept(typ, relation string) bool { return g.of(typ, relation).Load() > 0 }

func look(name string) uint8 {
	n := len(name)
	if n == 0 {
		return 0
	}
	return uint8(n) + name[0]*3 + name[n-1]*5
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
	needs := p.depends(at.id, t.Object.Type, t.Relation)
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
	l.key.plan, l.odds = p.number, e.guesses.of(t.Object.Type, t.Relation)
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

// keepFast keeps what rosters have decided in so many steps.
func (e *Evaluator) keepFast(ctx context.Context, st *store.State, t *tuple.Tuple, v value, steps int) {
	l := e.lookup(ctx, st, t)
	l.keep(decided(v), steps, nextExpiry(st))
}

// took returns how many steps the last question took.
func (f *fast) took() int {
	if f.budget > 0 {
		return min(maxFast, f.budget) - f.steps
	}
	return maxFast - f.steps
}

// nextExpiry returns the first instant at which a tuple of a state expires, whichever
// that is: who decides from rosters does not note which ones mattered.
func nextExpiry(st *store.State) int64 {
	if at, ok := st.Reader().NextExpiry(); ok {
		return at
	}
	return math.MaxInt64
}

// guess notes whether the question's result was kept or is now. What others note
// at the same time may be lost.
func (l *lookup) guess(kept bool) {
	n := l.odds.Load()
	switch {
	case kept && n < surest:
		l.odds.Store(surest)
	case !kept && n > 0:
		l.odds.Store(n - 1)
	}
}

// mustBeKept panics where what was kept is not what a search finds.
func mustBeKept(t tuple.Tuple, kept, d Decision, err error) {
	if err != nil || kept != d {
		panic(fmt.Sprintf("check: %v is %v (%v), and was kept as %v", t, d, err, kept))
	}
}
