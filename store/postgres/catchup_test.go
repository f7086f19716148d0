package postgres_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
	"github.com/baobab-authz/baobab/store/postgres/pgtest"
)

// A meter is a connection that counts what it receives.
type meter struct {
	net.Conn
	received *atomic.Int64
}

func (m meter) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	m.received.Add(int64(n))
	return n, err
}

// TestTailReceivesOnce has a reader catch up with many commits of medium size: each is sent to it about once, however
// many come after it. Otherwise it would take a hundred times as long, or never be done within the timeout.
func TestTailReceivesOnce(t *testing.T) {
	config, err := pgxpool.ParseConfig(shared.Database(t))
	require.NoError(t, err)
	received := new(atomic.Int64)
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		return meter{c, received}, err
	}
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	require.NoError(t, err)
	defer pool.Close()
	l, err := postgres.New(context.Background(), pool, postgres.Options{NoListen: true})
	require.NoError(t, err)
	defer l.Close()

	begin := head(t, l)
	const n, size = 100, 200 << 10
	parent := begin
	for range n / 20 {
		group := make([]store.Commit, 20)
		for i := range group {
			group[i] = store.Commit{Parent: parent, ID: store.NewCommitID(), Time: time.Unix(1, 0).UTC(), Note: strings.Repeat("x", size)}
			group[i].Seal()
			parent = group[i].Revision
		}
		require.NoError(t, l.Append(context.Background(), group))
	}
	before := received.Load()
	require.Equal(t, parent, follow(t, l, begin, n)[n-1].Revision)
	require.Less(t, received.Load()-before, int64(n*size*3/2))
}

// A freezer freezes a line when a statement that reads the parts of a commit is sent.
type freezer struct {
	proxy  *pgtest.Proxy
	frozen atomic.Bool // once
}

func (f *freezer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	if strings.Contains(q.SQL, ".part ") && strings.HasPrefix(q.SQL, "SELECT") && f.frozen.CompareAndSwap(false, true) {
		f.proxy.Set(pgtest.Hold)
	}
	return ctx
}

func (*freezer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TestPartsFreeze freezes the line while a commit in parts is read: that is an error in time, and does not hold up the reader
// for ever.
func TestPartsFreeze(t *testing.T) {
	database := shared.Database(t)
	_, direct, proxy := lineTo(t, database, postgres.Options{NoListen: true})
	config, err := pgxpool.ParseConfig(database)
	require.NoError(t, err)
	config.ConnConfig.Host, config.ConnConfig.Port = "127.0.0.1", uint16(proxy.Port())
	config.ConnConfig.Tracer = &freezer{proxy: proxy}
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	require.NoError(t, err)
	t.Cleanup(func() { proxy.Set(pgtest.Pass); pool.Close() })
	l, err := postgres.New(context.Background(), pool, postgres.Options{NoListen: true, Timeout: 500 * time.Millisecond})
	require.NoError(t, err)
	defer l.Close()
	begin := head(t, direct)
	large := store.Commit{Parent: begin, ID: store.NewCommitID(), Time: time.Unix(1, 0).UTC(), Note: strings.Repeat("x", 1<<20)}
	require.NoError(t, direct.Append(context.Background(), []store.Commit{large}))
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for _, err := range l.Tail(ctx, begin) {
		require.ErrorContains(t, err, "no answer from the server in 500ms")
		break
	}
	require.NoError(t, ctx.Err())
	proxy.Set(pgtest.Pass)
	require.Equal(t, large.Note, follow(t, l, begin, 1)[0].Note)
}
