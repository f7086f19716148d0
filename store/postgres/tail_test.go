package postgres_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
)

// arrivals follows a log and returns a channel with what comes.
func arrivals(t *testing.T, l store.Log, after store.Revision) <-chan store.Commit {
	ctx, cancel := context.WithCancel(context.Background())
	found := make(chan store.Commit, 1000)
	var running sync.WaitGroup
	running.Go(func() {
		for c, err := range l.Tail(ctx, after) {
			if err != nil {
				if ctx.Err() == nil {
					t.Errorf("Tail: %v", err)
				}
				return
			}
			found <- c
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	return found
}

func TestNotified(t *testing.T) {
	a := newApplication(t)
	hourly := postgres.Options{Store: a.name, Poll: time.Hour}
	url := a.pool.Config().ConnString()
	b := open(t, url, hourly)
	begin := head(t, b)
	found := arrivals(t, b, begin)
	first := chain(begin, 1, "a")
	require.NoError(t, a.log.Append(context.Background(), first))
	require.Equal(t, first[0], await(t, found))

	tx := a.begin(pgx.TxOptions{})
	made, err := a.log.AppendTx(context.Background(), tx, grant)
	require.NoError(t, err)
	require.NoError(t, tx.Commit(context.Background()))
	require.Equal(t, made, await(t, found).Revision, "of an application's transaction")
}

// TestListensAgain ends the connection that listens.
func TestListensAgain(t *testing.T) {
	a := newApplication(t)
	url := a.pool.Config().ConnString()
	var messages lockedBuffer
	logger := slog.New(slog.NewTextHandler(&messages, nil))
	b := open(t, url, postgres.Options{Store: a.name, Poll: time.Hour, ListenURL: url + "&application_name=ears", Logger: logger})
	begin := head(t, b)
	found := arrivals(t, b, begin)
	a.killed("ears")
	group := chain(begin, 2, "a")
	require.NoError(t, a.log.Append(context.Background(), group[:1]))
	require.Equal(t, group[0], await(t, found), "as soon as it listens again")
	lost := func() bool { return strings.Contains(messages.String(), "the listening connection is lost") }
	require.Eventually(t, lost, patience, time.Millisecond)
	require.NoError(t, a.log.Append(context.Background(), group[1:]))
	require.Equal(t, group[1], await(t, found))
}

// killed ends the connections of that name, when there are some.
func (a application) killed(name string) {
	a.t.Helper()
	require.Eventually(a.t, func() bool {
		var n int
		err := a.pool.QueryRow(context.Background(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE application_name = $1 AND state = 'idle' AND query LIKE 'LISTEN%'`, name).Scan(&n)
		return err == nil && n > 0
	}, patience, 5*time.Millisecond)
}

func TestPolls(t *testing.T) {
	url := shared.Database(t)
	a, b := open(t, url, postgres.Options{NoListen: true}), open(t, url, postgres.Options{NoListen: true, Poll: 5 * time.Millisecond})
	begin := head(t, a)
	found := arrivals(t, b, begin)
	group := chain(begin, 3, "a")
	for i := range group {
		require.NoError(t, a.Append(context.Background(), group[i:i+1]))
		require.Equal(t, group[i], await(t, found))
	}
}

func TestNudge(t *testing.T) {
	url := shared.Database(t)
	quiet := postgres.Options{NoListen: true, Poll: time.Hour}
	a, b := open(t, url, quiet), open(t, url, quiet)
	begin := head(t, a)
	found := arrivals(t, b, begin)
	group := chain(begin, 20, "a")
	for i := range group {
		require.NoError(t, a.Append(context.Background(), group[i:i+1]))
		select {
		case c := <-found: // on a busy machine it has not looked for the last time yet
			require.Equal(t, group[i], c)
		case <-time.After(100 * time.Millisecond):
			b.Nudge()
			require.Equal(t, group[i], await(t, found))
			return
		}
	}
	require.Fail(t, "whatever comes is seen without a nudge")
}

// TestStoresBesideEachOther has two stores in one database, and an application that uses names like theirs.
func TestStoresBesideEachOther(t *testing.T) {
	url := shared.Database(t)
	a, b := open(t, url, postgres.Options{Store: "a"}), open(t, url, postgres.Options{Store: "b", Prepared: true})
	begin, other := head(t, a), head(t, b)
	require.False(t, begin.SameHistory(other))
	require.NoError(t, a.Append(context.Background(), chain(begin, 3, "a")))
	require.Equal(t, other, head(t, b))
	require.Empty(t, stored(t, b))
	require.ErrorIs(t, b.Append(context.Background(), chain(begin, 1, "a")), store.ErrConflict)
	require.NoError(t, b.Append(context.Background(), chain(other, 1, "b")))
	require.Len(t, stored(t, a), 3)
	require.Len(t, stored(t, b), 1)
}

// TestForeignTransaction has a transaction open, with a state of its own, all the while, as an analyst or a backup
// may have it.
func TestForeignTransaction(t *testing.T) {
	a := newApplication(t)
	tx := a.begin(pgx.TxOptions{})
	defer func() { require.NoError(t, tx.Rollback(context.Background())) }()
	a.exec(tx, "SELECT count(*) FROM {store}.log, {store}.tuple, {store}.store")
	begin := head(t, a.log)
	found := arrivals(t, a.log, begin)
	group := chain(begin, 200, "a")
	for i := range group {
		require.NoError(t, a.log.Append(context.Background(), group[i:i+1]))
		require.Equal(t, group[i].Revision, await(t, found).Revision)
	}
	require.NoError(t, a.log.Compact(context.Background(), 10))
	require.Len(t, stored(t, a.log), 200)
}

// TestStricterDatabase makes the strictest isolation the default of all transactions.
func TestStricterDatabase(t *testing.T) {
	url := shared.Database(t) + "&default_transaction_isolation=serializable"
	const handles, each = 4, 25
	var all sync.WaitGroup
	for i := range handles {
		l := open(t, url, postgres.Options{})
		all.Go(func() {
			for n := 0; n < each; {
				r, err := l.Head(context.Background())
				if err == nil {
					err = l.Append(context.Background(), chain(r, 1, string(rune('a'+i))+string(rune('a'+n))))
				}
				if err == nil {
					n++
				} else if !isConflict(err) {
					t.Error(err)
					return
				}
				if n%10 == 0 {
					if err := l.Compact(context.Background(), 5); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	all.Wait()
	l := open(t, url, postgres.Options{})
	require.Equal(t, uint64(handles*each), head(t, l).Position())
	require.Len(t, stored(t, l), handles*each)
}

// TestReadable reads the tables as an operator does.
func TestReadable(t *testing.T) {
	a := newApplication(t)
	c := next(head(t, a.log), "document:plan#viewer@team:eng#member", `document:plan#viewer@user:ann[weekday:{"days":["mon","\u0000"]}][expiration:2030-01-02T03:04:05.000006Z]`)
	c.Added[0].Aside = true
	c = store.Commit{Parent: c.Parent, ID: c.ID, Time: c.Time, Added: c.Added}
	require.NoError(t, a.log.Append(context.Background(), []store.Commit{c}))
	var text string
	var at time.Time
	a.scan(`SELECT object_type || ':' || object_id || '#' || relation || '@' ||
		subject_type || ':' || subject_id || '#' || subject_relation FROM {store}.tuple WHERE aside`, &text)
	require.Equal(t, "document:plan#viewer@team:eng#member", text)
	a.scan(`SELECT caveat || context, expires FROM {store}.tuple WHERE aside IS NOT TRUE`, &text, &at)
	require.Equal(t, `weekday{"days":["mon","\u0000"]}`, text)
	require.Equal(t, time.Date(2030, 1, 2, 3, 4, 5, 6000, time.UTC), at.UTC())
	a.scan(`SELECT revision, at FROM {store}.log ORDER BY position DESC LIMIT 1`, &text, &at)
	require.Equal(t, head(t, a.log).String(), text)
	require.Equal(t, c.Time, at.UTC())
}

// TestDamage changes rows behind the log's back: it does not vouch for what it finds.
func TestDamage(t *testing.T) {
	for name, c := range map[string]struct {
		sql  string
		want error
	}{
		"a flipped bit":         {`UPDATE {store}.log SET data = set_bit(data, 300, 1 - get_bit(data, 300)) WHERE position = 3`, store.ErrCorruptLog},
		"a missing row":         {`DELETE FROM {store}.log WHERE position = 3`, store.ErrCorruptLog},
		"another commit":        {`UPDATE {store}.log SET data = (SELECT data FROM {store}.log WHERE position = 2) WHERE position = 3`, store.ErrCorruptLog},
		"missing parts":         {`UPDATE {store}.log SET data = NULL WHERE position = 3`, nil},
		"another revision":      {`UPDATE {store}.log SET revision = (SELECT revision FROM {store}.log WHERE position = 2) WHERE position = 3`, store.ErrCorruptLog},
		"commits that are lost": {`DELETE FROM {store}.log WHERE position > 0`, store.ErrDiverged},
		"the first lost":        {`DELETE FROM {store}.log WHERE position < 2`, store.ErrCompacted},
		"all lost":              {`DELETE FROM {store}.log`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			a := newApplication(t)
			group := chain(head(t, a.log), 5, "a")
			require.NoError(t, a.log.Append(context.Background(), group))
			a.exec(a.pool, c.sql)
			n, err := 0, error(nil)
			for _, err = range a.log.Tail(context.Background(), group[0].Revision) {
				if err != nil {
					break
				}
				n++
			}
			require.LessOrEqual(t, n, 1)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
			} else {
				require.Error(t, err)
			}
		})
	}
}

func TestDamagedRevision(t *testing.T) {
	a := newApplication(t)
	a.exec(a.pool, `UPDATE {store}.log SET revision = 'x'`)
	_, err := a.log.Head(context.Background())
	require.ErrorIs(t, err, store.ErrCorruptLog)
	_, err = a.log.Snapshot(context.Background())
	require.ErrorIs(t, err, store.ErrCorruptLog)
}

// lockedBuffer is what several goroutines write to.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
