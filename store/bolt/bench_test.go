package bolt_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/bolt"
	"github.com/baobab-authz/baobab/tuple"
)

const million = 1_000_000

// viewer returns a tuple like those of a real store: each object has ten subjects.
func viewer(n int) store.Stored {
	return store.Stored{Relationship: tuple.New(
		tuple.Object{Type: "document", ID: fmt.Sprintf("document-%07d", n/10)}, "viewer",
		tuple.Object{Type: "user", ID: fmt.Sprintf("user-%06d", n*7919%100_003)}.Subject(),
	).Always()}
}

// commitOf returns a commit of tuples from a number on.
func commitOf(parent store.Revision, from, n int) store.Commit {
	c := store.Commit{Parent: parent, ID: store.NewCommitID(), Time: time.UnixMicro(1_800_000_000_000_000 + int64(from)).UTC()}
	for i := range n {
		c.Added = append(c.Added, viewer(from+i))
	}
	c.Seal()
	return c
}

// filled returns the path of a log with n tuples, compacted.
func filled(tb testing.TB, n int) string {
	tb.Helper()
	ctx := context.Background()
	path := filepath.Join(tb.TempDir(), "log")
	log, err := bolt.Open(path, bolt.Options{})
	require.NoError(tb, err)
	head, err := log.Head(ctx)
	require.NoError(tb, err)
	for i := 0; i < n; i += 50_000 {
		c := commitOf(head, i, min(50_000, n-i))
		require.NoError(tb, log.Append(ctx, []store.Commit{c}))
		head = c.Revision
	}
	require.NoError(tb, log.Compact(ctx, 0))
	require.NoError(tb, log.Close())
	return path
}

func BenchmarkAppend(b *testing.B) {
	for _, tuples := range []int{0, million} {
		path := filled(b, tuples)
		log, err := bolt.Open(path, bolt.Options{})
		require.NoError(b, err)
		ctx := context.Background()
		next := tuples
		for _, size := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("tuples=%d/group=%d", tuples, size), func(b *testing.B) {
				head, err := log.Head(ctx)
				require.NoError(b, err)
				for b.Loop() {
					group := make([]store.Commit, size)
					for i := range group {
						group[i] = commitOf(head, next, 1)
						head = group[i].Revision
						next++
					}
					require.NoError(b, log.Append(ctx, group))
				}
				b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "commits/s")
			})
		}
		require.NoError(b, log.Close())
	}
}

func BenchmarkOpenMillion(b *testing.B) {
	path := filled(b, million)
	info, err := os.Stat(path)
	require.NoError(b, err)
	for b.Loop() {
		log, err := bolt.Open(path, bolt.Options{})
		require.NoError(b, err)
		require.NoError(b, log.Close())
	}
	b.ReportMetric(float64(info.Size()), "file-bytes")
}

func BenchmarkSnapshotMillion(b *testing.B) {
	log, err := bolt.Open(filled(b, million), bolt.Options{})
	require.NoError(b, err)
	defer log.Close()
	ctx := context.Background()
	for b.Loop() {
		snapshot, err := log.Snapshot(ctx)
		require.NoError(b, err)
		n := 0
		for _, err := range snapshot.Tuples {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		require.Equal(b, million, n)
	}
}

// BenchmarkCompactMillion writes a new state of a million tuples, of which one in twenty has
// changed, while one goroutine appends; the slowest Append meanwhile is reported.
func BenchmarkCompactMillion(b *testing.B) {
	path := filled(b, million)
	log, err := bolt.Open(path, bolt.WithCompactBytes(bolt.Options{}, 1))
	require.NoError(b, err)
	defer log.Close()
	ctx := context.Background()
	head, err := log.Head(ctx)
	require.NoError(b, err)
	next, slowest := million, time.Duration(0)
	for b.Loop() {
		b.StopTimer()
		for range 4 {
			c := commitOf(head, next, 50_000)
			for i := range 50_000 {
				c.Removed = append(c.Removed, viewer(next-million+i))
			}
			c = store.Commit{Parent: head, ID: c.ID, Time: c.Time, Added: c.Added, Removed: c.Removed}
			c.Seal()
			require.NoError(b, log.Append(ctx, []store.Commit{c}))
			head = c.Revision
			next += 50_000
		}
		b.StartTimer()
		done := make(chan error)
		go func() { done <- log.Compact(ctx, 0) }()
		for running := true; running; {
			select {
			case err := <-done:
				require.NoError(b, err)
				running = false
			default:
				c := store.Commit{Parent: head, ID: store.NewCommitID(), Time: time.UnixMicro(0)}
				c.Seal()
				began := time.Now()
				require.NoError(b, log.Append(ctx, []store.Commit{c}))
				slowest = max(slowest, time.Since(began))
				head = c.Revision
			}
		}
	}
	info, err := os.Stat(path)
	require.NoError(b, err)
	b.ReportMetric(float64(slowest.Microseconds())/1000, "slowest-append-ms")
	b.ReportMetric(float64(info.Size()), "file-bytes")
}
