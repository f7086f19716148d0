package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// A reason says why a block is not covered.
type reason struct {
	line int    // of the entry in the file
	key  string // file function: first line
	text string
	used bool
}

// readReasons reads the file of reasons.
func readReasons(r io.Reader) (reasons []reason, err error) {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		text := strings.TrimSpace(line)
		switch {
		case text == "" || strings.HasPrefix(text, "#"):
		case line[0] != ' ' && line[0] != '\t':
			place, _, found := strings.Cut(text, ": ")
			if !found || len(strings.Fields(place)) != 2 {
				return nil, fmt.Errorf("line %d: expected \"file function: first line\", not %q", n, text)
			}
			reasons = append(reasons, reason{line: n, key: text})
		case len(reasons) == 0:
			return nil, fmt.Errorf("line %d: a reason without an entry above it", n)
		default:
			last := &reasons[len(reasons)-1]
			last.text = strings.TrimSpace(last.text + " " + text)
		}
	}
	for _, r := range reasons {
		if r.text == "" {
			return nil, fmt.Errorf("line %d: no reason below %q", r.line, r.key)
		}
	}
	return reasons, lines.Err()
}

// take marks the first unused reason for a block as used, and returns it, or
// nil.
func take(reasons []reason, key string) *reason {
	for i := range reasons {
		if r := &reasons[i]; r.key == key && !r.used {
			r.used = true
			return r
		}
	}
	return nil
}
