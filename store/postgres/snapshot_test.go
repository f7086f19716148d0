package postgres_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
	"github.com/baobab-authz/baobab/tuple"
)

// TestLongestTuple stores tuples that are longer than what fits into an index.
func TestLongestTuple(t *testing.T) {
	a := newApplication(t)
	name := strings.Repeat("n", tuple.MaxName)
	id := func(c string) string { return strings.Repeat(c, tuple.MaxID/len(c)) }
	var added []string
	for _, c := range []string{"a", "é", "語", "🌳"} {
		added = append(added, name+":"+id(c)+"#"+name+"@"+name+":"+id(c)+"#"+name)
	}
	group := []store.Commit{next(head(t, a.log), added...)}
	require.NoError(t, a.log.Append(context.Background(), group))
	found := stored(t, a.log)
	for _, text := range added {
		require.Contains(t, found, text)
	}
	c := store.Commit{Parent: group[0].Revision, ID: store.NewCommitID(), Time: time.Unix(1, 0), Removed: group[0].Added[1:]}
	require.NoError(t, a.log.Append(context.Background(), []store.Commit{c}))
	require.Len(t, stored(t, a.log), 1)
}

// transactions returns how many of the pool's connections are in a transaction, beside the one that asks. The
// server's own processes, which may be at work on any table, do not count.
func (a application) transactions() (n int) {
	a.scan(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
		AND (xact_start IS NOT NULL OR state = 'idle in transaction')`, &n)
	return n
}

// TestSnapshotEnds leaves snapshots early, in every way: no transaction stays open.
func TestSnapshotEnds(t *testing.T) {
	a := newApplication(t)
	parent := head(t, a.log)
	load(t, a.log, &parent, 100_000)
	for name, leave := range map[string]func(s *store.Snapshot, cancel func()){
		"left": func(s *store.Snapshot, _ func()) {
			for range s.Tuples {
				break
			}
		},
		"cancelled before": func(_ *store.Snapshot, cancel func()) { cancel() },
		"cancelled meanwhile": func(s *store.Snapshot, cancel func()) {
			n := 0
			for _, err := range s.Tuples {
				if n++; n == 10 {
					cancel()
				}
				if err != nil {
					require.ErrorIs(t, err, context.Canceled)
				}
			}
			require.Less(t, n, 100_000)
		},
		"twice": func(s *store.Snapshot, _ func()) {
			n := 0
			for _, err := range s.Tuples {
				require.NoError(t, err)
				n++
			}
			require.Equal(t, 100_000, n)
			for _, err := range s.Tuples {
				require.ErrorContains(t, err, "once")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			s, err := a.log.Snapshot(ctx)
			require.NoError(t, err)
			require.Eventually(t, func() bool { return a.transactions() == 1 }, patience, 5*time.Millisecond) // the log may still notify
			leave(s, cancel)
			require.Eventually(t, func() bool { return a.transactions() == 0 }, patience, 5*time.Millisecond)
		})
	}
}

// TestSnapshotBesideSlowReader reads slower than the timeout: that is no failure of the server's.
func TestSnapshotBesideSlowReader(t *testing.T) {
	url := shared.Database(t)
	parent := store.Revision{}
	l := open(t, url, postgres.Options{Timeout: 2 * time.Second})
	parent = head(t, l)
	load(t, open(t, url, postgres.Options{}), &parent, 100_000)
	s, err := l.Snapshot(context.Background())
	require.NoError(t, err)
	n := 0
	for _, err := range s.Tuples {
		require.NoError(t, err)
		if n++; n%40_000 == 0 {
			time.Sleep(2500 * time.Millisecond)
		}
	}
	require.Equal(t, 100_000, n)
}

// TestLargeCommitTouches appends a commit of which most tuples are new, and some are there.
func TestLargeCommitTouches(t *testing.T) {
	a := newApplication(t)
	parent := head(t, a.log)
	load(t, a.log, &parent, 30_000)
	c := store.Commit{Parent: parent, ID: store.NewCommitID(), Time: time.Unix(1, 0).UTC()}
	until := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	s, err := a.log.Snapshot(context.Background())
	require.NoError(t, err)
	n := 0
	for old, err := range s.Tuples {
		require.NoError(t, err)
		switch n++; {
		case n%3 == 0:
			c.Removed = append(c.Removed, old)
		case n%3 == 1: // touched, and so said
			c.Removed = append(c.Removed, old)
			old.Expires = until
			c.Added = append(c.Added, old)
		}
		old.Object.ID += "-new"
		c.Added = append(c.Added, old)
	}
	require.NoError(t, a.log.Append(context.Background(), []store.Commit{c}))
	var expiring int
	a.scan("SELECT count(*) FROM {store}.tuple WHERE expires IS NOT NULL AND object_id NOT LIKE '%-new'", &expiring)
	require.Equal(t, 10_000, expiring)
	require.Len(t, stored(t, a.log), 50_000)
	require.Len(t, follow(t, a.log, parent, 1)[0].Added, len(c.Added))
}
