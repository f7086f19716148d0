package postgres_test

import (
	"context"
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
