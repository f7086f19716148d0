package postgres_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
)

// TestTimeoutForEver has a timeout that is longer than one of the server's settings can be.
func TestTimeoutForEver(t *testing.T) {
	ctx := context.Background()
	pool := newPool(t)
	l := open(t, pool.Config().ConnString(), postgres.Options{NoListen: true, Timeout: math.MaxInt64})
	c := store.Commit{Parent: head(t, l), ID: store.NewCommitID(), Time: time.Unix(1, 0).UTC(), Schema: "{}"}
	require.NoError(t, l.Append(ctx, []store.Commit{c}))
	require.NoError(t, pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		_, err := l.AppendTx(ctx, tx, grant)
		return err
	}))
}
