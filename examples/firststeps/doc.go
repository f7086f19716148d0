// Package firststeps shows what one does first with the engine, one example a
// file, in the order in which one usually comes to need it:
//
//	open_test.go         a schema, and an engine with it
//	write_test.go        relationships, all or none
//	check_test.go        the question
//	tuples_test.go       what is stored
//	explain_test.go      why, and why not
//	whatif_test.go       a question about tuples that are not stored
//	transaction_test.go  a write that depends on what is there
//	transfer_test.go     a write that depends on who makes it
//	caveat_test.go       an answer that depends on what the question knows
//	expiry_test.go       tuples that end by themselves
//	history_test.go      the state before
//	watch_test.go        what happened, in order
//	migrate_test.go      another schema, while the engine answers
//	list_test.go         who has what, and all that somebody may do
//	expand_test.go       everyone behind a permission, as a tree
//	backup_test.go       out to a file, and back
//
// They share the engine of engine_test.go. Errors are dropped where an example
// is not about them; a program must not do that.
package firststeps
