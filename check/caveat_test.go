package check_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// words evaluates expressions that are lists of parameters: all must be true.
type words struct{}

type wordList []string

var errBroken = errors.New("it is broken")

func (words) Compile(c *schema.Caveat) (schema.Condition, error) {
	return wordList(strings.Fields(c.Expression)), nil
}

func (w wordList) Validate(map[string]any) error { return nil }

func (w wordList) Evaluate(stored, given map[string]any) (schema.Verdict, error) {
	var missing []string
	for _, name := range w {
		v, ok := stored[name]
		if !ok {
			v, ok = given[name]
		}
		switch {
		case !ok:
			missing = append(missing, name)
		case v == false:
			return schema.Verdict{}, nil
		case v != true:
			return schema.Verdict{}, fmt.Errorf("%w: %v", errBroken, v)
		}
	}
	slices.Sort(missing)
	return schema.Verdict{Holds: len(missing) == 0, Missing: missing}, nil
}

func openCaveats(t testing.TB, source, tuples string) *store.Store {
	t.Helper()
	s, err := schema.Parse("test.zed", source)
	require.NoError(t, err)
	s, err = s.Bind(words{})
	require.NoError(t, err)
	return fill(t, s, tuples)
}

const caveats = `
caveat a(a bool) { a }
caveat b(b bool) { b }
caveat ab(a bool, b bool) { a b }
definition user {}
definition group { relation member: user | user with a | group#member | group#member with a | group#member with b }
definition doc {
	relation viewer: user | user with a | user with b | user:* with b | group#member | group#member with a | group#member with b
	relation banned: user | user with a | user with b | group#member with a
	relation group: group | group with a | group with b
	permission view = viewer - banned
	permission both = viewer & banned
	permission either = viewer + banned
	permission any = group->member
	permission all = group.all(member)
	permission twist = viewer - (banned - viewer)
}`

func TestConditions(t *testing.T) {
	tuples := `
doc:1#viewer@user:ann[a]
doc:1#viewer@user:*[b]
doc:1#banned@user:bob[a]
doc:1#banned@user:cat
doc:2#viewer@user:ann[a:{"a":true}]
doc:2#viewer@user:bob[a:{"a":false}]
doc:2#viewer@group:g#member[a]
doc:2#viewer@group:h#member[b:{"b":false}]
doc:2#banned@user:cat[b:{"b":7}]
doc:2#banned@user:dan[b:{"b":7}]
doc:2#viewer@user:cat
doc:2#group@group:g
doc:2#group@group:h[a]
doc:3#group@group:h[a:{"a":false}]
doc:3#group@group:g
group:g#member@user:dan
group:g#member@user:eve[a]
group:h#member@user:dan
group:h#member@group:i#member[b]
group:i#member@group:h#member[a]
group:i#member@user:fay
`
	st := openCaveats(t, caveats, tuples)
	e := check.New(check.Options{})
	for _, q := range []struct{ question, given, want string }{
		{"doc:1#viewer@user:ann", `{}`, "conditional on a, b"},
		{"doc:1#viewer@user:ann", `{"a":true}`, "allowed"},
		{"doc:1#viewer@user:ann", `{"b":true}`, "allowed"},
		{"doc:1#viewer@user:ann", `{"a":false}`, "conditional on b"},
		{"doc:1#viewer@user:ann", `{"a":false,"b":false}`, "denied"},
		{"doc:1#viewer@user:ann", `{"a":1}`, "error"},
		{"doc:1#viewer@user:ann", `{"a":1,"b":true}`, "allowed"},
		{"doc:1#viewer@user:ann", `{"a":1,"b":false}`, "error"},
		{"doc:1#viewer@user:*", `{"a":true}`, "conditional on b"},
		{"doc:1#view@user:cat", `{}`, "denied"},
		{"doc:1#view@user:bob", `{"b":true}`, "conditional on a"},
		{"doc:1#view@user:bob", `{"b":false,"a":1}`, "denied"},
		{"doc:1#view@user:bob", `{"b":true,"a":1}`, "error"},
		{"doc:1#either@user:cat", `{"b":1}`, "allowed"},
		{"doc:1#both@user:cat", `{}`, "conditional on b"},
		{"doc:1#both@user:bob", `{}`, "conditional on a, b"},
		{"doc:1#both@user:bob", `{"a":false,"b":1}`, "denied"},
		{"doc:2#viewer@user:ann", `{"a":false}`, "allowed"},
		{"doc:2#viewer@user:bob", `{"a":true}`, "denied"},
		{"doc:2#viewer@user:dan", `{}`, "conditional on a"},
		{"doc:2#viewer@user:eve", `{}`, "conditional on a"},
		{"doc:2#viewer@user:eve", `{"a":true}`, "allowed"},
		{"doc:2#viewer@user:fay", `{"b":true}`, "denied"},
		{"doc:2#view@user:cat", `{}`, "error"},
		{"doc:2#view@user:dan", `{}`, "error"},
		{"doc:2#view@user:dan", `{"a":false}`, "denied"},
		{"doc:2#twist@user:cat", `{}`, "allowed"},
		{"doc:2#all@user:dan", `{}`, "conditional on a"},
		{"doc:2#all@user:dan", `{"a":true}`, "allowed"},
		{"doc:2#all@user:dan", `{"a":false}`, "denied"},
		{"doc:2#all@user:zoe", `{}`, "denied"},
		{"doc:3#all@user:dan", `{}`, "denied"},
		{"doc:3#any@user:dan", `{}`, "allowed"},
		{"doc:2#any@user:fay", `{}`, "conditional on a, b"},
		{"group:h#member@user:fay", `{}`, "conditional on b"},
		{"group:i#member@user:dan", `{}`, "conditional on a"},
		{"group:h#member@group:i#member", `{"b":true}`, "allowed"},
	} {
		given := tuple.MustParseRelationship("a:a#a@a:a[a:" + q.given + "]").Context
		state, err := now(t, st).Given(given)
		require.NoError(t, err)
		d, err := e.Check(ctx, state, tuple.MustParse(q.question))
		if q.want == "error" {
			assert.ErrorIs(t, err, check.ErrCondition, "%s given %s", q.question, q.given)
			assert.ErrorIs(t, err, errBroken)
			assert.Equal(t, check.Decision{}, d)
			_, err = e.Explain(ctx, state, tuple.MustParse(q.question))
			assert.ErrorIs(t, err, check.ErrCondition)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, q.want, d.String(), "%s given %s", q.question, q.given)
		x, err := e.Explain(ctx, state, tuple.MustParse(q.question))
		require.NoError(t, err)
		assert.Equal(t, d, x.Decision)
		assert.Equal(t, d.Allowed(), x.Reason.Holds, "%v", x)
		assert.Equal(t, d.Missing(), x.Reason.Missing, "%v", x)
		if d.Denied() {
			assert.NotContains(t, x.String(), "✓ "+q.question)
		}
	}
}

// An answer that hangs on a cycle through its own denial as well as on a
// condition is undefined, and one that fails in a cycle is an error.
func TestConditionsInCycles(t *testing.T) {
	st := openCaveats(t, `
caveat a(a bool) { a }
caveat b(b bool) { b }
definition user {}
definition position {
	relation player: user:*
	relation move: position | position with a | position with b
	permission lost = player - win
	permission win = move->lost
}`, `
position:1#player@user:*
position:2#player@user:*
position:3#player@user:*
position:4#player@user:*
position:1#move@position:2[a]
position:2#move@position:1[b]
position:3#move@position:4[a]
position:4#move@position:4[b:{"b":1}]
`)
	e := check.New(check.Options{})
	ask := func(q, given string) string {
		state, err := now(t, st).Given(tuple.MustParseRelationship("a:a#a@a:a[a:" + given + "]").Context)
		require.NoError(t, err)
		d, err := e.Check(ctx, state, tuple.MustParse(q))
		switch {
		case errors.Is(err, check.ErrCycle):
			return "undefined"
		case errors.Is(err, check.ErrCondition):
			return "error"
		}
		require.NoError(t, err)
		return d.String()
	}
	assert.Equal(t, "undefined", ask("position:1#win@user:ann", `{}`))
	assert.Equal(t, "undefined", ask("position:1#win@user:ann", `{"a":true,"b":true}`))
	assert.Equal(t, "conditional on a", ask("position:1#win@user:ann", `{"b":false}`))
	assert.Equal(t, "denied", ask("position:1#win@user:ann", `{"a":false}`))
	assert.Equal(t, "allowed", ask("position:1#win@user:ann", `{"a":true,"b":false}`))
	assert.Equal(t, "conditional on b", ask("position:2#win@user:ann", `{"a":false}`))
	assert.Equal(t, "error", ask("position:4#win@user:ann", `{}`))
	assert.Equal(t, "error", ask("position:3#lost@user:ann", `{}`))
	assert.Equal(t, "allowed", ask("position:3#lost@user:ann", `{"a":false}`))
}

// The questions of one subject share what they find out, a failure included.
func TestCheckAllConditions(t *testing.T) {
	st := openCaveats(t, caveats, `
doc:1#viewer@user:ann[a]
doc:2#viewer@user:ann[b:{"b":1}]
doc:3#viewer@user:ann
`)
	ds, err := check.New(check.Options{}).CheckAll(ctx, now(t, st), []tuple.Tuple{
		tuple.MustParse("doc:2#viewer@user:ann"), tuple.MustParse("doc:1#viewer@user:ann"), tuple.MustParse("doc:3#viewer@user:ann"),
		tuple.MustParse("doc:2#either@user:ann"),
	})
	require.ErrorIs(t, err, check.ErrCondition)
	assert.Equal(t, `question 0: doc:2#viewer@user:ann: a caveat failed: b of doc:2#viewer@user:ann: it is broken: 1
question 3: doc:2#either@user:ann: a caveat failed: b of doc:2#viewer@user:ann: it is broken: 1`, err.Error())
	assert.Equal(t, []string{"denied", "conditional on a", "allowed", "denied"}, []string{ds[0].String(), ds[1].String(), ds[2].String(), ds[3].String()})
}

func TestExplainConditions(t *testing.T) {
	st := openCaveats(t, caveats, `
doc:1#viewer@user:ann[a]
doc:1#viewer@group:g#member[b]
doc:1#viewer@user:bob[a:{"a":false}]
doc:1#viewer@group:h#member[a:{"a":true}]
group:g#member@user:ann
group:h#member@user:cat[a:{"a":true}]
doc:1#banned@user:ann[b]
doc:1#group@group:g
doc:1#group@group:h[a]
group:h#member@user:ann
doc:1#viewer@user:dan[a]
group:g#member@user:dan
doc:2#group@group:g[a:{"a":false}]
`)
	e := check.New(check.Options{})
	for _, want := range []string{`
doc:1#view@user:ann is conditional on b
  ? doc:1#view@user:ann = viewer - banned, missing b
    ? doc:1#banned@user:ann, which may exclude, missing b: stored, if its caveat b holds
`, `
doc:1#either@user:dan is conditional on a, b
  ? doc:1#either@user:dan = viewer + banned, missing a, b
    ? doc:1#viewer@user:dan, missing a, b: stored, if its caveat a holds
      ? group:g#member@user:dan, through doc:1#viewer@group:g#member[b], missing b: stored
`, `
doc:1#viewer@user:bob is denied
  ✗ doc:1#viewer@user:bob: stored, but its caveat a does not hold
    ✗ group:g#member@user:bob, through doc:1#viewer@group:g#member[b]: not stored
    ✗ group:h#member@user:bob, through doc:1#viewer@group:h#member[a]: not stored
`, `
doc:1#viewer@user:cat is allowed
  ✓ doc:1#viewer@user:cat
    ✓ group:h#member@user:cat, through doc:1#viewer@group:h#member[a]: stored, and its caveat a holds
`, `
doc:1#all@user:ann is conditional on a
  ? doc:1#all@user:ann = group.all(member), missing a
    ? group:h#member@user:ann, through doc:1#group@group:h[a], missing a: stored
`, `
doc:1#any@user:ann is allowed
  ✓ doc:1#any@user:ann = group->member
    ✓ group:g#member@user:ann, through doc:1#group@group:g: stored
`, `
doc:1#both@user:ann is conditional on b
  ? doc:1#both@user:ann = viewer & banned, missing b
    ? doc:1#banned@user:ann, missing b: stored, if its caveat b holds
`, `
doc:2#all@user:ann is denied
  ✗ doc:2#all@user:ann = group.all(member)
    ✗ group:g#member@user:ann, through doc:2#group@group:g[a]: its caveat does not hold
`} {
		q, _, _ := strings.Cut(strings.TrimSpace(want), " ")
		x, err := e.Explain(ctx, now(t, st), tuple.MustParse(q))
		require.NoError(t, err)
		assert.Equal(t, want[1:], x.String())
	}
}

// A store can hold a schema that nothing evaluates: what depends on a caveat fails.
func TestNoEvaluator(t *testing.T) {
	st := open(t, caveats, "doc:1#viewer@user:ann[a]\ndoc:1#viewer@user:bob")
	e := check.New(check.Options{})
	_, err := e.Check(ctx, now(t, st), tuple.MustParse("doc:1#viewer@user:ann"))
	require.ErrorIs(t, err, check.ErrCondition)
	require.ErrorIs(t, err, schema.ErrNoEvaluator)
	d, err := e.Check(ctx, now(t, st), tuple.MustParse("doc:1#viewer@user:bob"))
	require.NoError(t, err)
	assert.True(t, d.Allowed())
}
