package tuple

import "strings"

// A Filter names the tuples that agree with every part it has; an empty part
// agrees with anything, so the zero Filter names all tuples.
//
// Its text is that of a tuple with parts left out:
//
//	workspace:acme              every tuple about the workspace
//	workspace#owner             every owner of any workspace
//	#owner@user:ann             everything that ann owns
//	workspace:acme#@user:ann    whatever ann is to the workspace
//	@team:eng                   everything about the team as a subject
//	@team:eng#member            only its members, not the team itself
//	@team:eng#...               only the team itself, not its members
//	@user:*                     every tuple with the wildcard
//
// and the empty text for the zero Filter. After an object's id the subject is
// preceded by #, because an id may contain @.
type Filter struct {
	ObjectType, ObjectID, Relation string
	SubjectType, SubjectID         string
	SubjectRelation                string // [Ellipsis] for subjects without a relation
}

// ParseFilter reads the text of a filter.
func ParseFilter(s string) (Filter, error) {
	var f Filter
	var err error
	end := strings.IndexAny(s, ":#@")
	if end >= 0 && s[end] == ':' { // the id goes on to the #, whatever is in it
		end = strings.IndexByte(s, '#')
	}
	if end < 0 {
		end = len(s)
	}
	if f.ObjectType, f.ObjectID, err = parsePart(s, s[:end], 0, false); err != nil {
		return Filter{}, err
	}
	at := end
	if at < len(s) && s[at] == '#' {
		at++
		relation, _, found := strings.Cut(s[at:], "@")
		if relation != "" || !found {
			if err := validName("relation", s, relation, at, false); err != nil {
				return Filter{}, err
			}
		}
		f.Relation = relation
		at += len(relation)
	}
	if at == len(s) {
		return f, nil
	}
	at++ // the @
	subject, relation, found := strings.Cut(s[at:], "#")
	if f.SubjectType, f.SubjectID, err = parsePart(s, subject, at, true); err != nil {
		return Filter{}, err
	}
	if subject == "" && !found {
		return Filter{}, &SyntaxError{Text: s, Offset: at, Problem: "expected a subject", kind: ErrSyntax}
	}
	if !found {
		return f, nil
	}
	f.SubjectRelation = relation
	at += len(subject) + 1
	if relation == Ellipsis {
		return f, nil
	}
	if f.SubjectID == Wildcard {
		return Filter{}, &SyntaxError{Text: s, Offset: at - 1, Problem: "a wildcard has no relation", kind: ErrSyntax}
	}
	if err := validName("relation", s, relation, at, false); err != nil {
		return Filter{}, err
	}
	return f, nil
}

// MustParseFilter is like [ParseFilter] but panics on an error. It is for
// constants in programs and tests.
func MustParseFilter(s string) Filter { return must(ParseFilter(s)) }

// parsePart reads type, type:id or nothing, which stands at byte at.
func parsePart(whole, s string, at int, wildcard bool) (typ, id string, err error) {
	if s == "" {
		return "", "", nil
	}
	if strings.IndexByte(s, ':') < 0 {
		if err := validName("type", whole, s, at, true); err != nil {
			return "", "", err
		}
		return s, "", nil
	}
	o, err := parseObject(whole, s, at, wildcard)
	return o.Type, o.ID, err
}

// FilterOf returns the filter that names t alone.
func FilterOf(t Tuple) Filter {
	f := Filter{t.Object.Type, t.Object.ID, t.Relation, t.Subject.Type, t.Subject.ID, t.Subject.Relation}
	if f.SubjectRelation == "" {
		f.SubjectRelation = Ellipsis
	}
	return f
}

// IsZero reports whether f names all tuples.
func (f Filter) IsZero() bool { return f == Filter{} }

// Matches reports whether f names t.
func (f Filter) Matches(t Tuple) bool {
	agrees := func(want, have string) bool { return want == "" || want == have }
	return agrees(f.ObjectType, t.Object.Type) && agrees(f.ObjectID, t.Object.ID) && agrees(f.Relation, t.Relation) &&
		agrees(f.SubjectType, t.Subject.Type) && agrees(f.SubjectID, t.Subject.ID) &&
		(agrees(f.SubjectRelation, t.Subject.Relation) || f.SubjectRelation == Ellipsis && t.Subject.Relation == "")
}

// String returns the text that [ParseFilter] reads.
func (f Filter) String() string {
	var b strings.Builder
	part := func(typ, id string) {
		b.WriteString(typ)
		if id != "" {
			b.WriteString(":" + id)
		}
	}
	part(f.ObjectType, f.ObjectID)
	subject := f.SubjectType != "" || f.SubjectID != "" || f.SubjectRelation != ""
	if f.Relation != "" || subject && f.ObjectID != "" {
		b.WriteString("#" + f.Relation)
	}
	if subject {
		b.WriteByte('@')
		part(f.SubjectType, f.SubjectID)
		if f.SubjectRelation != "" {
			b.WriteString("#" + f.SubjectRelation)
		}
	}
	return b.String()
}

// Validate reports why f is not a well-formed filter; nil when it is. An id
// needs a type.
func (f Filter) Validate() error {
	if validPart(f.ObjectType, f.ObjectID) && f.ObjectID != Wildcard &&
		(f.Relation == "" || ValidateName(f.Relation) == nil) &&
		validPart(f.SubjectType, f.SubjectID) &&
		(f.SubjectRelation == "" || f.SubjectRelation == Ellipsis ||
			f.SubjectID != Wildcard && ValidateName(f.SubjectRelation) == nil) {
		return nil
	}
	text := f.String()
	_, err := ParseFilter(text)
	return reparsed(err, text)
}

// validPart reports whether typ and id are what parsePart returns.
func validPart(typ, id string) bool {
	return typ == "" && id == "" || ValidateTypeName(typ) == nil && (id == "" || ValidateID(id) == nil)
}

// MarshalText returns the same as String, or the error of Validate.
func (f Filter) MarshalText() ([]byte, error) { return marshal(f) }

// UnmarshalText parses what MarshalText returns. On an error f is unchanged.
func (f *Filter) UnmarshalText(text []byte) error { return unmarshal(f, text, ParseFilter) }
