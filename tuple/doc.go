// Package tuple holds the one unit of the language: the fact that a subject
// stands in a relation to an object.
//
// A tuple is written object#relation@subject:
//
//	workspace:acme#owner@user:ann           a user
//	workspace:acme#admin@team:eng#member    a userset: every member of the team
//	document:handbook#viewer@user:*         a wildcard: every user there is
//
// Asserting a tuple stores it, checking asks whether it holds, and explaining
// shows why. A [Relationship] is a tuple as it is stored, with what qualifies
// it: a caveat, the caveat's context, the instant at which it expires.
//
//	document:plan#viewer@user:bob[office_hours:{"zone":"CET"}][expiration:2027-01-01T00:00:00Z]
//
// A [Filter] names a set of tuples by leaving parts of one out.
//
// What comes from users is put together from values, [New] and [Object], and
// validated by whoever takes it; text that is concatenated from it could become
// another tuple. A tuple is made a relationship by [Tuple.Always], [Tuple.When]
// or [Tuple.Until].
//
// All types here are values. [Object], [Subject], [Tuple] and [Filter] are
// comparable and can be map keys. Every type parses from and prints to text,
// and what a valid value prints is parsed back to an equal one.
//
// # Names, ids and limits
//
// The names of types, relations and caveats consist of ASCII letters, digits,
// underscores and hyphens, and are 1 to [MaxName] bytes long. The names of
// types and caveats may be prefixed, as in acme/document: each part between
// slashes is a name, and the whole obeys the limit.
//
// An id is 1 to [MaxID] bytes of valid UTF-8 without control characters, white
// space, colons, number signs and square brackets; so an e-mail address, a
// UUID, a path and a base64 text are ids as they stand. The id * alone is the
// wildcard, which only the subject of a tuple may have.
//
// Nothing is quoted: the object of a tuple ends at the first #, its relation at
// the first @ after that, and its subject at the next [.
//
// The text after # may be the ellipsis, three dots, which other engines print
// for "no relation": it is read as such and never printed for a subject.
//
// # Cost and concurrency
//
// Validation allocates nothing when the value is valid. Parsing an object, a
// subject, a tuple or a filter allocates nothing either: its parts are slices
// of the text, which stays in memory as long as they do. Functions keep
// no state and are safe for concurrent use.
package tuple
