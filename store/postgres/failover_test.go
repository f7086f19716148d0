package postgres_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
	"github.com/baobab-authz/baobab/store/postgres/pgtest"
)

// pair starts a primary and a standby, and returns a log that connects to whichever is the primary.
func pair(t *testing.T, synchronous bool) (primary, standby *pgtest.Server, l *postgres.Log) {
	primary = pgtest.StartFor(t, nil)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	standby, err := primary.Standby(ctx, synchronous)
	require.NoError(t, err)
	t.Cleanup(standby.Close)
	url := fmt.Sprintf("postgres://postgres@127.0.0.1:%d,127.0.0.1:%d/postgres?sslmode=disable", primary.Port(), standby.Port())
	return primary, standby, open(t, url, postgres.Options{Timeout: 3 * time.Second})
}

// TestFailoverToSynchronousStandby kills the primary while commits are appended. All that were acknowledged are on the
// standby, and those whose outcome was not known are settled there.
func TestFailoverToSynchronousStandby(t *testing.T) {
	primary, standby, l := pair(t, true)
	begin := head(t, l)
	const writers, each = 4, 100
	var mu sync.Mutex
	in := map[store.CommitID]store.Revision{}
	acknowledged := make(chan struct{}, writers*each)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			last := time.Now() // when it was acknowledged something
			for n := 0; n < each; {
				r, err := l.Head(context.Background())
				if err != nil && time.Since(last) > patience {
					t.Errorf("nobody takes over: %v", err)
					return
				}
				if err != nil {
					time.Sleep(time.Millisecond)
					continue
				}
				group := chain(r, 2, fmt.Sprint(w, "-", n))
				if _, err := settled(l, group); err != nil {
					if !isConflict(err) {
						t.Error(err)
						return
					}
					continue
				}
				n, last = n+1, time.Now()
				mu.Lock()
				for _, c := range group {
					in[c.ID] = c.Revision
				}
				mu.Unlock()
				acknowledged <- struct{}{}
			}
		})
	}
	for range writers * each / 4 {
		await(t, acknowledged)
	}
	require.NoError(t, primary.Kill())
	require.NoError(t, standby.Promote(context.Background()))
	all.Wait()
	require.Len(t, in, 2*writers*each)
	require.Equal(t, uint64(len(in)), head(t, l).Position())
	for _, c := range follow(t, l, begin, len(in)) {
		require.Equal(t, in[c.ID], c.Revision)
		delete(in, c.ID)
	}
	require.Empty(t, in)
}

// TestFailoverToAsynchronousStandby lets a standby take over that has not got the last commits: whoever knows them
// is told.
func TestFailoverToAsynchronousStandby(t *testing.T) {
	primary, standby, l := pair(t, false)
	begin := head(t, l)
	kept := chain(begin, 10, "kept")
	require.NoError(t, l.Append(context.Background(), kept))
	caughtUp(t, primary, standby)
	require.NoError(t, standby.Stop())
	lost := chain(kept[9].Revision, 5, "lost")
	require.NoError(t, l.Append(context.Background(), lost))
	last := lost[4].Revision
	tailed := make(chan error, 1)
	go func() {
		after := last
		for {
			for _, err := range l.Tail(context.Background(), after) {
				if isFinal(err) {
					tailed <- err
					return
				}
				time.Sleep(time.Millisecond) // it may pass
			}
		}
	}()
	require.NoError(t, primary.Kill())
	require.NoError(t, standby.Start())
	require.NoError(t, standby.Promote(context.Background()))

	require.ErrorIs(t, await(t, tailed), store.ErrDiverged, "of who waits for more")
	require.Equal(t, kept[9].Revision, head(t, l))
	_, err := settled(l, chain(last, 1, "next"))
	var conflict *store.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, kept[9].Revision, conflict.Head)

	other := chain(kept[9].Revision, 7, "other")
	require.NoError(t, l.Append(context.Background(), other))
	for _, r := range []store.Revision{lost[0].Revision, last} {
		require.ErrorIs(t, refusal(l, r), store.ErrDiverged, "other commits have their positions now")
	}
	_, err = settled(l, lost)
	require.ErrorIs(t, err, store.ErrConflict)
	require.Equal(t, other, follow(t, l, kept[9].Revision, 7))
	require.Len(t, stored(t, l), 17)
}

func isFinal(err error) bool {
	return errorIsAny(err, store.ErrDiverged, store.ErrCompacted, store.ErrClosed)
}

// caughtUp waits until the standby has all that the primary has.
func caughtUp(t *testing.T, primary, standby *pgtest.Server) {
	ask := func(s *pgtest.Server, sql string) (position string) {
		pool, err := pgxpool.New(context.Background(), s.URL("postgres"))
		require.NoError(t, err)
		defer pool.Close()
		require.NoError(t, pool.QueryRow(context.Background(), sql).Scan(&position))
		return position
	}
	want := ask(primary, "SELECT pg_current_wal_lsn()::text")
	require.Eventually(t, func() bool {
		return ask(standby, "SELECT (pg_last_wal_replay_lsn() >= '"+want+"')::text") == "true"
	}, patience, 20*time.Millisecond)
}

// TestStandbyIsRefused asks a server that only copies the truth.
func TestStandbyIsRefused(t *testing.T) {
	primary, standby, l := pair(t, false)
	require.NoError(t, l.Append(context.Background(), chain(head(t, l), 1, "a")))
	caughtUp(t, primary, standby)
	_, err := postgres.Open(context.Background(), standby.URL("postgres"), postgres.Options{})
	require.ErrorContains(t, err, "standby")

	pool, err := pgxpool.New(context.Background(), standby.URL("postgres"))
	require.NoError(t, err)
	defer pool.Close()
	s, err := postgres.New(context.Background(), pool, postgres.Options{NoListen: true})
	require.NoError(t, err)
	defer s.Close()
	const refused = "the server is a standby, not the primary"
	_, err = s.Head(context.Background())
	require.ErrorContains(t, err, refused)
	_, err = s.Snapshot(context.Background())
	require.ErrorContains(t, err, refused)
	require.ErrorContains(t, refusal(s, head(t, l)), refused)
	err = s.Append(context.Background(), chain(head(t, l), 1, strconv.Itoa(1)))
	require.ErrorContains(t, err, "read-only")
	require.False(t, isConflict(err))
}
