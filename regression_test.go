package baobab_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Each test here is a mistake that the engine made once.

// interrupted calls do when it is asked for the n-th time whether it is over.
type interrupted struct {
	context.Context
	n  int
	do func() error
}

func (c *interrupted) Err() error {
	if c.n--; c.n == 0 {
		return c.do()
	}
	return c.Context.Err()
}

// Where a wildcard was stored, a question about it as an object was answered, and
// allowed by self, instead of refused.
func TestNobodyAsksAboutAWildcardObject(t *testing.T) {
	eng, err := openEngine(schema.MustParse(`
		use self
		definition user {}
		definition folder {
			relation member: folder:* | user
			permission view = member + self
		}`), baobab.Options{})
	require.NoError(t, err)
	defer eng.Close()
	_, err = eng.Write(ctx, tuple.MustParseRelationship("folder:1#member@folder:*"), tuple.MustParseRelationship("folder:1#member@user:ann"))
	require.NoError(t, err)
	every := tuple.Object{Type: "folder", ID: tuple.Wildcard}
	v := eng.Now()
	for _, sub := range []tuple.Subject{every.Subject(), tuple.MustParseSubject("user:ann"), tuple.MustParseSubject("folder:1#view")} {
		q := tuple.New(every, "view", sub)
		d, err := v.Check(ctx, q)
		assert.ErrorIs(t, err, tuple.ErrSyntax)
		assert.True(t, d.Denied())
		ds, err := v.CheckAll(ctx, []tuple.Tuple{q})
		assert.ErrorIs(t, err, tuple.ErrSyntax)
		assert.True(t, ds[0].Denied())
		d, err = v.As(sub).Check(ctx, every, "view")
		assert.ErrorIs(t, err, tuple.ErrSyntax)
		assert.True(t, d.Denied())
		_, err = v.Explain(ctx, q)
		assert.ErrorIs(t, err, tuple.ErrSyntax)
	}
}

// A writer gave an id to an object between two looks at it, and the object was
// not itself any more.
func TestObjectStaysItselfWhileItIsWritten(t *testing.T) {
	eng := adversary(t, chain(3000))
	view := eng.Now()
	during := &interrupted{ctx, 2, func() error {
		_, err := eng.Write(ctx, tuple.MustParseRelationship("group:new#member@user:ann"))
		return err
	}}
	questions := make([]tuple.Tuple, 200) // so that the context is looked at between them
	for i := range questions {
		questions[i] = tuple.MustParse("group:0#member@group:new#member")
	}
	questions = append(questions, tuple.MustParse("group:new#member@group:new#member"))
	ds, err := view.CheckAll(during, questions)
	require.NoError(t, err)
	require.LessOrEqual(t, during.n, 0, "the write came in between")
	assert.True(t, ds[0].Denied())
	assert.True(t, ds[200].Allowed())
}

// An operand that was undefined already was no part of the cycle that the error
// names.
func TestCycleBelowIsNamed(t *testing.T) {
	eng, err := openEngine(schema.MustParse(`
		definition user {}
		definition doc {
			relation q: user
			relation y: user
			permission a = q - a
			permission left = a + y
			permission p = left & a
			permission up = nil + a
		}`), baobab.Options{})
	require.NoError(t, err)
	defer eng.Close()
	_, err = eng.Write(ctx, tuple.MustParseRelationship("doc:1#q@user:ann"), tuple.MustParseRelationship("doc:1#y@user:ann"))
	require.NoError(t, err)
	for _, relation := range []string{"p", "up", "a"} {
		_, err = eng.CheckAll(ctx, []tuple.Tuple{tuple.MustParse("doc:1#a@user:ann"), tuple.MustParse("doc:1#" + relation + "@user:ann")})
		for _, err := range err.(interface{ Unwrap() []error }).Unwrap() {
			var cycle *check.CycleError
			require.ErrorAs(t, err, &cycle)
			assert.Len(t, cycle.Cycle, 1)
			assert.Equal(t, "doc:1#a@user:ann", cycle.Cycle[0].Tuple.String())
		}
	}
}

// ring is n positions of which each can only be left for the next.
func ring(n int) (*schema.Schema, []tuple.Relationship, []tuple.Tuple) {
	s := schema.MustParse(`
		definition user {}
		definition position {
			relation player: user:*
			relation move: position
			permission lost = player - win
			permission win = move->lost
		}`)
	var all []tuple.Relationship
	var questions []tuple.Tuple
	for i := range n {
		all = append(all,
			tuple.MustParseRelationship(fmt.Sprintf("position:%d#player@user:*", i)),
			tuple.MustParseRelationship(fmt.Sprintf("position:%d#move@position:%d", i, (i+1)%n)))
		questions = append(questions, tuple.MustParse(fmt.Sprintf("position:%d#win@user:ann", i)))
	}
	return s, all, questions
}

// Each of many undefined answers had a long cycle of its own, found anew.
func TestCyclesAreSharedAndCut(t *testing.T) {
	s, all, questions := ring(3000)
	eng, err := openEngine(s, baobab.Options{Check: check.Options{MaxSteps: 100_000}})
	require.NoError(t, err)
	defer eng.Close()
	_, err = eng.Write(ctx, all...)
	require.NoError(t, err)
	_, err = eng.CheckAll(ctx, questions)
	errs := err.(interface{ Unwrap() []error }).Unwrap()
	require.Len(t, errs, len(questions))
	var first, last *check.CycleError
	require.ErrorAs(t, errs[0], &first)
	require.ErrorAs(t, errs[len(errs)-1], &last)
	assert.Len(t, first.Cycle, check.MaxCycle)
	assert.Equal(t, 2*3000-check.MaxCycle, first.Omitted)
	assert.Same(t, &first.Cycle[0], &last.Cycle[0])
	assert.Contains(t, first.Error(), "… 5900 more … ")
	// Without the steps to name the cycle it is undefined all the same.
	for steps := 20_000; ; steps += 1000 {
		_, err := check.New(check.Options{MaxSteps: steps}).Check(ctx, state(t, s, all), questions[0])
		if errors.Is(err, check.ErrCycle) {
			var cycle *check.CycleError
			require.ErrorAs(t, err, &cycle)
			assert.Empty(t, cycle.Cycle)
			break
		}
		require.ErrorIs(t, err, check.ErrBudget)
	}
}

func state(t *testing.T, s *schema.Schema, all []tuple.Relationship) *store.State {
	st, err := store.Open(s, store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { st.Close() })
	_, err = st.Update(ctx, func(tx *store.Tx) error { return tx.Create(all...) })
	require.NoError(t, err)
	now, err := st.Now()
	require.NoError(t, err)
	return now
}

// A batch of questions that each cost little never looked at its context.
func TestBatchEndsWithItsContext(t *testing.T) {
	eng := openDocuments(t)
	questions := make([]tuple.Tuple, 10_000)
	for i := range questions {
		questions[i] = tuple.MustParse(fmt.Sprintf("document:nobody%d#view@user:ann", i))
	}
	ending, end := context.WithCancel(ctx)
	over := &interrupted{ending, 3, func() error { end(); return context.Canceled }}
	_, err := eng.CheckAll(over, questions)
	require.ErrorIs(t, err, context.Canceled)
}

// Tuples that cannot matter were passed over without a look at the budget, and
// so were those that an explanation mentions.
func TestScansCount(t *testing.T) {
	s := schema.MustParse(`
		definition user {}
		definition robot {}
		definition club { relation member: robot }
		definition doc { relation viewer: user | club#member }`)
	var all []tuple.Relationship
	for i := range 5000 {
		all = append(all, tuple.MustParseRelationship(fmt.Sprintf("doc:1#viewer@club:%d#member", i)))
	}
	st, err := state(t, s, all).With(tuple.MustParseRelationship("doc:2#viewer@user:bob")) // so that there is a search
	require.NoError(t, err)
	q := tuple.MustParse("doc:1#viewer@user:ann")
	_, err = check.New(check.Options{MaxSteps: 1000}).Check(ctx, st, q)
	require.ErrorIs(t, err, check.ErrBudget)
	_, err = check.New(check.Options{MaxSteps: 50_000}).Explain(ctx, st, q)
	require.NoError(t, err)
	over := &interrupted{ctx, 9, func() error { return context.Canceled }}
	_, err = check.New(check.Options{}).Explain(over, st, q)
	require.ErrorIs(t, err, context.Canceled)
}

// No function, and no sequence, were called.
func TestNil(t *testing.T) {
	eng := openDocuments(t)
	rev := eng.Now().Revision()
	_, err := eng.Update(ctx, nil)
	require.ErrorIs(t, err, store.ErrNoFunction)
	same, err := eng.Import(ctx, nil)
	require.NoError(t, err)
	assert.Equal(t, rev, same)
}

// A tuple that had expired, and was created and deleted in one transaction,
// was back for who asked about an earlier instant.
func TestCreatedAndDeletedIsGone(t *testing.T) {
	noon := time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)
	clock := noon
	eng, err := openEngine(schema.MustParse(documents), baobab.Options{Store: store.Options{Clock: func() time.Time { return clock }}})
	require.NoError(t, err)
	defer eng.Close()
	guest := tuple.MustParse("document:plan#guest@user:ann")
	_, err = eng.Write(ctx, guest.Until(noon.Add(time.Minute)))
	require.NoError(t, err)
	clock = noon.Add(2 * time.Minute)
	_, err = eng.Update(ctx, func(tx *baobab.Tx) error {
		if err := tx.Create(guest.Until(noon.Add(time.Hour))); err != nil {
			return err
		}
		return tx.Delete(guest)
	})
	require.NoError(t, err)
	assert.False(t, allowed(t, eng.Now().AsOf(noon), guest.String()))
}
