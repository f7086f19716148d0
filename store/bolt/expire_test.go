package bolt_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/bolt"
	"github.com/baobab-authz/baobab/tuple"
)

// TestCompactForgetsExpired compacts a file whose tuples expire. The file stays sound, and one that is restored
// from a backup has as much as it.
func TestCompactForgetsExpired(t *testing.T) {
	noon := time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)
	guest := func(name string, later time.Duration) store.Stored {
		return store.Stored{Relationship: tuple.MustParse("document:" + name + "#viewer@user:ann").Until(noon.Add(later))}
	}
	path := filepath.Join(t.TempDir(), "log")
	log := must(t, path, bolt.WithCompactBytes(bolt.Options{}, 1))
	commit := func(at time.Time, added ...store.Stored) {
		c := store.Commit{Parent: head(t, log), ID: store.NewCommitID(), Time: at, Added: added, Note: strings.Repeat("n", 200<<10)} // so that it pays
		c.Seal()
		appendTo(t, log, c)
	}
	sound := func(state, all int) {
		t.Helper()
		require.Equal(t, all, len(snapshotOf(t, log)))
		require.NoError(t, log.Close())
		report, err := bolt.Verify(path)
		require.NoError(t, err)
		require.EqualValues(t, state, report.StateTuples)
		log = must(t, path, bolt.WithCompactBytes(bolt.Options{}, 1))
		require.Equal(t, all, len(snapshotOf(t, log)))
	}
	var all []store.Stored
	for i := range 5000 { // several chunks, of which each has some that have expired at noon
		all = append(all, guest(fmt.Sprint(i), time.Duration(i%3-1)*time.Microsecond))
	}
	aside := guest("aside", 0)
	aside.Aside = true
	commit(noon.Add(-time.Hour), append(all, aside)...)
	require.NoError(t, log.Compact(context.Background(), 0))
	sound(5001, 5001)
	commit(noon, guest("new", 0))
	sound(5001, 5002)
	var backup bytes.Buffer
	require.NoError(t, log.Backup(&backup), "of all that the log still has")
	require.NoError(t, log.Compact(context.Background(), 100))
	sound(1666, 1666)
	commit(noon, guest("new", 0), guest("0", 0), guest("2", time.Hour))
	sound(1666, 1668)

	restored := filepath.Join(t.TempDir(), "restored")
	require.NoError(t, bolt.Restore(&backup, restored, bolt.Options{}))
	other := must(t, restored, bolt.WithCompactBytes(bolt.Options{}, 1))
	require.Equal(t, 5002, len(snapshotOf(t, other)))
	c := store.Commit{Parent: head(t, other), ID: store.NewCommitID(), Time: noon, Note: strings.Repeat("n", 200<<10)}
	c.Seal()
	appendTo(t, other, c)
	require.NoError(t, other.Compact(context.Background(), 0))
	require.Equal(t, 1666, len(snapshotOf(t, other)))

	commit(noon.Add(time.Microsecond))
	require.NoError(t, log.Compact(context.Background(), 0))
	require.Equal(t, []string{guest("2", time.Hour).String()}, snapshotOf(t, log))
	commit(noon.Add(time.Hour))
	require.NoError(t, log.Compact(context.Background(), 0))
	sound(0, 0)
	commit(noon.Add(time.Hour), guest("2", 2*time.Hour))
	sound(0, 1)
}

// snapshotOf returns the tuples that a log has.
func snapshotOf(t *testing.T, log *bolt.Log) []string {
	t.Helper()
	snap, err := log.Snapshot(context.Background())
	require.NoError(t, err)
	var all []string
	for s, err := range snap.Tuples {
		require.NoError(t, err)
		all = append(all, s.String())
	}
	return all
}
