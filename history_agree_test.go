package baobab_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/internal/oracle/gen"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// The engine and the oracle agree in a long life of one engine, in which what is kept
// stays warm: the same few subjects are asked about again and again, in the newest
// state, in pending ones, most of which come to nothing, at revisions and instants before, through
// principals of before, and while the schema and the ids change. BAOBAB_CASES
// makes it longer.
func TestLivesAgreeWithOracle(t *testing.T) {
	setCases(t, "60")
	shared := check.NewCache(1 << 14) // which is soon full
	rapid.Check(t, func(t *rapid.T) {
		l := &life{T: t, clock: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}
		if l.choose(3) == 0 {
			l.drawCase()
		} else {
			l.teams()
		}
		cache := check.NewCache(1 << 20)
		if l.choose(3) == 0 {
			cache = shared
		}
		l.open(cache)
		defer func() { closeEngine(l.engine) }()
		for range rapid.IntRange(4, 40).Draw(t, "steps") {
			if err := l.step(); err != nil {
				t.Fatalf("%v\n\n%s\n%s", err, l.schemas[0].Source(), strings.Join(l.log, "\n"))
			}
		}
	})
}

// A life is that of one engine, and what the oracle says of it.
type life struct {
	*rapid.T
	engine   *baobab.Engine
	clock    time.Time
	schemas  []*oracle.Schema // that are set by turns
	built    []*schema.Schema
	current  int // of these
	state    oracle.State
	pool     []tuple.Relationship // that are written, beside those that the schema has forms of
	ids      map[string][]string
	objects  []tuple.Object
	subjects []tuple.Subject
	given    []map[string]any
	past     []past // one for each revision
	kept     []keptPrincipal
	log      []string
}

// A past is what there is to say of a state.
type past struct {
	revision baobab.Revision
	schema   *oracle.Schema
	state    oracle.State
	at       time.Time
	newest   bool
}

// A keptPrincipal is asked long after it was made.
type keptPrincipal struct {
	baobab.Principal
	past
}

func (l *life) choose(n int) int { return rapid.IntRange(0, n-1).Draw(l.T, "choice") }

func (l *life) say(format string, args ...any) { l.log = append(l.log, fmt.Sprintf(format, args...)) }

// drawCase takes a case of every operator.
func (l *life) drawCase() {
	c := gen.Draw(l.T)
	l.clock, l.objects, l.subjects, l.given = c.Loaded, c.Objects(), c.Subjects(), c.Given
	l.schemas = append(l.schemas, c.Schema, gen.WithoutExclusions(c.Schema), c.Schema)
	l.pool = slices.Clone(c.Tuples)
	for _, tx := range c.History {
		for _, o := range tx.Operations {
			if o.Kind == oracle.Create || o.Kind == oracle.Touch {
				l.pool = append(l.pool, o.Relationship)
			}
		}
	}
	l.ids = map[string][]string{}
	for _, o := range l.objects {
		l.ids[o.Type] = append(l.ids[o.Type], o.ID)
	}
}

// teams takes a schema in which nearly everything goes by way of groups.
func (l *life) teams() {
	long := strings.Repeat("l", 38)
	l.ids = map[string][]string{"user": {"a", "b", "c", long}, "team": {"1", "2", "3", long}, "folder": {"1", "2"}, "doc": {"1", "2"}}
	this, computed := oracle.This{}, func(r string) oracle.Expr { return oracle.Computed{Relation: r} }
	user, public, member, staff := oracle.Admit{Type: "user", Expires: true}, oracle.Admit{Type: "user", Wildcard: true, Expires: true},
		oracle.Admit{Type: "team", Relation: "member", Expires: true}, oracle.Admit{Type: "team", Relation: "staff", Expires: true}
	perhaps, perhapsMember := oracle.Admit{Type: "user", Caveat: "asked"}, oracle.Admit{Type: "team", Relation: "member", Caveat: "asked", Expires: true}
	up := oracle.Arrow{Tupleset: "parent", Relation: "view"}
	teams := &oracle.Schema{
		Caveats: []*oracle.Caveat{{Name: "asked", Parameters: []oracle.Parameter{{Name: "yes", Type: "bool"}}, Expression: "yes"}},
		Types: []*oracle.Type{
			{Name: "user"},
			{Name: "team", Relations: []*oracle.Relation{
				{Name: "member", Admits: []oracle.Admit{user, public, perhaps, member, perhapsMember, staff}, Rewrite: this},
				{Name: "lead", Admits: []oracle.Admit{user, member}, Rewrite: this},
				{Name: "away", Admits: []oracle.Admit{user}, Rewrite: this},
				{Name: "staff", Rewrite: oracle.Union{computed("member"), computed("lead")}},
				{Name: "active", Rewrite: oracle.Exclusion{Base: computed("member"), Subtract: computed("away")}},
			}},
			{Name: "folder", Relations: []*oracle.Relation{
				{Name: "parent", Admits: []oracle.Admit{{Type: "folder", Expires: true}}, Rewrite: this},
				{Name: "viewer", Admits: []oracle.Admit{user, public, member, staff}, Rewrite: this},
				{Name: "banned", Admits: []oracle.Admit{user, member}, Rewrite: this},
				{Name: "view", Rewrite: oracle.Exclusion{Base: oracle.Union{computed("viewer"), up}, Subtract: computed("banned")}},
			}},
			{Name: "doc", Relations: []*oracle.Relation{
				{Name: "parent", Admits: []oracle.Admit{{Type: "folder", Expires: true}}, Rewrite: this},
				{Name: "owner", Admits: []oracle.Admit{user, {Type: "team", Relation: "active"}, staff}, Rewrite: this},
				{Name: "viewer", Admits: []oracle.Admit{user, public, member, staff}, Rewrite: this},
				{Name: "view", Rewrite: oracle.Union{computed("viewer"), computed("owner"), up}},
				{Name: "every", Rewrite: oracle.ArrowAll{Tupleset: "parent", Relation: "view"}},
				{Name: "narrow", Rewrite: oracle.Union{oracle.Intersection{computed("viewer"), up}, oracle.Exclusion{Base: computed("owner"), Subtract: computed("every")}}},
			}},
		},
	}
	l.schemas = append(l.schemas, teams, gen.WithoutExclusions(teams), teams)
	for _, t := range teams.Types {
		for _, id := range append(slices.Clone(l.ids[t.Name]), "none", tuple.Wildcard) {
			o := tuple.Object{Type: t.Name, ID: id}
			l.subjects = append(l.subjects, tuple.Subject{Object: o})
			if id == tuple.Wildcard {
				continue
			}
			if t.Name != "user" {
				l.objects = append(l.objects, o)
			}
			for _, r := range t.Relations {
				if t.Name == "team" {
					l.subjects = append(l.subjects, tuple.Subject{Object: o, Relation: r.Name})
				}
			}
		}
	}
	l.given = []map[string]any{nil, {"yes": true}, {"yes": false}}
}

func (l *life) open(cache *check.Cache) {
	for _, s := range l.schemas {
		built, err := gen.Build(s)
		if err != nil { // not every schema may lose its exclusions
			built, _ = gen.Build(l.schemas[0])
			s = l.schemas[0]
		}
		l.schemas[len(l.built)] = s
		l.built = append(l.built, built)
	}
	var err error
	l.engine, err = openEngine(l.built[0], baobab.Options{Caveats: oracle.Conditions{}, Check: check.Options{Cache: cache, CacheSteps: 1},
		Store: store.Options{Clock: func() time.Time { return l.clock }, PinEvery: 3, CompactAt: []int{-1, 4}[l.choose(2)]}})
	if err != nil {
		l.Fatalf("%v", err)
	}
	l.state = oracle.State{}
	l.commits()
}

// step does something, and asks.
func (l *life) step() error {
	l.clock = l.clock.Add(time.Duration([]int{0, 0, 1, 5, 30}[l.choose(5)]) * time.Second)
	var err error
	switch k := l.choose(20); {
	case k < 9:
		err = l.transact(true)
	case k < 12:
		err = l.transact(false)
	case k == 12:
		_, err = l.engine.Compact(ctx)
		l.say("compacted")
	case k == 13:
		_, err = l.engine.Sweep(ctx)
		l.say("swept")
	case k == 14:
		l.current = (l.current + 1) % len(l.schemas)
		if l.built[l.current] != l.engine.Now().Schema() {
			_, err = l.engine.SetSchema(ctx, l.built[l.current], store.SchemaOptions{})
		}
		l.say("schema %d", l.current)
		l.commits()
	case k < 17:
		return l.before()
	case k == 17:
		return l.again()
	case k == 18 && l.choose(4) == 0:
		err = l.widen()
	}
	if err != nil {
		return err
	}
	return l.now(l.engine.Now())
}

// widen gives an object so many tuples of a relation that its roster does not hold
// them.
func (l *life) widen() error {
	r := l.relationship(l.choose)
	if r.Subject.Type != "user" || r.Subject.IsWildcard() {
		return nil
	}
	var wide []tuple.Relationship
	for i := range 130 {
		r.Subject.ID = fmt.Sprint("w", i)
		wide = append(wide, r)
	}
	l.state = l.state.With(wide...)
	l.say("at %v, many of %v", l.clock.Format(time.TimeOnly), r)
	_, err := l.engine.Write(ctx, wide...)
	l.commits()
	return err
}

// commits notes what the newest revision is.
func (l *life) commits() {
	v := l.engine.Now()
	if n := len(l.past); n > 0 && l.past[n-1].revision == v.Revision() {
		return
	}
	l.past = append(l.past, past{v.Revision(), l.schemas[l.current], l.state, v.Time(), false})
}

// relationship draws one that can be stored now.
func (l *life) relationship(choose func(int) int) tuple.Relationship {
	for {
		if len(l.pool) > 0 && choose(2) == 0 {
			r := l.pool[choose(len(l.pool))]
			if r.Expires.IsZero() || r.Expires.After(l.clock) {
				return r
			}
			continue
		}
		types := l.schemas[0].Types
		t := types[choose(len(types))]
		if len(t.Relations) == 0 {
			continue
		}
		r := t.Relations[choose(len(t.Relations))]
		if len(r.Admits) == 0 {
			continue
		}
		a := r.Admits[choose(len(r.Admits))]
		s := tuple.Subject{Object: tuple.Object{Type: a.Type, ID: tuple.Wildcard}, Relation: a.Relation}
		if !a.Wildcard {
			s.ID = l.id(choose, a.Type)
		}
		rel := tuple.New(tuple.Object{Type: t.Name, ID: l.id(choose, t.Name)}, r.Name, s).Always()
		rel.Caveat = a.Caveat
		if a.Temporary || a.Expires && choose(2) == 0 {
			rel.Expires = l.clock.Add(time.Duration([]int{1, 5, 30, 200}[choose(4)]) * time.Second)
		}
		if l.schemas[0].Admit(rel) {
			return rel
		}
	}
}

func (l *life) id(choose func(int) int, typ string) string {
	return l.ids[typ][choose(len(l.ids[typ]))]
}

// operationBy draws what can be done now.
func (l *life) operationBy(choose func(int) int) oracle.Operation {
	stored := l.state.Relationships()
	switch k := choose(10); {
	case k < 6 || len(stored) == 0:
		return oracle.Operation{Kind: oracle.Touch, Relationship: l.relationship(choose)}
	case k < 9:
		return oracle.Operation{Kind: oracle.Delete, Relationship: stored[choose(len(stored))].Tuple.Always()}
	}
	return oracle.Operation{Kind: oracle.DeleteObject, Object: stored[choose(len(stored))].Object}
}

var errGivenUp = errors.New("given up")

// transact runs a transaction, in which questions are asked now and then.
func (l *life) transact(commit bool) error {
	tx := oracle.Transaction{At: l.clock}
	for range 1 + l.choose(4) {
		tx.Operations = append(tx.Operations, l.operationBy(l.choose))
	}
	asked := l.choose(3) == 0
	l.say("at %v, committed %v, asked %v: %v", l.clock.Format(time.TimeOnly), commit, asked, tx.Operations)
	var wrong error
	pending := l.state
	_, err := l.engine.Update(ctx, func(b *baobab.Tx) error {
		for i, op := range tx.Operations {
			if wrong = operate(b, op); wrong != nil {
				return wrong
			}
			pending, _ = l.state.Apply(oracle.Transaction{At: tx.At, Operations: tx.Operations[:i+1]})
			if !asked {
				continue
			}
			if wrong = l.ask(b.View(), past{schema: l.schemas[l.current], state: pending, at: l.clock}); wrong != nil {
				return wrong
			}
			if wrong = l.now(l.engine.Now()); wrong != nil {
				return wrong
			}
		}
		if !commit {
			return errGivenUp
		}
		return nil
	})
	switch {
	case wrong != nil:
		return fmt.Errorf("within a transaction: %w", wrong)
	case !commit && errors.Is(err, errGivenUp):
		return nil
	case err != nil:
		return err
	}
	l.state = pending
	l.commits()
	return nil
}

// now asks the newest state, as it is or as of another instant, and perhaps keeps
// somebody who asks.
func (l *life) now(v baobab.View) error {
	p := past{v.Revision(), l.schemas[l.current], l.state, l.clock, true}
	if l.choose(4) == 0 {
		subject := l.subjects[l.choose(len(l.subjects))]
		l.kept = append(l.kept, keptPrincipal{v.As(subject), p})
	}
	if err := l.ask(v, p); err != nil {
		return err
	}
	if l.choose(2) == 0 {
		return l.ask(l.another(v, &p), p)
	}
	return nil
}

// another returns the view as of another instant, if there are no tuples missing.
func (l *life) another(v baobab.View, p *past) baobab.View {
	at := p.at.Add(time.Duration(l.choose(121)-60) * time.Second)
	if v := v.AsOf(at); v.Err() == nil {
		p.at, p.newest = at, false
		return v
	}
	return v
}

// before asks an earlier revision, at its instant and at another.
func (l *life) before() error {
	p := l.past[l.choose(len(l.past))]
	v, err := l.engine.At(p.revision)
	if err != nil {
		return err
	}
	p.at = v.Time()
	l.say("at revision %v", p.revision)
	if err := l.ask(v, p); err != nil {
		return fmt.Errorf("at %v: %w", p.revision, err)
	}
	return l.ask(l.another(v, &p), p)
}

// again asks a principal that was kept.
func (l *life) again() error {
	if len(l.kept) == 0 {
		return nil
	}
	k := l.kept[l.choose(len(l.kept))]
	m := l.model(k.past, nil)
	l.say("%v, kept of %v", k.Subject(), k.revision)
	return l.each(k.past, k.Subject(), m, func(t tuple.Tuple) (baobab.Decision, error) { return k.Check(ctx, t.Object, t.Relation) })
}

func (l *life) model(p past, given map[string]any) *oracle.Model {
	return oracle.NewModel(p.schema, p.state.Relationships(), p.at, given, l.objects...)
}

// ask asks a view about some subjects, the first of which more often than others, in
// one of the ways.
func (l *life) ask(v baobab.View, p past) error {
	given := l.given[l.choose(len(l.given))]
	m := l.model(p, given)
	v = v.Given(given)
	for range 1 + l.choose(3) {
		subject := l.subjects[min(l.choose(len(l.subjects)), l.choose(len(l.subjects)))]
		how := v.Check
		switch l.choose(4) {
		case 0:
			who := v.As(subject)
			how = func(c context.Context, t tuple.Tuple) (baobab.Decision, error) {
				return who.Check(c, t.Object, t.Relation)
			}
		case 1:
			if err := l.all(v, p, m, subject); err != nil {
				return err
			}
		case 2:
			if p.newest && len(given) == 0 {
				how = l.engine.Check
			}
		}
		if err := l.each(p, subject, m, func(t tuple.Tuple) (baobab.Decision, error) { return how(ctx, t) }); err != nil {
			return err
		}
	}
	return nil
}

func (l *life) questions(p past, subject tuple.Subject) (ts []tuple.Tuple) {
	for _, o := range l.objects {
		for _, r := range p.schema.Type(o.Type).Relations {
			ts = append(ts, tuple.New(o, r.Name, subject))
		}
	}
	return ts
}

func (l *life) each(p past, subject tuple.Subject, m *oracle.Model, check func(tuple.Tuple) (baobab.Decision, error)) error {
	for _, q := range l.questions(p, subject) {
		d, err := check(q)
		if got, want := oracle.Value(answer(d, err)), m.Holds(q); got != want {
			return fmt.Errorf("%v at %v: the oracle says %v, the engine %v (%v); there are %v", q, p.at.Format(time.TimeOnly), want, got, err, p.state.Relationships())
		}
	}
	return nil
}

// all asks about a subject and another in one call, by turns.
func (l *life) all(v baobab.View, p past, m *oracle.Model, subject tuple.Subject) error {
	var ts []tuple.Tuple
	other := l.questions(p, l.subjects[l.choose(len(l.subjects))])
	for i, q := range l.questions(p, subject) {
		ts = append(ts, q, other[i])
	}
	ds, err := v.CheckAll(ctx, ts)
	failed := failures(err)
	for i, q := range ts {
		if got, want := oracle.Value(answer(ds[i], failed[i])), m.Holds(q); got != want {
			return fmt.Errorf("%v among many, at %v: the oracle says %v, the engine %v (%v)", q, p.at.Format(time.TimeOnly), want, got, failed[i])
		}
	}
	return nil
}
