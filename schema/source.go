package schema

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// A Pos is a position in the text of a schema; the zero Pos is that of what was
// built in Go.
type Pos struct {
	File   string // as it was given to Parse, or the path in the file system
	Line   int    // from 1
	Column int    // from 1, in characters (a tab is one)
}

// String returns file:line:column, without the file if it has no name.
func (p Pos) String() string {
	if p.File == "" {
		return fmt.Sprintf("%d:%d", p.Line, p.Column)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// maxShown is how many bytes of a line a diagnostic quotes on either side of
// its column.
const maxShown = 100

// A source is a text with the offsets at which its lines begin.
type source struct {
	name, text string
	lines      []int

	// The column that was last computed: positions are mostly asked in order,
	// so that a long line costs no more than its length.
	lastOffset, lastLine, lastColumn int
}

func newSource(name, text string) *source {
	s := &source{name: name, text: text, lines: []int{0}, lastLine: -1}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' || text[i] == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// line returns the index of the line that offset is in.
func (s *source) line(offset int) int {
	return sort.SearchInts(s.lines, offset+1) - 1
}

func (s *source) pos(offset int) Pos {
	line := s.line(offset)
	from, column := s.lines[line], 1
	if line == s.lastLine && s.lastOffset <= offset {
		from, column = s.lastOffset, s.lastColumn
	}
	column += utf8.RuneCountInString(s.text[from:offset])
	s.lastOffset, s.lastLine, s.lastColumn = offset, line, column
	return Pos{s.name, line + 1, column}
}

// quote returns the line that offset is in, shortened around the offset if it
// is long, and the offset's place in what is returned.
func (s *source) quote(offset int) (string, int) {
	line := s.line(offset)
	from, to := s.lines[line], len(s.text)
	if line+1 < len(s.lines) {
		to = s.lines[line+1]
	}
	to = from + len(strings.TrimRight(s.text[from:to], "\r\n"))
	prefix, suffix := "", ""
	if cut := offset - maxShown; cut > from {
		from, prefix = cut, "…"
		for from < offset && !utf8.RuneStart(s.text[from]) {
			from++
		}
	}
	if cut := offset + maxShown; cut < to {
		to, suffix = cut, "…"
		for to > offset && !utf8.RuneStart(s.text[to]) {
			to--
		}
	}
	return prefix + s.text[from:to] + suffix, offset - from + len(prefix)
}

// A span is a piece of a source; the zero span is nowhere.
type span struct {
	src        *source
	start, end int
}

func (s span) pos() Pos {
	if s.src == nil {
		return Pos{}
	}
	return s.src.pos(s.start)
}

// to returns the span from the beginning of s to the end of t.
func (s span) to(t span) span { return span{s.src, s.start, max(s.end, t.end)} }
