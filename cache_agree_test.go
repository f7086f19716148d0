package baobab_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/internal/oracle/gen"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// The engine and the oracle agree when every result is kept and every question is
// asked twice: after every transaction, within it, at the revisions before, at the
// instants around expiries, with several contexts, in hypothetical views, and under
// other schemas. Set BAOBAB_CASES for a longer run.
func TestCacheAgreesWithOracle(t *testing.T) {
	setCases(t, "60")
	var mu sync.Mutex
	questions := 0
	cache := check.NewCache(1 << 20) // of all engines, so that some results are displaced
	rapid.Check(t, func(t *rapid.T) {
		c := gen.Draw(t)
		a := &agreement{Case: c, options: check.Options{Cache: cache, CacheSteps: 1}}
		a.compare = a.twice
		if err := a.run(); err != nil {
			t.Fatalf("%v\n\n%s", err, gen.Describe(c))
		}
		mu.Lock()
		defer mu.Unlock()
		questions += a.questions
	})
	t.Logf("%d questions agreed; %+v", questions, cache.Stats())
	require.NotZero(t, cache.Stats().Hits)
}

// An aspect is a view and what it has to say.
type aspect struct {
	baobab.View
	*oracle.Model
	of string
}

// twice asks the same of a view, of others that differ from it in time and in
// context, and, if the view matters, after changes of the schema, and then again.
func (a *agreement) twice(view baobab.View, m gen.Moment, closely bool) error {
	var all []aspect
	add := func(v baobab.View, m gen.Moment, of string) {
		if v.Err() == nil {
			all = append(all, aspect{v.Given(m.Given), a.Model(m), of})
		}
	}
	add(view, m, "as it is")
	for i, given := range a.Given {
		if i%2 == a.turn%2 {
			add(view, gen.Moment{State: m.State, At: m.At, Given: given}, fmt.Sprintf("given %v", given))
		}
	}
	add(view, gen.Moment{State: m.State, At: m.At}, "given nothing")
	for i, at := range expiries(m.State) {
		if closely || i%4 == a.turn%4 {
			add(view.AsOf(at), gen.Moment{State: m.State, At: at, Given: m.Given}, fmt.Sprintf("as of %v", at))
		}
	}
	if err := a.ask(all); err != nil || !closely || a.turn%3 > 0 {
		return err
	}
	return a.reschema(all[0], m)
}

// expiries returns the instants around which tuples of a state expire.
func expiries(s oracle.State) (list []time.Time) {
	for _, r := range s.Relationships() {
		if !r.Expires.IsZero() {
			list = append(list, r.Expires.Add(-time.Microsecond), r.Expires)
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	list = slices.Compact(list)
	return list[:min(len(list), 6)]
}

// ask asks each aspect about some subjects, all aspects about one before the next,
// and all of it three times: a
// question is kept when it is met again.
func (a *agreement) ask(all []aspect) error {
	a.turn++
	for i, subject := range a.Subjects() {
		if i%4 != a.turn%4 {
			continue
		}
		for range 3 {
			for _, v := range all {
				if err := a.about(v, subject); err != nil {
					return fmt.Errorf("%s: %w", v.of, err)
				}
			}
		}
	}
	return nil
}

func (a *agreement) about(v aspect, subject tuple.Subject) error {
	for _, object := range a.Objects() {
		for _, r := range a.Schema.Type(object.Type).Relations {
			q := tuple.New(object, r.Name, subject)
			d, err := v.Check(ctx, q)
			a.questions++
			if got, want := oracle.Value(answer(d, err)), v.Holds(q); got != want {
				return fmt.Errorf("%v: the oracle says %v, the engine %v (%v)", q, want, got, err)
			}
		}
	}
	return nil
}

// reschema asks again under another schema of the same tuples, beside the view from
// before it, and then under the first one, which is a schema of its own.
func (a *agreement) reschema(before aspect, m gen.Moment) error {
	first := a.Case
	defer func() { a.Case = first }()
	other := *first
	other.Schema = gen.WithoutExclusions(first.Schema)
	for _, c := range []*gen.Case{&other, first} {
		s, err := gen.Build(c.Schema)
		if err != nil {
			continue // not every schema may lose its exclusions
		}
		if _, err := a.engine.SetSchema(ctx, s, store.SchemaOptions{}); err != nil {
			return err
		}
		a.Case = c
		if err := a.ask([]aspect{{a.engine.Now().Given(m.Given), a.Model(m), "under another schema"}, before}); err != nil {
			return err
		}
	}
	return nil
}
