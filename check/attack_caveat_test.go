package check_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A made evaluator does what its function says.
type made func(stored, given map[string]any) (schema.Verdict, error)

func (m made) Compile(*schema.Caveat) (schema.Condition, error) { return m, nil }
func (m made) Validate(map[string]any) error                    { return nil }
func (m made) Evaluate(stored, given map[string]any) (schema.Verdict, error) {
	return m(stored, given)
}

const manyCaveated = `
caveat a(a bool) { a }
definition user {}
definition group { relation member: user }
definition doc {
	relation viewer: user with a | group#member with a
	relation group: group with a
	permission any = group->member
}`

// A relation of many tuples whose conditions do not hold is one step of the
// search: neither the budget nor the context are looked at between them, so that
// a question can neither be bounded nor be cancelled.
func TestAttackFalseConditionsAreBounded(t *testing.T) {
	var evaluations atomic.Int64
	cancel := func() {}
	s, err := schema.MustParse(manyCaveated).Bind(made(func(_, _ map[string]any) (schema.Verdict, error) {
		if evaluations.Add(1) == 100 {
			cancel()
		}
		return schema.Verdict{}, nil
	}))
	require.NoError(t, err)
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, "doc:1#viewer@group:g%d#member[a]\ndoc:1#group@group:g%d[a]\n", i, i)
	}
	st := fill(t, s, b.String())
	for _, q := range []string{"doc:1#viewer@user:ann", "doc:1#any@user:ann"} {
		evaluations.Store(0)
		_, err = check.New(check.Options{MaxSteps: 1000}).GraphOnly().Check(ctx, now(t, st), tuple.MustParse(q))
		assert.ErrorIs(t, err, check.ErrBudget)
		assert.Less(t, evaluations.Load(), int64(1000), "conditions count as 16 steps each")

		evaluations.Store(0)
		cancelled, end := context.WithCancel(ctx)
		cancel = end
		_, err = check.New(check.Options{}).GraphOnly().Check(cancelled, now(t, st), tuple.MustParse(q))
		assert.ErrorIs(t, err, context.Canceled)
		assert.Less(t, evaluations.Load(), int64(1000))
		end()
		cancel = func() {}
	}
}

// What an evaluator says is missing reaches whoever asks: a name that is no
// parameter cannot be given, so it is a failure of the evaluator, and the others
// are sorted, each once, as Decision.Missing promises.
func TestAttackMissingNamesParameters(t *testing.T) {
	for _, c := range []struct {
		verdict schema.Verdict
		want    string
	}{
		{schema.Verdict{Holds: true, Missing: []string{"a"}}, "conditional on a"},
		{schema.Verdict{Missing: []string{"b", "a", "b"}}, "conditional on a, b"},
		{schema.Verdict{Missing: []string{"a,b"}}, `denied: doc:1#viewer@user:ann: a caveat failed: c of doc:1#viewer@user:ann: the evaluator misses "a,b", which is no parameter of the caveat`},
		{schema.Verdict{Missing: []string{""}}, `denied: doc:1#viewer@user:ann: a caveat failed: c of doc:1#viewer@user:ann: the evaluator misses "", which is no parameter of the caveat`},
	} {
		s, err := schema.MustParse(`
caveat c(a bool, b bool) { a }
definition user {}
definition doc { relation viewer: user with c }`).Bind(made(func(_, _ map[string]any) (schema.Verdict, error) { return c.verdict, nil }))
		require.NoError(t, err)
		state := now(t, fill(t, s, "doc:1#viewer@user:ann[c]\n"))
		d, err := check.New(check.Options{}).Check(ctx, state, tuple.MustParse("doc:1#viewer@user:ann"))
		got := d.String()
		if err != nil {
			got += ": " + err.Error()
		}
		assert.Equal(t, c.want, got)
		if x, err := check.New(check.Options{}).Explain(ctx, state, tuple.MustParse("doc:1#viewer@user:ann")); err == nil {
			assert.Equal(t, d.Missing(), x.Reason.Missing)
		}
	}
}

// Sets of missing names that are merged again and again take time and memory in
// proportion to the names in them, so that is what they count as.
func TestAttackMergingNamesIsBounded(t *testing.T) {
	const names = 1000
	var b, rels strings.Builder
	b.WriteString("definition user {}\ndefinition group { relation member: group#member")
	for i := range names {
		fmt.Fprintf(&b, " | user with c%d", i)
	}
	b.WriteString("}\n")
	for i := range names {
		fmt.Fprintf(&b, "caveat c%d(p%d bool) { p%d }\n", i, i, i)
		fmt.Fprintf(&rels, "group:a%d#member@user:ann[c%d]\n", i, i)
	}
	n := uint32(1)
	random := func(m int) int { n = n*1664525 + 1013904223; return int(n>>8) % m }
	for i := range 1000 {
		for range 10 {
			fmt.Fprintf(&rels, "group:b%d#member@group:a%d#member\n", i, random(names))
			fmt.Fprintf(&rels, "group:c%d#member@group:b%d#member\n", i, random(1000))
		}
	}
	const top = 2000
	for i := range top {
		for range 10 {
			fmt.Fprintf(&rels, "group:d%d#member@group:c%d#member\n", i, random(1000))
		}
		fmt.Fprintf(&rels, "group:top#member@group:d%d#member\n", i)
	}
	s, err := schema.Parse("x", b.String())
	require.NoError(t, err)
	s, err = s.Bind(words{})
	require.NoError(t, err)
	st := fill(t, s, rels.String())
	q := tuple.MustParse("group:top#member@user:ann")
	_, err = check.New(check.Options{MaxSteps: 2_000_000}).Check(ctx, now(t, st), q)
	assert.ErrorIs(t, err, check.ErrBudget, "17,000 sets of several hundred names each")
	d, err := check.New(check.Options{MaxSteps: -1}).Check(ctx, now(t, st), q)
	require.NoError(t, err)
	assert.Len(t, d.Missing(), names)
}

// In a cycle all nodes become unsure at once, and none is told what its operands
// came to. An explanation that asks an exclusion for them left out both sides, and
// so everything by which the answer is conditional.
func TestAttackExplainExclusionInCycle(t *testing.T) {
	st := openCaveats(t, `
caveat a(a bool) { a }
caveat b(b bool) { b }
definition user {}
definition group {
	relation member: user with a | group#view
	relation banned: user with b | group#view
	permission view = member - banned
}`, `
group:1#member@user:ann[a]
group:1#member@group:1#view
group:1#banned@user:ann[b]
`)
	x, err := check.New(check.Options{}).Explain(ctx, now(t, st), tuple.MustParse("group:1#view@user:ann"))
	require.NoError(t, err)
	assert.Equal(t, `group:1#view@user:ann is conditional on a, b
  ? group:1#view@user:ann = member - banned, missing a, b
    ? group:1#member@user:ann, missing a, b: stored, if its caveat a holds
      ? group:1#view@user:ann = member - banned, through group:1#member@group:1#view, missing a, b: see above
    ? group:1#banned@user:ann, which may exclude, missing b: stored, if its caveat b holds
`, x.String())
}

// That self holds says nothing of the relation whose rule it is a part of, which
// may exclude it.
func TestAttackExplainSelfIsAPart(t *testing.T) {
	s, err := schema.Parse("test.zed", `
use self
definition user {
	relation friend: user
	permission see = friend - (self + friend)
}`)
	require.NoError(t, err)
	st := fill(t, s, "user:ann#friend@user:ann\n")
	x, err := check.New(check.Options{}).Explain(ctx, now(t, fill(t, s, "")), tuple.MustParse("user:ann#see@user:ann"))
	require.NoError(t, err)
	assert.NotContains(t, x.String(), "✓ user:ann#see@user:ann")
	x, err = check.New(check.Options{}).Explain(ctx, now(t, st), tuple.MustParse("user:ann#see@user:ann"))
	require.NoError(t, err)
	assert.True(t, x.Decision.Denied())
	assert.NotContains(t, x.String(), "✓ user:ann#see@user:ann")
}

// A prepares counts how often it is prepared and evaluated, and says how much work
// that was.
type prepares struct {
	prepared, evaluated *int
	work                int
}

func (p prepares) Compile(*schema.Caveat) (schema.Condition, error) { return p, nil }
func (p prepares) Validate(map[string]any) error                    { return nil }
func (p prepares) Evaluate(_, _ map[string]any) (schema.Verdict, error) {
	panic("it is prepared")
}
func (p prepares) Prepare(map[string]any) schema.Prepared {
	*p.prepared++
	return preparedOnce{p}
}

// A preparedOnce is what Prepare returns.
type preparedOnce struct{ prepares }

func (p preparedOnce) Evaluate(map[string]any) (schema.Verdict, int, error) {
	*p.evaluated++
	return schema.Verdict{}, p.work, nil
}

// What is given is read once for a question and a caveat, questions that are asked
// together are one in that, and what a condition says it cost is counted.
func TestGivenValuesArePreparedOnce(t *testing.T) {
	var prepared, evaluated int
	open := func(work int) *store.State {
		s, err := schema.MustParse(manyCaveated).Bind(prepares{&prepared, &evaluated, work})
		require.NoError(t, err)
		var b strings.Builder
		for i := range 100 {
			fmt.Fprintf(&b, "doc:1#viewer@group:g%d#member[a]\n", i)
		}
		return now(t, fill(t, s, b.String()))
	}
	st := open(0)
	e := check.New(check.Options{MaxSteps: 10_000}).GraphOnly()
	ann, bob := tuple.MustParse("doc:1#viewer@user:ann"), tuple.MustParse("doc:1#viewer@user:bob")
	_, err := e.CheckAll(ctx, st, []tuple.Tuple{ann, bob})
	require.NoError(t, err)
	require.Equal(t, []int{1, 200}, []int{prepared, evaluated})
	_, err = e.Check(ctx, st, ann)
	require.NoError(t, err)
	require.Equal(t, 2, prepared, "another question may be given other values")
	evaluated = 0
	_, err = e.Check(ctx, open(1000), ann)
	require.ErrorIs(t, err, check.ErrBudget)
	require.Less(t, evaluated, 15)
}
