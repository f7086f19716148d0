package baobab_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
	"github.com/baobab-authz/baobab/tuple"
)

// BenchmarkCheckWithLog asks engines of the same tuples the same random questions: one in
// memory alone; one that wrote them to a log; one that followed it; one that was opened
// afterwards; and one that has a bound of staleness as well. (Read the medians of several runs.)
func BenchmarkCheckWithLog(b *testing.B) {
	alone, truth := anOffice(b), memlog.New()
	open := func(o store.Options) *baobab.Engine {
		eng, err := baobab.OpenLog(ctx, truth.Open(), schema.MustParse(office), baobab.Options{Store: o})
		require.NoError(b, err)
		b.Cleanup(func() { eng.Close() })
		return eng
	}
	writer, follower := open(store.Options{}), open(store.Options{})
	rev, err := writer.Import(ctx, alone.Tuples(tuple.Filter{}))
	require.NoError(b, err)
	_, err = follower.AtLeast(ctx, rev)
	require.NoError(b, err)
	random := rand.New(rand.NewPCG(1, 2))
	questions := make([]tuple.Tuple, 1<<12)
	for i := range questions {
		o := random.IntN(100)
		questions[i] = tuple.MustParse(fmt.Sprintf("chatbot:%d-%d-%d#%s@user:%d-%d",
			o, random.IntN(10), random.IntN(20), []string{"view", "delete", "see"}[random.IntN(3)], o, random.IntN(60)))
	}
	// Ids are given in the order in which tuples come, and neighbours are found faster: so
	// one that is opened later is compared with one in memory that got them in the same order.
	opened := open(store.Options{})
	sorted, err := baobab.Open(schema.MustParse(office), baobab.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { sorted.Close() })
	_, err = sorted.Import(ctx, opened.Tuples(tuple.Filter{}))
	require.NoError(b, err)
	for _, e := range []struct {
		name string
		*baobab.Engine
	}{
		{"memory alone", alone}, {"writer", writer}, {"follower", follower},
		{"memory alone, in the log's order", sorted}, {"opened later", opened}, {"with MaxStaleness", open(store.Options{MaxStaleness: time.Minute})},
	} {
		b.Run(e.name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				if _, err := e.Check(ctx, questions[i%len(questions)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
