package bolt_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
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
