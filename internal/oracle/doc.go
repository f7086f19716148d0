// Package oracle answers questions as docs/SEMANTICS.md defines them, and in
// no other way: it is slow, and meant to be obviously right. Tests compare the
// engine with it; nothing else uses it.
//
// It shares no code with the engine but the facts of package tuple. A [Schema]
// is written as Go values, a [State] is a set of relationships to which
// transactions apply, and a [Model] holds the answers for one state at one
// instant:
//
//	m := oracle.NewModel(schema, state.Relationships(), now, given)
//	m.Holds(tuple.MustParse("doc:1#view@user:ann")) // True, False, Undefined, Failed or Missing(…)
//
// For one subject, every relation of every object is an atom, and so is every
// subexpression of its rewrite: ground.go turns the state into rules over these
// atoms, one for one as the page's table says, and fixpoint.go computes the
// well-founded model of the rules by the alternating fixpoint. There is no
// search, no recursion over the data, no memo that could be wrong. A subject
// costs a few passes over all atoms; a model keeps the values of each subject
// that it was asked about.
//
// Lists ask a model about every object or subject that could be an entry: list.go
// says which are, and named.go whom the tuples name beside a wildcard.
//
// A [Schema] may have directives, and then [Schema.Commit] decides a transaction
// by the rules for writes: pending.go applies the operations and follows
// cascades, count.go counts in every group there is, before and after, and
// guard.go asks models of the two states.
//
// Caveats are written in a language of a few operators that mean what they mean
// in CEL: condition.go decides the condition of each relationship once, before
// all else, and ground.go makes an atom of one that is undecided. undecided.go
// follows what an undecided answer hangs on. [Conditions] lends the language to
// an engine; it is all that knows of one.
package oracle
