package check_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A keeping is a store and an evaluator that keeps all that it finds when it is
// asked the second time.
type keeping struct {
	*testing.T
	*store.Store
	*check.Evaluator
	clock time.Time
}

const guarded = `use expiration
caveat on(day string, hour int) { day }
definition user {}
definition team { relation member: user | user with expiration | team#member }
definition doc {
	relation reviewer: team | team with on | team with expiration
	relation banned: user
	relation parent: doc
	permission approve = reviewer.all(member) - banned
	permission deep = parent->deep + banned
}
definition note { relation author: user }`

// days evaluates a caveat that names one parameter, which must be "monday".
type days struct{}

func (days) Compile(c *schema.Caveat) (schema.Condition, error) { return day(c.Expression), nil }

type day string

func (day) Validate(map[string]any) error { return nil }

func (d day) Evaluate(stored, given map[string]any) (schema.Verdict, error) {
	v, ok := stored[string(d)]
	if !ok {
		v, ok = given[string(d)]
	}
	switch {
	case !ok:
		return schema.Verdict{Missing: []string{string(d)}}, nil
	case v == "broken":
		return schema.Verdict{}, errBroken
	}
	return schema.Verdict{Holds: v == "monday"}, nil
}

func keeps(t *testing.T, o check.Options, tuples string) *keeping {
	e := check.New(o)
	if o == all {
		e.GraphOnly() // what rosters decide is not kept
	}
	k := &keeping{T: t, Evaluator: e, clock: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}
	s, err := schema.MustParse(guarded).Bind(days{})
	require.NoError(t, err)
	k.Store, err = store.Open(s, store.Options{Clock: func() time.Time { return k.clock }})
	require.NoError(t, err)
	t.Cleanup(func() { k.Store.Close() })
	k.write(tuples)
	return k
}

func (k *keeping) write(tuples string) {
	k.Helper()
	_, err := k.Update(ctx, func(tx *store.Tx) error {
		for r, err := range tuple.ReadLines(strings.NewReader(tuples)) {
			if err != nil {
				return err
			}
			if err := tx.Touch(r); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(k, err)
}

// now is the newest state, with a day given unless that is empty.
func (k *keeping) now(day string) *store.State {
	k.Helper()
	st := now(k, k.Store)
	if day == "" {
		return st
	}
	st, err := st.Given(map[string]any{"day": day, "colour": "red"})
	require.NoError(k, err)
	return st
}

// ask asks a question, wants an answer, and reports whether it was kept.
func (k *keeping) ask(st *store.State, question, want string) (kept bool) {
	k.Helper()
	before := k.CacheStats().Hits
	d, err := k.Evaluator.Check(ctx, st, tuple.MustParse(question))
	require.NoError(k, err)
	require.Equal(k, want, d.String())
	return k.CacheStats().Hits > before
}

// asks is ask until the answer is kept: at once if it took long, or else when it was
// asked again.
func (k *keeping) asks(st *store.State, question, want string) {
	k.Helper()
	require.False(k, k.ask(st, question, want), "it is kept already")
	if !k.ask(st, question, want) {
		require.True(k, k.ask(st, question, want))
	}
}

var all = check.Options{CacheSteps: 1}

const reviewers = `
doc:1#reviewer@team:a
doc:1#reviewer@team:b
team:a#member@user:ann
team:b#member@user:ann
team:a#member@user:bob
`

// What a question depends on is what its rule can reach; nothing else matters.
func TestKeptWhileNothingChanges(t *testing.T) {
	k := keeps(t, all, reviewers)
	k.asks(k.now(""), "doc:1#approve@user:ann", "allowed")
	k.asks(k.now(""), "doc:1#approve@user:bob", "denied")
	k.write("note:1#author@user:ann\ndoc:2#parent@doc:1\nnote:1#author@user:bob")
	require.True(t, k.ask(k.now(""), "doc:1#approve@user:ann", "allowed"), "no commit to other relations matters")

	before := k.now("")
	for _, written := range []string{"team:c#member@user:ann", "doc:2#banned@user:bob", "doc:3#reviewer@team:c"} {
		k.write(written)
		require.False(t, k.ask(k.now(""), "doc:1#approve@user:ann", "allowed"), "after %s", written)
		require.True(t, k.ask(k.now(""), "doc:1#approve@user:ann", "allowed"), "what was kept is replaced at once")
	}
	require.False(t, k.ask(before, "doc:1#approve@user:ann", "allowed"), "of a state before nothing is kept any more")

	k.write("team:b#member@user:bob")
	require.False(t, k.ask(k.now(""), "doc:1#approve@user:bob", "allowed"))
	k.write("doc:1#banned@user:bob")
	require.False(t, k.ask(k.now(""), "doc:1#approve@user:bob", "denied"))
}

// Two states with the same tuples of what a rule can reach have the same answers.
func TestKeptForOtherRevisions(t *testing.T) {
	k := keeps(t, all, reviewers)
	first := k.now("")
	k.asks(first, "doc:1#approve@user:ann", "allowed")
	k.write("note:1#author@user:ann")
	k.write("doc:1#banned@user:ann")
	require.False(t, k.ask(k.now(""), "doc:1#approve@user:ann", "denied"))
	require.False(t, k.ask(first, "doc:1#approve@user:ann", "allowed"))
	back, err := k.At(first.Revision())
	require.NoError(t, err)
	k.ask(back, "doc:1#approve@user:ann", "allowed")
	require.False(t, k.ask(k.now(""), "doc:1#approve@user:ann", "denied"))
}

// What is kept ends with the first tuple that mattered, and does not begin before.
func TestKeptUntilATupleExpires(t *testing.T) {
	k := keeps(t, all, `
doc:1#reviewer@team:a
team:a#member@user:ann[expiration:2027-01-01T01:00:00Z]
team:b#member@user:ann[expiration:2027-01-01T00:30:00Z]
doc:2#reviewer@team:c[expiration:2027-01-01T02:00:00Z]
`)
	at := func(text string) *store.State {
		instant, err := time.Parse(time.RFC3339Nano, text)
		require.NoError(t, err)
		st, err := k.now("").AsOf(instant)
		require.NoError(t, err)
		return st
	}
	const question = "doc:1#approve@user:ann"
	k.asks(k.now(""), question, "allowed")
	require.True(t, k.ask(at("2027-01-01T00:59:59.999999Z"), question, "allowed"))
	require.False(t, k.ask(at("2027-01-01T01:00:00Z"), question, "denied"))
	require.True(t, k.ask(at("2027-01-01T01:00:00Z"), question, "denied"))
	require.True(t, k.ask(at("2027-01-01T03:00:00Z"), question, "denied"), "it stays so")
	require.False(t, k.ask(at("2027-01-01T00:59:59.999999Z"), question, "allowed"), "and was not so before")
	k.clock = k.clock.Add(time.Hour)
	require.False(t, k.ask(k.now(""), question, "denied"))
	k.asks(k.now(""), "doc:2#approve@user:ann", "denied")
	k.clock = k.clock.Add(time.Hour)
	require.False(t, k.ask(k.now(""), "doc:2#approve@user:ann", "denied"), "a tuple that led on has expired")
}

// The values that caveats on the way might read are part of the question, others
// are not.
func TestKeptForAContext(t *testing.T) {
	k := keeps(t, all, reviewers+"doc:1#reviewer@team:a[on]\n")
	k.asks(k.now("monday"), "doc:1#approve@user:ann", "allowed")
	k.asks(k.now("sunday"), "doc:1#approve@user:ann", "denied")
	k.asks(k.now(""), "doc:1#approve@user:ann", "conditional on day")
	st, err := k.now("").Given(map[string]any{"day": "monday", "colour": "blue", "more": []any{1, nil, map[string]any{"x": true}}})
	require.NoError(t, err)
	require.True(t, k.ask(st, "doc:1#approve@user:ann", "allowed"))
	for _, given := range []map[string]any{{"hour": 7}, {"hour": 8}, {"hour": "7"}, {"hour": nil}, {"hour": []any{7}}, {"hour": map[string]any{"7": true}}, {"hour": map[string]any{"7": false}}} {
		st, err := k.now("").Given(given)
		require.NoError(t, err)
		k.asks(st, "doc:1#approve@user:ann", "conditional on day")
	}
	for _, large := range []any{strings.Repeat("x", 1<<13), make([]any, 1<<13), map[string]any{"x": strings.Repeat("y", 1<<13)}, manyValues(1 << 13)} {
		st, err := k.now("").Given(map[string]any{"hour": large})
		require.NoError(t, err)
		for range 3 {
			require.False(t, k.ask(st, "doc:1#approve@user:ann", "conditional on day"), "so much is not kept")
		}
	}
}

func manyValues(n int) map[string]any {
	m := map[string]any{}
	for i := range n {
		m[fmt.Sprint(i)] = true
	}
	return m
}

// What is hypothetical, pending, unknown or wrong is neither kept nor answered by
// what is.
func TestNotKept(t *testing.T) {
	k := keeps(t, all, reviewers)
	k.asks(k.now(""), "doc:1#approve@user:ann", "allowed")
	with, err := k.now("").With(tuple.MustParseRelationship("doc:1#banned@user:ann"))
	require.NoError(t, err)
	without, err := k.now("").Without(tuple.MustParse("team:a#member@user:ann"))
	require.NoError(t, err)
	for range 3 {
		require.False(t, k.ask(with, "doc:1#approve@user:ann", "denied"))
		require.False(t, k.ask(without, "doc:1#approve@user:ann", "denied"))
		require.False(t, k.ask(k.now(""), "doc:none#approve@user:ann", "denied"))
		require.False(t, k.ask(k.now(""), "doc:1#approve@user:none", "denied"))
	}
	_, err = k.Update(ctx, func(tx *store.Tx) error {
		require.NoError(t, tx.Create(tuple.MustParseRelationship("doc:1#banned@user:ann")))
		pending, err := tx.State()
		require.NoError(t, err)
		for range 3 {
			require.False(t, k.ask(pending, "doc:1#approve@user:ann", "denied"))
		}
		return errBack
	})
	require.ErrorIs(t, err, errBack)
	require.True(t, k.ask(k.now(""), "doc:1#approve@user:ann", "allowed"))

	for _, question := range []string{"doc:1#approves@user:ann", "docs:1#approve@user:ann", "doc:1#approve@users:ann", "doc:1#approve@team:a#members"} {
		_, err := k.Evaluator.Check(ctx, k.now(""), tuple.MustParse(question))
		require.Error(t, err, question)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	d, err := k.Evaluator.Check(ended, k.now(""), tuple.MustParse("doc:1#approve@user:ann"))
	require.ErrorIs(t, err, context.Canceled)
	require.True(t, d.Denied())
	st := k.now("")
	k.Close()
	d, err = k.Evaluator.Check(ctx, st, tuple.MustParse("doc:1#approve@user:ann"))
	require.ErrorIs(t, err, store.ErrClosed)
	require.True(t, d.Denied())
}

// An error is not kept.
func TestErrorsAreNotKept(t *testing.T) {
	k := keeps(t, all, reviewers+"doc:1#reviewer@team:a[on]\n")
	st := k.now("broken")
	for range 4 {
		_, err := k.Evaluator.Check(ctx, st, tuple.MustParse("doc:1#approve@user:ann"))
		require.ErrorIs(t, err, check.ErrCondition)
	}
	require.Zero(t, k.CacheStats().Entries)
	require.Zero(t, k.CacheStats().Misses)
}

// By default only what takes a search of a microsecond is kept, and is then found
// before rosters are tried.
func TestKeptIfItTakesLong(t *testing.T) {
	var b strings.Builder
	for i := range 400 {
		fmt.Fprintf(&b, "doc:d%d#parent@doc:d%d\n", i+1, i)
	}
	k := keeps(t, check.Options{}, reviewers+b.String()+"doc:d0#banned@user:ann\ndoc:on#reviewer@team:a[on]")
	k.asks(k.now(""), "doc:d300#deep@user:ann", "allowed")
	k.asks(k.now(""), "doc:d400#deep@user:ann", "allowed")
	k.asks(k.now("monday"), "doc:on#approve@user:ann", "allowed")
	for range 3 {
		require.False(t, k.ask(k.now(""), "doc:d0#deep@user:ann", "allowed"), "it is cheap")
		require.False(t, k.ask(k.now(""), "team:a#member@user:ann", "allowed"), "so is that")
	}
	require.True(t, k.ask(k.now(""), "doc:d400#deep@user:ann", "allowed"))
	require.Equal(t, 3, k.CacheStats().Entries)

	require.True(t, k.ask(k.now("monday"), "doc:on#approve@user:ann", "allowed"))
	_, decided := k.Evaluator.Prepare(k.now("monday"), tuple.MustParseSubject("user:ann")).Try(ctx, tuple.MustParseObject("doc:on"), "approve")
	require.False(t, decided, "it does not try in vain")

	k.GraphOnly()
	refused := k.CacheStats().Refused
	require.False(t, k.ask(k.now(""), "doc:d1#deep@user:ann", "allowed"))
	require.Equal(t, refused+1, k.CacheStats().Refused, "a search of a few steps")
}

// Many questions about one subject share what they find, so that few of them are
// worth to be kept, and soon none is looked for.
func TestManyQuestionsAndTheCache(t *testing.T) {
	var b strings.Builder
	var questions []tuple.Tuple
	for i := range 400 {
		fmt.Fprintf(&b, "doc:d%d#parent@doc:d%d\n", i+1, i)
		if i >= 340 {
			questions = append(questions, tuple.MustParse(fmt.Sprintf("doc:d%d#deep@user:ann", i)))
		}
	}
	k := keeps(t, check.Options{}, b.String()+"doc:d0#banned@user:ann")
	for range 3 {
		ds, err := k.CheckAll(ctx, k.now(""), questions)
		require.NoError(t, err)
		for _, d := range ds {
			require.True(t, d.Allowed())
		}
	}
	s := k.CacheStats()
	require.NotZero(t, s.Entries, "the first one")
	require.LessOrEqual(t, s.Entries, 3, "and the first that was not kept, each time")
	require.LessOrEqual(t, s.Refused, uint64(3*8))
	require.NotZero(t, s.Refused)

	asker := k.Asker(ctx, k.now(""))
	defer asker.Close()
	for range 3 {
		_, err := asker.Check(questions[9])
		require.NoError(t, err)
	}
	require.Equal(t, s, k.CacheStats(), "who asks for a list leaves the cache alone")
}

// What is kept stays within the bytes that it may take; what was not used for long
// makes room.
func TestCacheBytes(t *testing.T) {
	var b strings.Builder
	for i := range 500 {
		fmt.Fprintf(&b, "doc:d%d#reviewer@team:a\n", i)
	}
	for _, limit := range []int64{4, 1_200, 40_000, 240_000, 1 << 20} {
		k := keeps(t, check.Options{CacheSteps: 1, CacheBytes: limit}, reviewers+b.String())
		k.GraphOnly()
		st := k.now("")
		kept := "doc:d7#approve@user:ann"
		for i := range 500 {
			for range 2 {
				k.ask(st, fmt.Sprintf("doc:d%d#approve@user:bob", i), "allowed")
				k.ask(st, kept, "allowed")
			}
			require.LessOrEqual(t, k.CacheStats().Bytes, limit/4, "the rest is for closures")
		}
		require.Equal(t, limit >= 1_200, k.ask(st, kept, "allowed"), "of %d bytes", limit)
		if limit > 1_200 && limit <= 240_000 {
			require.False(t, k.ask(st, "doc:d1#approve@user:bob", "allowed"), "of %d bytes", limit)
		}
		require.Equal(t, limit > 1_200, k.CacheStats().Entries > 1, "of %d bytes", limit)
	}
}

// Without a cache nothing is kept, nor if no decision is to be.
func TestNoCache(t *testing.T) {
	for _, o := range []check.Options{{CacheBytes: -1, CacheSteps: 1}, {CacheSteps: -1}} {
		k := keeps(t, o, reviewers)
		k.GraphOnly()
		for range 3 {
			require.False(t, k.ask(k.now(""), "doc:1#approve@user:ann", "allowed"))
		}
		require.Zero(t, k.CacheStats().Misses)
	}
}

// Evaluators that share a cache share its bytes, and no answer.
func TestSharedCache(t *testing.T) {
	shared := check.Options{Cache: check.NewCache(1 << 20), CacheSteps: 1}
	k := keeps(t, shared, reviewers)
	l := keeps(t, shared, reviewers+"doc:1#banned@user:ann\n")
	k.GraphOnly()
	l.GraphOnly()
	k.asks(k.now(""), "doc:1#approve@user:ann", "allowed")
	l.asks(l.now(""), "doc:1#approve@user:ann", "denied")
	require.True(t, k.ask(k.now(""), "doc:1#approve@user:ann", "allowed"))
	require.Equal(t, k.CacheStats(), l.CacheStats())
	require.Equal(t, 2, k.CacheStats().Entries)
}

// A schema that is put in place anew is another one, even with the same text.
func TestKeptForASchema(t *testing.T) {
	k := keeps(t, all, reviewers)
	k.asks(k.now(""), "doc:1#approve@user:ann", "allowed")
	before := k.now("")
	s, err := schema.MustParse(guarded).Bind(days{})
	require.NoError(t, err)
	_, err = k.SetSchema(ctx, s, store.SchemaOptions{})
	require.NoError(t, err)
	k.asks(k.now(""), "doc:1#approve@user:ann", "allowed")
	s, err = schema.MustParse(strings.Replace(guarded, " - banned", " & banned", 1)).Bind(days{})
	require.NoError(t, err)
	_, err = k.SetSchema(ctx, s, store.SchemaOptions{})
	require.NoError(t, err)
	k.asks(k.now(""), "doc:1#approve@user:ann", "denied")
	require.True(t, k.ask(before, "doc:1#approve@user:ann", "allowed"), "a view from before has its schema")
}

// A rule that can reach very many relations is not worth it.
func TestNotKeptForVeryManyRelations(t *testing.T) {
	for _, n := range []int{255, 256} {
		var b strings.Builder
		b.WriteString("definition user {}\ndefinition team { relation member: user }\ndefinition doc {\nrelation reviewer: team\npermission approve = reviewer.all(member)")
		for i := range n - 1 {
			fmt.Fprintf(&b, " + r%d", i)
		}
		for i := range n - 1 {
			fmt.Fprintf(&b, "\nrelation r%d: user", i)
		}
		b.WriteString("\n}")
		st := now(t, open(t, b.String(), "doc:1#reviewer@team:a\nteam:a#member@user:ann"))
		e := check.New(all).GraphOnly()
		for range 3 {
			d, err := e.Check(ctx, st, tuple.MustParse("doc:1#approve@user:ann"))
			require.NoError(t, err)
			require.True(t, d.Allowed())
		}
		require.Equal(t, n == 255, e.CacheStats().Entries > 0, "%d relations and member", n)
	}
}
