package gen

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/schema"
)

// TestRuledShares prints what the cases about the rules for writes are good
// for, and fails if it is not enough.
func TestRuledShares(t *testing.T) {
	var s RuledShares
	generator := rapid.Custom(DrawRuled)
	n := *cases / 3
	start := time.Now()
	for i := range n {
		s.Measure(generator.Example(i))
	}
	t.Logf("%s\n%s a case", &s, time.Since(start)/time.Duration(n))
	require.Greater(t, 4*s.Accepted[1], s.Transactions[1])
	require.Greater(t, 4*s.Accepted[0], s.Transactions[0])
	for _, r := range oracle.Reasons {
		require.Greater(t, 100*s.Met[r], 3*s.Cases, r)
	}
}

// The engine accepts the schemas, and what is text of the native language means
// the same. What is loaded and written can be.
func TestRuledCasesAreWellFormed(t *testing.T) {
	generator, parsed, seen := rapid.Custom(DrawRuled), 0, map[string]int{}
	for i := range 150 {
		c := generator.Example(i)
		s, err := Build(c.Schema)
		require.NoError(t, err, c.Schema.Source())
		if p, err := schema.Parse("", c.Schema.Source()); err == nil {
			parsed++
			require.Equal(t, s.String(), p.String())
		}
		for _, d := range c.Schema.Directives {
			switch d := d.(type) {
			case oracle.Count:
				d.Type, d.Relation, d.Min, d.Max = "", "", 0, 0
				if d.In != "" {
					d.In = "r"
				}
				seen[d.String()]++
			case oracle.Guard:
				if d.Permission != "" {
					d.Permission = "p"
				}
				seen[d.String()]++
			default:
				seen[d.String()]++
			}
		}
		for _, u := range append([]oracle.Update{c.Load}, c.History...) {
			for _, o := range u.Operations {
				if r := o.Relationship; o.Kind == oracle.Create || o.Kind == oracle.Touch {
					require.NoError(t, r.Validate())
					require.True(t, c.Schema.Admit(r), "%s\n%s", r, c.Schema.Source())
				}
			}
		}
		if i%10 == 0 {
			require.Equal(t, DescribeRuled(c), DescribeRuled(generator.Example(i)))
		}
	}
	require.Greater(t, parsed, 50)
	for _, want := range []string{
		"count 0", "count 0 per subject", "count 0 in r", "count 0 per subject in r", "granted-by p", "granted-by p on subject", "granted-by self",
		"on-delete refuse", "on-delete cascade", "on-delete detach", "expires-within 90m", "deleted-by edit",
	} {
		require.NotZero(t, seen[want], want)
	}
}
