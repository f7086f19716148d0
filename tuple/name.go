package tuple

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxName is the greatest length of a type, relation or caveat name, in bytes.
	MaxName = 254
	// MaxID is the greatest length of an object's id, in bytes.
	MaxID = 1024
	// Wildcard is the id that stands for every subject of a type.
	Wildcard = "*"
	// Ellipsis is the relation that other engines print for a subject without
	// one. In a [Filter] it asks for subjects that have no relation.
	Ellipsis = "..."
)

// ValidateName reports, as a [*SyntaxError], why s cannot name a relation; nil
// when it can.
func ValidateName(s string) error { return validName("name", s, s, 0, false) }

// ValidateTypeName reports, as a [*SyntaxError], why s cannot name a type or a
// caveat; nil when it can.
func ValidateTypeName(s string) error { return validName("type", s, s, 0, true) }

// ValidateID reports, as a [*SyntaxError], why s cannot be the id of an object;
// nil when it can. The wildcard is valid here.
func ValidateID(s string) error { return validID(s, s, 0) }

// validName checks the name s, which stands at byte at of the whole text.
func validName(what, whole, s string, at int, prefixes bool) error {
	if s == "" {
		return &SyntaxError{Text: whole, Offset: at, Problem: "expected a " + what, kind: ErrSyntax}
	}
	if len(s) > MaxName {
		return &SyntaxError{Text: whole, Offset: at + MaxName, kind: ErrTooLong,
			Problem: fmt.Sprintf("a %s of %d bytes is longer than %d", what, len(s), MaxName)}
	}
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-':
		case c == '/' && prefixes && i > start && i+1 < len(s):
			start = i + 1
		default:
			return badRune("a "+what, whole, s[i:], at+i)
		}
	}
	return nil
}

// validID checks the id s, which stands at byte at of the whole text.
func validID(whole, s string, at int) error {
	if s == "" {
		return &SyntaxError{Text: whole, Offset: at, Problem: "expected an id", kind: ErrSyntax}
	}
	if len(s) > MaxID {
		return &SyntaxError{Text: whole, Offset: at + MaxID, kind: ErrTooLong,
			Problem: fmt.Sprintf("an id of %d bytes is longer than %d", len(s), MaxID)}
	}
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c <= ' ' || c == 0x7f || c == ':' || c == '#' || c == '[' || c == ']' {
				return badRune("an id", whole, s[i:], at+i)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || unicode.IsControl(r) || unicode.IsSpace(r) {
			return badRune("an id", whole, s[i:], at+i)
		}
		i += n
	}
	return nil
}

// badRune says that rest begins with what may not stand there; what is
// a noun with its article.
func badRune(what, whole, rest string, at int) error {
	r, n := utf8.DecodeRuneInString(rest)
	if r == utf8.RuneError && n <= 1 {
		return &SyntaxError{Text: whole, Offset: at, kind: ErrUTF8,
			Problem: fmt.Sprintf("byte %#02x is not valid UTF-8", rest[0])}
	}
	return &SyntaxError{Text: whole, Offset: at, kind: ErrSyntax,
		Problem: fmt.Sprintf("%q cannot stand in %s", r, what)}
}
