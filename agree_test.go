package baobab_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/internal/oracle/gen"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// The engine and the oracle, which shares no code with it, agree about every
// object × relation × subject of random cases, after every transaction. Set
// BAOBAB_CASES for a longer run; what it drew is printed at the end.
func TestAgreesWithOracle(t *testing.T) {
	setCases(t, "300")
	var mu sync.Mutex
	var shares gen.Shares
	questions := 0
	rapid.Check(t, func(t *rapid.T) {
		c := gen.Draw(t)
		n, err := agree(c)
		if err != nil {
			t.Fatalf("%v\n\n%s", err, gen.Describe(c))
		}
		mu.Lock()
		defer mu.Unlock()
		questions += n
		if shares.Cases < 2000 { // the shares settle long before
			shares.Measure(c)
		}
	})
	t.Logf("%d questions agreed; of the first cases:\n%s", questions, &shares)
}

// setCases says how many cases rapid draws in a test: as many as BAOBAB_CASES
// says, or by default.
func setCases(t *testing.T, cases string) {
	if n := os.Getenv("BAOBAB_CASES"); n != "" {
		cases = n
	}
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		require.NoError(t, f.Value.Set(cases))
		t.Cleanup(func() { f.Value.Set(f.DefValue) })
	}
}

// An agreement compares one engine with the oracle.
type agreement struct {
	*gen.Case
	options   check.Options
	engine    *baobab.Engine
	replica   *baobab.Engine // of the same log, if there is one
	clock     time.Time
	compare   func(view baobab.View, m gen.Moment, closely bool) error
	questions int
	turn      int
}

// agree asks everything of a case, and returns how much that was, or the first
// disagreement.
func agree(c *gen.Case) (int, error) {
	a := &agreement{Case: c}
	a.compare = a.checks
	err := a.run()
	return a.questions, err
}

// run compares an engine at each moment of the case.
func (a *agreement) run() error {
	s, err := gen.Build(a.Schema)
	if err != nil {
		return fmt.Errorf("the schema is refused: %w", err)
	}
	a.clock = a.Loaded
	a.engine, err = openEngine(s, baobab.Options{Caveats: oracle.Conditions{}, Check: a.options, Store: store.Options{
		Clock:           func() time.Time { return a.clock },
		CheckEachCommit: true,
		PinEvery:        3,
		CompactAt:       -1, // see compact
	}})
	if err != nil {
		return err
	}
	defer func() { closeEngine(a.engine) }()
	if a.replica, err = replica(a.engine); err != nil {
		return err
	}
	defer func() { closeEngine(a.replica) }()
	if _, err := a.engine.Update(ctx, a.load); err != nil {
		return err
	}
	if err := a.follow(); err != nil {
		return err
	}
	return a.again()
}

// again compares the last moment of an engine that has only what the log has kept.
func (a *agreement) again() error {
	var err error
	if a.engine, err = reopened(a.engine); err != nil || a.engine == nil {
		return err
	}
	moments := a.Moments()
	if err := a.compare(a.engine.Now(), moments[len(moments)-1], false); err != nil {
		return fmt.Errorf("opened again: %w", err)
	}
	return a.engine.Verify()
}

// replicated compares what a replica has come to.
func (a *agreement) replicated(rev baobab.Revision, m gen.Moment) error {
	if a.replica == nil {
		return nil
	}
	view, err := a.replica.AtLeast(ctx, rev)
	if err == nil {
		err = a.compare(view, m, false)
	}
	if err != nil {
		return fmt.Errorf("in a replica: %w", err)
	}
	return nil
}

// load writes the tuples. Between them it names objects that nothing names afterwards,
// so that all ids change when these are given back.
func (a *agreement) load(tx *baobab.Tx) error {
	for _, r := range a.Tuples {
		gone := r
		gone.Object.ID = "gone-" + gone.Object.ID
		if !gone.Subject.IsWildcard() {
			gone.Subject.ID = "gone-" + gone.Subject.ID
		}
		if r.Expires.IsZero() { // what has expired cannot be deleted
			if err := errors.Join(tx.Touch(gone), tx.Delete(gone.Tuple)); err != nil {
				return err
			}
		}
		if err := tx.Touch(r); err != nil {
			return err
		}
	}
	return nil
}

// follow goes through the history, and then back through it.
func (a *agreement) follow() error {
	moments := a.Moments()
	revisions := make([]baobab.Revision, len(moments))
	times := make([]time.Time, len(moments))
	for i, m := range moments {
		a.clock = m.At
		if i > 0 {
			if err := a.commit(moments[i-1].State, a.History[i-1]); err != nil {
				return fmt.Errorf("transaction %d: %w", i, err)
			}
		}
		if i%2 == 1 {
			if err := a.compact(m); err != nil {
				return fmt.Errorf("compaction after transaction %d: %w", i, err)
			}
		}
		view := a.engine.Now()
		revisions[i], times[i] = view.Revision(), commitTime(a.engine, view)
		if err := a.compare(view, m, true); err != nil {
			return fmt.Errorf("after transaction %d: %w", i, err)
		}
		if err := a.replicated(a.engine.Now().Revision(), m); err != nil {
			return fmt.Errorf("after transaction %d: %w", i, err)
		}
		if err := a.suppose(view, m, moments[len(moments)-1]); err != nil {
			return fmt.Errorf("hypothetically, after transaction %d: %w", i, err)
		}
	}
	for i, m := range moments {
		if i > 0 && revisions[i] == revisions[i-1] {
			continue // nothing that existed was changed
		}
		view, err := a.engine.At(revisions[i])
		if err != nil {
			return err
		}
		if err := a.compare(view, gen.Moment{State: m.State, At: times[i], Given: m.Given}, false); err != nil {
			return fmt.Errorf("back at the revision after transaction %d: %w", i, err)
		}
	}
	return nil
}

// compact gives back ids, which neither the newest view nor one of before notices.
func (a *agreement) compact(m gen.Moment) error {
	old, err := a.engine.At(a.engine.Now().Revision())
	if err != nil {
		return err
	}
	old = old.AsOf(m.At)
	if _, err := a.engine.Compact(ctx); err != nil {
		return err
	}
	return a.compare(old, m, false)
}

func commitTime(e *baobab.Engine, v baobab.View) time.Time {
	if at, err := e.At(v.Revision()); err == nil {
		return at.Time()
	}
	return v.Time()
}

// commit runs a transaction; it must commit if it does in the oracle.
func (a *agreement) commit(before oracle.State, tx oracle.Transaction) error {
	_, want := before.Apply(tx)
	pending := before
	_, err := a.engine.Update(ctx, func(b *baobab.Tx) error {
		for i, op := range tx.Operations {
			if err := operate(b, op); err != nil {
				return err
			}
			// The pending state answers as well.
			pending, _ = before.Apply(oracle.Transaction{At: tx.At, Operations: tx.Operations[:i+1]})
			if i == len(tx.Operations)/2 {
				if err := a.compare(b.View(), gen.Moment{State: pending, At: tx.At, Given: a.Given[0]}, false); err != nil {
					return &pendingError{err}
				}
			}
		}
		return nil
	})
	var disagreed *pendingError
	switch {
	case errors.As(err, &disagreed):
		return disagreed
	case want != (err == nil):
		return fmt.Errorf("commits by the oracle: %v; the engine says %v", want, err)
	case err != nil && !errors.Is(err, store.ErrExists):
		return err
	}
	return nil
}

var ctx = context.Background()

type pendingError struct{ error }

func operate(tx *baobab.Tx, op oracle.Operation) (err error) {
	switch op.Kind {
	case oracle.Create:
		return tx.Create(op.Relationship)
	case oracle.Touch:
		return tx.Touch(op.Relationship)
	case oracle.Delete:
		return tx.Delete(op.Relationship.Tuple)
	case oracle.DeleteMatching:
		_, err = tx.DeleteMatching(op.Filter)
	case oracle.DeleteObject:
		_, err = tx.DeleteObject(op.Object)
	}
	return err
}

// suppose compares a view that hypothetically has some of the tuples of the
// last moment, and lacks some of its own.
func (a *agreement) suppose(view baobab.View, m, last gen.Moment) error {
	state := m.State
	for i, r := range last.State.Relationships() {
		if i%2 == 0 {
			state, view = state.With(r), view.With(r)
		}
	}
	for i, r := range m.State.Relationships() {
		if i%3 == 0 {
			state, view = state.Without(r.Tuple), view.Without(r.Tuple)
		}
	}
	return a.compare(view, gen.Moment{State: state, At: m.At, Given: m.Given}, false)
}

// checks asks everything of a view, or, of one that matters less, of a third
// of the subjects, by turns.
func (a *agreement) checks(view baobab.View, m gen.Moment, closely bool) error {
	model := a.Model(m)
	view = view.Given(m.Given)
	var all []tuple.Tuple
	var one []oracle.Value
	a.turn++
	for i, subject := range a.Subjects() {
		if !closely && i%3 != a.turn%3 {
			continue
		}
		for _, object := range a.Objects() {
			for _, r := range a.Schema.Type(object.Type).Relations {
				q := tuple.New(object, r.Name, subject)
				d, err := view.Check(ctx, q)
				want := model.Holds(q)
				if got := oracle.Value(answer(d, err)); got != want {
					return fmt.Errorf("%v: the oracle says %v, the engine %v (%v)", q, want, got, err)
				}
				all, one = append(all, q), append(one, want)
			}
		}
	}
	a.questions += len(all)
	if !closely {
		return nil
	}
	ds, err := view.CheckAll(ctx, all)
	failed := failures(err)
	if err != nil && len(failed) == 0 {
		return err
	}
	for i, d := range ds {
		if got := oracle.Value(answer(d, failed[i])); got != one[i] {
			return fmt.Errorf("%v: CheckAll says %v (%v, %v), Check %v", all[i], got, d, failed[i], one[i])
		}
		if i%61 == 0 && one[i] != oracle.Undefined && one[i] != oracle.Failed {
			if err := a.explain(view, all[i], d); err != nil {
				return err
			}
		}
	}
	return nil
}

// explain asks for a reason: a proof must consist of live tuples that suffice.
func (a *agreement) explain(view baobab.View, q tuple.Tuple, d baobab.Decision) error {
	e, err := view.Explain(ctx, q)
	if err != nil {
		return err
	}
	if e.Decision != d || e.Reason.Holds != d.Allowed() {
		return fmt.Errorf("%v: explained as %v, decided as %v", q, e.Decision, d)
	}
	live := map[tuple.Tuple]bool{}
	for r, err := range view.Tuples(tuple.Filter{}) {
		if err != nil {
			return err
		}
		live[r.Tuple] = true
	}
	for _, p := range e.Proof() {
		if !live[p] {
			return fmt.Errorf("%v: the proof needs %v, which is not there:\n%v", q, p, e)
		}
	}
	return nil
}

// failures are the errors of the questions that failed among many.
func failures(err error) map[int]error {
	failed := map[int]error{}
	var one *check.QuestionError
	switch joined, many := err.(interface{ Unwrap() []error }); {
	case many:
		for _, e := range joined.Unwrap() {
			maps.Copy(failed, failures(e))
		}
	case errors.As(err, &one):
		failed[one.Index] = one.Err
	}
	return failed
}
