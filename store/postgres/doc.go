// Package postgres keeps the log of a store in a PostgreSQL database, so that it survives
// every process, and any number of processes share it. Each of them answers questions from
// its own memory, and the database is the truth.
//
//	log, err := postgres.Open(ctx, "postgres://localhost/app", postgres.Options{})
//
// [New] takes a pool that the application has already. Package store, and the engine
// on top of it, do the rest: see [store.Log] for what a log is.
//
// # The tables
//
// A store is a schema of the database, with tables that this package makes, and migrates when a
// newer version of it wants others. Several stores can be in one database under different names.
// They are meant to be read by operators, and by nobody to be written to:
//
//	SELECT * FROM baobab.tuple WHERE object_type = 'document' AND object_id = 'plan';
//	SELECT position, revision, at FROM baobab.log ORDER BY position DESC LIMIT 10;
//
// tuple has the tuples as they are at the head, log the commits that made them, in order and
// without a gap, and part the data of those that are larger than 256 KiB. store has one row: the version of the tables, the
// schema in force, and the lock. What is in the log is encoded and has a check sum, see [store.Commit]; what it is
// kept for is to be followed, so [Log.Compact] forgets what nobody needs any more. A tuple that has expired stays
// in its table until a Compact after a commit that was made later deletes it; so ask for those with
// expires IS NULL OR expires > now().
// The database has to be encoded in UTF8.
//
// # How it works
//
// The head is the last row of the log. A commit names its parent, and is inserted at the position after it if that is
// the head: this is one statement, together with what it changes among the tuples, so that an
// append of up to 1 MiB and 10,000 changed tuples takes one round trip. A group of
// commits is one such statement. No row is written by every commit, so that
// a transaction that somebody keeps open for hours slows nobody down; and no order is derived from sequences,
// transaction ids or clocks.
//
// Appenders take turns by a lock on the store's row. A process that is frozen or gone while it has the lock holds up
// others, who try again, for about twice [Options.Timeout] at most. A commit on another revision than the head is a
// [*store.ConflictError]. If the connection is lost and nobody knows whether a commit was made, the
// same call again finds out, by the commit's ID: it is in the log once, whatever happened.
//
// Followers read what comes after the revision that they have, and with it that revision itself. So they
// notice at their next look that a backup was restored or that a server took over that lacks commits
// ([store.ErrDiverged]). They look when they are notified, and every [Options.Poll] anyway. Notifications
// are sent after the commit, on their own, several commits in one: a transaction that
// notifies would make others wait.
//
// A [store.Snapshot] is one COPY of the tuples, from one transaction that sees one state.
//
// # What the server has to be
//
// PostgreSQL 14 or newer; the tests run on 15. Connections must lead to the primary: a standby refuses commits, and what it answers
// otherwise is refused here. [Open] takes several hosts and chooses the primary among them.
//
// A commit that was acknowledged is as durable as the server makes it, see synchronous_commit there. With a synchronous standby
// no acknowledged commit is lost when it takes over. Two things an operator can do are excepted: to let two servers be
// primary at once, and to cancel, in the server, a commit while it waits for the standby.
// After restoring a backup, call [Log.NewEpoch].
//
// A commit that waits for the standby longer than [Options.Timeout] is cancelled, and PostgreSQL then shows it to everybody
// although the standby does not have it; so it does after a crash. Its process acknowledges it only when the standby has it. Until
// then other processes may answer by it, and what they saw is lost if the standby takes over: they notice, as above.
//
// Statements keep nothing on a connection beyond their transaction, by default: no session state, no advisory lock, no
// prepared statement. So a pooler that gives each transaction another connection should do; it does not pass on notifications, for which
// there is [Options.ListenURL].
//
// # Cost
//
// Measured on one noisy machine of two cores, with PostgreSQL 15 on the same one, whose disk syncs in 0.1 ms; the benchmarks repeat
// it. Appending one commit of one tuple: 1 ms. A group of 64: 2.5 ms. The head: one indexed row; calls at the same time
// share it. A snapshot of a million tuples: 0.9 s, and 4.5 s to write them in one commit. A commit is seen by another
// process 1 ms after it was acknowledged, 3 ms at the 99th percentile. Compact deletes what has expired in 20 µs a tuple, 500 tuples
// in 10 ms, for which an append that changes one of them may have to wait.
package postgres
