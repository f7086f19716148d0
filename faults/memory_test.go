package faults

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/logtest"
	"github.com/baobab-authz/baobab/store/memlog"
)

// A local is an engine of this process.
type local struct{ *baobab.Engine }

func (l local) do(o op) (result, int, error) { return perform(l.Engine, o), 0, nil }

// openLocal opens an engine that is closed with the test.
func openLocal(t *testing.T, log store.Log) local {
	t.Helper()
	engine, err := baobab.OpenLog(context.Background(), log, schemaOf(), baobab.Options{Store: store.Options{
		Logger: slog.New(slog.DiscardHandler), CheckEachCommit: true,
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	return local{engine}
}

// commitsOf reads a log from a revision to its head.
func commitsOf(t *testing.T, log store.Log, after store.Revision) []store.Commit {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	head, err := log.Head(ctx)
	require.NoError(t, err)
	if head == after {
		return nil
	}
	var commits []store.Commit
	for c, err := range log.Tail(ctx, after) {
		require.NoError(t, err)
		if commits = append(commits, c); c.Revision == head {
			break
		}
	}
	return commits
}

// settled asks every target for a digest of the newest state, so that the history ends with
// all of them agreeing with the log. A target whose log does not answer within its bounds, as that of
// a busy machine may not, is asked again.
func (l *load) settled(t *testing.T) {
	t.Helper()
	for i, target := range l.targets {
		for deadline := time.Now().Add(patience); ; {
			r := l.ask(i, target, op{ID: l.history.id(), Kind: digest, Level: latest, Timeout: int(patience.Milliseconds())})
			if r.Outcome == failed && r.Code == "stale" && time.Now().Before(deadline) {
				continue
			}
			require.Equal(t, done, r.Outcome, "target %d: %s", i, r.Err)
			break
		}
	}
}

// judged makes sure that a whole history agrees with the log, and is linearizable.
func judged(t *testing.T, j *judge, commits []store.Commit, records []record) {
	t.Helper()
	require.NoError(t, j.extend(commits, records))
	require.NoError(t, j.check(records))
	require.NoError(t, j.linearizable(records))
	wait, what := slowest(records)
	t.Logf("%d commits, %v; the longest wait was %v, for a %s", len(commits), tally(records), wait.Round(time.Millisecond), what)
}

func TestEnginesOnAFaultyLog(t *testing.T) {
	for seed := range uint64(form(3, 100)) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			truth := memlog.New()
			log := truth.Open()
			origin, err := log.Head(context.Background())
			require.NoError(t, err)
			openLocal(t, truth.Open()) // which makes the first commit
			faults := &logtest.Faults{Seed: seed, Before: .1, After: .1, Late: .1, Head: .05, Snapshot: .2, Break: .02, Compact: .2,
				Slow: .2, Delay: 3 * time.Millisecond}
			load := &load{history: newHistory(), turnover: 100 * time.Millisecond}
			for range 3 {
				load.targets = append(load.targets, openFaulty(t, truth, faults))
			}
			records := load.run(t, form(400*time.Millisecond, time.Second))
			require.Positive(t, faults.Injected())
			faults.Stop()
			load.settled(t)
			records = append(records, load.history.take()...)
			judged(t, newJudge(origin), commitsOf(t, log, origin), records)
		})
	}
}

// openFaulty opens an engine on a log that may fail while it does so.
func openFaulty(t *testing.T, truth *memlog.Log, faults *logtest.Faults) local {
	t.Helper()
	for range 50 {
		engine, err := baobab.OpenLog(context.Background(), logtest.Faulty(truth.Open(), faults), schemaOf(), baobab.Options{
			Store: store.Options{Logger: slog.New(slog.DiscardHandler), CheckEachCommit: true}})
		if err == nil {
			t.Cleanup(func() { require.NoError(t, engine.Close()) })
			return local{engine}
		}
		require.ErrorIs(t, err, logtest.ErrInjected)
	}
	require.Fail(t, "it cannot be opened")
	return local{}
}
