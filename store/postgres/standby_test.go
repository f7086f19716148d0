package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
)

// TestNotAcknowledgedBeforeTheStandbyHasIt stops the synchronous standby. A commit that waits for it is cancelled by the
// timeout, and then everybody can see it on the primary, although only that has it: it is not acknowledged for being seen.
func TestNotAcknowledgedBeforeTheStandbyHasIt(t *testing.T) {
	primary, standby, _ := pair(t, true)
	ctx := context.Background()
	log, err := postgres.Open(ctx, primary.URL("postgres"), postgres.Options{Timeout: 500 * time.Millisecond, Poll: 10 * time.Millisecond})
	require.NoError(t, err)
	eng, err := baobab.OpenLog(ctx, log, schema.MustParse(documents), baobab.Options{})
	require.NoError(t, err)
	defer eng.Close()
	direct := open(t, primary.URL("postgres"), postgres.Options{})
	before := head(t, direct)

	require.NoError(t, standby.Freeze())
	written := make(chan error, 1)
	go func() {
		_, err := eng.Write(ctx, viewer(1))
		written <- err
	}()
	require.Eventually(t, func() bool {
		now, err := direct.Head(ctx)
		return err == nil && now != before
	}, patience, 10*time.Millisecond, "it can be seen")
	_, err = eng.AtLeast(ctx, head(t, direct))
	require.NoError(t, err, "and its process has seen it")
	select {
	case err := <-written:
		require.NoError(t, err)
		require.Fail(t, "acknowledged, and the standby does not have it")
	case <-time.After(2 * time.Second):
	}
	bounded, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err = eng.Write(bounded, viewer(1))
	require.ErrorIs(t, err, context.DeadlineExceeded, "neither is another that finds it there")
	require.NoError(t, standby.Thaw())
	require.NoError(t, await(t, written))
	caughtUp(t, primary, standby)
	require.Equal(t, before.Position()+1, head(t, direct).Position())
}

// TestStandbyThatLags asks a standby after a commit that it does not have yet: that is not a commit that the log has lost.
func TestStandbyThatLags(t *testing.T) {
	primary, standby, l := pair(t, false)
	ctx := context.Background()
	require.NoError(t, l.Append(ctx, chain(head(t, l), 1, "a")))
	caughtUp(t, primary, standby)
	require.NoError(t, standby.StopFollowing(ctx))
	group := chain(head(t, l), 1, "b")
	require.NoError(t, l.Append(ctx, group))
	pool, err := pgxpool.New(ctx, standby.URL("postgres"))
	require.NoError(t, err)
	defer pool.Close()
	s, err := postgres.New(ctx, pool, postgres.Options{NoListen: true})
	require.NoError(t, err)
	defer s.Close()
	err = refusal(s, group[0].Revision)
	require.ErrorContains(t, err, "the server is a standby, not the primary")
	require.NotErrorIs(t, err, store.ErrDiverged)
}
