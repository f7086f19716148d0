package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
)

// application is a program with tables of its own beside a store.
type application struct {
	t    *testing.T
	pool *pgxpool.Pool
	log  *postgres.Log
	name string // of the store, and what {store} stands for in statements
}

var applications atomic.Int64

func newApplication(t *testing.T) application {
	pool, err := pgxpool.New(context.Background(), shared.Common(t))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	a := application{t, pool, nil, fmt.Sprint("application_", applications.Add(1))}
	a.log, err = postgres.New(context.Background(), pool, postgres.Options{Store: a.name})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.log.Close()) })
	a.exec(pool, "CREATE TABLE {store}.document (id text PRIMARY KEY)")
	return a
}

// exec executes a statement.
func (a application) exec(db execer, sql string, args ...any) {
	a.t.Helper()
	_, err := db.Exec(context.Background(), a.fill(sql), args...)
	require.NoError(a.t, err)
}

type execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

func (a application) fill(sql string) string { return strings.ReplaceAll(sql, "{store}", a.name) }

// scan reads one row.
func (a application) scan(sql string, into ...any) {
	a.t.Helper()
	require.NoError(a.t, a.pool.QueryRow(context.Background(), a.fill(sql)).Scan(into...))
}

// begin begins a transaction that has made a document.
func (a application) begin(options pgx.TxOptions) pgx.Tx {
	tx, err := a.pool.BeginTx(context.Background(), options)
	require.NoError(a.t, err)
	a.exec(tx, "INSERT INTO {store}.document VALUES ('plan')")
	return tx
}

func (a application) documents() (n int) {
	a.scan("SELECT count(*) FROM {store}.document", &n)
	return n
}

// grant prepares a commit of a tuple.
func grant(_ context.Context, head store.Revision) (store.Commit, error) {
	return next(head, "document:plan#viewer@user:ann"), nil
}

const granted = "document:plan#viewer@user:ann"

func TestAppendTxCommits(t *testing.T) {
	a := newApplication(t)
	begin := head(t, a.log)
	tx := a.begin(pgx.TxOptions{})
	made, err := a.log.AppendTx(context.Background(), tx, grant)
	require.NoError(t, err)
	require.Equal(t, begin, head(t, a.log), "before the transaction is committed")
	require.Empty(t, stored(t, a.log))
	require.NoError(t, tx.Commit(context.Background()))
	require.Equal(t, made, head(t, a.log))
	require.Contains(t, stored(t, a.log), granted)
	require.Equal(t, made, follow(t, a.log, begin, 1)[0].Revision)
	require.Equal(t, 1, a.documents())
}

func TestAppendTxRollsBack(t *testing.T) {
	a := newApplication(t)
	begin := head(t, a.log)
	tx := a.begin(pgx.TxOptions{})
	_, err := a.log.AppendTx(context.Background(), tx, grant)
	require.NoError(t, err)
	require.NoError(t, tx.Rollback(context.Background()))
	require.Equal(t, begin, head(t, a.log))
	require.Empty(t, stored(t, a.log))
	require.Zero(t, a.documents())
	require.NoError(t, a.log.Append(context.Background(), chain(begin, 1, "other")))
}

func TestAppendTxSchema(t *testing.T) {
	a := newApplication(t)
	tx := a.begin(pgx.TxOptions{})
	_, err := a.log.AppendTx(context.Background(), tx, func(_ context.Context, head store.Revision) (store.Commit, error) {
		return store.Commit{Parent: head, ID: store.NewCommitID(), Time: time.Unix(1, 0), Schema: "{}"}, nil
	})
	require.NoError(t, err)
	require.NoError(t, tx.Commit(context.Background()))
	s, err := a.log.Snapshot(context.Background())
	require.NoError(t, err)
	require.Equal(t, "{}", s.Schema)
	require.Equal(t, time.Unix(1, 0).UTC(), s.Time)
	for range s.Tuples {
		t.Error("a tuple")
	}
}

// TestAppendTxFails makes AppendTx fail: the transaction can go on as if it had not been called.
func TestAppendTxFails(t *testing.T) {
	refused := errors.New("refused")
	for name, c := range map[string]struct {
		prepare func(context.Context, store.Revision) (store.Commit, error)
		want    error
	}{
		"prepare refuses": {func(context.Context, store.Revision) (store.Commit, error) { return store.Commit{}, refused }, refused},
		"another parent": {func(_ context.Context, head store.Revision) (store.Commit, error) {
			return next(head.Fork(), granted), nil
		}, store.ErrConflict},
	} {
		t.Run(name, func(t *testing.T) {
			a := newApplication(t)
			begin := head(t, a.log)
			tx := a.begin(pgx.TxOptions{})
			_, err := a.log.AppendTx(context.Background(), tx, c.prepare)
			require.ErrorIs(t, err, c.want)
			require.NoError(t, a.log.Append(context.Background(), chain(begin, 1, "other")), "others need not wait any more")
			made, err := a.log.AppendTx(context.Background(), tx, grant)
			require.NoError(t, err)
			require.NoError(t, tx.Commit(context.Background()))
			require.Equal(t, made, head(t, a.log))
			require.Equal(t, uint64(2), made.Position())
			require.Equal(t, 1, a.documents())
		})
	}
}

func TestAppendTxPanics(t *testing.T) {
	a := newApplication(t)
	begin := head(t, a.log)
	tx := a.begin(pgx.TxOptions{})
	require.PanicsWithValue(t, "oh", func() {
		_, _ = a.log.AppendTx(context.Background(), tx, func(context.Context, store.Revision) (store.Commit, error) { panic("oh") })
	})
	require.NoError(t, a.log.Append(context.Background(), chain(begin, 1, "other")), "others need not wait any more")
	require.NoError(t, tx.Commit(context.Background()))
	require.Equal(t, 1, a.documents())
}

func TestAppendTxTwice(t *testing.T) {
	a := newApplication(t)
	tx := a.begin(pgx.TxOptions{})
	_, err := a.log.AppendTx(context.Background(), tx, grant)
	require.NoError(t, err)
	again := func(context.Context, store.Revision) (store.Commit, error) {
		t.Error("prepare is called")
		return store.Commit{}, nil
	}
	_, err = a.log.AppendTx(context.Background(), tx, again)
	require.ErrorIs(t, err, postgres.ErrSecondAppend)
	inner, err := tx.Begin(context.Background())
	require.NoError(t, err)
	_, err = a.log.AppendTx(context.Background(), inner, again)
	require.ErrorIs(t, err, postgres.ErrSecondAppend)
	require.NoError(t, inner.Rollback(context.Background()))
	require.NoError(t, tx.Commit(context.Background()))
	require.Contains(t, stored(t, a.log), granted)
}

// TestAppendTxAgain calls it again, after what the first call did has been rolled back, and on the same connection in
// another transaction.
func TestAppendTxAgain(t *testing.T) {
	a := newApplication(t)
	conn, err := a.pool.Acquire(context.Background())
	require.NoError(t, err)
	defer conn.Release()
	for range 2 {
		tx, err := conn.Begin(context.Background())
		require.NoError(t, err)
		inner, err := tx.Begin(context.Background())
		require.NoError(t, err)
		_, err = a.log.AppendTx(context.Background(), inner, grant)
		require.NoError(t, err)
		require.NoError(t, inner.Rollback(context.Background()))
		_, err = a.log.AppendTx(context.Background(), tx, grant)
		require.NoError(t, err)
		require.NoError(t, tx.Commit(context.Background()))
	}
	require.Equal(t, uint64(2), head(t, a.log).Position())
}

// TestAppendTxMakesOthersWait lets an Append come while a transaction has the lock, and
// another transaction: neither is lost, and the Append is told that its parent is not the head.
func TestAppendTxMakesOthersWait(t *testing.T) {
	a := newApplication(t)
	begin := head(t, a.log)
	tx := a.begin(pgx.TxOptions{})
	_, err := a.log.AppendTx(context.Background(), tx, grant)
	require.NoError(t, err)
	appended, second := make(chan error, 1), make(chan error, 1)
	go func() { appended <- a.log.Append(context.Background(), chain(begin, 1, "other")) }()
	a.waiting(1)
	go func() {
		second <- pgx.BeginFunc(context.Background(), a.pool, func(tx pgx.Tx) error {
			_, err := a.log.AppendTx(context.Background(), tx, func(_ context.Context, head store.Revision) (store.Commit, error) {
				return next(head, "document:second#viewer@user:bob"), nil
			})
			return err
		})
	}()
	a.waiting(2)
	require.NoError(t, tx.Commit(context.Background()))
	require.ErrorIs(t, await(t, appended), store.ErrConflict)
	require.NoError(t, await(t, second))
	require.Len(t, stored(t, a.log), 2)
	require.Len(t, follow(t, a.log, begin, 2), 2)
}

// waiting waits until so many connections wait for a lock.
func (a application) waiting(n int) {
	a.t.Helper()
	require.Eventually(a.t, func() bool {
		var waiting int
		err := a.pool.QueryRow(context.Background(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting)
		return err == nil && waiting == n
	}, patience, 5*time.Millisecond, "%d connections wait", n)
}

// TestAppendTxIsolation appends in transactions that do not see what others have appended: the
// server refuses them, or nothing was missed.
func TestAppendTxIsolation(t *testing.T) {
	for _, level := range []pgx.TxIsoLevel{pgx.RepeatableRead, pgx.Serializable} {
		for _, compacted := range []bool{false, true} {
			a := newApplication(t)
			tx := a.begin(pgx.TxOptions{IsoLevel: level})
			require.NoError(t, a.log.Append(context.Background(), chain(head(t, a.log), 3, "other")))
			if compacted {
				require.NoError(t, a.log.Compact(context.Background(), 0))
			}
			_, err := a.log.AppendTx(context.Background(), tx, grant)
			var refused *pgconn.PgError
			require.ErrorAs(t, err, &refused, "%s", level)
			require.NoError(t, tx.Rollback(context.Background()))
			require.Equal(t, uint64(3), head(t, a.log).Position())

			tx = a.begin(pgx.TxOptions{IsoLevel: level})
			_, err = a.log.AppendTx(context.Background(), tx, grant)
			require.NoError(t, err, "%s: nobody was in between", level)
			require.NoError(t, tx.Commit(context.Background()))
			require.Equal(t, uint64(4), head(t, a.log).Position())
		}
	}
}

func TestAppendTxOfClosedLog(t *testing.T) {
	pool := newPool(t)
	l, err := postgres.New(context.Background(), pool, postgres.Options{})
	require.NoError(t, err)
	require.NoError(t, l.Close())
	_, err = l.AppendTx(context.Background(), nil, grant)
	require.ErrorIs(t, err, store.ErrClosed)
	_, err = l.NewEpoch(context.Background())
	require.ErrorIs(t, err, store.ErrClosed)
}

// TestAppendTxVanishes leaves a transaction open: others go on after the timeout, unless the application has one of its own.
func TestAppendTxVanishes(t *testing.T) {
	a := newApplication(t)
	l, err := postgres.New(context.Background(), a.pool, postgres.Options{Store: a.name, Timeout: 3 * time.Second})
	require.NoError(t, err)
	defer l.Close()
	tx := a.begin(pgx.TxOptions{})
	_, err = l.AppendTx(context.Background(), tx, grant)
	require.NoError(t, err)
	require.NoError(t, a.log.Append(context.Background(), chain(head(t, a.log), 1, "other")))
	require.Error(t, tx.Commit(context.Background()))
	require.NotContains(t, stored(t, a.log), granted)

	tx = a.begin(pgx.TxOptions{})
	a.exec(tx, "SET LOCAL idle_in_transaction_session_timeout = '7s'")
	_, err = l.AppendTx(context.Background(), tx, grant)
	require.NoError(t, err)
	var timeout string
	require.NoError(t, tx.QueryRow(context.Background(), "SHOW idle_in_transaction_session_timeout").Scan(&timeout))
	require.Equal(t, "7s", timeout)
	require.NoError(t, tx.Commit(context.Background()))
	require.Contains(t, stored(t, a.log), granted)
}
