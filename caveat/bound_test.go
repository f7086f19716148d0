package caveat_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/caveat"
)

func TestRegularExpressions(t *testing.T) {
	c := compile(t, "s string, p string", "s.matches(p)", caveat.Options{})
	for _, test := range []struct {
		s, p, want string
	}{
		{"abc", "^a.c$", "yes"},
		{"abc", "(?:(?:(?:(?:(?:(?:b))))))", "yes"},
		{"abd", "^a.c$", "no"},
		{strings.Repeat("x", 1000), "^x{1000}$", "the evaluation costs more than the limit of 100000"},
		{strings.Repeat("x", 100), "^x{100}$", "yes"},
		{"", "x{1000}{2}", "invalid nested repetition operator"},
		{"", "(((x{10}){10}){10}){2}", "invalid repeat count"},
		{"", strings.Repeat("x{1000}", 11), "the evaluation costs more than the limit of 100000"},
		{"Ёлка", "^(?i)[а-яё]+$", "yes"},
		{"", "(?i)" + strings.Repeat(`[!-\x{1e943}]`, 100), "the evaluation costs more than the limit of 100000"},
		{"", strings.Repeat(`\pL`, 500), "the evaluation costs more than the limit of 100000"},
		{"", strings.Repeat("x", 1<<20), "the evaluation costs more than the limit of 100000"},
		{"", "(", "missing closing )"},
	} {
		assert.Contains(t, verdict(c, context{"s": test.s, "p": test.p}), test.want, "%.40s", test.p)
	}
	// A loop pays for each round.
	c = compile(t, "l list<int>, p string", "l.all(x, !''.matches(p))", caveat.Options{})
	_, err := c.Evaluate(nil, context{"l": numbers(100), "p": "x{1000}"})
	require.ErrorIs(t, err, caveat.ErrCost)
	// One in the schema is compiled once, and costs what it does to match.
	c = compile(t, "s string", "s.matches('^x{1000}$')", caveat.Options{})
	require.Equal(t, "no", verdict(c, context{"s": strings.Repeat("x", 900)}))
	_, err = c.Evaluate(nil, context{"s": strings.Repeat("x", 10_000)})
	require.ErrorIs(t, err, caveat.ErrCost)
}

// What is shared is weighed as often as it is looked at, and no longer than that
// is affordable.
func TestSharedValuesCost(t *testing.T) {
	double := func(n int, by string) string { return "[[1]]" + strings.Repeat(".map(a, "+by+")", n) }
	for _, expression := range []string{
		"q && " + double(60, "[a, a]") + ".all(a, a == a)",
		"q && !" + double(60, "[a, a]") + ".all(a, a != a)",
		"q && " + double(60, "[a, a]") + ".all(a, a in [a])",
		"q && " + double(60, "[a, a]") + ".all(a, a in dyn([a]))",
		"q && " + double(60, "[a, a]") + ".all(a, optional.of(a) == optional.of(a))",
		"q && " + double(60, "{'x': a, 'y': a}") + ".all(a, a == a)",
		"q && [{'x': dyn(1)}]" + strings.Repeat(".map(a, {'x': dyn(a), 'y': dyn(a)})", 60) + ".all(a, a.isSubtreeOf(a))",
	} {
		c := compile(t, "q bool", expression, caveat.Options{})
		_, err := c.Evaluate(nil, context{"q": true}) // which would not end if all were looked at
		assert.ErrorIs(t, err, caveat.ErrCost, expression)
	}
	for _, limit := range []uint64{0, math.MaxUint64} {
		c := compile(t, "q bool", "q && "+double(3, "[a, a]")+".all(a, a == a)", caveat.Options{CostLimit: limit})
		require.Equal(t, "yes", verdict(c, context{"q": true}))
	}
}
