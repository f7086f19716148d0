package postgres_test

import (
	"context"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store/postgres"
)

// holders are ways to have the lock of a store and to keep it, until the connection is ended. Those who
// are stuck wait for a client that has nothing more to say, in the middle of a statement.
var holders = []struct {
	name  string
	stuck bool
	hold  func(a application, conn *pgx.Conn) (ended func()) // waits, when the connection has been ended
}{
	{"in a COPY", true, func(a application, conn *pgx.Conn) func() {
		a.exec(conn, "BEGIN")
		a.exec(conn, "SELECT 1 FROM {store}.store FOR UPDATE")
		silent, speaker := io.Pipe()
		var copying sync.WaitGroup
		copying.Go(func() {
			_, _ = conn.PgConn().CopyFrom(context.Background(), silent, a.fill("COPY {store}.document FROM STDIN"))
		})
		return func() { _ = speaker.Close(); copying.Wait() }
	}},
	{"before it commits", true, func(a application, conn *pgx.Conn) func() {
		f := conn.PgConn().Frontend()
		// What Append sends, but for the last message, at which the server commits.
		f.SendParse(&pgproto3.Parse{Query: a.fill("SELECT 1 FROM {store}.store FOR UPDATE")})
		f.SendBind(&pgproto3.Bind{})
		f.SendExecute(&pgproto3.Execute{})
		require.NoError(a.t, f.Flush())
		return func() {}
	}},
	{"idle", false, func(a application, conn *pgx.Conn) func() {
		a.exec(conn, "BEGIN")
		a.exec(conn, "SELECT 1 FROM {store}.store FOR UPDATE")
		return func() {}
	}},
	{"at work", false, func(a application, conn *pgx.Conn) func() {
		a.exec(conn, "BEGIN")
		a.exec(conn, "SELECT 1 FROM {store}.store FOR UPDATE")
		var sleeping sync.WaitGroup
		sleeping.Go(func() { _, _ = conn.Exec(context.Background(), "SELECT pg_sleep(600)") })
		return sleeping.Wait
	}},
}

// TestStuck has connections hold the lock in every way: whoever waits ends those that are stuck, and no others.
func TestStuck(t *testing.T) {
	for _, h := range holders {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			for _, waiter := range []struct {
				name   string
				append func(a application, l *postgres.Log) error
			}{
				{"Append", func(a application, l *postgres.Log) error {
					return l.Append(context.Background(), chain(head(a.t, a.log), 1, "x"))
				}},
				{"a large Append", func(a application, l *postgres.Log) error {
					c := chain(head(a.t, a.log), 1, "x")
					c[0].Schema = "{}"
					return l.Append(context.Background(), c)
				}},
				{"AppendTx", func(a application, l *postgres.Log) error {
					ctx, cancel := context.WithTimeout(context.Background(), 4*stuckTimeout)
					defer cancel()
					return pgx.BeginFunc(ctx, a.pool, func(tx pgx.Tx) error {
						_, err := l.AppendTx(ctx, tx, grant)
						return err
					})
				}},
			} {
				t.Run(waiter.name, func(t *testing.T) { t.Parallel(); testStuck(t, h.stuck, h.hold, waiter.append) })
			}
		})
	}
}

const stuckTimeout = 300 * time.Millisecond

func testStuck(t *testing.T, stuck bool, hold func(application, *pgx.Conn) func(), appends func(application, *postgres.Log) error) {
	a := newApplication(t)
	var l *postgres.Log
	answered(t, func() (err error) {
		l, err = postgres.New(context.Background(), a.pool, postgres.Options{Store: a.name, Timeout: stuckTimeout})
		return err
	})
	defer l.Close()
	conn, err := pgx.Connect(context.Background(), a.pool.Config().ConnString())
	require.NoError(t, err)
	pid := conn.PgConn().PID()
	ended := hold(a, conn)
	end := func() { a.exec(a.pool, "SELECT pg_terminate_backend($1)", pid) }
	defer func() {
		end()
		ended()
		_ = conn.Close(context.Background())
	}()
	there := func() (n int) {
		require.NoError(t, a.pool.QueryRow(context.Background(), "SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid).Scan(&n))
		return n
	}
	free := func() (n int) {
		a.scan("SELECT count(*) FROM (SELECT 1 FROM {store}.store FOR UPDATE SKIP LOCKED) AS free", &n)
		return n
	}
	require.Eventually(t, func() bool { return free() == 0 }, time.Minute, time.Millisecond)

	if !stuck {
		for range 2 {
			require.ErrorIs(t, appends(a, l), context.DeadlineExceeded)
		}
		require.Equal(t, 1, there())
		end()
	}
	for deadline := time.Now().Add(time.Minute); ; {
		err := appends(a, l)
		if err == nil {
			break
		}
		require.True(t, time.Now().Before(deadline), "%v", err)
	}
	require.Eventually(t, func() bool { return there() == 0 }, time.Minute, time.Millisecond)
}
