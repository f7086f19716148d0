// Command uncovered reads a Go cover profile, prints the statement coverage of
// each package and every block of statements that no test runs, and fails
// unless each package has the minimum and each such block has a reason.
//
//	go test -coverprofile=cover.out -coverpkg=./tuple,./store ./...
//	go run ./internal/tools/uncovered -profile cover.out -reasons docs/uncovered.txt -packages tuple,store -min 95
//
// The reasons stand in a file that is checked in. An entry names a block by its
// file, the function that it is in, and the text of its first line, so that it
// stays right when lines move; the indented lines below it say why no test can
// or should run the block:
//
//	store/commit.go Tx.apply: if err != nil {
//		The validation above has refused what could fail here.
//
// A type's method is Type.Method, and a function literal outside of functions
// has the name of its variable. An entry stands for one block; for two with
// the same first line in one function there are two entries. An entry that
// stands for no uncovered block is an error, so that the file does not rot.
// Empty lines and lines that begin with # are skipped.
//
// Some blocks run only when two things happen at the same moment, so that the
// tests run them in some runs and not in others. The entry for such a block
// begins with the word sometimes, and may be there in a run that covers it:
//
//	sometimes store/turn.go Store.take: case <-done: // at the same time
//		Only if the turn is free just when the context ends.
//
// The block has to be in the source all the same, or the entry is an error.
//
// A profile that several test binaries wrote has each block several times; a
// block is covered when one of them ran it. Blocks without statements do not
// count.
//
// The exit status is 1 when the coverage or a reason is missing, and 2 when
// something cannot be read.
package main
