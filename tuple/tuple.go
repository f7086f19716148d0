package tuple

import (
	"strings"
	"time"
)

// A Tuple says that a subject stands in a relation to an object. It is
// comparable and can be a map key.
type Tuple struct {
	Object   Object
	Relation string
	Subject  Subject
}

// New returns the tuple object#relation@subject.
func New(object Object, relation string, subject Subject) Tuple {
	return Tuple{Object: object, Relation: relation, Subject: subject}
}

// Parse reads object#relation@subject. What qualifies a stored tuple is
// refused: [ParseRelationship] reads that.
func Parse(s string) (Tuple, error) {
	t, rest, err := parseTuple(s)
	if err == nil && rest < len(s) {
		err = &SyntaxError{Text: s, Offset: rest, Problem: "a tuple ends here; only a relationship is qualified", kind: ErrSyntax}
	}
	if err != nil {
		return Tuple{}, err
	}
	return t, nil
}

// MustParse is like [Parse] but panics on an error. It is for constants in
// programs and tests.
func MustParse(s string) Tuple { return must(Parse(s)) }

// parseTuple reads a tuple from the beginning of s and returns the offset of
// the byte after it: the end of s, or that of a '['.
func parseTuple(s string) (Tuple, int, error) {
	obj, rest, found := strings.Cut(s, "#")
	if at := strings.IndexByte(obj, '@'); at >= 0 && !found {
		return Tuple{}, 0, &SyntaxError{Text: s, Offset: at, Problem: "expected '#' and a relation before '@'", kind: ErrSyntax}
	}
	o, err := parseObject(s, obj, 0, false)
	if err != nil {
		return Tuple{}, 0, err
	}
	if !found {
		return Tuple{}, 0, &SyntaxError{Text: s, Offset: len(s), Problem: "expected '#' and a relation", kind: ErrSyntax}
	}
	at := len(obj) + 1
	rel, rest, found := strings.Cut(rest, "@")
	if err := validName("relation", s, rel, at, false); err != nil {
		return Tuple{}, 0, err
	}
	at += len(rel)
	if !found {
		return Tuple{}, 0, &SyntaxError{Text: s, Offset: at, Problem: "expected '@' and a subject", kind: ErrSyntax}
	}
	at++
	if end := strings.IndexByte(rest, '['); end >= 0 {
		rest = rest[:end]
	}
	sub, err := parseSubject(s, rest, at)
	if err != nil {
		return Tuple{}, 0, err
	}
	return Tuple{o, rel, sub}, at + len(rest), nil
}

// String returns object#relation@subject.
func (t Tuple) String() string {
	return t.Object.String() + "#" + t.Relation + "@" + t.Subject.String()
}

// Validate reports why t is not a well-formed tuple; nil when it is. Whether
// the relation exists and admits the subject is for a schema to say.
func (t Tuple) Validate() error {
	if t.Object.Validate() == nil && validName("relation", t.Relation, t.Relation, 0, false) == nil && t.Subject.Validate() == nil {
		return nil
	}
	_, err := Parse(t.String())
	return reparsed(err, t.String())
}

// Always returns the tuple as a relationship that nothing qualifies.
func (t Tuple) Always() Relationship { return Relationship{Tuple: t} }

// When returns the tuple as a relationship that holds when the caveat does,
// with values for some of the caveat's parameters, or nil. The context is not
// copied.
func (t Tuple) When(caveat string, context map[string]any) Relationship {
	return Relationship{Tuple: t, Caveat: caveat, Context: context}
}

// Until returns the tuple as a relationship that does not exist any more from
// the instant at on.
func (t Tuple) Until(at time.Time) Relationship { return Relationship{Tuple: t, Expires: at} }

// MarshalText returns the same as String, or the error of Validate.
func (t Tuple) MarshalText() ([]byte, error) { return marshal(t) }

// UnmarshalText parses what MarshalText returns. On an error t is unchanged.
func (t *Tuple) UnmarshalText(text []byte) error { return unmarshal(t, text, Parse) }
