package baobab_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// Graphs that a search without memory, a recursive one, or one that collects
// paths, does not finish. The benchmarks below time them.

const groups = `
definition user {}
definition group { relation member: user | group#member }
definition stage {
	relation next: stage
	relation holder: user
	permission reach = holder + next->reach
	permission firm = holder + next.all(firm)
	permission both = next->left & next->right
	permission left = holder + next->left
	permission right = holder + next->right
}`

func adversary(t testing.TB, write func(add func(format string, args ...any))) *baobab.Engine {
	t.Helper()
	eng, err := openEngine(schema.MustParse(groups), baobab.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { eng.Close() })
	var all []tuple.Relationship
	write(func(format string, args ...any) {
		all = append(all, tuple.MustParseRelationship(fmt.Sprintf(format, args...)))
	})
	_, err = eng.Write(context.Background(), all...)
	require.NoError(t, err)
	return eng
}

// ladder has n rungs of two stages, each of which leads to both of the next rung.
func ladder(n int) func(func(string, ...any)) {
	return func(add func(string, ...any)) {
		for i := range n {
			for _, from := range "ab" {
				for _, to := range "ab" {
					add("stage:%c%d#next@stage:%c%d", from, i, to, i+1)
				}
			}
		}
		add("stage:a%d#holder@user:ann", n)
		add("stage:b%d#holder@user:ann", n)
	}
}

func chain(n int) func(func(string, ...any)) {
	return func(add func(string, ...any)) {
		for i := range n {
			add("group:%d#member@group:%d#member", i, i+1)
		}
		add("group:%d#member@user:ann", n)
	}
}

func complete(n int) func(func(string, ...any)) {
	return func(add func(string, ...any)) {
		for i := range n {
			for j := range n {
				add("group:%d#member@group:%d#member", i, j)
			}
		}
		add("group:%d#member@user:ann", n-1)
	}
}

var adversaries = []struct {
	name     string
	write    func(func(string, ...any))
	question string
	allowed  bool
}{
	{"ladder of 1,000 diamonds", ladder(1000), "stage:a0#reach@user:ann", true},
	{"ladder of 1,000 diamonds, denied", ladder(1000), "stage:a0#reach@user:bob", false},
	{"ladder of 1,000 diamonds, all", ladder(1000), "stage:a0#firm@user:ann", true},
	{"ladder of 1,000 diamonds, all, denied", ladder(1000), "stage:a0#firm@user:bob", false},
	{"ladder of 1,000 diamonds, both", ladder(1000), "stage:a0#both@user:ann", true},
	{"100,000 nested groups", chain(100_000), "group:0#member@user:ann", true},
	{"100,000 nested groups, denied", chain(100_000), "group:0#member@user:bob", false},
	{"complete graph of 300 groups", complete(300), "group:0#member@user:ann", true},
	{"complete graph of 300 groups, denied", complete(300), "group:0#member@user:bob", false},
}

func TestAdversarialGraphs(t *testing.T) {
	for _, a := range adversaries {
		t.Run(a.name, func(t *testing.T) {
			q := tuple.MustParse(a.question)
			eng := adversary(t, a.write)
			d, err := eng.Check(context.Background(), q)
			require.NoError(t, err)
			require.Equal(t, a.allowed, d.Allowed())
			e, err := eng.Explain(context.Background(), q)
			require.NoError(t, err)
			require.Equal(t, d, e.Decision)
			require.NotEmpty(t, e.String())
		})
	}
}

func BenchmarkAdversarialGraphs(b *testing.B) {
	for _, a := range adversaries {
		b.Run(a.name, func(b *testing.B) {
			q := tuple.MustParse(a.question)
			eng := adversary(b, a.write)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := eng.Check(context.Background(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
