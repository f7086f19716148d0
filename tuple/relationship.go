package tuple

import (
	"strings"
	"time"
)

// A Relationship is a tuple as it is stored: with the caveat on which it
// holds, values for some of the caveat's parameters, and the instant from
// which it does not exist. The zero values of these mean none, nothing and
// never.
//
// A tuple is stored once, whatever qualifies it.
type Relationship struct {
	Tuple
	Caveat  string
	Context map[string]any
	Expires time.Time
}

const expirationTrait = "expiration"

// ParseRelationship reads
//
//	object#relation@subject[caveat:{json}][expiration:RFC3339]
//
// where both brackets, and the colon with the JSON object, may be missing.
// Numbers in the JSON are float64s, as in encoding/json.
func ParseRelationship(s string) (Relationship, error) {
	t, at, err := parseTuple(s)
	if err != nil {
		return Relationship{}, err
	}
	r := Relationship{Tuple: t}
	for at < len(s) {
		if at, err = r.parseTrait(s, at); err != nil {
			return Relationship{}, err
		}
	}
	return r, nil
}

// MustParseRelationship is like [ParseRelationship] but panics on an error. It
// is for constants in programs and tests.
func MustParseRelationship(s string) Relationship { return must(ParseRelationship(s)) }

// parseTrait reads the bracket at s[at:] and returns the offset after it.
func (r *Relationship) parseTrait(s string, at int) (int, error) {
	fail := func(at int, problem string) (int, error) {
		return 0, &SyntaxError{Text: s, Offset: at, Problem: problem, kind: ErrSyntax}
	}
	if s[at] != '[' {
		return fail(at, "expected '[' or the end")
	}
	at++
	end := strings.IndexAny(s[at:], ":]")
	if end < 0 {
		return fail(len(s), "expected ']'")
	}
	name := s[at : at+end]
	after := at + end
	if name == expirationTrait && s[after] == ':' {
		return r.parseExpiration(s, after+1)
	}
	switch {
	case r.Caveat != "":
		return fail(at, "a second caveat")
	case !r.Expires.IsZero():
		return fail(at, "the caveat stands before the expiration")
	}
	if err := validName("caveat", s, name, at, true); err != nil {
		return 0, err
	}
	r.Caveat = name
	if s[after] == ']' {
		return after + 1, nil
	}
	context, n, err := parseContext(s[after+1:])
	if err != nil {
		return fail(after+1+n, "the caveat's context: "+err.Error())
	}
	if len(context) > 0 {
		r.Context = context
	}
	if after += 1 + n; after >= len(s) || s[after] != ']' {
		return fail(after, "expected ']' after the caveat's context")
	}
	return after + 1, nil
}

// parseExpiration reads the instant at s[at:] and the bracket that closes it.
func (r *Relationship) parseExpiration(s string, at int) (int, error) {
	if !r.Expires.IsZero() {
		return 0, &SyntaxError{Text: s, Offset: at, Problem: "a second expiration", kind: ErrSyntax}
	}
	end := strings.IndexByte(s[at:], ']')
	if end < 0 {
		return 0, &SyntaxError{Text: s, Offset: len(s), Problem: "expected ']'", kind: ErrSyntax}
	}
	when, err := time.Parse(time.RFC3339Nano, s[at:at+end])
	if err != nil || !validInstant(when) {
		return 0, &SyntaxError{Text: s, Offset: at, kind: ErrSyntax,
			Problem: "expected an instant such as 2027-01-31T12:00:00Z, in the years 1678 to 2261"}
	}
	r.Expires = when.UTC()
	return at + end + 1, nil
}

// validInstant reports whether the nanoseconds from 1970 to t fit an int64.
func validInstant(t time.Time) bool {
	y := t.UTC().Year()
	return y >= 1678 && y <= 2261
}

// String returns the form that [ParseRelationship] reads, with the keys of the
// context sorted.
func (r Relationship) String() string {
	var b strings.Builder
	b.WriteString(r.Tuple.String())
	if r.Caveat != "" {
		b.WriteString("[" + r.Caveat)
		if len(r.Context) > 0 {
			b.WriteString(":" + formatContext(r.Context))
		}
		b.WriteByte(']')
	}
	if !r.Expires.IsZero() {
		b.WriteString("[expiration:" + r.Expires.UTC().Format(time.RFC3339Nano) + "]")
	}
	return b.String()
}

// Validate reports why r is not a well-formed relationship; nil when it is.
func (r Relationship) Validate() error {
	_, err := r.Canonical()
	return err
}

// Canonical returns r with its context in the form in which it is stored and
// parsed (integers become float64s, an empty context nil) and its expiry in
// UTC; or what [Relationship.Validate] reports. The context is copied.
func (r Relationship) Canonical() (Relationship, error) {
	fail := func(problem string) (Relationship, error) {
		return Relationship{}, &SyntaxError{Text: r.Tuple.String(), Offset: len(r.Tuple.String()), Problem: problem, kind: ErrSyntax}
	}
	if err := r.Tuple.Validate(); err != nil {
		return Relationship{}, err
	}
	if r.Caveat == "" && len(r.Context) > 0 {
		return fail("a context without a caveat")
	}
	if r.Caveat != "" {
		if err := validName("caveat", r.Caveat, r.Caveat, 0, true); err != nil {
			return Relationship{}, err
		}
	}
	if len(r.Context) == 0 {
		r.Context = nil
	} else {
		context, err := canonicalContext(r.Context)
		if err != nil {
			return fail(err.Error())
		}
		r.Context = context
	}
	if r.Expires.IsZero() {
		return r, nil
	}
	if !validInstant(r.Expires) {
		return fail("the expiry is not in the years 1678 to 2261")
	}
	r.Expires = r.Expires.Round(0).UTC()
	return r, nil
}

// MarshalText returns the same as String, or the error of Validate.
func (r Relationship) MarshalText() ([]byte, error) { return marshal(r) }

// UnmarshalText parses what MarshalText returns. On an error r is unchanged.
func (r *Relationship) UnmarshalText(text []byte) error { return unmarshal(r, text, ParseRelationship) }
