package faults

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres/pgtest"
)

// databaseOn makes a database that ends with its server.
func databaseOn(t *testing.T, s *pgtest.Server) string {
	t.Helper()
	require.NoError(t, s.Exec(context.Background(), "CREATE DATABASE faults"))
	return s.URL("faults")
}

// The server is restarted as an operator does it, and killed, under load.
func TestServerIsRestartedAndKilled(t *testing.T) {
	t.Parallel()
	server := pgtest.StartFor(t, nil)
	f := newFleet(t, databaseOn(t, server), 3, setup{})
	f.load.pause = 2 * time.Millisecond
	f.load.begin()
	for i := range form(2, 20) {
		time.Sleep(form(300*time.Millisecond, time.Second) + rand.N(100*time.Millisecond))
		if i%2 == 0 {
			require.NoError(t, server.Kill())
		} else {
			require.NoError(t, server.Stop())
		}
		require.NoError(t, server.Start())
		before := f.load.tokens.written()
		for i := range f.places {
			f.recovers(t, i)
		}
		f.load.advances(t, before)
	}
	f.finish(t)
}

// advances waits until more has been acknowledged than was.
func (l *load) advances(t *testing.T, before int) {
	t.Helper()
	require.Eventually(t, func() bool { return l.tokens.written() > before+10 }, patience, 5*time.Millisecond, "it stalls")
}

// The primary is killed, and a synchronous standby takes over: nothing is lost.
func TestSynchronousStandbyTakesOver(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for range form(1, 5) {
		primary := pgtest.StartFor(t, nil)
		connection := databaseOn(t, primary)
		standby, err := primary.Standby(ctx, true)
		require.NoError(t, err)
		t.Cleanup(standby.Close)
		f := newFleet(t, connection, 3, setup{})
		f.load.pause = 2 * time.Millisecond
		f.load.begin()
		time.Sleep(form(500*time.Millisecond, 3*time.Second))
		require.NoError(t, primary.Kill())
		require.NoError(t, standby.Promote(ctx))
		before := f.load.tokens.written()
		f.follow(t, standby)
		f.load.advances(t, before)
		time.Sleep(form(300*time.Millisecond, 3*time.Second))
		f.finish(t)
		for _, p := range f.places {
			p.stop()
		}
		standby.Close()
		primary.Close()
	}
}

// follow makes all nodes go to another server, and waits until they have.
func (f *fleet) follow(t *testing.T, s *pgtest.Server) {
	t.Helper()
	f.url = s.URL("faults")
	for _, p := range f.proxies {
		p.lead(addressOf(s))
	}
	for i := range f.places {
		f.recovers(t, i)
	}
}

// The primary is killed, and a standby takes over that lacks the last commits. Whoever has seen them
// notices, and has the truth from then on; tokens of them are refused.
func TestAsynchronousStandbyTakesOver(t *testing.T) {
	t.Parallel()
	for range form(1, 10) {
		lose(t)
	}
}

func lose(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	primary := pgtest.StartFor(t, nil)
	connection := databaseOn(t, primary)
	f := newFleet(t, connection, 3, setup{})
	l := f.load
	standby, err := primary.Standby(ctx, false)
	require.NoError(t, err)
	t.Cleanup(standby.Close)
	l.pause, l.patience = 2*time.Millisecond, 2*time.Second
	l.begin()
	time.Sleep(300 * time.Millisecond)

	// The last node is cut off, and has seen nothing of what the standby does not get.
	f.proxies[2].freeze()
	caughtUp(t, primary, standby)
	require.NoError(t, standby.StopFollowing(ctx))
	first := l.ask(0, f.places[0], op{ID: l.history.id(), Kind: both, Cell: "lost", Who: "u0", Timeout: 60_000})
	require.Equal(t, done, first.Outcome, first.Err)
	time.Sleep(form(200*time.Millisecond, time.Second))
	last := l.ask(1, f.places[1], op{ID: l.history.id(), Kind: count, Cell: "lost", Timeout: 60_000})
	require.Equal(t, done, last.Outcome, last.Err)
	for i := range 2 {
		r := l.ask(i, f.places[i], op{ID: l.history.id(), Kind: read, Level: atLeast, Token: last.Revision, Cells: []string{"lost"}, Timeout: 60_000})
		require.Equal(t, cell{N: 2, Owner: "u0"}, r.Cells["lost"], "%+v", r)
	}

	for _, p := range f.proxies[:2] {
		p.freeze() // so that the old primary answers nobody any more, and what it is sent is void
	}
	require.NoError(t, primary.Kill())
	require.NoError(t, standby.Promote(ctx))
	fork := l.history.clock() // what the old one has answered has long been told
	for _, p := range f.proxies {
		p.lead(addressOf(standby))
		p.thaw()
	}
	f.url = standby.URL("faults")
	for i := range f.places {
		f.recovers(t, i)
	}
	f.refusesLost(t, first.Revision, last.Revision)
	before := l.tokens.written()
	l.advances(t, before)
	f.outgrows(t, last.Revision)
	f.refusesLost(t, first.Revision, last.Revision)
	records := l.end(t)
	l.settled(t)
	records = append(records, l.history.take()...)

	require.NoError(t, primary.Start())
	was := f.commits(t, primary.URL("faults"))
	is := f.commits(t, f.url)
	shared := 0
	for shared < len(is) && shared < len(was) && is[shared].Revision == was[shared].Revision {
		shared++
	}
	require.Less(t, shared+1, len(was), "nothing was lost")
	j := newJudge(f.origin)
	j.lost, j.fork = newJudge(f.origin), fork
	require.NoError(t, j.lost.extend(was, records))
	judgedAfterLoss(t, j, is, records)
	t.Logf("%d commits were lost", len(was)-shared)
	for i, p := range f.places {
		messages, err := os.ReadFile(p.log)
		require.NoError(t, err)
		require.Equal(t, i < 2, strings.Contains(string(messages), "building the index anew"), "node %d: %s", i, messages)
	}
	standby.Close()
	primary.Close()
}

// caughtUp waits until a standby has all that its primary has now.
func caughtUp(t *testing.T, primary, standby *pgtest.Server) {
	t.Helper()
	ask := func(s *pgtest.Server, sql string, args ...any) (answer string, err error) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err != nil {
			return "", err
		}
		defer conn.Close(ctx)
		err = conn.QueryRow(ctx, sql, args...).Scan(&answer)
		return answer, err
	}
	position, err := ask(primary, "SELECT pg_current_wal_lsn()::text")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		has, err := ask(standby, "SELECT (pg_last_wal_replay_lsn() >= $1::text::pg_lsn)::text", position)
		return err == nil && has == "true"
	}, patience, 20*time.Millisecond)
}

// refusesLost makes sure that no node takes the tokens of commits that were lost for those of others.
func (f *fleet) refusesLost(t *testing.T, tokens ...string) {
	t.Helper()
	for i, p := range f.places {
		for _, token := range tokens {
			r := f.load.ask(i, p, op{ID: f.load.history.id(), Kind: read, Level: atLeast, Token: token, Timeout: 200})
			require.Equal(t, failed, r.Outcome, "node %d, %s", i, token)
			require.Contains(t, []string{"stale", "diverged"}, r.Code, r.Err)
		}
	}
}

// outgrows waits until the log has more commits than it had before some were lost.
func (f *fleet) outgrows(t *testing.T, lost string) {
	t.Helper()
	revision, err := store.ParseRevision(lost)
	require.NoError(t, err)
	log := f.open(t, f.url, f.places[0].setup.Store)
	defer log.Close()
	require.Eventually(t, func() bool {
		head, err := log.Head(context.Background())
		return err == nil && head.Position() > revision.Position()+10
	}, patience, 10*time.Millisecond)
}

// judgedAfterLoss is judged for a history of which some has been lost: what was lost is not
// linearizable with the rest, and is left out where time decides.
func judgedAfterLoss(t *testing.T, j *judge, commits []store.Commit, records []record) {
	t.Helper()
	require.NoError(t, j.extend(commits, records))
	require.NoError(t, j.check(records))
	kept := make([]record, 0, len(records))
	for _, r := range records {
		if in, _, ok := j.at(r.Result.Revision); ok && in == j.lost && r.Result.Outcome == done {
			continue
		}
		if in, _, ok := j.at(r.Result.Base); ok && in == j.lost {
			continue
		}
		kept = append(kept, r)
	}
	require.NoError(t, j.linearizable(kept))
	t.Logf("%d commits, %v", len(commits), tally(records))
}
