package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
	"github.com/baobab-authz/baobab/store/postgres/pgtest"
	"github.com/baobab-authz/baobab/tuple"
)

var shared pgtest.Shared

func TestMain(m *testing.M) { os.Exit(shared.Main(m)) }

// refusal returns the error that a Tail begins with.
func refusal(l store.Log, after store.Revision) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, err := range l.Tail(ctx, after) {
		return err
	}
	return errors.New("a tail without an element")
}

// patience is how long a test waits for what has to come, on however slow a machine.
const patience = time.Minute

// answered repeats a question that a busy server may not answer within the short timeout of a test's log.
func answered(tb testing.TB, ask func() error) {
	tb.Helper()
	for deadline := time.Now().Add(patience); ; {
		err := ask()
		if !errors.Is(err, context.DeadlineExceeded) || time.Now().After(deadline) {
			require.NoError(tb, err)
			return
		}
	}
}

// await returns what comes, or fails if nothing does.
func await[T any](tb testing.TB, from <-chan T) (v T) {
	tb.Helper()
	select {
	case v = <-from:
	case <-time.After(patience):
		require.Fail(tb, "nothing has come")
	}
	return v
}

// open opens a log that is closed with the test.
func open(tb testing.TB, url string, options postgres.Options) (l *postgres.Log) {
	tb.Helper()
	answered(tb, func() (err error) {
		l, err = postgres.Open(context.Background(), url, options)
		return err
	})
	tb.Cleanup(func() { require.NoError(tb, l.Close()) })
	return l
}

// head returns the head of a log.
func head(tb testing.TB, l store.Log) (r store.Revision) {
	tb.Helper()
	answered(tb, func() (err error) {
		r, err = l.Head(context.Background())
		return err
	})
	return r
}

// next returns a sealed commit on a revision that adds some tuples.
func next(parent store.Revision, added ...string) store.Commit {
	c := store.Commit{Parent: parent, ID: store.NewCommitID(), Time: time.Now().UTC().Truncate(time.Microsecond)}
	for _, text := range added {
		c.Added = append(c.Added, store.Stored{Relationship: tuple.MustParseRelationship(text)})
	}
	c.Seal()
	return c
}

// chain returns n commits that follow one another, each of which adds a tuple.
func chain(parent store.Revision, n int, name string) []store.Commit {
	group := make([]store.Commit, n)
	for i := range group {
		group[i] = next(parent, fmt.Sprintf("document:%s-%d#viewer@user:u%d", name, i, i%100))
		parent = group[i].Revision
	}
	return group
}

// stored returns the tuples of a snapshot of the log, as text.
func stored(tb testing.TB, l store.Log) map[string]bool {
	tb.Helper()
	s, err := l.Snapshot(context.Background())
	require.NoError(tb, err)
	all := make(map[string]bool)
	for t, err := range s.Tuples {
		require.NoError(tb, err)
		if _, twice := all[t.String()]; twice {
			require.Fail(tb, "a tuple twice", "%s", t)
		}
		all[t.String()] = t.Aside
	}
	return all
}

// follow returns n commits after a revision.
func follow(tb testing.TB, l store.Log, after store.Revision, n int) []store.Commit {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var found []store.Commit
	for c, err := range l.Tail(ctx, after) {
		require.NoError(tb, err)
		if found = append(found, c); len(found) == n {
			break
		}
	}
	return found
}

func isConflict(err error) bool {
	return errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrCompacted)
}

func errorIsAny(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
