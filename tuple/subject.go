package tuple

import "strings"

// A Subject is who a tuple is about: an object (user:ann), a userset, which is
// everyone in a relation to an object (team:eng#member), or a wildcard, which
// is every subject of a type (user:*).
type Subject struct {
	Object
	Relation string // empty unless the subject is a userset
}

// ParseSubject reads type:id, type:id#relation or type:*. The relation ... is
// read as none.
func ParseSubject(s string) (Subject, error) { return parseSubject(s, s, 0) }

// MustParseSubject is like [ParseSubject] but panics on an error. It is for
// constants in programs and tests.
func MustParseSubject(s string) Subject { return must(ParseSubject(s)) }

// parseSubject reads s, which stands at byte at of the whole text.
func parseSubject(whole, s string, at int) (Subject, error) {
	obj, rel, found := strings.Cut(s, "#")
	o, err := parseObject(whole, obj, at, true)
	if err != nil {
		return Subject{}, err
	}
	if !found || rel == Ellipsis {
		return Subject{Object: o}, nil
	}
	at += len(obj) + 1
	if err := validName("relation", whole, rel, at, false); err != nil {
		return Subject{}, err
	}
	if o.ID == Wildcard {
		return Subject{}, &SyntaxError{Text: whole, Offset: at - 1, Problem: "a wildcard has no relation", kind: ErrSyntax}
	}
	return Subject{o, rel}, nil
}

// String returns type:id or type:id#relation.
func (s Subject) String() string {
	if s.Relation == "" {
		return s.Object.String()
	}
	return s.Object.String() + "#" + s.Relation
}

// IsZero reports whether s is the zero Subject, which is valid nowhere.
func (s Subject) IsZero() bool { return s == Subject{} }

// IsWildcard reports whether s stands for every subject of its type.
func (s Subject) IsWildcard() bool { return s.ID == Wildcard }

// IsUserset reports whether s stands for everyone in a relation to an object.
func (s Subject) IsUserset() bool { return s.Relation != "" }

// Validate reports why s cannot be the subject of a tuple; nil when it can.
func (s Subject) Validate() error {
	if validName("type", s.Type, s.Type, 0, true) == nil && validID(s.ID, s.ID, 0) == nil &&
		(s.Relation == "" || s.ID != Wildcard && validName("relation", s.Relation, s.Relation, 0, false) == nil) {
		return nil
	}
	_, err := ParseSubject(s.String())
	return reparsed(err, s.String())
}

// MarshalText returns the same as String, or the error of Validate.
func (s Subject) MarshalText() ([]byte, error) { return marshal(s) }

// UnmarshalText parses what MarshalText returns. On an error s is unchanged.
func (s *Subject) UnmarshalText(text []byte) error { return unmarshal(s, text, ParseSubject) }
