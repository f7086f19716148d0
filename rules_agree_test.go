package baobab_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/internal/oracle/gen"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// The engine and the oracle agree about the rules for writes: which
// transactions of random cases commit, why the others do not, and what is stored
// after each. Set BAOBAB_CASES for a longer run.
func TestRulesAgreeWithOracle(t *testing.T) {
	setCases(t, "200")
	var shares gen.RuledShares
	rapid.Check(t, func(t *rapid.T) {
		c := gen.DrawRuled(t)
		if err := agreeOnRules(c); err != nil {
			t.Fatalf("%v\n\n%s", err, gen.DescribeRuled(c))
		}
		shares.Measure(c)
	})
	t.Logf("agreed; %s", &shares)
}

// The same for long histories, each in a small world. BAOBAB_HISTORY is how many
// transactions there are in each of the histories, of which BAOBAB_CASES says how
// many there are, or else one of a few hundred.
func TestRulesAgreeInLongHistories(t *testing.T) {
	length, err := strconv.Atoi(os.Getenv("BAOBAB_HISTORY"))
	if err != nil {
		length = 300
	}
	histories := 1
	if n := os.Getenv("BAOBAB_CASES"); n != "" {
		histories, err = strconv.Atoi(n)
		require.NoError(t, err)
	}
	var shares gen.RuledShares
	start := time.Now()
	for world := range histories {
		c := rapid.Custom(gen.DrawWorld).Example(world)
		r, err := newRuled(c)
		require.NoError(t, err, gen.DescribeRuled(c))
		if len(r.state) > 0 {
			shares.Loaded++
		}
		met := map[oracle.Reason]bool{}
		for i := range length {
			before := r.state
			u := rapid.Custom(func(t *rapid.T) oracle.Update { return c.DrawUpdate(t, before, i) }).Example(world*length + i)
			broken, err := r.update(u)
			if err != nil {
				t.Fatalf("world %d, transaction %d: %v\n\n%s\n%s\n\n%s", world, i, err, c.Schema.Source(), lines(before), gen.DescribeUpdate(u))
			}
			shares.Add(before, r.state, u, broken)
			for _, v := range broken {
				met[v.Reason] = true
			}
		}
		shares.AddCase(met)
		require.NoError(t, r.engine.Close())
	}
	t.Logf("agreed in %s; %s", time.Since(start).Round(time.Second), &shares)
}

// agreeOnRules loads a case, commits all of its history, and returns the first
// disagreement.
func agreeOnRules(c *gen.Ruled) error {
	r, err := newRuled(c)
	if err != nil {
		return err
	}
	defer r.engine.Close()
	for i, u := range c.History {
		if _, err := r.update(u); err != nil {
			return fmt.Errorf("transaction %d: %w", i+1, err)
		}
	}
	return nil
}

// A ruled is an engine with rules for writes, and what it has to have stored.
type ruled struct {
	schema *oracle.Schema
	engine *baobab.Engine
	clock  time.Time
	state  oracle.State
}

func newRuled(c *gen.Ruled) (*ruled, error) {
	s, err := gen.Build(c.Schema)
	if err != nil {
		return nil, fmt.Errorf("the schema is refused: %w", err)
	}
	r := &ruled{schema: c.Schema, clock: c.Load.At, state: oracle.State{}}
	r.engine, err = openEngine(s, baobab.Options{Caveats: oracle.Conditions{}, Store: store.Options{
		Clock: func() time.Time { return r.clock }, CheckEachCommit: true, PinEvery: 64, HistoryCommits: 100,
	}})
	if err != nil {
		return nil, err
	}
	if _, err := r.update(c.Load); err != nil {
		return nil, fmt.Errorf("the load: %w", err)
	}
	return r, nil
}

// update commits a transaction, or does not, on both sides. It returns why the
// oracle refuses it, and how they differ.
func (r *ruled) update(u oracle.Update) ([]oracle.Violation, error) {
	after, broken := r.schema.Commit(r.state, u)
	r.clock = u.At
	before := r.engine.Now().Revision()
	do := func(tx *baobab.Tx) error {
		for _, o := range u.Operations {
			if err := operate(tx, o); err != nil {
				return err
			}
		}
		return nil
	}
	var err error
	if u.Actor == (tuple.Subject{}) {
		_, err = r.engine.Update(ctx, do)
	} else {
		_, err = r.engine.UpdateAs(ctx, u.Actor, u.Given, do)
	}
	if got, want := refused(err), expected(broken); !slices.Equal(got, want) {
		return broken, fmt.Errorf("the oracle says %q, the engine %q: %v", want, got, err)
	}
	if !named(err, broken) {
		return broken, fmt.Errorf("the oracle says %v, the engine %w", broken, err)
	}
	if err != nil && r.engine.Now().Revision() != before {
		return broken, fmt.Errorf("the revision is another after %w", err)
	}
	r.state = after
	var stored []string
	for rel, err := range r.engine.Now().Tuples(tuple.Filter{}) {
		if err != nil {
			return broken, err
		}
		stored = append(stored, rel.String())
	}
	slices.Sort(stored)
	if want := lines(live(after, u.At)); strings.Join(stored, "\n") != want {
		return broken, fmt.Errorf("after it the oracle has\n%s\n\nand the engine\n%s", want, strings.Join(stored, "\n"))
	}
	return broken, nil
}

func live(s oracle.State, at time.Time) oracle.State {
	s = maps.Clone(s)
	maps.DeleteFunc(s, func(_ tuple.Tuple, r tuple.Relationship) bool { return !r.Expires.IsZero() && !r.Expires.After(at) })
	return s
}

func lines(s oracle.State) string {
	var list []string
	for _, r := range s.Relationships() {
		list = append(list, r.String())
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}

// most is how many violations the engine tells of.
const most = 10

// expected is what the engine's error must say. It tells of one tuple that may
// not be written, of one that refuses the deletion of an object, and of ten
// other violations: only where there are more, which ones is not compared.
func expected(broken []oracle.Violation) []string {
	if len(broken) == 0 {
		return []string{"commits"}
	}
	switch broken[0].Reason {
	case oracle.Exists, oracle.Unguarded:
		return []string{string(broken[0].Reason)}
	}
	var list []string
	for _, v := range broken {
		switch v.Reason {
		case oracle.Miscounted:
			typ, relation := v.Directive.About()
			list = append(list, strings.Join([]string{string(v.Reason), typ, relation, v.Directive.String(), object(v.Object), subject(v.Subject)}, " "))
		case oracle.Undeletable:
			list = append(list, fmt.Sprintf("%s %s", v.Reason, v.Object))
		case oracle.TooLong:
			list = append(list, fmt.Sprintf("%s %s", v.Reason, v.Tuple))
		}
	}
	slices.Sort(list)
	if list = slices.Compact(list); len(list) > most {
		return []string{fmt.Sprintf("%d violations", len(list))}
	}
	return list
}

// named reports whether the tuples and objects that an error of the engine names
// are those to which the oracle objects.
func named(err error, broken []oracle.Violation) bool {
	objects := func(v oracle.Violation) bool {
		return slices.ContainsFunc(broken, func(b oracle.Violation) bool {
			return b.Reason == v.Reason && b.Tuple == v.Tuple && b.Object == v.Object
		})
	}
	var guard *store.GuardError
	if errors.As(err, &guard) && !objects(oracle.Violation{Reason: oracle.Unguarded, Tuple: guard.Tuple, Object: guard.Object}) {
		return false
	}
	var all *store.ConstraintError
	if !errors.As(err, &all) {
		return true
	}
	for _, v := range all.Violations {
		switch v := v.(type) {
		case *store.OnDeleteError:
			if !objects(oracle.Violation{Reason: oracle.Undeletable, Tuple: v.Tuple, Object: v.Deleted}) {
				return false
			}
		case *store.CountError:
			found := func(b oracle.Violation) bool { return v.Found == b.Found || v.More && v.Found < b.Found }
			if !slices.ContainsFunc(broken, func(b oracle.Violation) bool {
				return b.Reason == oracle.Miscounted && b.Object == v.Object && b.Subject == v.Subject && found(b)
			}) {
				return false
			}
		}
	}
	return true
}

// refused is what an error of the engine says, in the same words.
func refused(err error) (list []string) {
	var guard *store.GuardError
	var broken *store.ConstraintError
	switch {
	case err == nil:
		return []string{"commits"}
	case errors.Is(err, store.ErrExists):
		return []string{string(oracle.Exists)}
	case errors.Is(err, store.ErrGuard) && errors.As(err, &guard):
		return []string{string(oracle.Unguarded)}
	case !errors.Is(err, store.ErrConstraint) || !errors.As(err, &broken):
		return []string{err.Error()}
	case broken.Total > most:
		return []string{fmt.Sprintf("%d violations", broken.Total)}
	}
	for _, v := range broken.Violations {
		switch v := v.(type) {
		case *store.CountError:
			list = append(list, strings.Join([]string{string(oracle.Miscounted), v.Type, v.Relation, v.Count.String(), object(v.Object), subject(v.Subject)}, " "))
		case *store.OnDeleteError:
			list = append(list, fmt.Sprintf("%s %s", oracle.Undeletable, v.Deleted))
		case *store.ExpiryError:
			list = append(list, fmt.Sprintf("%s %s", oracle.TooLong, v.Relationship.Tuple))
		}
	}
	slices.Sort(list)
	return list
}

func object(o tuple.Object) string {
	if o == (tuple.Object{}) {
		return "-"
	}
	return o.String()
}

func subject(s tuple.Subject) string {
	if s == (tuple.Subject{}) {
		return "-"
	}
	return s.String()
}
