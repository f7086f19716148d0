// Package expand says who has what: it lists objects and subjects, and shows the
// tree of usersets behind a permission.
//
// # Lists
//
// A [Lister] answers the three questions that a check does not: which objects a
// subject has a permission on ([Lister.Objects]), which subjects have a permission
// on an object ([Lister.Subjects]), and which permissions a subject has on an object
// ([Lister.Permissions]). docs/SEMANTICS.md says under "Lists" exactly what is in
// them: of every candidate they say what a check says.
//
// Entries are sorted by id, unless the list is [Unordered], and none comes twice. One that hangs on a missing
// parameter is conditional and names it; one that is an error is in the list as
// that error, and the list goes on. Every other error ends the list, and a list
// that ends without an error is complete: nothing is left out for a depth, a
// number or a time. [Limit] and [After] take a list apart into pages.
//
// Objects are found from the subject upwards, through the index by subject, and only
// along steps that can lead to the wanted permission; subjects from the object
// downwards. What is reached along unions, computed usersets, usersets and arrows
// holds, and is listed without further question. What is reached through an
// intersection, an exclusion, an arrow over all or an undecided caveat is only a
// candidate, and is checked when the loop arrives at it; the checks of objects share
// what they find out. Below exclusions most subjects need no check: who is named on no
// right side is not excluded.
//
// A page of a list costs what its entries cost, but for the first one. What is found
// for it, the candidates and never an answer, is kept for the next page, whichever
// comes first: by the revision and the instants at which it is right, the subject and
// the permission ([ListerOptions]). It holds no snapshot alive, and is there until
// lists that were read later take its place. Views that are hypothetical or pending
// find their lists anew for each page, and so do those that are given values for
// caveats, if one was met.
//
// A wildcard cannot be listed by name. Its entry stands for everyone of its type
// except those whom it names: user:* except ann. For that, whoever stands on the right
// side of an exclusion is looked for as well, if the wildcard has the permission.
//
// # Trees
//
// [Expand] answers Zanzibar's question of that name: given an object and a
// relation or permission, it returns the tree by which the schema's rewrites
// and the stored tuples make up its subjects. A check says whether one subject
// is among them; the tree shows all of them, and how each comes to be there. It
// is for people who look at their permissions and for interfaces that show
// them:
//
//	doc:plan#view = union
//	├─ doc:plan#viewer
//	│  ├─ team:eng#member
//	│  │  ├─ team:ops#member  (not expanded)
//	│  │  └─ user:ann
//	│  └─ user:bob
//	└─ parent->view
//	   └─ folder:q3#view = union
//	      ├─ folder:q3#reader  (no tuples)
//	      └─ parent->view  (no tuples)
//
// # What is in a tree
//
// A [Tree] consists of [Node] values, plain structs. The root is the userset
// that was asked for. A userset's child says who is in it: an operator, an
// arrow, another userset of the same object, or its stored tuples. Below an
// operator stand its operands, below an arrow and below tuples a node for each
// tuple, in the order of the tuples' subjects.
//
// A userset stands in full once, where it comes first in the order of reading,
// and is named everywhere else. So the tree is no larger than the tuples that
// it is made of: a ladder of diamonds, whose paths double with every rung, is
// linear in it. Tuples that lead in a circle show as a userset marked [Cycle].
//
// Options.Depth says how far the tree goes. It counts the tuples that lead to
// a userset on the shortest way, so that what is shown depends on the data and
// not on the order of branches: a userset within the depth is in full wherever
// it comes first, even if that is at the end of a longer way.
//
// # What it does not say
//
// The tree is what is stored, read once, and not evaluated. Whoever holds the
// permission follows from it by the operators: the right side of an exclusion
// is in the tree as well as the left one. A tuple with a caveat is shown with
// it, whether or not it holds; one that has expired is not there. A wildcard is
// shown, and stands for the subjects of its type. That every userset contains
// itself goes without saying.
//
// An arrow passes over a tuple whose subject is a wildcard or of a type without
// the target, which the tree shows with the reason ([KindSkipped]). If all that
// the arrow leads to must agree, such a tuple means that nobody does.
//
// # Forms
//
// A tree prints as text ([Tree.String]), as JSON (see [Tree]), and as a picture
// for Graphviz ([Tree.WriteDot]) and Mermaid ([Tree.WriteMermaid]). Ids and
// contexts come from users, and pictures end up in browsers: every label is
// escaped, and no id can change the picture or bring in markup. All forms are
// linear in the tree, and none recurses into its depth: a chain of 100,000
// groups prints.
//
// # Cost and concurrency
//
// Expand reads one state, which never changes, so that a tree never mixes two.
// It may be called by any number of goroutines. Time and memory are linear in
// the nodes of the tree; Options bound them, and a tree that would be larger is
// [ErrTooLarge], never one with something left out in silence.
package expand
