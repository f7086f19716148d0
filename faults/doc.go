// Package faults tests engines on logs while what they stand on fails: processes are killed
// and frozen, connections cut and held up, database servers killed and replaced.
//
// It has no code for users, only tests, in a module of their own because of what they need.
//
//	go test ./faults                       the short form, some seconds for each scenario
//	BAOBAB_FAULTS=long go test -timeout 60m -v ./faults
//
// # How it works
//
// A driver starts nodes, which are processes with an engine on a log (or, in one scenario,
// engines in the driver's own process), and has many clients that ask them to do something to
// small objects: to count, to take, give back and lend what one at a time can own, and to
// read. It does harm to them in the meantime, and writes down what was asked and answered, and when.
// In the end it reads the whole log, from its first commit, and judges what it has written down:
//
//   - The log is a history: dense, each commit made on the one before, its hash right, each
//     state within the schema's rules.
//   - Each commit is one of the transactions that were asked for, once, and did exactly what
//     that one does to the state before it. Each that was acknowledged is there, at the revision that
//     was returned, and none that is said to have failed is.
//   - What was read is exactly the state at the revision that it came with. It is as new as
//     was asked for: a Latest has all that anybody had been told before it was asked, an AtLeast
//     its token, and what one process shows never goes back.
//   - Porcupine finds an order of all transactions and Latest reads that explains them,
//     without a look at the log or at revisions.
//
// What became of a transaction that was not answered, or with an UnknownError, is open until the end.
// TestJudge… make sure that the judges notice what is wrong.
package faults
