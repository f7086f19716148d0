package logtest_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/logtest"
	"github.com/baobab-authz/baobab/store/memlog"
)

// An altered log is a log some of whose methods are others.
type altered struct {
	store.Log
	append   func(context.Context, []store.Commit) error
	head     func(context.Context) (store.Revision, error)
	snapshot func(context.Context) (*store.Snapshot, error)
	tail     func(context.Context, store.Revision) iter.Seq2[store.Commit, error]
	compact  func(context.Context, uint64) error
	close    func() error
}

func (a *altered) Append(ctx context.Context, commits []store.Commit) error {
	if a.append != nil {
		return a.append(ctx, commits)
	}
	return a.Log.Append(ctx, commits)
}

func (a *altered) Head(ctx context.Context) (store.Revision, error) {
	if a.head != nil {
		return a.head(ctx)
	}
	return a.Log.Head(ctx)
}

func (a *altered) Snapshot(ctx context.Context) (*store.Snapshot, error) {
	if a.snapshot != nil {
		return a.snapshot(ctx)
	}
	return a.Log.Snapshot(ctx)
}

func (a *altered) Tail(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
	if a.tail != nil {
		return a.tail(ctx, after)
	}
	return a.Log.Tail(ctx, after)
}

func (a *altered) Compact(ctx context.Context, keep uint64) error {
	if a.compact != nil {
		return a.compact(ctx, keep)
	}
	return a.Log.Compact(ctx, keep)
}

func (a *altered) Close() error {
	if a.close != nil {
		return a.close()
	}
	return a.Log.Close()
}

// A broken log keeps the contract but for one thing.
type broken struct {
	name string
	by   []string // the checks that must refuse it
	says string   // what each of them has to say, or some of it

	// alter makes a handle of a log break it. The truth is there for what all handles
	// must break together.
	alter func(truth *memlog.Log, a *altered)
}

// within returns new broken logs, with which checks have some patience.
func (b broken) within(patience time.Duration) func(testing.TB) logtest.Target {
	return func(testing.TB) logtest.Target {
		truth := memlog.New()
		return logtest.Target{Patience: patience, Open: func() (store.Log, error) {
			a := &altered{Log: truth.Open()}
			b.alter(truth, a)
			return a, nil
		}}
	}
}

// patiences are what the checks have with broken logs. One that is refused because the
// machine is slow is refused with another message than it has to be; then they
// have more.
func patiences() []time.Duration {
	return []time.Duration{500 * time.Millisecond, 5 * time.Second, time.Minute}
}

func brokens() []broken {
	return slices.Concat(brokenAppends(), brokenSettling(), brokenTails(), brokenSnapshots(), brokenTuples(), brokenCompactions(), brokenForgetting(), brokenEnds())
}

// TestBrokenLogsAreRefused runs the suite on logs that break the contract.
func TestBrokenLogsAreRefused(t *testing.T) {
	for _, b := range brokens() {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, b.by)
			for _, name := range b.by {
				if name == random { // it may meet anything first, or nothing for some time
					failed := false
					for try := 0; try < 5 && !failed; try++ {
						_, failed = listen(t, name, b.within(patiences()[0]))
					}
					require.True(t, failed, "%s accepts it", name)
					continue
				}
				var said string
				for _, patience := range patiences() {
					var failed bool
					said, failed = listen(t, name, b.within(patience))
					require.True(t, failed, "%s accepts it", name)
					if strings.Contains(said, b.says) {
						break
					}
				}
				require.Contains(t, said, b.says, name)
			}
		})
	}
}

const random = "RandomOperations"

// TestEveryCheckCanFail asks for a broken log that each check refuses.
func TestEveryCheckCanFail(t *testing.T) {
	var refusing []string
	for _, b := range brokens() {
		refusing = append(refusing, b.by...)
	}
	for _, name := range logtest.CheckNames() {
		require.Contains(t, refusing, name, "no broken log is there that this check refuses")
	}
}

// TestRecorderAccepts is the control: a log that is not broken passes, run as the broken
// ones are.
func TestRecorderAccepts(t *testing.T) {
	sound := broken{alter: func(*memlog.Log, *altered) {}}
	for _, name := range logtest.CheckNames() {
		said, failed := listen(t, name, sound.within(time.Minute))
		require.False(t, failed, "%s: %s", name, said)
	}
}
