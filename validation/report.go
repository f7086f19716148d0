package validation

import (
	"fmt"
	"strings"
)

// A Report says how a file's assertions came out.
type Report struct {
	File    string
	Format  Format
	Title   string
	Entries []Entry // in the order of the file's cases
}

// An Entry is an assertion and how it came out.
type Entry struct {
	Assertion
	Case string // the name of the case, if it has one
	// Got is the answer: allowed, denied, or conditional with what is missing; for
	// a list its elements with commas; or error: and why there is no answer.
	Got  string
	Pass bool
	// Explanation says, of a failure, why the answer is as it is, in indented lines
	// that each end in a newline; see [check.Explanation]. It can be empty.
	Explanation string
}

// Passed returns how many assertions came out as expected.
func (r *Report) Passed() int {
	n := 0
	for _, e := range r.Entries {
		if e.Pass {
			n++
		}
	}
	return n
}

// Failed returns how many did not.
func (r *Report) Failed() int { return len(r.Entries) - r.Passed() }

// String returns a line for the file and a block for each assertion that failed.
func (r *Report) String() string {
	var b strings.Builder
	b.WriteString(r.Summary() + "\n")
	for _, e := range r.Entries {
		if !e.Pass {
			b.WriteString(e.String())
		}
	}
	return b.String()
}

// Summary returns the line for the file.
func (r *Report) Summary() string {
	if len(r.Entries) == 0 {
		return fmt.Sprintf("%s: %s, no assertions", r.File, r.Format)
	}
	return fmt.Sprintf("%s: %s, %d of %d assertions hold", r.File, r.Format, r.Passed(), len(r.Entries))
}

// String returns where the assertion stands and what it asks; of a failure also,
// in indented lines, what was expected, what the answer is, and why.
func (e Entry) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d: ", e.File, e.Line)
	if e.Case != "" {
		b.WriteString(e.Case + ": ")
	}
	b.WriteString(string(e.Kind) + " " + e.Text + "\n")
	if e.Pass {
		return b.String()
	}
	b.WriteString("  want: " + e.Want + "\n")
	b.WriteString("  got:  " + e.Got + "\n")
	for line := range strings.Lines(e.Explanation) {
		b.WriteString("  " + line)
	}
	return b.String()
}
