// Package gen draws random cases on which tests compare the engine with the
// oracle: a small schema with every operator, the tuples to load, transactions
// that follow, and the subjects to ask for.
//
// A property test draws them:
//
//	rapid.Check(t, func(t *rapid.T) { c := gen.Draw(t); … })
//
// and a long run takes them by number: gen.Cases().Example(seed). A case is
// meant to be asked about everything: each of its Objects, each relation, each of
// its Subjects, after 0, 1, … len(History) transactions, each time with what is
// Given then.
//
// Cases are small, so that a failure can be read, and biased towards what goes
// wrong: cycles in the data, exclusions that meet themselves, diamonds,
// wildcards under an exclusion, expiry at the very instant, objects that refer
// to themselves, usersets of permissions, and now and then a chain of more than
// 60 nested groups. A third of them have caveats, whose parameters have values
// from the tuples, from what questions give, from both or from neither, and some
// of which fail. [Shares] say how often these matter.
//
// [DrawRuled] draws cases of another kind, about the rules for writes: a schema
// with directives, whose permissions somebody has, what is loaded, and
// transactions, half of them on behalf of an actor. Most are mended until they
// keep the rules, by asking the oracle, and are given an actor who may, so that
// they commit often enough; [RuledShares] say how often, and why others do not.
package gen
