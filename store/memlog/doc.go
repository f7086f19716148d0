// Package memlog is a log in memory, which any number of stores of one process can
// share. It is there to be read, as the shortest program that keeps the contract of
// [store.Log], and for tests of what several stores do with one log.
//
//	truth := memlog.New()
//	a, err := store.OpenLog(ctx, truth.Open(), …)
//	b, err := store.OpenLog(ctx, truth.Open(), …)
//
// Nothing survives the process.
//
// # How it works
//
// A [Log] is the truth: the tuples up to some commit, and the commits after it, encoded
// as every log would write them. One lock guards both. [Log.Open] returns a handle of
// it, which is a store.Log: closing it ends that handle alone, so that every store can
// close what it was given.
//
// Commits go through the encoding on their way in and on their way out, so that a test
// with this log tests that as well.
//
// # Tests of divergence
//
// [Log.Lose] takes the newest commits away, as another server does that takes over
// without them. [Log.Fork] begins another epoch, as a backup does that is restored. Both
// make wrong what a store has seen of the log, and stores have to notice.
//
// # Cost
//
// An Append costs an encoding and a decoding. A Snapshot goes through all tuples and all
// commits that are not compacted, and so does a Compact. A Tail that waits costs one
// goroutine of the caller, and is woken by each Append.
package memlog
