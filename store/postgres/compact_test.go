package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
)

// TestWaitingAppendSeesCompaction lets an Append wait for the lock, while the commit that takes its place
// is made and compacted away, and one after it is made. To the Append's statement, which
// sees what was there when it began, its parent is the head, and the position after it is free.
func TestWaitingAppendSeesCompaction(t *testing.T) {
	a := newApplication(t)
	begin := head(t, a.log)
	group := chain(begin, 2, "a")
	waiter := a.behind(func(tx pgx.Tx) {
		for i := range group {
			a.insert(tx, &group[i])
		}
		a.exec(tx, "UPDATE {store}.store SET base = 2, revision = $1", group[1].Revision.String())
		a.exec(tx, "DELETE FROM {store}.log WHERE position < 2")
	}, chain(begin, 1, "b"))
	require.ErrorIs(t, await(t, waiter), store.ErrCompacted)
	require.Equal(t, group[1].Revision, head(t, a.log))
	require.Empty(t, stored(t, a.log))
}

// TestWaitingAppendSeesEpoch lets an Append wait while another epoch begins at its parent.
func TestWaitingAppendSeesEpoch(t *testing.T) {
	a := newApplication(t)
	begin := head(t, a.log)
	fork := begin.Fork()
	waiter := a.behind(func(tx pgx.Tx) {
		a.exec(tx, "UPDATE {store}.store SET base = 0, revision = $1", fork.String())
		a.exec(tx, "DELETE FROM {store}.log")
		a.exec(tx, "INSERT INTO {store}.log (position, revision) VALUES (0, $1)", fork.String())
	}, chain(begin, 1, "b"))
	err := await(t, waiter)
	require.ErrorIs(t, err, store.ErrConflict)
	require.Equal(t, fork, head(t, a.log))
	require.Empty(t, stored(t, a.log))
}

// behind has commits appended by somebody who waits for the lock while fn runs.
func (a application) behind(fn func(tx pgx.Tx), commits []store.Commit) <-chan error {
	tx, err := a.pool.Begin(context.Background())
	require.NoError(a.t, err)
	a.exec(tx, "SELECT 1 FROM {store}.store FOR UPDATE")
	done := make(chan error, 1)
	go func() { done <- a.log.Append(context.Background(), commits) }()
	a.waiting(1)
	fn(tx)
	require.NoError(a.t, tx.Commit(context.Background()))
	return done
}

func (a application) insert(tx pgx.Tx, c *store.Commit) {
	a.exec(tx, "INSERT INTO {store}.log VALUES ($1, $2, $3, $4, $5)", int64(c.Revision.Position()), c.Revision.String(), [16]byte(c.ID), c.Time, c.Seal())
}

// TestCompactDeletes compacts more than what one statement deletes, parts of large commits among it.
func TestCompactDeletes(t *testing.T) {
	a := newApplication(t)
	parent := head(t, a.log)
	load(t, a.log, &parent, 20_000)
	for i := range 5 {
		group := chain(parent, 5000, string(rune('a'+i)))
		require.NoError(t, a.log.Append(context.Background(), group))
		parent = group[len(group)-1].Revision
	}
	a.rows("log", 25_002)
	require.Positive(t, a.count("part"))
	require.NoError(t, a.log.Compact(context.Background(), 100))
	a.rows("log", 101)
	a.rows("part", 0)
	a.rows("tuple", 45_000)
	require.NoError(t, a.log.Compact(context.Background(), 200), "less than what was compacted before")
	a.rows("log", 101)
}

func (a application) count(table string) (n int) {
	a.scan("SELECT count(*) FROM {store}."+table, &n)
	return n
}

func (a application) rows(table string, want int) {
	a.t.Helper()
	require.Equal(a.t, want, a.count(table), "rows of %s", table)
}

// TestNewEpoch restores a backup, as far as the log can see: what was known before is not in its history.
func TestNewEpoch(t *testing.T) {
	a := newApplication(t)
	begin := head(t, a.log)
	group := chain(begin, 10, "a")
	require.NoError(t, a.log.Append(context.Background(), group))
	last := group[9].Revision
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		for _, err := range a.log.Tail(ctx, last) {
			ended <- err
		}
	}()
	fork, err := a.log.NewEpoch(context.Background())
	require.NoError(t, err)
	require.ErrorIs(t, await(t, ended), store.ErrDiverged, "of who had followed before")
	require.Equal(t, fork, head(t, a.log))
	require.Equal(t, last.Position(), fork.Position())
	require.False(t, fork.SameHistory(last))
	for _, r := range []store.Revision{begin, group[4].Revision, last, chain(last, 1, "lost")[0].Revision} {
		require.ErrorIs(t, refusal(a.log, r), store.ErrDiverged)
	}
	require.ErrorIs(t, a.log.Append(context.Background(), chain(last, 1, "b")), store.ErrConflict)
	require.ErrorIs(t, a.log.Append(context.Background(), group), store.ErrCompacted)

	s, err := a.log.Snapshot(ctx)
	require.NoError(t, err)
	require.Equal(t, fork, s.Revision)
	require.Equal(t, group[9].Time, s.Time)
	cancel()
	require.Len(t, stored(t, a.log), 10)
	require.NoError(t, a.log.Append(context.Background(), chain(fork, 3, "c")))
	require.Len(t, follow(t, a.log, fork, 3), 3)
	require.Len(t, stored(t, a.log), 13)

	b, err := postgres.New(context.Background(), a.pool, postgres.Options{Store: a.name})
	require.NoError(t, err)
	require.Equal(t, head(t, a.log), head(t, b))
	require.NoError(t, b.Close())
}
