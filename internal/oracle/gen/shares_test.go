package gen

import (
	"flag"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/internal/oracle"
)

var cases = flag.Int("cases", 1000, "the number of cases of TestShares")

// TestShares prints what the cases are good for, and fails if it is not enough.
//
//	go test ./internal/oracle/gen -run TestShares -v -cases 100000
func TestShares(t *testing.T) {
	var s Shares
	generator := Cases()
	start := time.Now()
	var drawing time.Duration
	for i := range *cases {
		drawn := time.Now()
		c := generator.Example(i)
		drawing += time.Since(drawn)
		s.Measure(c)
	}
	all := time.Since(start)
	t.Logf("%s\n%s a case, of which %s to draw it", &s, all/time.Duration(*cases), drawing/time.Duration(*cases))
	answers := 0
	for _, n := range s.Answers {
		answers += n
	}
	require.Greater(t, 20*s.Answers[oracle.True], answers)
	require.Greater(t, 20*s.Answers[oracle.False], answers)
	require.Greater(t, 100*s.Answers[oracle.Undefined], answers)
	require.Greater(t, 20*s.Undefined, s.Cases)
	require.Greater(t, 5*s.Exclusions, s.Cases)
	require.Greater(t, 5*s.Cycles, s.Cases)
	require.Greater(t, 4*s.Caveated, s.Cases)
	require.Greater(t, 2*s.Conditional, s.Caveated)
	require.Greater(t, 10*s.Failed, s.Caveated)
	require.Greater(t, 20*s.Both, s.Caveated)
	require.Greater(t, 20*s.CaveatCycles, s.Caveated)
}
