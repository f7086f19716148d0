package bolt_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/bolt"
	"github.com/baobab-authz/baobab/tuple"
)

const documents = `
definition user {}
definition document {
	relation viewer: user
	permission view = viewer
}`

// BenchmarkEngine is what a transaction of one tuple costs, with so many writers.
func BenchmarkEngine(b *testing.B) {
	for _, writers := range []int{1, 8, 64, 256} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			log, err := bolt.Open(filepath.Join(b.TempDir(), "log"), bolt.Options{})
			if err != nil {
				b.Fatal(err)
			}
			eng, err := baobab.OpenLog(context.Background(), log, schema.MustParse(documents), baobab.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer eng.Close()
			var next atomic.Int64
			b.SetParallelism(max(1, writers/2))
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					t := tuple.MustParse(fmt.Sprintf("document:d%d#viewer@user:u%d", next.Add(1), next.Load()%1000))
					if _, err := eng.Write(context.Background(), t.Always()); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
		})
	}
}

// BenchmarkEngineOpenMillion is what it takes until an engine answers by a file of a million tuples,
// which an import has written as one commit, and of one that was compacted.
func BenchmarkEngineOpenMillion(b *testing.B) {
	path := filepath.Join(b.TempDir(), "log")
	open := func() (*bolt.Log, *baobab.Engine) {
		log, err := bolt.Open(path, bolt.Options{})
		if err != nil {
			b.Fatal(err)
		}
		eng, err := baobab.OpenLog(context.Background(), log, schema.MustParse(documents), baobab.Options{Store: store.Options{LogCommits: -1}})
		if err != nil {
			b.Fatal(err)
		}
		return log, eng
	}
	_, eng := open()
	_, err := eng.Import(context.Background(), func(yield func(tuple.Relationship, error) bool) {
		for i := range 1_000_000 {
			if !yield(tuple.MustParse(fmt.Sprintf("document:d%d#viewer@user:u%d", i, i%1000)).Always(), nil) {
				return
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	eng.Close()
	for _, name := range []string{"commit", "compacted"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, eng := open()
				b.StopTimer()
				if n := eng.Stats().Tuples; n != 1_000_000 {
					b.Fatal(n)
				}
				eng.Close()
				b.StartTimer()
			}
		})
		log, eng := open()
		if err := log.Compact(context.Background(), 0); err != nil {
			b.Fatal(err)
		}
		eng.Close()
	}
}
