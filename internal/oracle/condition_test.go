package oracle

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
)

func caveat(expression string) *Caveat {
	return &Caveat{"c", []Parameter{{"a", "bool"}, {"b", "bool"}, {"n", "int"}, {"m", "int"}, {"s", "string"}, {"t", "string"}}, expression}
}

func TestConditions(t *testing.T) {
	given := map[string]any{"a": true, "n": 7.0, "s": "x"} // b, m and t are missing
	for expression, want := range map[string]string{
		"a":                            "true",
		"!a":                           "false",
		"!!a":                          "true",
		"b":                            "missing b",
		"!b":                           "missing b",
		"a || b":                       "true",
		"b || a":                       "true",
		"!a && b":                      "false",
		"b && !a":                      "false",
		"a && b":                       "missing b",
		"!a || b || m == 1":            "missing b,m",
		"b || !b":                      "missing b",
		"n / 0 == 1":                   "error",
		"a || n / 0 == 1":              "true",
		"n / 0 == 1 || a":              "true",
		"!a && n / 0 == 1":             "false",
		"n / 0 == 1 && !a":             "false",
		"!a || n / 0 == 1":             "error",
		"a && n / 0 == 1":              "error",
		"b || n / 0 == 1":              "missing b",
		"n / 0 == 1 && b":              "missing b",
		"(n / 0 == 1) == b":            "error",
		"b != (n / 0 == 1)":            "error",
		"m / 0 == 1":                   "missing m",
		"n / m == n / 0":               "error",
		"m < n / 0":                    "error",
		"n / m == 1":                   "missing m",
		"m == n / m":                   "missing m",
		"s == t":                       "missing t",
		"b == (s < t)":                 "missing b,t",
		"n / 2 == 3":                   "true",
		"n / 2 / 3 == 1":               "true",
		"n < 7 == false":               "true",
		"6 < n && n < 8":               "true",
		`s < "y" && s != "" && !(s<s)`: "true",
		"\n\ta\r\n&& true ":            "true",
		"true || false && false":       "true",
		"(true || false) && false":     "false",
		"!a == false":                  "true",
		"9223372036854775807 == n":     "false",
	} {
		o := caveat(expression).Evaluate(nil, given)
		got := "false"
		switch {
		case o.Err != nil:
			got = "error"
		case o.Missing != nil:
			got = "missing " + strings.Join(o.Missing, ",")
		case o.Holds:
			got = "true"
		}
		require.Equal(t, want, got, expression)
		require.Equal(t, want == "error" || strings.HasPrefix(want, "missing"), o.Undecided())
	}
}

// The first of integers has no opposite.
func TestQuotientTooLarge(t *testing.T) {
	c := caveat("n / m == 1")
	require.EqualError(t, c.Evaluate(nil, map[string]any{"n": float64(-1 << 63), "m": -1.0}).Err, "the quotient is too large")
	require.EqualError(t, c.Evaluate(nil, map[string]any{"n": float64(-1 << 63), "m": 0.0}).Err, "division by zero")
	require.Equal(t, Outcome{}, c.Evaluate(nil, map[string]any{"n": float64(-1 << 63), "m": 1.0}))
	require.Equal(t, Outcome{Holds: true}, caveat("n / m == 3").Evaluate(map[string]any{"n": -7.0}, map[string]any{"n": true, "m": -2}))
}

// A value of a wrong type fails the condition even where it is not needed, and
// what is missing is not.
func TestValuesOfAnotherType(t *testing.T) {
	for name, values := range map[string][]any{
		"a": {"true", 1.0, nil, []any{true}},
		"n": {"1", true, 0.5, float64(1 << 63), -1.7e308, nil, map[string]any{}},
		"s": {1.0, false, nil, int64(1)},
	} {
		for _, v := range values {
			c := caveat("true || a || n == 1 || s == t")
			require.Error(t, c.Evaluate(nil, map[string]any{name: v}).Err, "%s: %v", name, v)
			require.Error(t, c.Evaluate(map[string]any{name: v}, nil).Err)
			require.Error(t, c.Validate(map[string]any{name: v}))
		}
	}
	c := caveat("a")
	require.NoError(t, c.Validate(nil))
	require.NoError(t, c.Validate(map[string]any{"a": false, "n": 1.0, "m": 2, "s": ""}))
	require.EqualError(t, c.Validate(map[string]any{"colour": 1.0}), "caveat c has no parameter colour")
	require.Equal(t, Outcome{Holds: true}, c.Evaluate(map[string]any{"a": true}, map[string]any{"a": "no bool", "colour": 1.0}))
}

func TestExpressionErrors(t *testing.T) {
	for expression, want := range map[string]string{
		"":                    "at byte 0: expected a parameter, a literal or (",
		"a b":                 "at byte 2: expected an operator or the end",
		"(a":                  "at byte 2: expected )",
		"a &&":                "at byte 4: expected a parameter, a literal or (",
		"a & b":               "at byte 2: expected an operator or the end",
		"x == 1":              "at byte 0: expected a parameter, a literal or (",
		"n":                   "at byte 1: the expression is of the type int",
		"n == s":              "at byte 6: expected an operand of the type int, not string",
		"a && n":              "at byte 6: expected an operand of the type bool, not int",
		"n || a":              "at byte 6: expected an operand of the type bool, not int",
		"s / s == 1":          "at byte 5: expected an operand of the type int, not string",
		"a < b":               "at byte 5: booleans are not compared with <",
		"!n == 1":             "at byte 2: expected an operand of the type bool, not int",
		`s == "x`:             "at byte 6: the string does not end on its line, or has a backslash",
		`s == "\n"`:           "at byte 6: the string does not end on its line, or has a backslash",
		"n == 1a":             "at byte 5: expected a parameter, a literal or (",
		"n == 1_0":            "at byte 5: expected a parameter, a literal or (",
		"9223372036854775808": "at byte 0: expected a parameter, a literal or (",
		"! = a":               "at byte 2: expected a parameter, a literal or (",
		"!= a":                "at byte 0: expected a parameter, a literal or (",
	} {
		_, err := caveat(expression).compile()
		require.EqualError(t, err, want, expression)
	}
	require.Panics(t, func() { caveat("").Evaluate(nil, nil) })
}

func TestConditionsOfAnEngine(t *testing.T) {
	var e schema.Evaluator = Conditions{}
	s, err := schema.MustNew(
		schema.DeclareCaveat("c", "a && n / m == 1", schema.Param("a", "bool"), schema.Param("n", "int"), schema.Param("m", "int")),
		schema.Define("user"),
	).Bind(e)
	require.NoError(t, err)
	c := s.Caveat("c").Condition()
	require.NoError(t, c.Validate(map[string]any{"n": 1.0}))
	require.Error(t, c.Validate(map[string]any{"n": 1.5}))
	v, err := c.Evaluate(map[string]any{"n": 2.0}, map[string]any{"n": 1.0, "a": true})
	require.NoError(t, err)
	require.Equal(t, schema.Verdict{Missing: []string{"m"}}, v)
	v, err = c.Evaluate(map[string]any{"n": 2.0}, map[string]any{"m": 2.0, "a": true})
	require.NoError(t, err)
	require.Equal(t, schema.Verdict{Holds: true}, v)
	_, err = c.Evaluate(map[string]any{"n": 2.0}, map[string]any{"m": 0.0, "a": true})
	require.EqualError(t, err, "division by zero")

	_, err = e.Compile(&schema.Caveat{Name: "c", Expression: "x", Parameters: []schema.Parameter{schema.Param("x", "list<int>")}})
	require.EqualError(t, err, "there are no parameters of the type list<int>")
	_, err = schema.MustParse("caveat c(a bool) { a && }\ndefinition user {}").Bind(e)
	require.ErrorContains(t, err, "expected a parameter, a literal or (")
}
