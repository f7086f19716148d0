package faults

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// A process stands still for a while, and does not know it. What it says after that is as
// fresh as it was asked for.
func TestNodeStandsStill(t *testing.T) {
	t.Parallel()
	const bound = 300 * time.Millisecond
	f := newFleet(t, shared.Common(t), 3, setup{MaxStaleness: bound})
	f.load.pause = 2 * time.Millisecond
	f.load.begin()
	for i := range form(2, 12) {
		time.Sleep(200 * time.Millisecond)
		place := f.places[i%2]
		node, _ := place.current()
		require.NoError(t, node.freeze(form(600*time.Millisecond, 3*time.Second)))
		for range 50 {
			f.load.ask(i%2, place, op{ID: f.load.history.id(), Kind: read, Level: now, Timeout: 1000})
		}
	}
	records := f.finish(t)
	t.Logf("%d times there was no answer rather than an old one", tally(records)["now failed (stale)"])
}

// A node is cut off for a while: nothing breaks, and nothing comes. It does not give an old answer
// to who asks for a new one, and is there again afterwards.
func TestPartition(t *testing.T) {
	t.Parallel()
	f := newFleet(t, shared.Common(t), 3, setup{})
	l := f.load
	l.pause, l.patience = 2*time.Millisecond, 700*time.Millisecond
	l.begin()
	time.Sleep(200 * time.Millisecond)
	alone := f.places[0]
	f.proxies[0].freeze()
	asked := 0
	for began := time.Now(); time.Since(began) < form(3*time.Second, 10*time.Second); asked++ {
		w := l.ask(1, f.places[1], op{ID: l.history.id(), Kind: count, Cell: "token", Timeout: 60_000})
		require.Equal(t, done, w.Outcome, w.Err)
		for _, level := range []string{atLeast, latest} {
			r := l.ask(0, alone, op{ID: l.history.id(), Kind: read, Level: level, Token: w.Revision, Cells: []string{"token"}, Timeout: 100})
			require.Equal(t, failed, r.Outcome, level)
			require.Equal(t, "stale", r.Code, "%s: %s", level, r.Err)
		}
	}
	f.proxies[0].thaw()
	f.recovers(t, 0)
	records := f.finish(t)
	t.Logf("%d times asked in vain", 2*asked)
	require.Positive(t, tally(records)["write unknown"]+tally(records)["write failed (stale)"])
}

// recovers waits until a node answers again.
func (f *fleet) recovers(t *testing.T, node int) {
	t.Helper()
	f.recoversWithin(t, node, patience)
}

func (f *fleet) recoversWithin(t *testing.T, node int, limit time.Duration) {
	t.Helper()
	for began := time.Now(); time.Since(began) < limit; {
		o := op{ID: f.load.history.id(), Kind: read, Level: latest, Timeout: 1000}
		if r := f.load.ask(node, f.places[node], o); r.Outcome == done {
			t.Logf("node %d answers %v later", node, time.Since(began).Round(time.Millisecond))
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	require.Fail(t, "it does not recover")
}

// Somebody else in the same database has a transaction open all the while, with an old
// snapshot and locks of his own.
func TestForeignTransaction(t *testing.T) {
	t.Parallel()
	connection := shared.Common(t)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, connection)
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS theirs AS SELECT generate_series(1, 100) AS n")
	require.NoError(t, err)
	f := newFleet(t, connection, 3, setup{Timeout: 10 * time.Second})
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	require.NoError(t, err)
	_, err = tx.Exec(ctx, "UPDATE theirs SET n = n + 1") // which gives it an xid
	require.NoError(t, err)
	_, err = tx.Exec(ctx, "SELECT count(*) FROM "+f.places[0].setup.Store+".log")
	require.NoError(t, err)
	f.load.pause = 2 * time.Millisecond
	f.load.begin()
	for range form(2, 20) {
		before := f.load.tokens.written()
		time.Sleep(time.Second)
		f.load.advances(t, before)
	}
	require.NoError(t, f.places[2].restart()) // and another one can start meanwhile
	records := f.finish(t)
	for i := range records {
		require.NotEqual(t, failed, records[i].Result.Outcome, "%+v", records[i])
	}
	require.NoError(t, tx.Commit(ctx))
}

// Stores in one database know nothing of each other.
func TestSeveralStoresInOneDatabase(t *testing.T) {
	t.Parallel()
	connection := shared.Common(t)
	var fleets []*fleet
	for range 3 {
		f := newFleet(t, connection, 2, setup{Timeout: 10 * time.Second})
		f.load.pause, f.load.clients = 2*time.Millisecond, 3
		f.load.begin()
		fleets = append(fleets, f)
	}
	time.Sleep(form(time.Second, 20*time.Second))
	for _, f := range fleets {
		records := f.finish(t)
		for i := range records {
			require.NotEqual(t, failed, records[i].Result.Outcome, "%+v", records[i])
		}
	}
}

// A node that is cut off in the middle of whatever it does holds up nobody.
func TestNodeThatIsCutOffHoldsUpNobody(t *testing.T) {
	t.Parallel()
	f := newFleet(t, shared.Common(t), 3, setup{})
	f.load.begin()
	for i := range form(20, 300) {
		time.Sleep(rand.N(30 * time.Millisecond))
		f.proxies[i%2].freeze()
		r := f.load.ask(2, f.places[2], op{ID: f.load.history.id(), Kind: count, Cell: "through", Timeout: 30_000})
		f.proxies[i%2].thaw()
		require.Equal(t, done, r.Outcome, "round %d: %s", i, r.Err)
	}
	f.finish(t)
}

// All connections of a node fall silent for good, and nobody tells it. It gives them up, and
// is there again with new ones.
func TestConnectionsFallSilent(t *testing.T) {
	t.Parallel()
	f := newFleet(t, shared.Common(t), 2, setup{Timeout: 300 * time.Millisecond})
	f.load.pause = time.Millisecond
	f.load.begin()
	for range form(2, 10) {
		time.Sleep(200 * time.Millisecond)
		f.proxies[0].forget()
		f.recoversWithin(t, 0, 10*time.Second) // package pgx by itself takes 15 s
	}
	f.finish(t)
}
