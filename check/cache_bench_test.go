package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// aReview has 1,000 documents, each of which k of 40 teams of 400 users must approve.
func aReview(b *testing.B, k int) *store.State {
	var text strings.Builder
	for d := range 1000 {
		for i := range k {
			fmt.Fprintf(&text, "doc:%d#reviewer@team:%d\n", d, (i+d)%40)
		}
	}
	for t := range 40 {
		for u := range 400 {
			fmt.Fprintf(&text, "team:%d#member@user:%d\n", t, u)
		}
	}
	return now(b, open(b, `
		definition user {}
		definition team { relation member: user | team#member }
		definition doc {
			relation reviewer: team
			permission approved = reviewer.all(member)
		}`, text.String()))
}

// reviews are n different questions.
func reviews(n int) []tuple.Tuple {
	list := make([]tuple.Tuple, n)
	for i := range list {
		list[i] = tuple.MustParse(fmt.Sprintf("doc:%d#approved@user:%d", i*7%1000, i/1000))
	}
	return list
}

// What a search costs by its steps, what it costs to find that it was kept, and to
// find that it was too cheap to be.
func BenchmarkCacheBySteps(b *testing.B) {
	questions := reviews(1000)
	for _, k := range []int{1, 2, 3, 5, 10, 100} {
		st := aReview(b, k)
		for _, c := range []struct {
			name string
			o    check.Options
		}{
			{"off", check.Options{CacheSteps: -1}},
			{"kept", check.Options{CacheSteps: 1}},
			{"refused", check.Options{CacheSteps: 1 << 20}},
		} {
			e := check.New(c.o).GraphOnly()
			steps, err := e.Steps(st, questions[0])
			require.NoError(b, err)
			b.Run(fmt.Sprintf("%d steps/%s", steps, c.name), func(b *testing.B) { askInTurn(b, e, st, questions, 2) })
		}
	}
}

// What a cache costs and saves as questions become too many for it. All are
// asked in turn, which is the worst order there is.
func BenchmarkCacheTooSmall(b *testing.B) {
	st, questions := aReview(b, 3), reviews(400_000)
	for _, mb := range []int64{0, 4, 64, 256, 1024} {
		o := check.Options{CacheBytes: mb << 20}
		if mb == 0 {
			o.CacheSteps = -1
		}
		e := check.New(o).GraphOnly()
		b.Run(fmt.Sprintf("%d MiB", mb), func(b *testing.B) { askInTurn(b, e, st, questions, 2) })
	}
}

func askInTurn(b *testing.B, e *check.Evaluator, st *store.State, questions []tuple.Tuple, before int) {
	for range before {
		for _, q := range questions {
			_, err := e.Check(ctx, st, q)
			require.NoError(b, err)
		}
	}
	had := e.CacheStats().Hits
	b.ResetTimer()
	b.RunParallel(func(p *testing.PB) {
		for i := 0; p.Next(); i++ {
			if _, err := e.Check(ctx, st, questions[i%len(questions)]); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(100*float64(e.CacheStats().Hits-had)/float64(b.N), "%hits")
}
