package logtest_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/logtest"
	"github.com/baobab-authz/baobab/store/memlog"
)

// accepts runs every check but the largest, which package memlog runs.
func accepts(t *testing.T, open func(testing.TB) logtest.Target) {
	for _, name := range logtest.CheckNames() {
		if name != "LargeCommit" {
			t.Run(name, func(t *testing.T) { logtest.RunCheck(t, name, open) })
		}
	}
}

type exclusive struct{ store.Log }

func (exclusive) Exclusive() {}

// TestExclusive runs the suite on a log that must not be open twice.
func TestExclusive(t *testing.T) {
	accepts(t, func(testing.TB) logtest.Target {
		truth := memlog.New()
		var open *altered
		return logtest.Target{Open: func() (store.Log, error) {
			if open != nil {
				return nil, errors.New("it is open already")
			}
			a := &altered{Log: truth.Open()}
			a.close = func() error {
				if open == a {
					open = nil
				}
				return a.Log.Close()
			}
			open = a
			return exclusive{a}, nil
		}}
	})
}

// TestVolatile runs the suite on a log that can be opened once.
func TestVolatile(t *testing.T) {
	accepts(t, func(testing.TB) logtest.Target {
		opened := false
		return logtest.Target{Volatile: true, Open: func() (store.Log, error) {
			if opened {
				return nil, errors.New("it was opened before")
			}
			opened = true
			return memlog.New().Open(), nil
		}}
	})
}

// TestFaultyWithoutFaults runs the suite on the wrapper alone.
func TestFaultyWithoutFaults(t *testing.T) {
	accepts(t, func(testing.TB) logtest.Target {
		truth := memlog.New()
		return logtest.Target{Open: func() (store.Log, error) { return logtest.Faulty(truth.Open(), &logtest.Faults{}), nil }}
	})
}

// TestFaultsKeepTheContract runs the suite on a log that fails all the time, and on which
// somebody does what the contract says has to be done then: repeats what may be repeated,
// and resumes Tails. Were a fault more than the contract allows, this would not do.
func TestFaultsKeepTheContract(t *testing.T) {
	seed, injected := uint64(0), 0
	accepts(t, func(t testing.TB) logtest.Target {
		truth := memlog.New()
		return logtest.Target{Open: func() (store.Log, error) {
			seed++
			faults := &logtest.Faults{Seed: seed, Before: .1, After: .2, Late: .2, Head: .2, Snapshot: .3, Break: .2, Compact: .2}
			t.Cleanup(func() { injected += faults.Injected() })
			return persistent{logtest.Faulty(truth.Open(), faults)}, nil
		}}
	})
	require.Greater(t, injected, 1000)
}

// A persistent log tries again when there was a fault.
type persistent struct{ store.Log }

func persist(f func() error) {
	for errors.Is(f(), logtest.ErrInjected) {
	}
}

func (p persistent) Append(ctx context.Context, commits []store.Commit) (err error) {
	persist(func() error { err = p.Log.Append(ctx, commits); return err })
	return err
}

func (p persistent) Head(ctx context.Context) (head store.Revision, err error) {
	persist(func() error { head, err = p.Log.Head(ctx); return err })
	return head, err
}

func (p persistent) Compact(ctx context.Context, keep uint64) (err error) {
	persist(func() error { err = p.Log.Compact(ctx, keep); return err })
	return err
}

// Snapshot takes one as a whole, and again if it breaks off.
func (p persistent) Snapshot(ctx context.Context) (snap *store.Snapshot, err error) {
	persist(func() error {
		if snap, err = p.Log.Snapshot(ctx); err != nil {
			return err
		}
		var all []store.Stored
		for s, broken := range snap.Tuples {
			if err = broken; err != nil {
				return err
			}
			all = append(all, s)
		}
		snap.Tuples = func(yield func(store.Stored, error) bool) {
			for _, s := range all {
				if !yield(s, nil) {
					return
				}
			}
		}
		return nil
	})
	return snap, err
}

func (p persistent) Tail(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		persist(func() (broken error) {
			for c, err := range p.Log.Tail(ctx, after) {
				if errors.Is(err, logtest.ErrInjected) {
					return err
				}
				if !yield(c, err) {
					return nil
				}
				after = c.Revision
			}
			return nil
		})
	}
}

// TestRunRefuses runs the suite as its users do, in a process of its own: on a broken log
// the checks that find it out fail, and the others pass.
func TestRunRefuses(t *testing.T) {
	const environment = "BAOBAB_LOGTEST_BROKEN"
	find := func(name string) broken {
		all := brokens()
		return all[slices.IndexFunc(all, func(b broken) bool { return b.name == name })]
	}
	if name := os.Getenv(environment); name != "" {
		logtest.Run(t, find(name).within(time.Minute))
		return
	}
	for name, want := range map[string][]string{
		"drops caveats":         {"--- FAIL: TestRunRefuses/SnapshotOfEveryTuple", "--- PASS: TestRunRefuses/ConflictAtEveryParent"},
		"fails without commits": {"--- FAIL: TestRunRefuses/AppendNothing", "--- PASS: TestRunRefuses/SnapshotOfEveryTuple"},
		"keeps one commit less": {"--- FAIL: TestRunRefuses/CompactKeepsNewest", "--- PASS: TestRunRefuses/TailWaits"},
		"fails to close":        {"--- FAIL: TestRunRefuses/CloseEndsCalls", "--- PASS: TestRunRefuses/AppendOne"},
		"refuses large groups":  {"--- FAIL: TestRunRefuses/LargeGroup", "--- PASS: TestRunRefuses/LargeCommit"},
		"ignores the parent":    {"--- FAIL: TestRunRefuses/RandomOperations", "--- PASS: TestRunRefuses/AppendGroup"},
	} {
		run := exec.Command(os.Args[0], "-test.run", "^TestRunRefuses$", "-test.v", "-test.short")
		run.Env = append(os.Environ(), environment+"="+name)
		said, err := run.CombinedOutput()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit, "%s", said)
		for _, line := range want {
			require.Contains(t, string(said), line, name)
		}
	}
}

// TestTuplesAreValid: what the suite stores is what a store would, so a log that refuses
// it is wrong.
func TestTuplesAreValid(t *testing.T) {
	seen := map[string]bool{}
	for _, tup := range logtest.Tuples() {
		require.NoError(t, tup.Validate())
		require.False(t, seen[tup.String()], "%q is there twice", tup)
		seen[tup.String()] = true
	}
}
