package main

import (
	"fmt"
	"strings"
)

// A difference is an assertion that fails, and is to fail: docs/SEMANTICS.md says
// why our answer is another.
type difference struct {
	test     string
	expected string
	answered string
	row      string // of the table in docs/SEMANTICS.md, its first column
}

// parseKnown reads known.txt: a difference a line, its fields between bars.
func parseKnown(text string) (map[string]difference, error) {
	known := map[string]difference{}
	line := 0
	for l := range strings.Lines(text) {
		line++
		l = strings.TrimSpace(l)
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		fields := strings.Split(l, "|")
		if len(fields) != 4 {
			return nil, fmt.Errorf("known.txt:%d: %d fields in place of 4", line, len(fields))
		}
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		d := difference{fields[0], fields[1], fields[2], fields[3]}
		if _, twice := known[d.test]; twice {
			return nil, fmt.Errorf("known.txt:%d: %s stands twice", line, d.test)
		}
		known[d.test] = d
	}
	return known, nil
}

// explains reports whether a failed test is this difference. A test that says what
// was expected and answered must say the same.
func (d difference) explains(t *test) bool {
	m := answeredText.FindStringSubmatch(t.output)
	return m == nil || m[1] == d.expected && m[2] == d.answered
}
