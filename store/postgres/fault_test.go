package postgres_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
	"github.com/baobab-authz/baobab/store/postgres/pgtest"
)

// line returns a log behind a proxy, one that is not, and the proxy.
func line(t *testing.T, options postgres.Options) (behind, direct *postgres.Log, proxy *pgtest.Proxy) {
	return lineTo(t, shared.Database(t), options)
}

func lineTo(t *testing.T, database string, options postgres.Options) (behind, direct *postgres.Log, proxy *pgtest.Proxy) {
	u, err := url.Parse(database)
	require.NoError(t, err)
	port, err := strconv.Atoi(u.Port())
	require.NoError(t, err)
	if u.Hostname() != "127.0.0.1" {
		t.Skip("the proxy leads to this machine only, and " + pgtest.EnvURL + " names another")
	}
	proxy, err = pgtest.NewProxy(port)
	require.NoError(t, err)
	t.Cleanup(proxy.Close)
	u.Host = "127.0.0.1:" + strconv.Itoa(proxy.Port())
	direct = open(t, database, postgres.Options{})
	behind = open(t, u.String(), options)
	t.Cleanup(func() { proxy.Set(pgtest.Pass) }) // before the log is closed
	return behind, direct, proxy
}

// settled repeats an Append until its outcome is known, or it has been unknown for too long.
func settled(l store.Log, commits []store.Commit) (tries int, err error) {
	for deadline := time.Now().Add(patience); ; {
		tries++
		err = l.Append(context.Background(), commits)
		if err == nil || isConflict(err) || time.Now().After(deadline) {
			return tries, err
		}
		time.Sleep(time.Millisecond)
	}
}

// unlucky are groups that are appended in one statement, and in several.
var unlucky = map[string]func(parent store.Revision) []store.Commit{
	"small": func(parent store.Revision) []store.Commit { return chain(parent, 3, "x") },
	"large": func(parent store.Revision) []store.Commit {
		c := chain(parent, 1, "x")
		return []store.Commit{{Parent: parent, ID: c[0].ID, Time: c[0].Time, Added: c[0].Added, Schema: "{}"}}
	},
}

// TestConnectionIsLost cuts the connection when an Append is asked for, and when it is answered: repeated, it is in the
// log once.
func TestConnectionIsLost(t *testing.T) {
	for name, mode := range map[string]pgtest.Mode{"request": pgtest.CutRequest, "answer": pgtest.CutAnswer} {
		for size, group := range unlucky {
			t.Run(size+" "+name, func(t *testing.T) {
				l, direct, proxy := line(t, postgres.Options{NoListen: true})
				begin := head(t, l)
				commits := group(begin)
				proxy.Set(mode)
				err := l.Append(context.Background(), commits)
				require.Error(t, err)
				require.False(t, isConflict(err), "%v: the outcome is not known", err)
				_, err = settled(l, commits)
				require.NoError(t, err)
				require.Len(t, follow(t, direct, begin, len(commits)), len(commits))
				require.Equal(t, uint64(len(commits)), head(t, direct).Position())
				require.Len(t, stored(t, direct), len(commits))
			})
		}
	}
}

// TestConnectionFreezes holds back the server's answer to an Append, or the Append itself, and leaves the
// connection open: it is an error in time, nobody else has to wait long, and repeated it is in the log once.
func TestConnectionFreezes(t *testing.T) {
	for name, mode := range map[string]pgtest.Mode{"both ways": pgtest.Hold, "answers": pgtest.HoldAnswers} {
		for size, group := range unlucky {
			t.Run(size+" "+name, func(t *testing.T) {
				l, direct, proxy := line(t, postgres.Options{NoListen: true, Timeout: 200 * time.Millisecond})
				begin := head(t, direct)
				commits := group(begin)
				proxy.Set(mode)
				err := l.Append(context.Background(), commits)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.ErrorContains(t, err, "no answer from the server in 200ms")
				_, err = l.Head(context.Background())
				require.Error(t, err)
				_, err = l.Snapshot(context.Background())
				require.Error(t, err)
				r := head(t, direct)
				_, err = settled(direct, chain(r, 1, "other")) // a conflict, if the frozen one came first
				if err != nil {
					require.ErrorIs(t, err, store.ErrConflict)
				}
				proxy.Set(pgtest.Pass)
				proxy.Cut()
				_, err = settled(l, commits)
				if err != nil {
					require.ErrorIs(t, err, store.ErrConflict)
				}
				ids := map[store.CommitID]int{}
				for _, c := range follow(t, direct, begin, int(head(t, direct).Position())) {
					ids[c.ID]++
				}
				for _, c := range commits {
					require.Equal(t, err == nil, ids[c.ID] == 1, "in the log as often as it was acknowledged")
				}
			})
		}
	}
}

// TestTransactionFreezes freezes a process that has the lock: others go on after its timeout, or, if
// it was in the middle of a statement, after their own.
func TestTransactionFreezes(t *testing.T) {
	pool := newPool(t)
	short := postgres.Options{NoListen: true, Timeout: time.Second}
	l, _, proxy := lineTo(t, pool.Config().ConnString(), short)
	direct := open(t, pool.Config().ConnString(), short)
	begin := head(t, direct)
	c := store.Commit{Parent: begin, ID: store.NewCommitID(), Time: time.Unix(1, 0).UTC()}
	for i := range 60_000 {
		c.Added = append(c.Added, chain(begin, 1, strconv.Itoa(i))[0].Added...)
	}
	large := []store.Commit{c}
	done := make(chan error, 1)
	go func() { done <- l.Append(context.Background(), large) }()
	require.Eventually(t, func() bool { // it has the lock
		var n int
		err := pool.QueryRow(context.Background(), "SELECT count(*) FROM pg_locks WHERE relation = 'baobab.store'::regclass AND mode = 'RowShareLock'").Scan(&n)
		return err == nil && n > 0
	}, time.Minute, time.Millisecond)
	proxy.Set(pgtest.Hold)
	require.Error(t, <-done)
	_, err := settled(direct, chain(begin, 1, "other"))
	require.NoError(t, err)
	proxy.Set(pgtest.Pass)
	_, err = settled(l, large)
	require.ErrorIs(t, err, store.ErrConflict)
	require.Len(t, stored(t, direct), 1)
}

// TestLinesAreBad has three processes append over a line that is cut and frozen at random, and one follow: each
// commit that was acknowledged is in the log once, and no other is.
func TestLinesAreBad(t *testing.T) {
	l, direct, proxy := line(t, postgres.Options{Timeout: 300 * time.Millisecond, Poll: 10 * time.Millisecond})
	begin := head(t, direct)
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	stop := make(chan struct{})
	var bad, all sync.WaitGroup
	var acknowledged atomic.Int64
	bad.Go(func() { misbehave(proxy, &acknowledged, stop) })
	const each = 40
	var mu sync.Mutex
	in, unknown := map[store.CommitID]store.Revision{}, 0
	for g := range 3 {
		all.Go(func() {
			for n := 0; n < each && ctx.Err() == nil; {
				r, err := l.Head(ctx)
				if err != nil {
					continue
				}
				group := chain(r, 1+n%3, strconv.Itoa(g)+"-"+strconv.Itoa(n))
				tries, err := settled(l, group)
				mu.Lock()
				unknown += tries - 1
				if err == nil {
					n++
					acknowledged.Add(1)
					for _, c := range group {
						in[c.ID] = c.Revision
					}
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	close(stop)
	bad.Wait()
	require.NoError(t, ctx.Err())
	proxy.Set(pgtest.Pass)
	require.Equal(t, uint64(len(in)), head(t, direct).Position())
	for _, c := range follow(t, direct, begin, len(in)) {
		require.Equal(t, in[c.ID], c.Revision)
		delete(in, c.ID)
	}
	require.Empty(t, in)
	require.Positive(t, unknown, "Appends of which the outcome was not known")
	t.Logf("%d Appends of which the outcome was not known", unknown)
}

// misbehave changes what a proxy does every few milliseconds. Now and then it lets something pass before it
// goes on, however long that takes on a busy machine.
func misbehave(proxy *pgtest.Proxy, acknowledged *atomic.Int64, stop <-chan struct{}) {
	for passing := int64(-1); ; {
		if acknowledged.Load() == passing {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
			continue
		}
		proxy.Set(pgtest.Mode(rand.IntN(int(pgtest.CutAnswer) + 1)))
		if rand.IntN(4) == 0 {
			proxy.Cut()
		}
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(rand.IntN(20)) * time.Millisecond):
		}
		if passing = -1; rand.IntN(2) == 0 {
			proxy.Set(pgtest.Pass)
			passing = acknowledged.Load()
		}
	}
}

// TestServerIsKilled kills the server again and again while commits are appended, and starts it again.
func TestServerIsKilled(t *testing.T) {
	server := pgtest.StartFor(t, nil)
	l := open(t, server.URL("postgres"), postgres.Options{Timeout: 2 * time.Second})
	begin := head(t, l)
	parent, n := begin, 0
	for range 3 {
		acknowledged := make(chan struct{}, 1000)
		done := make(chan error, 1)
		rounds := n + 200
		go func() {
			for ; n < rounds; n++ {
				group := chain(parent, 2, strconv.Itoa(n))
				if _, err := settled(l, group); err != nil {
					done <- err
					return
				}
				parent = group[1].Revision
				acknowledged <- struct{}{}
			}
			done <- nil
		}()
		for range 50 {
			<-acknowledged
		}
		require.NoError(t, server.Kill())
		require.NoError(t, server.Start())
		require.NoError(t, <-done)
	}
	require.Equal(t, parent, head(t, l))
	require.Len(t, follow(t, l, begin, 2*n), 2*n)
	require.Len(t, stored(t, l), 2*n)
}

// TestServerFreezes stops the server: every call is an error in time, and when it goes on all goes on.
func TestServerFreezes(t *testing.T) {
	server := pgtest.StartFor(t, nil)
	l := open(t, server.URL("postgres"), postgres.Options{Timeout: time.Second})
	begin := head(t, l)
	s, err := l.Snapshot(context.Background())
	require.NoError(t, err)
	for range s.Tuples {
		t.Error("a tuple")
	}
	tailed := make(chan error, 1)
	go func() {
		for _, err := range l.Tail(context.Background(), begin) {
			tailed <- err
		}
	}()
	require.NoError(t, server.Freeze())
	group := chain(begin, 1, "a")
	require.ErrorIs(t, l.Append(context.Background(), group), context.DeadlineExceeded)
	_, err = l.Head(context.Background())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = l.Snapshot(context.Background())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	err = <-tailed
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.False(t, errors.Is(err, store.ErrDiverged) || errors.Is(err, store.ErrCompacted))
	require.Error(t, l.Compact(context.Background(), 1))
	require.NoError(t, server.Thaw())
	_, err = settled(l, group)
	require.NoError(t, err)
	require.Equal(t, group[0].Revision, head(t, l))
	require.Equal(t, group, follow(t, l, begin, 1))
}
