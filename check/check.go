package check

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Options bound what a question may cost. The zero value gives the defaults.
type Options struct {
	// MaxSteps is how much work one question may do before it ends with
	// [ErrBudget]: a step is a goal, an edge between goals or a stored tuple
	// that was looked at, some 50 to 300 ns each. Tuples that have expired and
	// are not swept yet are passed over, and cost less, uncounted. The default
	// is 10 million; a negative number means no bound. What is kept costs none.
	MaxSteps int

	// CacheBytes bounds the memory of what questions find out and is kept, see [Cache].
	// Default: 128 MiB, for the groups of some 400,000 subjects and 120,000 decisions.
	// It is taken as it is needed. Negative: nothing is kept.
	CacheBytes int64
	// CacheSteps is how many steps a decision takes at least to be kept. A kept one
	// costs 0.1 to 0.5 µs, and one that was not kept yet 0.2 to 0.7 µs more than
	// without a cache, so what takes a microsecond is hardly worth it. Default: 16,
	// which is about that. Negative: no decision is kept.
	CacheSteps int
	// Cache is where all this is kept, together with that of others; then CacheBytes
	// means nothing. Default: one of the evaluator's own.
	Cache *Cache
}

const (
	defaultMaxSteps   = 10_000_000
	defaultCacheBytes = 128 << 20
	defaultCacheSteps = 16
	maxPlans          = 32
)

// An Evaluator answers questions. It is safe for use by many goroutines. It
// keeps what it has compiled of the last schemas of stores that it was asked
// about, so a store wants an evaluator of its own.
type Evaluator struct {
	budget    int
	cache     *Cache   // nil if nothing is kept
	keepFrom  int      // steps of a search, or 0 if no decision is kept
	graphOnly bool     // in tests
	plans     sync.Map // planKey → *plan
	planned   atomic.Int32
	numbers   atomic.Uint64        // of plans
	last      atomic.Pointer[plan] // that was asked for
	solvers   sync.Pool
}

// A planKey is what a plan depends on: the rules, and the ids of names.
type planKey struct {
	schema     *schema.Schema
	generation *index.Generation
}

// New returns an evaluator.
func New(o Options) *Evaluator {
	e := &Evaluator{budget: o.MaxSteps, cache: o.Cache, keepFrom: o.CacheSteps}
	if o.CacheSteps == 0 {
		e.keepFrom = defaultCacheSteps
	}
	switch {
	case o.Cache != nil:
	case o.CacheBytes == 0:
		e.cache = NewCache(defaultCacheBytes)
	case o.CacheBytes > 0:
		e.cache = NewCache(o.CacheBytes)
	}
	if e.cache == nil || e.keepFrom < 0 {
		e.keepFrom = 0
	}
	switch {
	case o.MaxSteps == 0:
		e.budget = defaultMaxSteps
	case o.MaxSteps < 0:
		e.budget = 0
	}
	return e
}

// Check reports whether t holds in the state.
//
// Errors, each with a deny: those of [store.State.Err], of
// [tuple.Tuple.Validate] and of [schema.Schema.ValidateTuple], that of the
// context, [ErrBudget], [ErrCondition] and [ErrCycle].
func (e *Evaluator) Check(ctx context.Context, st *store.State, t tuple.Tuple) (Decision, error) {
	a := Asker{evaluator: e, ctx: ctx, state: st, kept: true}
	defer a.Close()
	return a.Check(t)
}

// Try answers a question if it can be decided without a search, as nearly all can,
// and as Check would. It does not keep st, which may be on the caller's stack, and
// allocates nothing once the subject is known.
func (e *Evaluator) Try(ctx context.Context, st *store.State, t tuple.Tuple) (Decision, bool) {
	var f fast
	if fastMode != both {
		f.prepare(ctx, e, st)
	}
	v := f.question(&t)
	return decided(v), v != unsure
}

// CacheStats returns figures about what is kept; zero if nothing is.
func (e *Evaluator) CacheStats() CacheStats {
	if e.cache == nil {
		return CacheStats{}
	}
	return e.cache.Stats()
}

// fast reports whether rosters are tried first.
func (e *Evaluator) fast() bool { return fastMode != graphOnly && !e.graphOnly }

func decided(v value) Decision {
	if v == yes {
		return Allow()
	}
	return Decision{}
}

// mustAgree panics where the rosters and the graph decide differently.
func mustAgree(t tuple.Tuple, v value, d Decision, err error) {
	if v != unsure && err == nil && d != decided(v) {
		panic(fmt.Sprintf("check: %v is %v by the graph and %v by rosters", t, d, decided(v)))
	}
}

func validate(st *store.State, t tuple.Tuple) error {
	if err := st.Err(); err != nil {
		return err
	}
	if err := t.Validate(); err != nil {
		return err
	}
	return st.Schema().ValidateTuple(t)
}

// begin returns a solver for questions of st, which still needs a principal.
func (e *Evaluator) begin(ctx context.Context, st *store.State) (*solver, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p, err := e.plan(st.Schema(), st.Reader().Dict())
	if err != nil {
		return nil, err
	}
	s, _ := e.solvers.Get().(*solver)
	if s == nil {
		s = &solver{}
	}
	s.forget()
	s.ctx, s.reader, s.given, s.plan, s.budget = ctx, st.Reader(), st.Context(), p, e.budget
	return s, nil
}

// A solver that has grown beyond this many nodes is left to the collector.
const maxPooled = 1 << 12

// end gives a solver back.
func (e *Evaluator) end(s *solver) {
	if cap(s.nodes) > maxPooled || cap(s.edges) > 4*maxPooled || cap(s.frames) > maxPooled || cap(s.sets) > maxPooled {
		return
	}
	s.forget()
	s.ctx, s.reader, s.given, s.conditions, s.plan, s.reach = nil, nil, nil, nil, nil, nil
	e.solvers.Put(s)
}

// forget makes a solver ready for another subject.
func (s *solver) forget() {
	s.graph.reset()
	s.looked, s.inners, s.cycles, s.foreign = 0, nil, nil, foreign{}
	s.stack, s.frames = s.stack[:0], s.frames[:0]
	s.until = math.MaxInt64
}

func (e *Evaluator) plan(sch *schema.Schema, d *index.Dict) (*plan, error) {
	if p := e.last.Load(); p != nil && p.key.schema == sch && p.key.generation == d.Generation() {
		return p, nil
	}
	key := planKey{sch, d.Generation()}
	if p, ok := e.plans.Load(key); ok {
		e.last.Store(p.(*plan))
		return p.(*plan), nil
	}
	p, err := newPlan(sch, d)
	if err != nil {
		return nil, err
	}
	if p.key, p.number = key, e.numbers.Add(1); e.cache != nil {
		p.number = e.cache.newPlan()
	}
	first, loaded := e.plans.LoadOrStore(key, p)
	if !loaded && e.planned.Add(1) > maxPlans { // schemas come and go
		e.plans.Clear()
		e.planned.Store(0)
	}
	e.last.Store(first.(*plan))
	return first.(*plan), nil
}

// principal makes sub the subject of the questions that follow.
func (s *solver) principal(sub tuple.Subject) {
	s.subject = goal{object: s.id(sub.Object)}
	s.kind = subjectKind{wildcard: sub.IsWildcard()}
	s.wildcard = 0
	s.kind.typ, _ = s.reader.Name(sub.Type)
	if sub.Relation != "" {
		s.kind.relation, _ = s.reader.Name(sub.Relation)
		s.subject.relation = s.kind.relation
	} else if !s.kind.wildcard {
		s.wildcard, _ = s.reader.ID(tuple.Object{Type: sub.Type, ID: tuple.Wildcard})
	}
	s.reach = s.plan.reachable(s.kind)
}

// ask answers a question about the solver's subject by its graph.
func (s *solver) ask(t tuple.Tuple) (Decision, error) {
	relation, _ := s.reader.Name(t.Relation)
	g := goal{s.id(t.Object), relation}
	s.begun = s.work
	s.work++
	v, err := s.solve(g)
	switch {
	case err != nil:
		return Decision{}, s.failure(t, err)
	case v == unsure:
		return s.doubt(t, g)
	case v == yes:
		return Allow(), nil
	}
	return Decision{}, nil
}

// doubt answers a question whose goal is unsure.
func (s *solver) doubt(t tuple.Tuple, g goal) (Decision, error) {
	why := s.sets[s.nodes[s.goals[g]].cause]
	switch {
	case why.failed != nil:
		failed := *why.failed
		failed.Question = t
		return Decision{}, &failed
	case why.cycle || len(why.missing) == 0:
		steps, omitted := s.cycle(g)
		return Decision{}, &CycleError{t, steps, omitted}
	}
	return Decision{conditional, strings.Join(why.missing, ",")}, nil
}

// failure names the question in the error that ended the search.
func (s *solver) failure(t tuple.Tuple, err error) error {
	if err == ErrBudget {
		return &BudgetError{t, s.budget}
	}
	return err
}
