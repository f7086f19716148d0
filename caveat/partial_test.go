package caveat_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/schema"
)

// text writes what an evaluation came to.
func text(v schema.Verdict, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case !v.Known():
		return "missing: " + strings.Join(v.Missing, ", ")
	case v.Holds:
		return "yes"
	}
	return "no"
}

func TestPartial(t *testing.T) {
	const abc = "a int, b int, c int"
	const failed = "s.zed:2:4: caveat c: division by zero"
	for _, test := range []struct {
		parameters, expression string
		given                  context
		want                   string
	}{
		{abc, "a == 1", nil, "missing: a"},
		{abc, "a == 1", context{"b": 1, "c": 1}, "missing: a"},
		{abc, "a == 1", context{"a": 1}, "yes"},
		{abc, "a == 1 || b == 1", context{"a": 1}, "yes"},
		{abc, "a == 1 || b == 1", context{"b": 1}, "yes"},
		{abc, "a == 1 || b == 1", context{"a": 2}, "missing: b"},
		{abc, "c == 1 || b == 1 || a == 1", nil, "missing: a, b, c"},
		{abc, "a == 1 && b == 1", context{"a": 2}, "no"},
		{abc, "a == 1 && b == 1", context{"b": 2}, "no"},
		{abc, "a == 1 && b == 1", context{"b": 1}, "missing: a"},
		{abc, "a + b > c", nil, "missing: a, b, c"},
		{abc, "a + b > c", context{"a": 1}, "missing: b, c"},
		{abc, "!(a == 1 && b == 1)", context{"b": 2}, "yes"},
		{abc, "(a == 1 ? b : c) == 3", context{"a": 1}, "missing: b"},
		{abc, "(a == 1 ? b : c) == 3", context{"a": 1, "b": 3}, "yes"},
		{abc, "(a == 1 ? b : c) == 3", context{"b": 3, "c": 3}, "missing: a"},
		{abc, "a == a", nil, "missing: a"}, // CEL does not reason about names
		{abc, "true || a == 1", nil, "yes"},
		{abc, "1 == 2", nil, "no"},
		// An error is like an unknown: the other side may make up for it.
		{abc, "1 / a == 1", context{"a": 0}, failed},
		{abc, "1 / a == 1 || b == 1", context{"a": 0}, "missing: b"},
		{abc, "1 / a == 1 || b == 1", context{"a": 0, "b": 1}, "yes"},
		{abc, "1 / a == 1 || b == 1", context{"a": 0, "b": 2}, failed},
		{abc, "1 / a == 1 && b == 1", context{"a": 0, "b": 2}, "no"},
		{abc, "1 / a == b", context{"a": 0}, failed},
		// A variable of a loop hides the parameter of its name.
		{abc, "[1, 2].all(a, a > 0)", nil, "yes"},
		{abc, "[1, 2].all(a, a > b)", nil, "missing: b"},
		{abc, "[1, 2].exists(x, x == a)", nil, "missing: a"},
		{abc, "[a, 2].exists(x, x == 2)", nil, "missing: a"},
		{abc, "b in [a, 2]", context{"b": 2}, "missing: a"},
		{"l list<int>, n int", "l.all(x, x < n)", context{"n": 1}, "missing: l"},
		{"l list<int>, n int", "l.all(x, x < n)", context{"l": []any{}}, "yes"},
		{"l list<int>, n int", "l.all(x, x < n)", context{"l": []any{3}}, "missing: n"},
		{"l list<int>, n int", "l[n] == 1", context{"l": []any{1}, "n": 1}, "s.zed:2:3: caveat c: index out of bounds: 1"},
		{"l list<int>, n int", "l[n] == 1", context{"l": []any{1}}, "missing: n"},
		{"m map<any>, k string", "has(m.x)", nil, "missing: m"},
		{"m map<any>, k string", "has(m.x.y)", nil, "missing: m"},
		{"m map<any>, k string", "m.x.y == 1", nil, "missing: m"},
		{"m map<any>, k string", "m[k] == 1", nil, "missing: m"}, // then k
		{"m map<any>, k string", "m[k] == 1", context{"m": context{}}, "missing: k"},
		{"m map<any>, k string", "m[?k].orValue(1) == 1", context{"m": context{}}, "missing: k"},
		{"m map<any>, k string", "m[?k].orValue(1) == 1", context{"k": "x"}, "missing: m"},
		{"m map<any>, k string", "m.?x.hasValue()", nil, "missing: m"},
		{"m map<any>, k string", "{k: 1}.isSubtreeOf(m)", context{"m": context{}}, "missing: k"},
		{"a any, b bool", "a == null", nil, "missing: a"},
		{"a any, b bool", "a == null", context{"a": nil}, "yes"},
		{"a any, b bool", "(a || b) == true", context{"a": "x"}, "missing: b"},
		{"a any, b bool", "(a || b) == true", context{"a": "x", "b": false}, "s.zed:2:5: caveat c: no such overload"},
	} {
		c := compile(t, test.parameters, test.expression, caveat.Options{})
		require.Equal(t, test.want, verdict(c, test.given), "%s with %v", test.expression, test.given)
	}
}

func TestStoredWins(t *testing.T) {
	c := compile(t, "day string, n int", `day == "monday" && n > 0`, caveat.Options{})
	v, err := c.Evaluate(context{"day": "monday"}, context{"day": "sunday", "n": 1, "colour": "red"})
	require.Equal(t, "yes", text(v, err))
	v, err = c.Evaluate(context{"day": "sunday"}, context{"day": "monday", "n": 1})
	require.Equal(t, "no", text(v, err))
	v, err = c.Evaluate(context{"day": "monday", "n": 1}, context{"day": 1, "n": "x"})
	require.Equal(t, "yes", text(v, err), "given values that are not used may be anything")
}

func TestEvaluateKeepsNothing(t *testing.T) {
	c := compile(t, "a map<any>, l list<string>", "size(a) + size(l) == 2", caveat.Options{})
	stored, given := context{"a": context{"x": 1}}, context{"l": []any{"y"}}
	for range 3 {
		v, err := c.Evaluate(stored, given)
		require.Equal(t, "yes", text(v, err))
		v, err = c.Evaluate(nil, nil)
		require.Equal(t, "missing: a, l", text(v, err), "no value remains from the call before")
	}
	require.Equal(t, context{"a": context{"x": 1}}, stored)
	require.Equal(t, context{"l": []any{"y"}}, given)
}
