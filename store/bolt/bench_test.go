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
