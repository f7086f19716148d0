package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// A reason says why a block is not covered.
type reason struct {
	line      int    // of the entry in the file
	key       string // file function: first line
	sometimes bool   // the block is covered in some runs
	text      string
	used      bool
}

// sometimes before an entry says that its block is covered in some runs.
const sometimes = "sometimes "

// readReasons reads the file of reasons.
func readReasons(r io.Reader) (reasons []reason, err error) {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		text := strings.TrimSpace(line)
		switch {
		case text == "" || strings.HasPrefix(text, "#"):
		case line[0] != ' ' && line[0] != '\t':
			key, now := strings.CutPrefix(text, sometimes)
			place, _, found := strings.Cut(key, ": ")
			if !found || len(strings.Fields(place)) != 2 {
				return nil, fmt.Errorf("line %d: expected \"file function: first line\", not %q", n, text)
			}
			reasons = append(reasons, reason{line: n, key: key, sometimes: now})
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

// take marks an unused reason for a block as used, and returns it, or nil. An entry
// that has to stand for a block in every run comes before one that does not.
func take(reasons []reason, key string) *reason {
	for _, sometimes := range []bool{false, true} {
		for i := range reasons {
			if r := &reasons[i]; r.key == key && r.sometimes == sometimes && !r.used {
				r.used = true
				return r
			}
		}
	}
	return nil
}
