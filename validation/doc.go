// Package validation reads and runs the test files of SpiceDB and OpenFGA: a
// schema, relationships, and what should follow from them.
//
// A validation file of SpiceDB:
//
//	schema: |                   # or schemaFile: document.zed
//	  definition user {}
//	  definition document {
//	    relation viewer: user
//	    permission view = viewer
//	  }
//	relationships: |
//	  // one a line
//	  document:plan#viewer@user:ann
//	assertions:
//	  assertTrue:
//	  - document:plan#view@user:ann
//	  assertCaveated: []
//	  assertFalse:
//	  - 'document:plan#view@user:bob with {"day": "monday"}'
//	validation:
//	  document:plan#view:
//	  - "[user:ann] is <document:plan#viewer>"
//
// A store file of OpenFGA:
//
//	name: Documents
//	model_file: model.fga       # or model: |; also .json, and .mod of several modules
//	tuple_file: tuples.csv      # or tuple_files, a list; also .yaml, .json and .jsonl
//	tuples:
//	- {user: user:ann, relation: viewer, object: document:plan}
//	tests:
//	- name: viewers
//	  tuples:                   # or tuple_file, tuple_files: of this test alone
//	  - {user: user:bob, relation: viewer, object: document:plan}
//	  check:
//	  - user: user:ann          # or users, a list
//	    object: document:plan   # or objects, a list
//	    context: {day: monday}
//	    assertions: {view: true}
//	  list_objects:
//	  - user: user:ann
//	    type: document
//	    assertions: {view: [document:plan]}
//	  list_users:
//	  - object: document:plan
//	    user_filter: [{type: user}]
//	    assertions: {view: {users: [user:ann, user:bob]}}
//
// [Read] reads a file, [File.Run] asks its questions of an engine of its own, and
// the [Report] says how each came out and, of one that failed, why. [Test] does all
// of it as part of go test:
//
//	//go:embed permissions
//	var files embed.FS
//
//	func TestPermissions(t *testing.T) { validation.Test(t, files, "permissions/*.yaml") }
//
// # What is wrong, and what has failed
//
// A file that is wrong is an error, [Errors], and is not run: it is not YAML, has a
// key that there is not, names a file that there is not, has a schema with an error
// or a relationship that the schema does not admit, or asks for a relation that there
// is not. All errors are reported, each with file and line, so that a word
// that is misspelt in an assertFalse is no assertion that holds.
//
// An answer that is not the expected one is an [Entry] of the report, and so is a
// question that has no answer, such as one whose caveat fails: that is never the
// answer which was expected.
//
// # Assertions
//
// A tuple is asserted to be allowed (assertTrue, true), denied (assertFalse, false) or
// conditional (assertCaveated). A conditional answer is neither true nor false: an
// OpenFGA file that leaves a value out has a failed assertion, where OpenFGA itself
// returns an error.
//
// list_objects and list_users compare the whole list, in whatever order, with what
// [baobab.View.Objects] and [baobab.View.Subjects] list. An element that is
// conditional has failed the assertion. A wildcard in a list of users stands as itself,
// without those for whom it does not speak, and besides it those that tuples name.
//
// # Expected subjects
//
// The block validation says for an object#relation who is in it. As in SpiceDB's
// tools, no caveat is evaluated for it, whatever values it has: a subject that is in
// on a caveat alone is marked.
//
//	[user:ann] is <document:plan#viewer>/<team:eng#member>
//	[user:cat[...]] is <document:plan#viewer>
//	[user:* - {user:bob, user:dan[...]}] is <document:plan#viewer>
//
// Each line is an assertion: that the subject is in, that it is so on a caveat exactly
// if it is marked, and that the exceptions of a wildcard, of those that tuples name,
// are these. What follows "is" are the relations whose tuples let the subject in: those of
// the tree of [baobab.View.Expand] that name the subject, on branches that hold for it,
// without the right sides of exclusions. Each of them must be there. A relation
// that lets it in by a wildcard may be there. A line without "is" says nothing of that.
//
// Each object#relation is an assertion as well: that nobody else is in it whom a
// tuple names, usersets and wildcards included. So an empty list asserts that nobody is.
//
// # What is not read
//
// Errors of a file are conditions that a tuple of OpenFGA brings along ($expression),
// YAML's merge keys (<<), and SpiceDB's old keys namespace_configs, relation_tuples
// and validation_tuples.
//
// # Cost
//
// Reading costs time in proportion to the files. A file is held in memory; its
// relationships are stored in two engines for a run. Expected subjects of a relation
// cost its tree for each line, which is meant for files that people write.
package validation
