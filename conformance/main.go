// Conformance runs the suites of other engines on baobab and says what came out.
//
//	cd conformance && GOWORK=off go run .
//
// It runs the tests of this module and prints a table: suite, assertions, passed,
// known differences. It exits with 1 if an assertion fails that is not in
// known.txt, if one that is there passes or is not run, or if a pinned suite has
// another number of assertions than it should.
//
// SpiceDB's files are in the folder that the environment variable
// BAOBAB_CONFORMANCE names, by default ../../shared/conformance; without them
// their suites are left out. OpenFGA's suites are in its Go module. This module is
// not part of the workspace, so that whoever works on the engine does not compile
// other engines. docs/CONFORMANCE.md says more.
package main

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

//go:embed known.txt
var knownText string

// dataVariable names the folder with SpiceDB's files.
const dataVariable = "BAOBAB_CONFORMANCE"

func main() {
	if err := conform(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

// conform runs everything and writes the table to w. The error says what is not
// as it should be.
func conform(w io.Writer) error {
	known, err := parseKnown(knownText)
	if err != nil {
		return err
	}
	data, err := dataFolder()
	if err != nil {
		return err
	}
	chosen := suites
	if data == "" {
		fmt.Fprintf(w, "SpiceDB's files are left out: %s names no folder, and ../../shared/conformance is none.\n\n", dataVariable)
		chosen = without(suites, spiceDB)
	}
	from := time.Now()
	tests, err := goTest(data)
	if err != nil {
		return err
	}
	r := judge(chosen, tests, known)
	r.write(w)
	fmt.Fprintf(w, "\n%s, in %d s\n", from.UTC().Format(time.DateOnly), int(time.Since(from).Seconds()))
	return r.err()
}

// dataFolder returns the absolute path of the folder with SpiceDB's files; empty
// if there is none.
func dataFolder() (string, error) {
	folder, named := os.LookupEnv(dataVariable)
	if !named || folder == "" {
		folder = filepath.Join("..", "..", "shared", "conformance")
		if _, err := os.Stat(folder); err != nil {
			return "", nil
		}
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	_, err = os.Stat(filepath.Join(folder, "spicedb"))
	return folder, err
}
