package caveat_test

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// Whatever looks at all of a value pays for all of it, in a loop as well: each of
// these would be a second of work or more, where the limit is to stop an
// evaluation after some 5 milliseconds.
func TestAttackNestedValuesCost(t *testing.T) {
	rounds := numbers(100)
	big := strings.Repeat("x", 1<<20)
	huge := numbers(100_000)
	for _, test := range []struct {
		parameters, expression string
		given                  context
	}{
		{"l list<int>, s string", "l.all(x, size(s) > 0)", context{"l": rounds, "s": big}},
		{"l list<int>, s string", "l.all(x, s.size() > 0)", context{"l": rounds, "s": big}},
		{"l list<int>, m map<any>", "l.all(x, m == m)", context{"l": rounds, "m": context{"a": huge}}},
		{"l list<int>, m map<any>", "l.all(x, !(m != m))", context{"l": rounds, "m": context{"a": huge}}},
		{"l list<int>, m map<any>", "l.all(x, m.isSubtreeOf(m))", context{"l": rounds, "m": context{"a": huge}}},
		{"l list<int>, m list<any>", "l.all(x, m in [m])", context{"l": rounds, "m": []any{huge}}},
		{"l list<int>, m map<string>", "l.all(x, m == m)", context{"l": rounds, "m": context{"a": big}}},
	} {
		c := compile(t, test.parameters, test.expression, caveat.Options{})
		_, err := c.Evaluate(nil, test.given)
		assert.ErrorIs(t, err, caveat.ErrCost, test.expression)
	}
	c := compile(t, "s string, l list<string>", "s in l", caveat.Options{})
	members := make([]any, 20_000)
	for i := range members {
		members[i] = "user" + strconv.Itoa(i)
	}
	require.Equal(t, "yes", verdict(c, context{"s": "user19999", "l": members}), "what is looked at once is not dear")
}

// The text of a network is short. A long one costs what a call costs, not what
// reading it does: some 100 ms here, and not minutes.
func TestAttackLongNetwork(t *testing.T) {
	c := compile(t, "l list<int>, s string, ip ipaddress", "l.all(x, !ip.in_cidr(s))", caveat.Options{})
	start := time.Now()
	_, err := c.Evaluate(nil, context{"l": numbers(20_000), "s": strings.Repeat("x", 8<<20), "ip": "10.0.0.1"})
	require.ErrorIs(t, err, caveat.ErrCost)
	require.Less(t, time.Since(start), 30*time.Second)
	c = compile(t, "s string, ip ipaddress", "ip.in_cidr(s)", caveat.Options{})
	require.Equal(t, "yes", verdict(c, context{"s": "2001:0db8:0000:0000:0000:0000:255.255.255.255/128", "ip": "2001:db8::ffff:ffff"}))
}

// A regular expression that is a value is compiled at each evaluation, and what it
// compiles to can be a hundred times as long as its text and more: 3 KB are 70 MB
// and 100 ms, 30 KB ten times that, and CEL's cost knows only the text. What it
// would compile to should be bounded before it is compiled: syntax.Parse, which
// does not repeat what is repeated, and a walk over the result that multiplies.
// (cel.RegexProgramSizeLimit compiles first, and evaluates the argument twice.)
func TestAttackRegularExpressionIsBounded(t *testing.T) {
	c := compile(t, "s string, p string", "s.matches(p)", caveat.Options{})
	given := context{"s": "", "p": strings.Repeat("(?:x{1000})", 300)}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	verdict(c, given)
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(10<<20), "bytes")
}

// Lists that hold one another many times are small, and comparing them is not.
// CEL's estimate for this expression is below the limit, so that nothing is
// counted, and what is counted is so when the comparison is over: with a few more
// steps it would not end, and no context ends it. So the weight of what == and in
// compare is bounded before they do, by a walk that ends at the limit.
func TestAttackComparisonEnds(t *testing.T) {
	for _, steps := range []int{13, 26} {
		c := compile(t, "q bool", "q && [[1]]"+strings.Repeat(".map(a, [a, a, a, a])", steps)+".all(a, a == a)", caveat.Options{})
		_, err := c.Evaluate(nil, context{"q": true})
		require.ErrorIs(t, err, caveat.ErrCost)
	}
}

// A timestamp is what RFC 3339 says, not what time.Parse forgives.
func TestAttackTimestamps(t *testing.T) {
	c := compile(t, "p timestamp", "p > timestamp('2000-01-01T00:00:00Z')", caveat.Options{})
	for _, text := range []string{"2024-01-01T1:00:00Z", "2024-01-01T01:00:00,5Z", "2024-01-01T01:00:00+24:00", "2024-01-01T01:00:00+01:60",
		"2024-01-01 01:00:00Z", "2024-01-01T24:00:00Z", "2024-12-31T23:59:60Z", "2023-02-29T00:00:00Z", "2024-01-01T01:00:00", "9999-12-31T23:59:59-01:00",
		"10000-01-01T00:00:00Z", "2024-01-01T01:00:00Z\n"} {
		assert.ErrorIs(t, c.Validate(context{"p": text}), caveat.ErrType, text)
	}
	for _, text := range []string{"9999-12-31T23:59:59.999999999Z", "2024-02-29T23:59:59+23:59"} {
		assert.NoError(t, c.Validate(context{"p": text}), text)
	}
}

// The same values give the same verdict, so maps are gone through in the order of
// their keys, wherever they come from.
func TestAttackOrderOfMaps(t *testing.T) {
	letters := context{"m": context{"a": "1", "b": "2", "c": "3", "d": "4"}}
	for _, test := range []struct {
		parameters, expression string
		given                  context
		want                   string
	}{
		{"m map<int>", "m.map(k, k) == ['a', 'b', 'c', 'd']", letters, "yes"},
		{"m map<string>", "m.map(k, k)[0] == 'a'", letters, "yes"},
		{"m map<any>", "m.filter(k, k != 'a')[0] == 'b'", letters, "yes"},
		{"m any", "m.map(k, k)[0] == 'a'", letters, "yes"},
		{"m map<map<int>>", "m.x.map(k, k)[0] == 'a'", context{"m": context{"x": letters["m"]}}, "yes"},
		{"m map<any>", "m.x.map(k, k)[0] == 'a'", context{"m": context{"x": letters["m"]}}, "yes"},
		{"m list<any>", "m[0].map(k, k)[0] == 'a'", context{"m": []any{letters["m"]}}, "yes"},
		{"m any", "m[0][0].map(k, k)[0] == 'a'", context{"m": []any{[]any{letters["m"]}}}, "yes"},
		{"s string", "{'c': 1, 'a': s, 'b': 3}.map(k, k) == ['a', 'b', 'c']", context{"s": ""}, "yes"},
		{"s string", "{3: s, 1: s, 2: s}.map(k, k) == [1, 2, 3]", context{"s": ""}, "yes"},
		{"s string", "{3: s, true: s, 'x': s, 2u: s, false: s, 1: s}.map(k, k) == [false, true, 1, 3, 'x', 2u]", context{"s": ""}, "yes"},
		{"m map<int>, b map<int>", "m.exists_one(k, b[k] == 1)", context{"m": letters["m"], "b": context{"a": 1}}, "s.zed:2:19: caveat c: no such key: d"},
	} {
		c := compile(t, test.parameters, test.expression, caveat.Options{})
		for range 50 {
			require.Equal(t, test.want, verdict(c, test.given), test.expression)
		}
	}
}

// Every evaluation reads the values that are given anew, those that the expression
// has no use for included, and counts as 16 steps whatever there is to read: a
// thousand tuples and a list of 100,000 numbers are 20,000 steps, and take 100 µs
// each where a step is 50 to 300 ns. So MaxSteps does not bound what a question
// costs. Either a question should read what it is given once for each caveat and
// parameter, or an evaluation count as many steps as there are values to read.
func TestAttackGivenValuesCount(t *testing.T) {
	s, err := schema.Parse("s.zed", `
caveat c(l list<int>, n int) { n in l }
definition user {}
definition group { relation member: user }
definition doc { relation viewer: group#member with c }`)
	require.NoError(t, err)
	eng, err := baobab.Open(s, baobab.Options{Caveats: caveat.New(caveat.Options{CostLimit: 10_000_000}), Check: check.Options{MaxSteps: 100_000}})
	require.NoError(t, err)
	defer eng.Close()
	var relationships []tuple.Relationship
	for i := range 1000 {
		relationships = append(relationships, tuple.MustParseRelationship(fmt.Sprintf("doc:1#viewer@group:%d#member[c]", i)))
	}
	_, err = eng.Write(t.Context(), relationships...)
	require.NoError(t, err)
	given := context{"l": numbers(100_000), "n": -1}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d, err := eng.Now().Given(given).Check(t.Context(), tuple.MustParse("doc:1#viewer@user:ann"))
	runtime.ReadMemStats(&after)
	if err == nil { // to read the list once takes 2.4 MB
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(100<<20), "bytes: %v after fewer than 100,000 steps", d)
	} else {
		assert.ErrorIs(t, err, check.ErrBudget)
	}
}
