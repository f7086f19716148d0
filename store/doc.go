// Package store keeps tuples in memory, in B-trees, and hands out immutable
// states of them: the newest, one of the past, one that is waited for, one that
// is only supposed.
//
//	s, err := store.Open(schema, store.Options{})
//	rev, err := s.Update(ctx, func(tx *store.Tx) error {
//		return tx.Create(tuple.MustParse("document:plan#viewer@user:ann").Always())
//	})
//	state, err := s.Now()
//	for rel, err := range state.Tuples(tuple.Filter{}) { … }
//
// Nothing survives the process of a store that [Open] returns: it is memory alone. One
// of [OpenLog] has a [Log].
//
// # How it works
//
// The newest state is one pointer. A transaction works on a clone of its
// trees, which copies what it changes, and replaces the pointer when it
// commits. So whoever reads sees all of a transaction or nothing of it, takes
// no lock, and keeps what it has read from as long as it likes. Transactions run
// one after the other, on the newest state; the function that is given to
// [Store.Update] decides on what nobody else can change before it commits.
//
// A [State] is a revision and an instant. The instant is the clock's when the
// state is made, but never earlier than the commit's or than what has been
// swept, so that a clock that runs backwards brings nothing back that a later
// commit has built on. All questions to the state are judged by it.
//
// Every commit has a [Revision], one more than the commit before. The store
// retains the changes of the newest commits, and pins a snapshot here and
// there; [Store.At] reconstructs a state from the nearest one, forwards or
// backwards. Options bound the history by count, age and bytes; what is gone is
// refused, never approximated.
//
// # A log
//
// With a log a transaction takes two steps more. What it comes to is appended to
// the log, as a [Commit], if nobody else has appended since the state that it was validated
// on; and only then published, and acknowledged. Transactions need not wait
// for each other's appending: each is validated on the one before, and those that wait go
// to the log together. If the one before fails, or another process was first, the
// function runs again, on the state that there is then. So transactions are strictly
// serializable across all processes that share the log, which itself has no rules to
// enforce.
//
// The store follows a log that others append to as well, and applies their commits as they
// arrive. [Store.Now] is the newest state that has arrived; [Store.AtLeast] waits for a
// revision; [Store.Latest] asks the log first what the newest one is. A process
// that is cut off goes on answering Now unless [Options.MaxStaleness] forbids it.
//
// A revision is a hash over all commits, so a store notices when the log is not the one that it
// has followed: a backup was restored, or a server took over that had not received
// the last commits. Then it answers nothing but [ErrDiverged] until it has built its
// index anew from the log. If it has only fallen behind so far that the commits it needs
// are compacted away, it answers from what it has until then. In neither case does anyone wait.
// Views taken before keep their tuples; the history begins anew. The clocks of the
// processes order nothing; they should agree as well as expiries are to be exact.
//
// # Expiry
//
// A tuple that expires does not exist from that very instant on: no question
// sees it, Create may create it again, Delete passes over it, no filter
// matches it. It is still stored, so that an earlier state and [State.AsOf]
// an earlier instant have it, until it is swept: some time after its expiry, by
// a later commit or [Store.Sweep]. The history notes what was swept, and so
// At stays exact; AsOf an instant at which it existed is then [ErrSwept]. A
// relationship may be stored that has expired already, as an import of old
// ones does. A log has the tuples that have expired until it is compacted, see
// [Log.Compact]: what a store sweeps it sweeps from memory. What had expired by
// the newest commit when it was opened it passes over, whether the log has it or not,
// so that AsOf an instant before that commit is ErrSwept too.
//
// # The rules of the schema
//
// The directives of a schema (see package schema) are decided at commit, on what
// the transaction comes to. Counts, on-delete and expires-within hold whoever
// writes; what breaks them is a [*ConstraintError]. Guards hold for what is
// written on an actor's behalf, with [Store.UpdateAs]. This package does not
// evaluate permissions: an [Actor] brings a [Judge] who does. Guards are decided
// before the others, so that who may not write learns nothing else.
//
// [Store.SetSchema] puts another schema in place, in one commit. A tuple that it
// does not admit is in the way, unless it is set aside: kept where nothing sees
// it until a schema admits it again.
//
// # Who watches
//
// [Store.Watch] goes through the commits in order: what was added and removed, the
// actor, and the note that the transaction left. It reads from the retained
// history, so a watcher that lags costs the writer nothing, and is told when
// commits that it has not seen are no longer retained.
//
// # What it refuses
//
// A relationship must be well-formed (the errors of package tuple) and be
// admitted by the schema (those of package schema) when it is written or
// supposed with [State.With]; what is refused names the tuple and the rule, and
// changes nothing. An append whose outcome the log does not tell is repeated until it does; whoever stops
// waiting for that gets an [*UnknownError]. Calling what waits for the turn to write from within a
// transaction is [ErrReentrant]. A closed store, and every state of it, answers
// nothing but [ErrClosed].
//
// # Cost
//
// Measured on one noisy machine of two cores, at 100,000 tuples and more; the
// benchmarks of this package and of the module bench repeat it. Now: 0.1 µs and one
// allocation. A commit of one tuple: 6 to 12 µs, and 4 µs more if its object has a
// count. In transactions of 100: 2 µs a tuple. In bulk, where no more is stored than
// is written at once: 0.7 µs a tuple. With and Without
// cost the size of what is supposed, not of the store. A retained change takes
// 40 bytes and its qualifiers, a pinned snapshot up to 3 KB a change since then,
// or as much as a copy of the store.
//
// An object has an id, which takes about 60 bytes, once a transaction has named it,
// committed or not. Now and then a commit gives back those of objects that nothing
// names any more, see [Options.CompactAt] and [Store.Compact], and then takes half a
// second for a million tuples.
package store
