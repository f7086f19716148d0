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

// stride is the distance of the offsets up to which a source knows the number of
// characters, so that a position in a long line costs no more than one in a
// short line.
const stride = 1024

// A source is a text with the offsets at which its lines begin.
type source struct {
	name, text string
	lines      []int
	characters []int // before offset i*stride
}

func newSource(name, text string) *source {
	s := &source{name: name, text: text, lines: []int{0}, characters: make([]int, 0, len(text)/stride+1)}
	n := 0
	for i := range len(text) {
		if i%stride == 0 {
			s.characters = append(s.characters, n)
		}
		c := text[i]
		if utf8.RuneStart(c) {
			n++
		}
		if c == '\n' || c == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// line returns the index of the line that offset is in.
func (s *source) line(offset int) int {
	return sort.SearchInts(s.lines, offset+1) - 1
}

// opensLine reports whether nothing but white space stands before offset on its line.
func (s *source) opensLine(offset int) bool {
	before := s.text[s.lines[s.line(offset)]:offset]
	return strings.TrimLeft(strings.TrimPrefix(before, "\ufeff"), " \t") == ""
}

// character returns the number of characters before offset.
func (s *source) character(offset int) int {
	i := min(offset/stride, len(s.characters)-1)
	n := s.characters[i]
	for _, c := range []byte(s.text[i*stride : offset]) {
		if utf8.RuneStart(c) {
			n++
		}
	}
	return n
}

func (s *source) pos(offset int) Pos {
	line := s.line(offset)
	start := s.lines[line]
	if offset-start < 2*stride {
		return Pos{s.name, line + 1, 1 + utf8.RuneCountInString(s.text[start:offset])}
	}
	return Pos{s.name, line + 1, 1 + s.character(offset) - s.character(start)}
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
