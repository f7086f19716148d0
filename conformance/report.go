package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// A row says how a suite came out.
type row struct {
	suite      suite
	assertions int
	passed     int
	known      int
	skipped    int // tests that the suite itself leaves out
}

// A report is all rows, and what is not as it should be.
type report struct {
	rows     []row
	problems []string
}

// judge compares how the tests came out with the known differences.
func judge(chosen []suite, tests map[string]*test, known map[string]difference) *report {
	r := &report{}
	for _, s := range chosen {
		r.rows = append(r.rows, count(s, tests, known))
	}
	for _, name := range names(tests) {
		t := tests[name]
		d, isKnown := known[name]
		switch {
		case t.result == "fail" && !t.failed && !isKnown:
			r.problem("%s fails, and known.txt does not have it:\n%s", name, t.output)
		case t.result == "fail" && !t.failed && !d.explains(t):
			r.problem("%s fails, but not as known.txt has it (expected %s, answered %s):\n%s", name, d.expected, d.answered, t.output)
		case isKnown && t.result != "fail":
			r.problem("%s is in known.txt: %s", name, t.result)
		}
	}
	for name := range known {
		if tests[name] == nil {
			r.problem("%s is in known.txt and was not run", name)
		}
	}
	for _, row := range r.rows {
		if row.assertions == 0 || row.suite.pinned != 0 && row.assertions != row.suite.pinned {
			r.problem("%s: %d assertions were run, and there should be %d", row.suite.name, row.assertions, row.suite.pinned)
		}
		if row.passed+row.known != row.assertions {
			r.problem("%s: %d of %d assertions fail", row.suite.name, row.assertions-row.passed-row.known, row.assertions)
		}
	}
	slices.Sort(r.problems)
	return r
}

func (r *report) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// count makes the row of a suite.
func count(s suite, tests map[string]*test, known map[string]difference) row {
	r := row{suite: s}
	for name, t := range tests {
		if !s.tests.MatchString(name) || t.parent {
			continue
		}
		if t.result == "skip" {
			r.skipped++
			continue
		}
		if !s.assertions.MatchString(name) {
			continue
		}
		all, wrong := t.compared()
		r.assertions += all
		r.passed += all - wrong
		if _, is := known[name]; is && t.result == "fail" {
			r.known++
		}
	}
	return r
}

// write prints the table, in Markdown.
func (r *report) write(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	sum := row{suite: suite{name: "**all**"}}
	if n := len(suites) - len(r.rows); n > 0 {
		sum.suite.name = fmt.Sprintf("**all but %d suites**", n)
	}
	fmt.Fprintf(t, "| suite\t| assertions\t| passed\t| known differences\t| left out by the suite\t|\n")
	fmt.Fprintf(t, "|---\t|---:\t|---:\t|---:\t|---:\t|\n")
	for _, x := range r.rows {
		x.write(t)
		sum.assertions += x.assertions
		sum.passed += x.passed
		sum.known += x.known
		sum.skipped += x.skipped
	}
	sum.write(t)
	t.Flush()
}

func (x row) write(w io.Writer) {
	fmt.Fprintf(w, "| %s\t| %d\t| %d\t| %d\t| %d\t|\n", x.suite.name, x.assertions, x.passed, x.known, x.skipped)
}

// err returns what is not as it should be, nil if all is.
func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	var all []error
	for _, p := range r.problems {
		all = append(all, errors.New(p))
	}
	return errors.Join(all...)
}
