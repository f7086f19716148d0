package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
	"github.com/baobab-authz/baobab/tuple"
)

const documents = `
definition user {}
definition document {
	relation viewer: user
	permission view = viewer
}`

func engine(tb testing.TB, url string) *baobab.Engine {
	log, err := postgres.Open(context.Background(), url, postgres.Options{})
	require.NoError(tb, err)
	eng, err := baobab.OpenLog(context.Background(), log, schema.MustParse(documents), baobab.Options{})
	require.NoError(tb, err)
	return eng
}

func viewer(n int64) tuple.Relationship {
	return tuple.MustParse(fmt.Sprintf("document:d%d#viewer@user:u%d", n, n%1000)).Always()
}

// BenchmarkEngine is what a transaction of one tuple costs, with so many writers in one process.
func BenchmarkEngine(b *testing.B) {
	for _, writers := range []int{1, 8, 64, 256, 1024} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			eng := engine(b, shared.Database(b))
			defer eng.Close()
			var next atomic.Int64
			b.SetParallelism(max(1, writers/2))
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := eng.Write(context.Background(), viewer(next.Add(1))); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
		})
	}
}

// BenchmarkOpenMillion is what it takes until a new process has a million tuples.
func BenchmarkOpenMillion(b *testing.B) {
	url := shared.Database(b)
	eng := engine(b, url)
	_, err := eng.Import(context.Background(), func(yield func(tuple.Relationship, error) bool) {
		for i := range int64(1_000_000) {
			if !yield(viewer(i), nil) {
				return
			}
		}
	})
	require.NoError(b, err)
	require.NoError(b, eng.Close())
	b.ResetTimer()
	for b.Loop() {
		eng := engine(b, url)
		b.StopTimer()
		require.Equal(b, 1_000_000, eng.Stats().Tuples)
		require.NoError(b, eng.Close())
		b.StartTimer()
	}
}

// BenchmarkEngineVisible is how long after a write has been acknowledged by one process another one answers by it,
// at 200 writes a second.
func BenchmarkEngineVisible(b *testing.B) {
	url := shared.Database(b)
	writer, reader := engine(b, url), engine(b, url)
	defer writer.Close()
	defer reader.Close()
	var took []time.Duration
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	acknowledged := make(chan struct {
		at  time.Time
		rev store.Revision
	}, 1024)
	seen := make(chan error, 1)
	go func() {
		for a := range acknowledged {
			for reader.Now().Revision().Compare(a.rev) < 0 { // not AtLeast, which would ask the log to look
				time.Sleep(50 * time.Microsecond)
			}
			took = append(took, time.Since(a.at))
		}
		seen <- nil
	}()
	for n := int64(0); b.Loop(); n++ {
		<-pace.C
		rev, err := writer.Write(context.Background(), viewer(n))
		require.NoError(b, err)
		acknowledged <- struct {
			at  time.Time
			rev store.Revision
		}{time.Now(), rev}
	}
	close(acknowledged)
	<-seen
	slices.Sort(took)
	for _, p := range []int{50, 99} {
		b.ReportMetric(float64(took[(len(took)-1)*p/100].Microseconds())/1000, fmt.Sprintf("ms-p%d", p))
	}
}
