// Package logtest tests whether a log keeps the contract of [store.Log], and breaks
// logs that do, for tests of who uses them.
//
// Whoever writes a log runs all checks on it:
//
//	func TestLog(t *testing.T) {
//		logtest.Run(t, func(t testing.TB) logtest.Target {
//			path := filepath.Join(t.TempDir(), "log")
//			return logtest.Target{Open: func() (store.Log, error) { return mylog.Open(path) }}
//		})
//	}
//
// # How it works
//
// The function that [Run] is given makes a new log, without commits. Each check asks
// for one or more, opens each as often as it can be, and compares what it does with a
// model: the list of commits, and the tuples that they make. Beside single calls with
// what is hard to store there are goroutines that compete, and random sequences of
// operations (package rapid, whose flags work here: -rapid.checks says how many).
//
// A log that is not [store.Exclusive] is opened several times at once, as by several
// processes, and a commit that one handle appends has to be seen by all. An Exclusive
// one is opened again after it was closed.
//
// Waiting is on what has to happen, for [Target.Patience] at most; a log that is slow
// is not a log that fails.
//
// # Faults
//
// [Faulty] wraps a log so that its calls fail, some before and some after they have
// done what they should, its Tails break off, and everything is late; as much as the
// contract allows, and the same again for the same seed.
//
// # Cost
//
// A run makes a few hundred logs and some ten thousand commits, one of 200,000 tuples
// (20,000 with -short): a few seconds of processor time, and what the log waits for its
// disk.
package logtest
