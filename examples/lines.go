package main

import (
	"bufio"
	"fmt"
	"io/fs"
	"strings"
)

// A line is one that says something, cut into words.
type line struct {
	file   string
	number int
	words  []string
	gap    bool // an empty line stands before it
}

// rest returns the words from the i-th on as one text.
func (l line) rest(i int) string { return strings.Join(l.words[min(i, len(l.words)):], " ") }

// errorf returns an error that names the file and the line.
func (l line) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", l.file, l.number, fmt.Errorf(format, args...))
}

// readLines returns the lines of a file that say something.
func readLines(files fs.FS, file string) ([]line, error) {
	f, err := files.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var lines []line
	gap := false
	scanner := bufio.NewScanner(f)
	for number := 1; scanner.Scan(); number++ {
		words := strings.Fields(scanner.Text())
		switch {
		case len(words) == 0:
			gap = true
		case !strings.HasPrefix(words[0], "//"):
			lines = append(lines, line{file, number, words, gap})
			gap = false
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return lines, nil
}

// parseMark reads ✓ or ✗.
func parseMark(word string) (allowed, ok bool) { return word == yes, word == yes || word == no }

const (
	yes = "✓"
	no  = "✗"
)

// mark returns the mark for a decision.
func mark(allowed bool) string {
	if allowed {
		return yes
	}
	return no
}
