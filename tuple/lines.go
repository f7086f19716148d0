package tuple

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"strings"
)

// maxLine is the greatest length of a line that ReadLines takes, in bytes.
const maxLine = 16 << 20

// A LineError says in which line of a text a relationship could not be read.
type LineError struct {
	Line int // from 1
	Err  error
}

// Error returns the line and what is wrong in it.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns the error without the line.
func (e *LineError) Unwrap() error { return e.Err }

// ReadLines reads relationships, one a line, of up to 16 MiB each. Empty lines
// and lines that begin with // are skipped, and so is white space around a
// line. The sequence ends with the first error, which is a [*LineError].
func ReadLines(r io.Reader) iter.Seq2[Relationship, error] {
	return func(yield func(Relationship, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, maxLine)
		n := 0
		for lines.Scan() {
			n++
			text := strings.TrimSpace(lines.Text())
			if text == "" || strings.HasPrefix(text, "//") {
				continue
			}
			rel, err := ParseRelationship(text)
			if err != nil {
				yield(Relationship{}, &LineError{n, err})
				return
			}
			if !yield(rel, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(Relationship{}, &LineError{n + 1, err})
		}
	}
}

// WriteLines writes relationships in the form that [ReadLines] reads. It ends
// with the first error, of the sequence or of w.
func WriteLines(w io.Writer, relationships iter.Seq2[Relationship, error]) error {
	b := bufio.NewWriter(w)
	for r, err := range relationships {
		if err != nil {
			return err
		}
		if _, err := b.WriteString(r.String() + "\n"); err != nil {
			return err
		}
	}
	return b.Flush()
}
