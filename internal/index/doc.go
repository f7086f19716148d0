// Package index holds tuples in B-trees: the dictionary of ids, the two trees,
// what qualifies tuples, and the reader that evaluators ask. Package store
// makes transactions, revisions and history of it.
//
// # Keys
//
// A [Dict] interns each object, a type and an id, as an [ID] of 32 bits, and
// each name of a type or relation as a [Name] of 16. A tuple is then a [Key] of
// 16 bytes without a pointer, which the garbage collector does not look into.
// What qualifies a tuple (a caveat, its context, an expiry) is kept aside, in
// a [Qualifier] that the key refers to by number; most tuples have none.
//
// # Trees
//
// A [Snapshot] is one immutable state of the tuples:
//
//	forward     {object, relation, subject relation, subject}
//	reverse     {subject, subject relation, relation, object}
//	qualifiers  {number} with its Qualifier
//	expiries    {instant, tuple}, which orders what is to be swept
//
// all of them google/btree's BTreeG of degree 32. The forward order keeps the
// usersets of object#relation together, so that nested groups are found
// without passing over the users; the reverse order keeps together what a user,
// or a userset, is in.
//
// For checks a snapshot also has rosters, which are derived from the forward tree
// when a builder freezes: for each object all of its tuples in a row, eight bytes
// each ([Entry]), found by the object's id with two accesses to memory. A relation of
// an object with more than 128 tuples is one entry there, and is looked up in the tree.
// What was found out from tuples can be kept over commits: a snapshot knows for each
// relation the epoch at which a tuple of it last changed, and the dictionary's clock for
// each object the last epoch at which one changed that has it as its subject.
//
// A [Builder] makes the next snapshot. BTreeG.Clone is lazy, and a clone
// copies a node when it first changes it: a snapshot costs its successor
// about a node of each level of each tree that changes. Cloning changes the tree that is
// cloned, so snapshots take a lock for that moment; readers of the tree do not
// notice. When as much is put at once as is stored, the trees are built anew, from
// sorted keys and with full nodes.
//
// # Generations
//
// A dictionary only grows. To give ids back, a [Marking] notes what is still named,
// and a [Compaction] makes the next generation of the dictionary, and of snapshots and
// changes, beside the old one. An ID means something in its generation alone, and a
// [Generation] stands for it in what is remembered.
//
// # Reading
//
// A [Reader] is a snapshot, perhaps an overlay of tuples hypothetically added
// and removed, and the instant at which expiry is judged. Scans fill a buffer
// of the caller's and go on from a key, so nothing is held between two calls.
// Lookups and scans allocate nothing and take no lock.
//
// Expiry costs nothing for tuples that cannot expire, which their key says, and
// as long as no tuple of the snapshot has expired, which the reader knows from
// the least expiry. Otherwise an expiring tuple costs a lookup of its record.
//
// An overlay neither copies the snapshot nor interns anything. Objects that
// the dictionary does not know get ids of its own, with the top bit set, which
// are right in readers with the same overlay alone. It is sorted slices: With
// and Without cost its size, and each lookup under it a binary search.
//
// # Cost
//
// At a million tuples, on one noisy machine of two cores and with keys at
// random: a Get about 0.35 µs, a scan of ten tuples 0.5 µs, the id of a string
// 0.4 µs. The two trees take 34 bytes a tuple when they are built at once, and some
// 50 after random inserts, the dictionary some 60 an object.
//
// # What it refuses
//
// There are at most 65,535 names, 2^31-2^20 objects, and 2^30-1 qualified tuples
// in a snapshot; beyond, the error is [ErrFull].
// Nothing here checks types: whoever writes has validated the tuple, and
// interned the names of the schema.
package index
