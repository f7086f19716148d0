// Command examples decides the permissions of five products with the engine,
// and compares what the engine says with what each product's own documentation
// says.
//
//	go run ./examples                        all five systems
//	go run ./examples -system studio         one of them
//	go run ./examples -check 'chatbot:helper#delete@user:ann'
//
// The first two print the tables of actions and roles as the engine decides
// them, ✓ for allowed and ✗ for denied, and run the rules. The command exits
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
// have expired, or have not, whenever the command is run.
//
// # The files of a system
//
// Each system has a directory with four files, all of them UTF-8. Empty lines,
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
// each: that is isolation. An action names an object and a permission, and
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
// None of this is derived from the schema: the tables were copied from the
// products' pages, and the schema has to live up to them.
package main
