package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
)

// A counting log counts the groups that are appended to it, and those that are not.
type counting struct {
	*postgres.Log
	*counted
}

type counted struct{ appended, conflicts atomic.Int64 }

func (c counting) Append(ctx context.Context, commits []store.Commit) error {
	err := c.Log.Append(ctx, commits)
	switch {
	case err == nil:
		c.appended.Add(1)
	case errors.Is(err, store.ErrConflict):
		c.conflicts.Add(1)
	}
	return err
}

// BenchmarkEnginesThatCompete is what a transaction costs when several engines commit
// to one log, each of which has so many writers: all but one of them have to run what
// they have validated again whenever one commits.
func BenchmarkEnginesThatCompete(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("engines=3/writers=%d", writers), func(b *testing.B) {
			url := shared.Database(b)
			var engines []*baobab.Engine
			var groups counted
			for range 3 {
				log, err := postgres.Open(context.Background(), url, postgres.Options{})
				require.NoError(b, err)
				eng, err := baobab.OpenLog(context.Background(), counting{log, &groups}, schema.MustParse(documents), baobab.Options{})
				require.NoError(b, err)
				defer eng.Close()
				engines = append(engines, eng)
			}
			var next, left atomic.Int64
			left.Store(int64(b.N))
			var all sync.WaitGroup
			b.ResetTimer()
			for _, eng := range engines {
				for range writers {
					all.Go(func() {
						for left.Add(-1) >= 0 {
							if _, err := eng.Write(context.Background(), viewer(next.Add(1))); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
			b.ReportMetric(float64(b.N)/float64(groups.appended.Load()), "tx/group")
			b.ReportMetric(float64(groups.conflicts.Load())/float64(groups.appended.Load()), "conflicts/group")
		})
	}
}
