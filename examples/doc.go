// Command examples decides the permissions of five products with the engine,
// and compares what the engine says with what each product's own documentation
// says.
//
//	go run ./examples                        all five systems
//	go run ./examples -system studio         one of them
//	go run ./examples -check 'chatbot:helper#delete@user:ann'
//
// The first two print the tables of actions and roles as the engine decides
// them, ✓ for allowed and ✗ for denied, run the rules, and tell the stories: who
// tries to write what, and what the engine says to that. The command exits
// with 1 if anything differs from what is expected, and with 2 if it cannot
// tell, for example because a file is malformed. (go run itself exits with 1
// for either.)
//
// -check asks one question and prints the engine's explanation; the command
// exits with 0 if the tuple holds, with 1 if it does not, and with 2 on an
// error. Without -system, the question goes to the first system whose schema
// has its types and its relation, and which stores a tuple about the object; if
// there is no such, to the first whose schema has them.
//
// All five systems live at one instant, [Today], so that invitations and keys
// have expired, or have not, whenever the command is run. A story begins then.
//
// # The files of a system
//
// Each system has a directory with five files, all of them UTF-8. Empty lines,
// and lines that begin with //, say nothing.
//
// schema.zed is the schema, and tuples.txt has the stored relationships, one a
// line, as package tuple reads them.
//
// expected.txt has tables. A table begins with its title; then come its roles,
// one a line, and its actions, one a line:
//
//	table Roles in the workspace
//	role owner  workspace:support#owner@user:olga  workspace:sales#owner@user:oscar
//	role guest  workspace:support#guest@user:gus   workspace:sales#guest@user:gina
//	chatbot:helper#test      ✓  ✓
//	chatbot:helper#delete    ✓  ✗
//
// The first tuple of a role gives it to the subject that stands for the role:
// olga is asked in the first column, and has no other role, which the program
// verifies: the tuple is stored, and no other tuple names olga. The other tuples
// give the same role elsewhere, in another workspace or organization. Their
// subjects are asked every question of the table as well, and must be denied
// each: that is isolation. Where everybody has something, such as a workspace of
// their own, a line above the roles excepts it: beside and a filter of tuples, as
// in beside workspace#personal. An action names an object and a permission, and
// has one mark for each role, in their order. An empty line between actions is
// printed as one.
//
// rules.txt has rules. A rule begins with a sentence; then come its questions,
// at least one that must be allowed and at least one that must be denied:
//
//	rule A storage credential works until it expires
//	✓ workspace:w#access_storage@credential:c
//	✗ workspace:w#access_storage@credential:c at 2026-03-02T21:00:00Z
//	✗ workspace:w#access_storage@credential:c without workspace:w#credential@credential:c
//
// A question is asked of the stored tuples at [Today], unless the line says
// otherwise: at names another instant, with adds a relationship and without
// takes a tuple away, for this question alone. Each may be repeated but at.
//
// story.txt has the rules about writing, each as a story. The schema's directives
// enforce them: nothing that this program does. A story begins with a sentence;
// then come its steps, one a line, which are taken in turn on an engine of the
// story's own, at first with the tuples of tuples.txt:
//
//	story A workspace has exactly one owner, who alone hands it over
//	✗ user:carol  create workspace:growth#owner@user:carol
//	  because granted-by transfer: workspace:growth#transfer@user:carol is denied
//	  stripped workspace#owner granted-by transfer
//	✓ user:olga   delete workspace:growth#owner@user:olga  create workspace:growth#owner@user:carol  note "handing over"
//	✗ server      delete workspace:growth#owner@user:carol
//	  because 0 found, 1 wanted
//	  stripped workspace#owner count 1
//	✗ ask workspace:growth#transfer@user:olga
//	audit
//	  saw user:olga  + workspace:growth#owner@user:carol  - workspace:growth#owner@user:olga  "handing over"
//
// A mark with a name is one transaction, which must commit, ✓, or must be
// refused, ✗. It is on behalf of a subject (UpdateAs, so that the guards of the
// schema apply) or by the server (Update, so that they do not). What it does is
// one or more of
//
//	create RELATIONSHIP   delete TUPLE             require FILTER
//	touch RELATIONSHIP    delete-object OBJECT     forbid FILTER
//	                      delete-matching FILTER
//
// in their order. Beside these, given has values for the guards' caveats, as JSON
// without spaces; note has a text for the commit, in quotation marks; and at, with an
// instant, moves the story's clock before anything happens, forwards only. A
// write that changes nothing, or deletes what is not stored, is a mistake in
// the story.
//
// Below a refusal, because has a part of what the error must say, and there may
// be several. stripped has a directive to which the refusal is due, with the
// type, the type#relation, or the partial that it stands above. The tests take it
// out of the schema's text, all that are named together, and try the write
// again in the same state: it must be committed. Without its last guard a
// relation, or the deletion of a type, is closed to everybody but the server; so then the tests
// demand that the subject is refused because there is no guard, and that the
// same write of the server is committed.
//
// A mark with ask is a question asked of the present state: ✓ must be allowed,
// ✗ denied, and ? must be conditional on the parameters that missing names, with
// commas between. It takes given and at as well. because below it has a part of
// what the explanation must say, which is printed then.
//
// audit reads the story's commits with Engine.Watch; each line saw below it must
// be found among them, in their order: who made it, what it added and removed,
// and its note. Every story has a line with ✓ and one with ✗.
//
// None of this is derived from the schema: the tables and the rules were copied from
// the products' pages, and the schema has to live up to them.
package main
