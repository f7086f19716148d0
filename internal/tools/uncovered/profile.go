package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// A position is a place in a file; lines and columns count from 1.
type position struct{ line, column int }

// A block is a run of statements that are executed together.
type block struct {
	file       string // with the module's path as in the profile, or without it
	start, end position
	statements int
	covered    bool
}

// pkg returns the directory of the block's file.
func (b block) pkg() string { return path.Dir(b.file) }

// inModule returns b with its file relative to the module's directory; if it is
// not in the module it stays as it is.
func (b block) inModule(module string) block {
	b.file = strings.TrimPrefix(b.file, module+"/")
	return b
}

// readProfile reads a cover profile and merges the blocks that it repeats.
// Those without statements are left out.
func readProfile(r io.Reader) ([]block, error) {
	merged := map[block]bool{} // covered, by the block without it
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "mode: ") {
			continue
		}
		b, err := parseBlock(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %q: %w", n, line, err)
		}
		if b.statements == 0 {
			continue
		}
		covered := b.covered
		b.covered = false
		merged[b] = merged[b] || covered
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	blocks := make([]block, 0, len(merged))
	for b, covered := range merged {
		b.covered = covered
		blocks = append(blocks, b)
	}
	slices.SortFunc(blocks, func(a, b block) int {
		return cmp.Or(
			strings.Compare(a.file, b.file),
			cmp.Compare(a.start.line, b.start.line),
			cmp.Compare(a.start.column, b.start.column),
			cmp.Compare(a.end.line, b.end.line),
			cmp.Compare(a.end.column, b.end.column),
		)
	})
	return blocks, nil
}

// parseBlock reads file:line.column,line.column statements count.
func parseBlock(line string) (b block, err error) {
	colon := strings.LastIndexByte(line, ':')
	if colon < 0 {
		return b, fmt.Errorf("not a line of a cover profile")
	}
	b.file = line[:colon]
	var count int
	_, err = fmt.Sscanf(line[colon+1:], "%d.%d,%d.%d %d %d",
		&b.start.line, &b.start.column, &b.end.line, &b.end.column, &b.statements, &count)
	if err == nil && (b.start.line < 1 || b.end.line < b.start.line) {
		err = fmt.Errorf("lines out of order")
	}
	b.covered = count > 0
	return b, err
}
