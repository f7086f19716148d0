// Package baobab is a permission engine that a server imports: the SQLite of
// authorization. It keeps relationship tuples in memory, in B-trees, and
// decides by the rules of a schema whether a subject may do something to an
// object, exactly, from one consistent snapshot.
//
//	eng, err := baobab.Open(s, baobab.Options{})
//	rev, err := eng.Write(ctx, tuple.MustParseRelationship("document:plan#owner@user:ann"))
//	d, err := eng.Check(ctx, tuple.MustParse("document:plan#view@user:ann"))
//	if err != nil || !d.Allowed() { … refuse … }
//
// Nothing survives the process of such an engine: it is in memory alone. One from
// [OpenLog] has a log, in which every commit is durable before it is acknowledged: a file
// (package store/bolt), or a database that processes share (package
// store/postgres). What is in memory is the same, and as fast.
//
// # Views
//
// Every question is asked of one [View]: the state at one revision, judged at
// one instant. [Engine.Now] is the newest; [Engine.At] goes back to an earlier
// revision; [Engine.AtLeast] waits for one, so that who wrote reads what was
// written; [View.With] and [View.Without] ask what if; [View.AsOf] judges
// expiry at another instant; [View.Given] has values for the parameters of
// caveats. The questions of [Engine] are shorthand for those of Now.
//
// Where processes share a log, Now is what this one has seen of it so far. AtLeast waits for the commit
// whose revision someone sent along, and [Engine.Latest] for all that anyone has committed
// before the call. Neither returns a state that is older than that: when the context
// ends first, the error is [store.ErrStale].
//
// Beside [View.Check] there are lists: [View.Objects], everything that a subject may
// view; [View.Subjects], everyone who may view an object; [View.Permissions], all that
// a subject may do to an object. [View.Explain] says why, and [View.Expand] shows how.
//
// # Decisions and errors
//
// A deny is never an error, and an error is never an allow: whatever fails
// (a cancelled context, an exceeded budget, an unknown type, a closed engine, a
// caveat that goes wrong) returns an error together with a deny. What depends on
// parameters that nobody gave a value is neither allowed nor denied: it is
// conditional, and names them.
//
// A schema with caveats needs something that evaluates them, in Options.Caveats;
// the module's package caveat does it in CEL, and is a module of its own so that
// whoever has no caveats does not compile it.
//
// # Writing
//
// [Engine.Update] runs a function on a pending state, one at a time. It writes
// with the methods of [Tx] (Create, Touch, Delete, DeleteMatching, DeleteObject),
// states preconditions (Require, Forbid), and asks the pending state every
// question that a view answers. What it wrote is committed whole or not at all.
// Preconditions and filters look at stored tuples; to depend on a permission, a
// function asks tx.Check.
//
// The schema can have rules of its own for what is written, as directives (see
// package schema): how many tuples there may be, what becomes of them when an
// object is deleted, how long they may last, and what an actor needs in order to
// write them. They are decided at commit, whoever writes; the last of them under
// [Engine.UpdateAs], which writes on an actor's behalf. A refused commit names the
// tuple and the rule, and changes nothing.
//
// [Engine.Watch] returns every commit in order, with what it added and removed, who
// it was for and why. [Engine.SetSchema] changes the schema while the engine answers.
//
// # Concurrency and cost
//
// An Engine, a View and a Principal are safe for use by many goroutines; a Tx
// belongs to the function that it was given to. Now and every question take no
// lock: readers and writers do not wait for each other. Each method says what it
// costs, n being the number of tuples stored.
package baobab
