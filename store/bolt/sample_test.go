package bolt_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/bolt"
	"github.com/baobab-authz/baobab/tuple"
)

// write returns a commit that adds and removes relationships.
func write(parent store.Revision, remove, add []string) store.Commit {
	c := store.Commit{Parent: parent, ID: store.NewCommitID(), Time: time.UnixMicro(1_800_000_000_000_000).UTC()}
	for _, s := range remove {
		c.Removed = append(c.Removed, store.Stored{Relationship: tuple.MustParseRelationship(s)})
	}
	for _, s := range add {
		c.Added = append(c.Added, store.Stored{Relationship: tuple.MustParseRelationship(s)})
	}
	c.Seal()
	return c
}

// must opens a log that has to open, and closes it with the test.
func must(t testing.TB, path string, options bolt.Options) *bolt.Log {
	t.Helper()
	log, err := bolt.Open(path, options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = log.Close() })
	return log
}

func head(t testing.TB, log store.Log) store.Revision {
	t.Helper()
	r, err := log.Head(context.Background())
	require.NoError(t, err)
	return r
}

func appendTo(t testing.TB, log store.Log, commits ...store.Commit) store.Revision {
	t.Helper()
	require.NoError(t, log.Append(context.Background(), commits))
	return commits[len(commits)-1].Revision
}

// A sample is the file of a log that has a bit of everything: a state, commits before and
// after it, a large one, one that changes the schema, pages that were freed.
type sample struct {
	file []byte
	base store.Revision
	want string // what read returns
}

func newSample(t testing.TB) sample {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	log := must(t, path, bolt.WithCompactBytes(bolt.Options{}, 1))
	at := head(t, log)
	for i := range 20 {
		c := write(at, nil, []string{fmt.Sprintf("document:%d#viewer@user:ann", i), fmt.Sprintf("document:%d#viewer@team:eng#member[office_hours:{\"n\":%d}]", i, i)})
		if i == 0 {
			c = store.Commit{Parent: at, ID: c.ID, Time: c.Time, Schema: `{"definitions":[]}`, Added: c.Added, Note: "the first"}
			c.Seal()
		}
		at = appendTo(t, log, c)
	}
	require.NoError(t, log.Compact(context.Background(), 3))
	var many []string
	for i := range 300 {
		many = append(many, fmt.Sprintf("folder:%d#viewer@user:%s", i, strings.Repeat("u", 50)))
	}
	large := write(at, nil, many)
	group := []store.Commit{large, write(large.Revision, []string{"document:3#viewer@user:ann"}, []string{"document:3#viewer@user:bob[expiration:2030-01-01T00:00:00Z]"})}
	appendTo(t, log, group...)
	require.NoError(t, log.Close())

	report, err := bolt.Verify(path)
	require.NoError(t, err)
	require.EqualValues(t, 5, report.Commits)
	require.EqualValues(t, 40, report.StateTuples)
	s := sample{base: report.Base}
	s.file, err = os.ReadFile(path)
	require.NoError(t, err)
	s.want, err = s.read(must(t, path, bolt.Options{}))
	require.NoError(t, err)
	return s
}

// read returns all that a log has: the head, the commits, the tuples, the schema.
func (s sample) read(log *bolt.Log) (string, error) {
	ctx := context.Background()
	var b bytes.Buffer
	r, err := log.Head(ctx)
	if err != nil {
		return "", err
	}
	fmt.Fprintln(&b, r)
	if s.base != r {
		for c, err := range log.Tail(ctx, s.base) {
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&b, "%x\n", c.Seal())
			if c.Revision == r {
				break
			}
		}
	}
	snapshot, err := log.Snapshot(ctx)
	if err != nil {
		return "", err
	}
	fmt.Fprintln(&b, snapshot.Revision, snapshot.Time, snapshot.Schema)
	var tuples []string
	for t, err := range snapshot.Tuples {
		if err != nil {
			return "", err
		}
		tuples = append(tuples, fmt.Sprintln(t.Relationship, t.Aside))
	}
	slices.Sort(tuples)
	fmt.Fprint(&b, tuples)
	return b.String(), nil
}

// recovered opens a file that was damaged. It returns whether it has all that it should have; if
// not, it has to be refused as corrupt.
func (s sample) recovered(t testing.TB, path, how string) bool {
	t.Helper()
	log, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		require.ErrorIs(t, err, store.ErrCorruptLog, how)
		require.ErrorContains(t, err, path, how)
		return false
	}
	got, err := s.read(log)
	require.NoError(t, log.Close(), how)
	require.NoError(t, err, "%s: what Open accepts can be read", how)
	if got != s.want {
		require.Equal(t, s.want, got, "%s: silently less, or something else", how)
	}
	return true
}
