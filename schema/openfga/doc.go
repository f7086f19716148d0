// Package openfga reads models in OpenFGA's modelling language, and in the JSON of
// its API, into a schema, and writes a schema as such a model.
//
//	model
//	  schema 1.1
//
//	type user
//
//	type team
//	  relations
//	    define member: [user, team#member]
//
//	type document
//	  relations
//	    define team: [team]
//	    define editor: [user] or member from team
//	    define viewer: [user, user:*, user with in_hours] or editor
//	    define blocked: [user]
//	    define can_view: viewer but not blocked
//
//	condition in_hours(hour: int) {
//	  hour >= 8 && hour < 18
//	}
//
// # What becomes of what
//
// A type becomes a definition. What a relation's brackets list are the types of
// subjects of which tuples can be written; with what stands beside them the
// relation becomes one that is stored and rewritten at once, and without brackets a
// permission:
//
//	define a: [user, team#member]     relation a: user | team#member
//	define a: [user] or b             relation a: user = this + b
//	define a: b and c                 permission a = b & c
//	define a: b but not c             permission a = b - c
//	define a: member from team        permission a = team->member
//	define a: [user with c]           relation a: user with c
//	condition c(x: int) { x > 1 }     caveat c(x int) { x > 1 }
//
// The second of these has no text in SpiceDB's language: [schema.Schema.Text]
// says so by name, and then writes nothing. Comments are not carried over.
//
// # The language
//
// A text begins with the lines "model" and "schema 1.1", or 1.2, which are read
// alike. Types come before conditions, and each declaration, each
// "relations" and each "define" begins a line; brackets and the parameters of a
// condition can extend over several. White space within a line is free. A comment
// begins with # at the beginning of a line, or behind a space, within conditions
// as well.
//
// Operators that differ are put in parentheses, and so is what is excluded twice:
// there is no precedence. Types in brackets stand at the beginning of a definition,
// in parentheses or not, and once; JSON can have them anywhere.
//
// The expression of a condition is kept as it is written, but that comments after #
// become blanks. It has no braces in OpenFGA's language, and may have them in JSON.
//
// A model can consist of modules: texts that begin with "module" and a name instead,
// and can add relations to the types of the others with "extend type". [ParseFS]
// reads them.
//
// # What is refused
//
// Everything is reported, with its place and often a suggestion, and not only the
// first error: see [schema.Errors]. Besides what does not read it is what OpenFGA
// refuses in a model:
//
//   - types, relations and conditions that do not exist, or that are declared twice
//   - "from" a relation that is more than types in brackets, that admits usersets or
//     wildcards, or none of whose types has what is taken from them
//   - relations that lead to themselves on the same object, even by one of several
//     ways, and relations that no one can ever have; someone must be able to have
//     what is excluded, too
//   - the names self and this, keywords, and names that are too long: 254 bytes for
//     types, 50 for relations, conditions and parameters
//   - schema 1.0
//
// And it is what Baobab does not have: "with $expression", a condition named
// expiration, and names with a dot, or with a slash if they are not those of types.
//
// [schema.Schema.Warnings] has what OpenFGA takes and its editors complain of: types
// that stand in brackets twice, operands that repeat, conditions that nothing uses.
//
// The expressions of conditions are not looked into here. What is wrong with one is
// found, with its place, when an engine is opened: see [schema.Schema.Bind].
//
// # Cost
//
// Reading takes time in proportion to the text, and Format to the schema.
package openfga
