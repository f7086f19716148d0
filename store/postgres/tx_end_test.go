package postgres_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
)

// TestAppendTxNothing grants what is granted already, so that the engine prepares no commit: it is no conflict, which
// would be tried again for ever, and others need not wait for the transaction.
func TestAppendTxNothing(t *testing.T) {
	a := newApplication(t)
	ctx := context.Background()
	eng, err := baobab.OpenLog(ctx, a.log, schema.MustParse(documents), baobab.Options{})
	require.NoError(t, err)
	defer eng.Close()
	rev, err := eng.Write(ctx, viewer(1))
	require.NoError(t, err)
	prepare := func(n int64) func(context.Context, store.Revision) (store.Commit, error) {
		return func(ctx context.Context, head store.Revision) (store.Commit, error) {
			return eng.Prepare(ctx, head, func(tx *baobab.Tx) error { return tx.Touch(viewer(n)) })
		}
	}
	tx := a.begin(pgx.TxOptions{})
	defer func() { _ = tx.Rollback(ctx) }()
	made, err := a.log.AppendTx(ctx, tx, prepare(1))
	require.NoError(t, err)
	require.Equal(t, rev, made)
	bounded, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	rev, err = eng.Write(bounded, viewer(2))
	require.NoError(t, err, "the transaction has no lock")
	made, err = a.log.AppendTx(ctx, tx, prepare(3))
	require.NoError(t, err, "it is the first that appends something")
	require.Equal(t, rev.Position()+1, made.Position())
	require.NoError(t, tx.Commit(ctx))
	require.Equal(t, made, head(t, a.log))
	require.Equal(t, 1, a.documents())
}

// An ender ends a context when a statement with a certain text is over.
type ender struct {
	end  context.CancelFunc
	text string
}

func (e *ender) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, e, strings.Contains(q.SQL, e.text))
}

func (e *ender) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	if ctx.Value(e) == true {
		e.end()
	}
}

// TestAppendTxIsCancelled ends the context of AppendTx alone when the commit is in the log already. What it returns is an error, and
// the transaction that goes on has nothing of it.
func TestAppendTxIsCancelled(t *testing.T) {
	a := newApplication(t)
	begin := head(t, a.log)
	config := a.pool.Config()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	config.ConnConfig.Tracer = &ender{cancel, ".log (position"}
	conn, err := pgx.ConnectConfig(context.Background(), config.ConnConfig)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	tx, err := conn.Begin(context.Background())
	require.NoError(t, err)
	a.exec(tx, "INSERT INTO {store}.document VALUES ('plan')")
	_, err = a.log.AppendTx(ctx, tx, grant)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, a.log.Append(context.Background(), chain(begin, 1, "other")), "nobody has to wait for it")
	require.NoError(t, tx.Commit(context.Background()))
	require.Equal(t, 1, a.documents())
	require.Equal(t, begin.Position()+1, head(t, a.log).Position())
	require.NotContains(t, stored(t, a.log), granted)
}

// TestAppendTxLosesItsConnection has the connection end while the commit is prepared, and one that ended before.
func TestAppendTxLosesItsConnection(t *testing.T) {
	a := newApplication(t)
	begin := head(t, a.log)
	ctx := context.Background()
	conn, err := pgx.ConnectConfig(ctx, a.pool.Config().ConnConfig)
	require.NoError(t, err)
	defer conn.Close(ctx)
	tx, err := conn.Begin(ctx)
	require.NoError(t, err)
	a.exec(tx, "INSERT INTO {store}.document VALUES ('plan')")
	_, err = a.log.AppendTx(ctx, tx, func(ctx context.Context, head store.Revision) (store.Commit, error) {
		a.exec(a.pool, "SELECT pg_terminate_backend($1)", int32(conn.PgConn().PID()))
		return grant(ctx, head)
	})
	require.Error(t, err)
	require.True(t, conn.IsClosed())
	_, err = a.log.AppendTx(ctx, tx, grant)
	require.Error(t, err)
	require.Error(t, tx.Commit(ctx))
	require.Equal(t, begin, head(t, a.log))
	require.Zero(t, a.documents())
}

// TestAppendTxIsCancelledAtItsEnd ends the context when all statements but the last are done.
func TestAppendTxIsCancelledAtItsEnd(t *testing.T) {
	a := newApplication(t)
	begin := head(t, a.log)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	config := a.pool.Config().ConnConfig
	config.Tracer = &ender{cancel, "pg_notify"}
	conn, err := pgx.ConnectConfig(context.Background(), config)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	tx, err := conn.Begin(context.Background())
	require.NoError(t, err)
	_, err = a.log.AppendTx(ctx, tx, grant)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, tx.Commit(context.Background()))
	require.Equal(t, begin, head(t, a.log))
}
