package caveat_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/caveat"
)

func numbers(n int) []any {
	l := make([]any, n)
	for i := range l {
		l[i] = float64(i)
	}
	return l
}

func TestCostLimit(t *testing.T) {
	const cubic = "l.all(x, l.all(y, l.all(z, x + y + z >= 0)))"
	c := compile(t, "l list<int>", cubic, caveat.Options{})
	require.Equal(t, "yes", verdict(c, context{"l": numbers(10)}))
	_, err := c.Evaluate(nil, context{"l": numbers(100)})
	require.ErrorIs(t, err, caveat.ErrCost)
	require.NotErrorIs(t, err, caveat.ErrEvaluation)
	require.EqualError(t, err, "s.zed:1:8: caveat c: the evaluation costs more than the limit of 100000")

	c = compile(t, "l list<int>", cubic, caveat.Options{CostLimit: 10_000_000})
	require.Equal(t, "yes", verdict(c, context{"l": numbers(100)}))

	c = compile(t, "a int, b int", "a + b > 47", caveat.Options{CostLimit: 2})
	require.Equal(t, "s.zed:1:8: caveat c: the evaluation costs more than the limit of 2", verdict(c, context{"a": 42, "b": 6}))
	c = compile(t, "a int, b int", "a + b > 47", caveat.Options{CostLimit: 4})
	require.Equal(t, "yes", verdict(c, context{"a": 42, "b": 6}))

	// A limit is kept where parameters are missing, too.
	c = compile(t, "l list<int>, n int", "l.all(x, l.all(y, x + y < n))", caveat.Options{CostLimit: 1000})
	_, err = c.Evaluate(nil, context{"l": numbers(100)})
	require.ErrorIs(t, err, caveat.ErrCost)
}

func TestSubtreeCosts(t *testing.T) {
	deep := context{}
	for i := range 10 {
		deep[string(rune('a'+i))] = context{"x": 1, "y": context{"z": 2}}
	}
	c := compile(t, "a map<any>", "a.isSubtreeOf(a)", caveat.Options{CostLimit: 30})
	require.Equal(t, "s.zed:1:8: caveat c: the evaluation costs more than the limit of 30", verdict(c, context{"a": deep}))
	c = compile(t, "a map<any>", "a.isSubtreeOf(a)", caveat.Options{CostLimit: 100})
	require.Equal(t, "yes", verdict(c, context{"a": deep}))
}
