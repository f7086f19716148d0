package postgres_test

import (
	"context"
	"flag"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/logtest"
	"github.com/baobab-authz/baobab/store/postgres"
)

// TestContract runs the suite of package logtest, each of its logs a store of its own in one database.
func TestContract(t *testing.T) {
	fewer(t, "20")
	pool, err := pgxpool.New(context.Background(), shared.Common(t)+"&pool_max_conns=50")
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	var stores atomic.Int64
	run := time.Now().UnixNano() // another one of the same process has other stores
	logtest.Run(t, func(tb testing.TB) logtest.Target {
		name := fmt.Sprintf("store_%d_%d", run, stores.Add(1))
		return logtest.Target{Open: func() (store.Log, error) {
			return postgres.New(context.Background(), pool, postgres.Options{Store: name, Poll: 5 * time.Millisecond})
		}}
	})
}

// fewer makes rapid draw fewer random sequences, unless -rapid.checks says how many: each is a
// log of its own, of which the suite's own tests draw more.
func fewer(t *testing.T, checks string) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		require.NoError(t, f.Value.Set(checks))
		t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
	}
}
