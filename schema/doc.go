// Package schema reads, checks, formats and compares texts of the language in
// which one says what types of objects there are, how they can be related, and
// what follows from it.
//
//	use expiration
//
//	definition user {}
//
//	definition team {
//		relation member: user | team#member
//	}
//
//	definition document {
//		relation team: team
//		relation editor: user
//		relation reader: user | user:* | team#member | user with expiration
//		relation banned: user
//
//		permission edit = editor + team->member
//		permission read = (reader + edit) - banned
//	}
//
// It is SpiceDB's schema language: what both take means the same. What differs
// docs/SEMANTICS.md lists.
//
// # The language
//
// A definition is a type. A relation stores tuples, whose subjects are of one of
// the types behind the colon: objects (user), usersets (team#member, whoever is
// a member of a team), and wildcards (user:*, every user with one tuple). A tuple
// is admitted as exactly one of the alternatives says: "with c" demands the
// caveat c of it, "with expiration" an expiry, "with c and expiration" both, and
// an alternative without them neither.
//
// A permission stores nothing; it computes. Its operands are relations and
// permissions of the same definition, nil (nobody), self (the object itself, after
// "use self"), and arrows: team->member, or team.any(member), is whoever is a
// member of one of the document's teams, and team.all(member) whoever is one of
// all of them. An arrow follows the relation's tuples, so its left side is no
// permission; it skips the types that lack what stands on its right, and never
// follows wildcards.
//
// The operators are + (union), & (intersection) and - (exclusion). They bind as
// in SpiceDB, which is not as elsewhere: the arrow most tightly, then +, then &,
// then -, each from left to right. So
//
//	a - b + c      is    a - (b + c)
//	a & b + c      is    a & (b + c)
//
// and a warning asks for the parentheses.
//
// A statement ends with its line, unless the line ends with an operator, with a
// colon, an opening parenthesis and the like; or with a semicolon. Comments are
// // and /* */; those directly above a declaration belong to it. One that begins
// with //baobab: is a directive.
//
// A caveat declares a condition: its parameters with their types (see [TypeRef]),
// and in braces an expression in CEL, which this package keeps as text.
//
// "use" turns on expiration, self or typechecking, before the first definition,
// for the file in which it stands. With typechecking the annotation of a
// permission, as in "permission read: user = …", is compared with the types that
// can hold it. The flags import and partial are accepted and not needed.
//
// A partial is a list of relations and permissions to be included: "partial
// owned { … }", and "...owned" in a definition or another partial. An import,
// import "teams.zed", brings in another file: see [ParseFS].
//
// # Directives
//
// A directive is a rule that SpiceDB's language cannot say. It is a comment, so
// that the text stays one for SpiceDB's tools, and stands on a line of its own
// directly above what it qualifies, with nothing but comments between:
//
//	//baobab:deleted-by transfer
//	definition workspace {
//		//baobab:count 1
//		//baobab:granted-by transfer
//		relation owner: user
//		//baobab:on-delete cascade
//		relation organization: organization
//		…
//
//	count RANGE [per subject] [in RELATION]       above a relation, or a permission that is a sum
//	granted-by (PERMISSION [on subject] | self)   above a relation; of several all must hold
//	on-delete (refuse | cascade | detach)         above a relation
//	expires-within N(d|h|m)                       above a relation that admits only what expires
//	deleted-by PERMISSION                         above a definition
//
// Guards are for who writes on their own behalf: to create, touch or remove a tuple
// of the relation takes each of them, by the state before, and where there is none
// nobody may. A new object has no state before. It is begun by a tuple that is
// granted "on subject", such as that of a workspace to its organization; in the
// same transaction the other guards then hold for tuples about the actor, who
// becomes the owner that way, and for what the owner may write:
//
//	definition organization {
//		relation member: user
//		permission create_workspace = member
//	}
//	definition workspace {
//		//baobab:granted-by create_workspace on subject
//		relation organization: organization
//		//baobab:granted-by own
//		relation owner: user
//		…
//
// A tuple under expires-within ends in time, and cannot be prolonged; to grant
// anew is to remove it, and to create another in a later transaction.
//
// A RANGE is N, N..M or N..*. What each means when a transaction commits is in
// docs/SEMANTICS.md, under "Rules for writes", and at [Count], [Guard], [OnDelete]
// and [Relation]. A permission can be counted if it is a sum (+) of relations of its
// own definition, by way of other such permissions too: see [Definition.Counted].
// What stands in a partial applies in each definition that includes it, and is
// checked there. An unused partial is only read.
//
// Nothing that begins with //baobab: is passed over: what is unknown, does not
// read or stands elsewhere is an error, and so is a comment that is almost a
// directive, such as // baobab:count 1. What can never be met is refused as well:
// a range that is empty, counts that contradict each other, a lower bound where
// every tuple has a caveat or expires (those do not count for it), a permission
// that the definition, or with "on subject" one of the subjects' types, does not
// have. Block comments are comments.
//
// # Names
//
// Names of types, relations and caveats are letters, digits, _ and -, up to
// 254 bytes; types and caveats can have prefixes, as in acme/document. Here they
// begin with a letter, a digit or _, and are not caveat, definition, nil,
// permission, relation or with. SpiceDB admits less, and takes a hyphen for the
// operator always. So in an expression a hyphen without spaces is part of a name
// only if that name is declared as a relation or permission somewhere in the
// schema: a-b is a minus b, unless there is an a-b.
//
// # What is refused
//
// [Parse] reports every error of a text, with its place and often a suggestion:
// see [Errors]; those in the expressions of caveats are found by [Schema.Bind],
// which an engine calls when it is opened. Besides what does not read, it refuses
//
//   - names that do not exist, or are declared twice, and alternatives that repeat
//   - arrows over a permission, and arrows to what no type behind them has
//   - relations and permissions that no one can ever hold, because each way to them
//     leads through themselves; nil is the way to say that no one shall
//   - what SpiceDB refuses for wildcards: arrows over a relation that admits one,
//     and usersets of another type's relation that does
//   - expressions that nest more than 500 deep
//   - a schema without definitions
//
// [Schema.Warnings] has what is valid and probably not meant: arrows that skip a
// type, permissions that exclude themselves (a = b - a) or that a cycle in the
// data can make undefined, operators that bind
// otherwise than they look, caveats and parameters that nothing uses.
//
// # Schemas in Go
//
// [New] builds a schema without text, from
//
//	Define(name, members...)       Rel(name, subjects...)   Perm(name, who)
//	Rel(…).Rewritten(who)          a relation that is stored and computed at once
//	Rel(…).Counted(Count{…})       .GrantedBy(permission)      .GrantedOnSubject(permission)
//	Rel(…).GrantedToSelf()         .OnDelete(Cascade)          .ExpiresWithin(limit)
//	DeletedBy(permission)          as one of the members
//	Type("user")                   Userset("team", "member")   Wildcard("user")
//	Type(…).With("caveat")         Type(…).Expiring()
//	Ref("editor")                  Arrow("team", "member")     ArrowAll("team", "member")
//	Or(a, b, …)                    And(a, b, …)                Minus(a, b)
//	This{}                         Nil{}                       Self{}
//	DeclareCaveat(name, expression, Param("limit", "uint"), …)
//
// # Other languages
//
// OpenFGA's models are read and written by the package schema/openfga. [Schema.Text]
// writes a schema, whatever it was read from, for SpiceDB, and says by name what
// cannot be said there. A [Builder] is for packages that read another language.
//
// # Stored schemas
//
// [Schema.MarshalJSON] returns a schema in a form that keeps all of its meaning,
// whatever it was made from, and [ParseJSON] reads that back.
//
// # What changed
//
// [Compare] lists the differences of two schemas by what they mean, for whoever
// reviews a change: types, relations, permissions, what a relation admits, rewrites,
// directives and caveats, and for each of them the relations and permissions whose
// answers it can alter. A [Rename] says that something is the same by another
// name; [Renames.Tuple] gives a stored relationship its names after.
//
// # The compiled form, cost and concurrency
//
// Whatever it was made from, a [Schema] consists of a [Definition] for each type,
// with a [Relation] for each relation or permission, and Zanzibar's operators as
// its [Rewrite]. It is immutable and safe for concurrent use. Lookups by name
// take constant time, and the Validate methods allocate nothing when they agree.
//
// Parsing takes time in proportion to the text (10,000 definitions take a
// fraction of a second), except that a partial counts wherever it is included.
package schema
