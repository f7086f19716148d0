package schema

import "strings"

// A Schema is the types that there are, their relations, their permissions and
// the caveats, checked and compiled. It is immutable and safe for concurrent
// use; so is everything that it returns, as long as the caller changes nothing
// in it.
type Schema struct {
	definitions []*Definition
	caveats     []*Caveat
	byName      map[string]*Definition
	caveatNamed map[string]*Caveat
	relations   map[string]bool // the name of every relation of any type, and whether one stores tuples
	warnings    []Diagnostic
}

// Definition returns the definition of that name; nil if there is none. It
// takes constant time.
func (s *Schema) Definition(name string) *Definition { return s.byName[name] }

// Definitions returns the definitions in order of declaration.
func (s *Schema) Definitions() []*Definition { return s.definitions }

// Caveat returns the caveat of that name; nil if there is none. It takes
// constant time.
func (s *Schema) Caveat(name string) *Caveat { return s.caveatNamed[name] }

// Caveats returns the caveats in order of declaration.
func (s *Schema) Caveats() []*Caveat { return s.caveats }

// Warnings returns what is valid and yet probably not meant, in order of
// position.
func (s *Schema) Warnings() []Diagnostic { return s.warnings }

// String returns the schema as canonical text, caveats first, with partials and
// imports resolved and only the comments that stand above declarations, their
// directives below these. [Parse] reads it back to an equal schema, unless the schema was built in Go and has
// what the language cannot say: a relation that is rewritten as well as stored
// (see [Relation.String]), a name that is a keyword or begins with a hyphen, or
// wildcards where the language does not admit them. [Schema.Text] refuses these.
func (s *Schema) String() string {
	var b strings.Builder
	expires, self := s.flags()
	if expires {
		b.WriteString("use expiration\n")
	}
	if self {
		b.WriteString("use self\n")
	}
	separate := func() {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
	}
	for _, c := range s.caveats {
		separate()
		above(&b, c.Comments, "")
		b.WriteString(c.String() + "\n")
	}
	for _, d := range s.definitions {
		separate()
		above(&b, d.Comments, "")
		d.write(&b, true)
	}
	return b.String()
}

// above writes lines that stand above a declaration.
func above(b *strings.Builder, comments []string, indent string) {
	for _, c := range comments {
		b.WriteString(indent + reindent(c, indent) + "\n")
	}
}

// flags reports which features the text of the schema must turn on.
func (s *Schema) flags() (expires, self bool) {
	for _, d := range s.definitions {
		for _, r := range d.Relations {
			for _, t := range r.Subjects {
				expires = expires || t.Expiration
			}
			self = self || !Walk(r.Rewrite, func(r Rewrite) bool { _, is := r.(Self); return !is })
		}
	}
	return expires, self
}
