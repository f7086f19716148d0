package tuple

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
)

// maxLine is the greatest length of a line that ReadLines takes, in bytes.
const maxLine = 16 << 20

// byteOrderMark is what some editors put at the beginning of a file.
const byteOrderMark = "\ufeff"

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
// and lines that begin with // are skipped, and so are white space around a
// line (and with it the carriage return of a Windows file) and a byte order
// mark before the first.
//
// The sequence reads r as it goes, so it can be ranged over once. It ends with
// the first error, which is a [*LineError]; a line that r breaks off in the
// middle of, with an error other than io.EOF, is not a relationship.
func ReadLines(r io.Reader) iter.Seq2[Relationship, error] {
	return func(yield func(Relationship, error) bool) {
		lines := newLineScanner(r)
		n := 0
		for lines.Scan() {
			n++
			text := lines.Text()
			if n == 1 {
				text = strings.TrimPrefix(text, byteOrderMark)
			}
			text = strings.TrimSpace(text)
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
			if errors.Is(err, bufio.ErrTooLong) {
				err = fmt.Errorf("%w: more than %d bytes", ErrTooLong, maxLine)
			}
			yield(Relationship{}, &LineError{n + 1, err})
		}
	}
}

// newLineScanner returns a scanner that, unlike bufio.ScanLines, does not take
// what was read before an error for a line.
func newLineScanner(r io.Reader) *bufio.Scanner {
	source := &errorKeeper{r: r}
	lines := bufio.NewScanner(source)
	lines.Buffer(nil, maxLine+len("\n"))
	lines.Split(func(data []byte, atEOF bool) (int, []byte, error) {
		if source.err != nil && bytes.IndexByte(data, '\n') < 0 {
			return 0, nil, source.err
		}
		return bufio.ScanLines(data, atEOF)
	})
	return lines
}

// An errorKeeper remembers the error of a reader, unless it is io.EOF.
type errorKeeper struct {
	r   io.Reader
	err error
}

func (k *errorKeeper) Read(p []byte) (int, error) {
	n, err := k.r.Read(p)
	if err != nil && err != io.EOF {
		k.err = err
	}
	return n, err
}

// WriteLines writes relationships in the form that [ReadLines] reads. It ends
// with the first error: of the sequence, of w, or that a relationship is not
// valid, which could be read back as another or as several. What it has
// written by then is incomplete.
func WriteLines(w io.Writer, relationships iter.Seq2[Relationship, error]) error {
	b := bufio.NewWriter(w)
	for r, err := range relationships {
		if err != nil {
			return err
		}
		text, err := r.MarshalText()
		if err != nil {
			return err
		}
		if _, err := b.Write(append(text, '\n')); err != nil {
			return err
		}
	}
	return b.Flush()
}
