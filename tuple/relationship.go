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
// A tuple is stored once, whatever qualifies it. [Tuple.Always], [Tuple.When]
// and [Tuple.Until] make one, and r.When and r.Until qualify it further:
//
//	t.When("office_hours", nil).Until(friday)
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
// where both brackets, and the colon with the JSON object, may be missing. An
// expiry lies in the years 1678 to 9999; what is finer in it than a microsecond
// is cut off.
//
// The JSON is decoded as encoding/json does it, so that numbers are float64s,
// but refused where that would lose something: a key that stands twice, an
// integer that a float64 cannot hold, half a surrogate pair. Values nest 100
// deep at most. The instant may have an offset; decimals of a second beyond the
// ninth are dropped.
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
	context := s[after] == ':'
	if name == expirationTrait && context && !strings.HasPrefix(s[after:], ":{") {
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
	if context {
		json := jsonReader{text: s, at: after + 1}
		m, err := json.object(0)
		if err != nil {
			return 0, err
		}
		if len(m) > 0 {
			r.Context = m
		}
		after = json.at
	}
	if after >= len(s) || s[after] != ']' {
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
	text := s[at : at+end]
	when, err := time.Parse(time.RFC3339, text)
	// time.Parse is lenient: it takes T1:00 for T01:00, and a comma for a point.
	if err != nil || text[len("2027-01-31T12")] != ':' || strings.Contains(text, ",") || !validInstant(when) {
		return 0, &SyntaxError{Text: s, Offset: at, kind: ErrSyntax,
			Problem: "expected an instant such as 2027-01-31T12:00:00Z, in the years 1678 to 9999"}
	}
	r.Expires = canonicalInstant(when)
	return at + end + 1, nil
}

// validInstant reports whether t can be written, and is no zero time.
func validInstant(t time.Time) bool {
	y := t.UTC().Year()
	return y >= 1678 && y <= 9999
}

// canonicalInstant cuts off what is finer than a microsecond, so that a tuple
// expires early rather than late.
func canonicalInstant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// String returns the form that [ParseRelationship] reads, with the keys of the
// context sorted.
func (r Relationship) String() string {
	var b strings.Builder
	b.WriteString(r.Tuple.String())
	if r.Caveat != "" || len(r.Context) > 0 {
		b.WriteString("[" + r.Caveat)
		if len(r.Context) > 0 {
			b.WriteString(":" + formatContext(r.Context))
		}
		b.WriteByte(']')
	}
	if !r.Expires.IsZero() {
		b.WriteString("[expiration:" + canonicalInstant(r.Expires).Format(time.RFC3339Nano) + "]")
	}
	return b.String()
}

// When returns r with the caveat and its context, or nil, in place of r's. The
// context is not copied.
func (r Relationship) When(caveat string, context map[string]any) Relationship {
	r.Caveat, r.Context = caveat, context
	return r
}

// Until returns r so that it does not exist any more from the instant at on,
// whatever r said about that.
func (r Relationship) Until(at time.Time) Relationship {
	r.Expires = at
	return r
}

// Validate reports why r is not a well-formed relationship; nil when it is.
func (r Relationship) Validate() error {
	if err := r.Tuple.Validate(); err != nil {
		return err
	}
	// after says what is wrong with what would follow text.
	after := func(text, problem string, kind error) error {
		return &SyntaxError{Text: text, Offset: len(text), Problem: problem, kind: kind}
	}
	switch {
	case r.Caveat == "" && len(r.Context) > 0:
		return after(r.Tuple.String()+"[", "a context without a caveat", ErrSyntax)
	case r.Caveat != "" && validName("caveat", r.Caveat, r.Caveat, 0, true) != nil:
		text := r.Tuple.String() + "[" + r.Caveat
		return validName("caveat", text, r.Caveat, len(text)-len(r.Caveat), true)
	}
	if f := contextFlaw(r.Context, 0); f.kind != nil {
		return after(r.Tuple.String()+"["+r.Caveat+":", "the caveat's context: "+f.problem, f.kind)
	}
	if !r.Expires.IsZero() && !validInstant(r.Expires) {
		return after(r.Tuple.String(), "the expiry is not in the years 1678 to 9999", ErrSyntax)
	}
	return nil
}

// Canonical returns r with its context in the form in which it is stored and
// parsed (integers become float64s, an empty context nil) and its expiry in UTC and
// whole microseconds; or what [Relationship.Validate] reports. The context is copied.
func (r Relationship) Canonical() (Relationship, error) {
	if err := r.Validate(); err != nil {
		return Relationship{}, err
	}
	if len(r.Context) == 0 {
		r.Context = nil
	} else {
		r.Context = canonicalValue(r.Context).(map[string]any)
	}
	if !r.Expires.IsZero() {
		r.Expires = canonicalInstant(r.Expires)
	}
	return r, nil
}

// MarshalText returns the same as String, or the error of Validate.
func (r Relationship) MarshalText() ([]byte, error) { return marshal(r) }

// UnmarshalText parses what MarshalText returns. On an error r is unchanged.
func (r *Relationship) UnmarshalText(text []byte) error { return unmarshal(r, text, ParseRelationship) }
