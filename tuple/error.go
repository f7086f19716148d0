package tuple

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

var (
	// ErrSyntax is matched by every [*SyntaxError].
	ErrSyntax = errors.New("malformed")
	// ErrTooLong is matched by a [*SyntaxError] about a name or an id that is too long.
	ErrTooLong = errors.New("too long")
	// ErrUTF8 is matched by a [*SyntaxError] about bytes that are not valid UTF-8.
	ErrUTF8 = errors.New("invalid UTF-8")
)

// A SyntaxError says what is wrong with the text of an object, a subject, a
// tuple, a relationship or a filter, and at which byte.
type SyntaxError struct {
	Text    string // the whole text that was read
	Offset  int    // the byte in Text at which it goes wrong, from 0
	Problem string // what was expected, or what is wrong
	kind    error
}

// Error quotes the text, shortened around the offset if it is long.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s: at byte %d: %s", quoteAround(e.Text, e.Offset), e.Offset, e.Problem)
}

// Is reports whether the error is [ErrSyntax], or the more special [ErrTooLong] or [ErrUTF8].
func (e *SyntaxError) Is(target error) bool { return target == ErrSyntax || target == e.kind }

// quoteAround quotes about 80 bytes of s, those around byte at: whole
// characters where s has them, and not more than that where it has none.
func quoteAround(s string, at int) string {
	const half = 40
	from, to := max(0, at-half), min(len(s), at+half)
	for n := 1; n < utf8.UTFMax && from > 0 && !utf8.RuneStart(s[from]); n++ {
		from--
	}
	for n := 1; n < utf8.UTFMax && to < len(s) && !utf8.RuneStart(s[to]); n++ {
		to++
	}
	var b strings.Builder
	if from > 0 {
		b.WriteString("…")
	}
	fmt.Fprintf(&b, "%q", s[from:to])
	if to < len(s) {
		b.WriteString("…")
	}
	return b.String()
}
