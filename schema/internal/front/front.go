// Package front has what the front ends of both languages share.
package front

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// InvalidUTF8 returns where s stops being UTF-8, or -1.
func InvalidUTF8(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i := 0; ; {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
}

// InvalidJSON says what keeps s from being one JSON value, and at which byte; ""
// if it is one.
func InvalidJSON(s string) (at int, fault string) {
	if n := InvalidUTF8(s); n >= 0 {
		return n, fmt.Sprintf("byte %#02x is not valid UTF-8", s[n])
	}
	var raw json.RawMessage
	err := json.Unmarshal([]byte(s), &raw)
	if err == nil {
		return 0, ""
	}
	at = len(s)
	if e := (*json.SyntaxError)(nil); errors.As(err, &e) && strings.HasPrefix(err.Error(), "invalid character") {
		at = int(e.Offset) - 1
	}
	return at, fmt.Sprintf("this is not JSON: %v", err)
}

// CELString returns the length of the string literal of CEL at the beginning of s,
// and whether it is closed. One that is not ends with its line.
func CELString(s string, raw bool) (int, bool) {
	quote := s[:1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(s, triple) {
		quote = triple
	}
	for i := len(quote); i < len(s); i++ {
		switch {
		case s[i] == '\\' && !raw:
			i++
		case strings.HasPrefix(s[i:], quote):
			return i + len(quote), true
		case len(quote) == 1 && (s[i] == '\n' || s[i] == '\r'):
			return i, false
		}
	}
	return len(s), false
}

// Chain says of names that each needs the next; a long chain is shortened.
func Chain(names []string) string {
	const most = 6
	if len(names) > most {
		names = append(append([]string(nil), names[:most-1]...), "…", names[len(names)-1])
	}
	return strings.Join(names, ", which needs ")
}
