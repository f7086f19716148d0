package logtest

import (
	"testing"
	"time"

	"github.com/baobab-authz/baobab/store"
)

// A Target is a log to be tested, and what is to be known about it.
type Target struct {
	// Open opens the log: the same one every time, and the first time one without
	// commits. It is called while the log is open already, unless the log is
	// [store.Exclusive] or Volatile. What is opened is closed by the check.
	Open func() (store.Log, error)

	// Volatile says that closing the log loses it: it is opened once only, and nothing
	// is checked that needs another time. A log whose handles share what outlives them
	// is not volatile, though it be in memory.
	Volatile bool

	// Patience is how long a check waits for what a log has to do before it fails; a
	// minute if it is zero.
	Patience time.Duration
}

// Run runs every check as a test of its own below t, each on new logs, that make
// returns. The TB that make is given is that test's: its Cleanup runs after everything
// that was opened is closed.
func Run(t *testing.T, make func(t testing.TB) Target) {
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) { c.run(env{t, make}) })
	}
}

// A check is one test of the suite.
type check struct {
	name string
	run  func(env)
}

// checks returns all of them.
func checks() []check {
	var all []check
	for _, some := range [][]check{
		appendChecks(), settleChecks(), tailChecks(), positionChecks(), snapshotChecks(), compactChecks(),
		closeChecks(), contextChecks(), raceChecks(), largeChecks(), machineChecks(),
	} {
		all = append(all, some...)
	}
	return all
}

// An env is what a check is run in.
type env struct {
	t    testing.TB
	make func(testing.TB) Target
}

// world returns a new log, opened, and closes it when the check is over.
func (e env) world() *world {
	e.t.Helper()
	w := newWorld(e.t, e.make(e.t))
	e.t.Cleanup(w.end)
	return w
}
