package tuple

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A jsonReader reads the JSON object of a context in the middle of a text.
//
// encoding/json is too lenient for facts on which permissions rest: it takes
// the last of two equal keys, puts U+FFFD for what is not Unicode, and rounds
// an integer to its neighbour. All of these are refused here, and the error
// says at which byte of the whole text.
type jsonReader struct {
	text string
	at   int // the next byte of text
}

// fail says what is wrong at a byte of the text.
func (r *jsonReader) fail(at int, problem string) error {
	return &SyntaxError{Text: r.text, Offset: at, Problem: "the caveat's context: " + problem, kind: ErrSyntax}
}

// unexpected says what was expected instead of the next byte.
func (r *jsonReader) unexpected(want string) error {
	if r.at >= len(r.text) {
		return r.fail(len(r.text), "expected "+want+", not the end")
	}
	c, n := utf8.DecodeRuneInString(r.text[r.at:])
	if c == utf8.RuneError && n == 1 {
		return r.notUTF8()
	}
	return r.fail(r.at, fmt.Sprintf("expected %s, not %q", want, c))
}

func (r *jsonReader) notUTF8() error {
	return &SyntaxError{Text: r.text, Offset: r.at, kind: ErrUTF8,
		Problem: fmt.Sprintf("the caveat's context: byte %#02x is not valid UTF-8", r.text[r.at])}
}

// skip skips white space.
func (r *jsonReader) skip() {
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.at]) >= 0 {
		r.at++
	}
}

// take skips white space, and then c if it comes next.
func (r *jsonReader) take(c byte) bool {
	r.skip()
	return r.takeNow(c)
}

// takeNow skips c if it comes next, without white space before it.
func (r *jsonReader) takeNow(c byte) bool {
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

// object reads an object, which stands depth values deep.
func (r *jsonReader) object(depth int) (map[string]any, error) {
	if !r.takeNow('{') {
		return nil, r.unexpected("a JSON object")
	}
	m := map[string]any{}
	if r.take('}') {
		return m, nil
	}
	for {
		r.skip()
		start := r.at
		if !r.takeNow('"') {
			return nil, r.unexpected("a key in quotes")
		}
		key, err := r.string()
		if err != nil {
			return nil, err
		}
		if _, twice := m[key]; twice {
			return nil, r.fail(start, "the key "+quoteAround(key, 0)+" stands twice")
		}
		if !r.take(':') {
			return nil, r.unexpected("':'")
		}
		if m[key], err = r.value(depth + 1); err != nil {
			return nil, err
		}
		if r.take('}') {
			return m, nil
		}
		if !r.takeNow(',') {
			return nil, r.unexpected("',' or '}'")
		}
	}
}

// list reads the elements of an array and what closes it.
func (r *jsonReader) list(depth int) ([]any, error) {
	list := []any{}
	if r.take(']') {
		return list, nil
	}
	for {
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if r.take(']') {
			return list, nil
		}
		if !r.takeNow(',') {
			return nil, r.unexpected("',' or ']'")
		}
	}
}

// value reads any value, and the white space before it.
func (r *jsonReader) value(depth int) (any, error) {
	r.skip()
	if depth > maxContextDepth {
		return nil, r.fail(r.at, tooDeep)
	}
	rest := r.text[r.at:]
	switch {
	case rest == "":
	case rest[0] == '{':
		return r.object(depth)
	case rest[0] == '[':
		r.at++
		return r.list(depth)
	case rest[0] == '"':
		r.at++
		return r.string()
	case rest[0] == '-' || isDigit(rest[0]):
		return r.number()
	case strings.HasPrefix(rest, "true"):
		r.at += len("true")
		return true, nil
	case strings.HasPrefix(rest, "false"):
		r.at += len("false")
		return false, nil
	case strings.HasPrefix(rest, "null"):
		r.at += len("null")
		return nil, nil
	}
	return nil, r.unexpected("a value")
}

// string reads what follows the quote that opens a string, to its end.
func (r *jsonReader) string() (string, error) {
	var b strings.Builder // what was read before the last escape
	start := r.at
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			s := r.text[start:r.at]
			r.at++
			if b.Len() == 0 {
				return s, nil
			}
			b.WriteString(s)
			return b.String(), nil
		case c == '\\':
			b.WriteString(r.text[start:r.at])
			char, err := r.escape()
			if err != nil {
				return "", err
			}
			b.WriteRune(char)
			start = r.at
		case c < ' ':
			return "", r.fail(r.at, fmt.Sprintf("%q must be escaped in a string", c))
		case c < utf8.RuneSelf:
			r.at++
		default:
			char, n := utf8.DecodeRuneInString(r.text[r.at:])
			if char == utf8.RuneError && n == 1 {
				return "", r.notUTF8()
			}
			r.at += n
		}
	}
	return "", r.fail(len(r.text), "the string does not end")
}

// escape reads an escape sequence, two of them if they are a surrogate pair.
func (r *jsonReader) escape() (rune, error) {
	const short, meant = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	start := r.at
	rest := r.text[start+1:]
	if rest == "" {
		return 0, r.fail(len(r.text), "the string does not end")
	}
	if i := strings.IndexByte(short, rest[0]); i >= 0 {
		r.at += 2
		return rune(meant[i]), nil
	}
	char, ok := r.unicode()
	if !ok {
		return 0, r.fail(start, "unknown escape sequence")
	}
	if utf16.IsSurrogate(char) {
		low, _ := r.unicode()
		if char = utf16.DecodeRune(char, low); char == utf8.RuneError {
			return 0, r.fail(start, "half a surrogate pair")
		}
	}
	return char, nil
}

// unicode reads \uXXXX.
func (r *jsonReader) unicode() (rune, bool) {
	digits, ok := strings.CutPrefix(r.text[r.at:], `\u`)
	if !ok || len(digits) < 4 {
		return 0, false
	}
	code, err := strconv.ParseUint(digits[:4], 16, 16)
	if err != nil {
		return 0, false
	}
	r.at += len(`\uXXXX`)
	return rune(code), true
}

// number reads a number. One with a fraction or an exponent is the nearest
// float64; an integer must be that number, or what a float64 is printed as.
func (r *jsonReader) number() (float64, error) {
	start := r.at
	r.takeNow('-')
	if !r.takeNow('0') && !r.digits() {
		return 0, r.unexpected("a digit")
	}
	integer := true
	if r.takeNow('.') {
		integer = false
		if !r.digits() {
			return 0, r.unexpected("a digit")
		}
	}
	if r.takeNow('e') || r.takeNow('E') {
		integer = false
		if !r.takeNow('+') {
			r.takeNow('-')
		}
		if !r.digits() {
			return 0, r.unexpected("a digit")
		}
	}
	text := r.text[start:r.at]
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, r.fail(start, "the number is beyond the range of a float64")
	case integer && strconv.FormatFloat(f, 'f', 0, 64) != text && strconv.FormatFloat(f, 'f', -1, 64) != text:
		return 0, r.fail(start, "a float64 cannot hold this integer; write it as a string")
	}
	return f, nil
}

// digits skips digits and reports whether there was one.
func (r *jsonReader) digits() bool {
	start := r.at
	for r.at < len(r.text) && isDigit(r.text[r.at]) {
		r.at++
	}
	return r.at > start
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
