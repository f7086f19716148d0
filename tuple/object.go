package tuple

import "strings"

// An Object is a thing that relations are about: a type and an id, type:id.
type Object struct{ Type, ID string }

// ParseObject reads type:id. The wildcard is refused: it names no one object.
func ParseObject(s string) (Object, error) {
	o, err := parseObject(s, s, 0, false)
	return o, err
}

// MustParseObject is like [ParseObject] but panics on an error. It is for
// constants in programs and tests.
func MustParseObject(s string) Object { return must(ParseObject(s)) }

// parseObject reads s, which stands at byte at of the whole text.
func parseObject(whole, s string, at int, wildcard bool) (Object, error) {
	typ, id, found := strings.Cut(s, ":")
	if err := validName("type", whole, typ, at, true); err != nil {
		return Object{}, err
	}
	if !found {
		return Object{}, &SyntaxError{Text: whole, Offset: at + len(s), Problem: "expected ':' and an id", kind: ErrSyntax}
	}
	at += len(typ) + 1
	if err := validID(whole, id, at); err != nil {
		return Object{}, err
	}
	if id == Wildcard && !wildcard {
		return Object{}, &SyntaxError{Text: whole, Offset: at, Problem: "only a subject can be a wildcard", kind: ErrSyntax}
	}
	return Object{typ, id}, nil
}

// String returns type:id.
func (o Object) String() string { return o.Type + ":" + o.ID }

// IsZero reports whether o is the zero Object, which is valid nowhere.
func (o Object) IsZero() bool { return o == Object{} }

// Validate reports why o cannot be the object of a tuple; nil when it can.
func (o Object) Validate() error {
	if validName("type", o.Type, o.Type, 0, true) == nil && validID(o.ID, o.ID, 0) == nil && o.ID != Wildcard {
		return nil
	}
	_, err := parseObject(o.String(), o.String(), 0, false)
	return reparsed(err, o.String())
}

// Subject returns the object as a subject without a relation.
func (o Object) Subject() Subject { return Subject{Object: o} }

// Userset returns the subject that stands for everyone in the relation to the object.
func (o Object) Userset(relation string) Subject { return Subject{Object: o, Relation: relation} }

// MarshalText returns the same as String, or the error of Validate.
func (o Object) MarshalText() ([]byte, error) { return marshal(o) }

// UnmarshalText parses what MarshalText returns. On an error o is unchanged.
func (o *Object) UnmarshalText(text []byte) error { return unmarshal(o, text, ParseObject) }
