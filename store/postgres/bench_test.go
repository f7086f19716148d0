package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
	"github.com/baobab-authz/baobab/tuple"
)

// BenchmarkAppend appends groups of commits, each of which adds a tuple and removes one that
// an earlier one has added, one group after the other.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 16, 64, 256} {
		for _, prepared := range []bool{false, true} {
			b.Run(fmt.Sprintf("group=%d/prepared=%v", size, prepared), func(b *testing.B) {
				l := open(b, shared.Database(b), postgres.Options{Prepared: prepared})
				parent := head(b, l)
				load(b, l, &parent, 100_000)
				n := 0
				b.ResetTimer()
				for b.Loop() {
					b.StopTimer()
					group := make([]store.Commit, size)
					for i := range group {
						group[i] = next(parent, fmt.Sprintf("document:bench-%d#viewer@user:u%d", n, n%1000))
						if n >= 1000 {
							old := tuple.MustParseRelationship(fmt.Sprintf("document:bench-%d#viewer@user:u%d", n-1000, n%1000))
							c := store.Commit{Parent: parent, ID: group[i].ID, Time: group[i].Time, Added: group[i].Added,
								Removed: []store.Stored{{Relationship: old}}}
							c.Seal()
							group[i] = c
						}
						parent = group[i].Revision
						n++
					}
					b.StartTimer()
					if err := l.Append(context.Background(), group); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "commits/s")
			})
		}
	}
}

// load appends one commit of n tuples.
func load(tb testing.TB, l store.Log, parent *store.Revision, n int) {
	c := store.Commit{Parent: *parent, ID: store.NewCommitID(), Time: time.Now().UTC().Truncate(time.Microsecond)}
	for i := range n {
		c.Added = append(c.Added, store.Stored{Relationship: tuple.New(
			tuple.Object{Type: "document", ID: fmt.Sprintf("d%08d", i*7919%n)}, "viewer",
			tuple.Subject{Object: tuple.Object{Type: "user", ID: fmt.Sprintf("u%06d", i%100_000)}}).Always()})
	}
	require.NoError(tb, l.Append(context.Background(), []store.Commit{c}))
	c.Seal()
	*parent = c.Revision
}

// BenchmarkAppendLarge appends one commit of a million tuples.
func BenchmarkAppendLarge(b *testing.B) {
	l := open(b, shared.Database(b), postgres.Options{})
	parent := head(b, l)
	for b.Loop() {
		load(b, l, &parent, 1_000_000)
	}
}

// BenchmarkSnapshot streams a million tuples.
func BenchmarkSnapshot(b *testing.B) {
	l := open(b, shared.Database(b), postgres.Options{})
	parent := head(b, l)
	load(b, l, &parent, 1_000_000)
	b.ReportAllocs()
	for b.Loop() {
		s, err := l.Snapshot(context.Background())
		require.NoError(b, err)
		n := 0
		for _, err := range s.Tuples {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		require.Equal(b, 1_000_000, n)
	}
}

// BenchmarkHead reads the head from 64 goroutines.
func BenchmarkHead(b *testing.B) {
	l := open(b, shared.Database(b), postgres.Options{})
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := l.Head(context.Background()); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkVisible measures from when one log has acknowledged a commit until another has seen it,
// at 200 commits a second.
func BenchmarkVisible(b *testing.B) {
	for _, quiet := range []bool{false, true} {
		b.Run(fmt.Sprintf("listen=%v", !quiet), func(b *testing.B) {
			url := shared.Database(b)
			from, to := open(b, url, postgres.Options{NoListen: quiet}), open(b, url, postgres.Options{NoListen: quiet})
			parent := head(b, from)
			seen := make(chan time.Time, 1000)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			go func() {
				for _, err := range to.Tail(ctx, parent) {
					if err != nil {
						return
					}
					seen <- time.Now()
				}
			}()
			var took []time.Duration
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for b.Loop() {
				<-tick.C
				c := next(parent, "document:x#viewer@user:y")
				parent = c.Revision
				require.NoError(b, from.Append(ctx, []store.Commit{c}))
				acknowledged := time.Now()
				took = append(took, (<-seen).Sub(acknowledged))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchmarkAppendBesideForeign appends single commits while somebody has had a transaction open for 20,000 of them.
func BenchmarkAppendBesideForeign(b *testing.B) {
	url := shared.Database(b)
	l := open(b, url, postgres.Options{NoListen: true})
	conn, err := pgx.Connect(context.Background(), url)
	require.NoError(b, err)
	tx, err := conn.BeginTx(context.Background(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	require.NoError(b, err)
	_, err = tx.Exec(context.Background(), "SELECT count(*) FROM baobab.log")
	require.NoError(b, err)
	parent, n := head(b, l), 0
	one := func() time.Duration {
		c := next(parent, fmt.Sprintf("document:%d#viewer@user:u", n))
		n++
		parent = c.Revision
		from := time.Now()
		if err := l.Append(context.Background(), []store.Commit{c}); err != nil {
			b.Fatal(err)
		}
		return time.Since(from)
	}
	var first time.Duration
	for range 1000 {
		first += one()
	}
	for range 20_000 {
		one()
	}
	for b.Loop() {
		one()
	}
	b.StopTimer()
	b.ReportMetric(float64(first.Nanoseconds())/1000, "ns/op-at-first")
	require.NoError(b, tx.Rollback(context.Background()))
	require.NoError(b, conn.Close(context.Background()))
}
