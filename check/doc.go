// Package check decides whether a tuple holds, and says why.
//
// A question object#relation@subject is asked of one [store.State]. The answer
// is that of the well-founded model of the schema's rules over the state's
// tuples, which docs/SEMANTICS.md states: the least fixpoint where no cycle
// passes through an exclusion, the alternating fixpoint where one does, and
// [ErrCycle] for what neither holds nor fails to hold.
//
// # How it works
//
// Most questions are decided without a search, from rosters: all tuples of an
// object in a row (package index). The rule of a permission is compiled so that the
// relations that it unites are one pass over the object's roster, which looks for the
// subject, for its wildcard, and for groups that the subject is in; arrows lead on to
// other rosters. Which groups a subject is in (its closure) is found upwards from
// the subject, once, from the closures of the groups that it is in directly, and kept
// until a tuple changes that leads up from the subject or from one of its groups.
// So a check neither goes through the members of a group nor through the groups of
// an object, however deep they nest, and allocates nothing. It is a plain recursion
// that gives up where it meets a caveat or a cycle of objects, or goes on for long;
// where it ends, it has found all there is, and its answer is that of the model.
//
// What such a check costs is mostly the time for which it waits for memory, about six
// accesses one after the other. A [Prepared] subject saves two of them, and
// [Evaluator.CheckAll] makes those of many questions at the same time.
//
// The others are left to a search, which decides everything. The subject of a
// question is fixed, so what is left to decide are goals: an
// object and a relation each. The evaluator explores them depth first from the
// goal that is asked, on a stack of its own, each at most once, and takes note
// of who waits for whom. A goal is decided as soon as what is known decides
// it; a goal that is reached again while it is still open is waited for, never
// assumed to fail. When a set of goals waits only for members of itself (a
// strongly connected component, found by Tarjan's algorithm), what in it
// cannot be derived even in the best case is false, and what then still hangs
// on its own denial is undefined.
//
// A stored tuple with a caveat leads on as far as its condition holds. Where that
// is undecided, for want of a parameter or because it went wrong, what depends
// on it is unsure, together with the causes; so is what hangs on its own denial.
// Causes go up with the answer: an unsure answer is [ErrCondition] if one of them
// is a failure, otherwise [ErrCycle] if one is a denial of its own, and otherwise
// conditional on the missing parameters.
//
// So every answer that is stored anywhere is final, and none depends on the
// order of evaluation. There is no depth limit. Goals that no tuple could make
// true for the kind of subject, as far as the schema tells, are not explored.
//
// # What is kept
//
// A decision that took a search of more than about a microsecond is kept in a [Cache],
// if the question is asked again or took very long, and found there as long as it is
// right: until a tuple changes of a relation that its rule can reach, or one expires
// that the search looked at. What the rule can reach, and the parameters that caveats
// on the way can read, is known from the schema; the relations' epochs (package index)
// say whether their tuples are the same. So there is no time to live, commits
// elsewhere empty nothing, and a view of the past is never answered by the present.
// Errors are not kept, nor is what is asked of a hypothetical or a pending state. What
// rosters decide is not kept either: that mostly costs no more than to look it up.
//
// # What it costs
//
// A question costs time and memory linear in the part of the graph that it
// reaches before it is decided: the goals, and the tuples of their relations
// that have usersets or follow arrows as subjects. Members of a group are not
// iterated but looked up. A caveat that is evaluated counts as 16 steps, and as
// more if its condition says so ([schema.Prepared]). Only a cycle through
// exclusions can cost more, up to the square of its size.
// [Options] bound the work of a question, and its context is looked at about
// every thousand steps.
//
// A deny is never an error, and an error is always a deny.
package check
