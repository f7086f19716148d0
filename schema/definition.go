package schema

import (
	"strings"
	"time"
)

// A Definition is a type of objects with its relations and permissions.
type Definition struct {
	Name      string
	Relations []*Relation // relations and permissions, in order of declaration
	DeletedBy string      // the permission that an actor needs to delete an object; empty if none may
	Comments  []string    // the comments above the declaration without directives, one an element, as written
	Pos       Pos         // of the name
	byName    map[string]*Relation
	counted   map[*Relation][]*Relation
}

// Relation returns the relation or permission of that name; nil if there is
// none. It takes constant time.
func (d *Definition) Relation(name string) *Relation { return d.byName[name] }

// String returns the definition with its directives and without comments, on
// several lines.
func (d *Definition) String() string {
	var b strings.Builder
	d.write(&b, false)
	return strings.TrimSuffix(b.String(), "\n")
}

// write writes the declaration, with or without the comments inside.
func (d *Definition) write(b *strings.Builder, comments bool) {
	above(b, d.directives(), "")
	b.WriteString("definition " + d.Name + " {")
	if len(d.Relations) > 0 {
		b.WriteByte('\n')
	}
	for _, r := range d.Relations {
		if comments {
			above(b, r.Comments, "\t")
		}
		above(b, r.directives(), "\t")
		b.WriteString("\t" + r.String() + "\n")
	}
	b.WriteString("}\n")
}

// A Relation is a relation or a permission of a definition.
//
// A relation stores tuples, whose subjects are of one of the types Subjects;
// its Rewrite is This{}. A permission stores none; its Rewrite is without This.
// A relation can be both, if it was built in Go or comes from another language:
// then it has Subjects, and a Rewrite in which This stands among others.
type Relation struct {
	Name       string
	Permission bool          // declared as a permission: Subjects is empty
	Subjects   []SubjectType // what the relation's own tuples admit
	Rewrite    Rewrite       // who holds it; never nil

	Counts        []Count       // bounds on its tuples, all of which hold at every commit
	Guards        []Guard       // what an actor needs to write its tuples; none may if there is none
	OnDelete      OnDelete      // what becomes of its tuples when what their subject names is deleted
	ExpiresWithin time.Duration // how far ahead its tuples may expire; 0 for no limit

	Comments []string // the comments above the declaration without directives, one an element, as written
	Pos      Pos      // of the name
}

// Stored reports whether the relation has tuples of its own, so that it can be
// written.
func (r *Relation) Stored() bool { return !r.Permission }

// String returns the declaration, on one line and without comments. That of a
// relation which is rewritten as well as stored is
//
//	relation viewer: user | team#member = this + editor
//
// which [Parse] does not read.
func (r *Relation) String() string {
	if r.Permission {
		return "permission " + r.Name + " = " + r.Rewrite.String()
	}
	var b strings.Builder
	b.WriteString("relation " + r.Name + ": ")
	for i, s := range r.Subjects {
		if i > 0 {
			b.WriteString(" | ")
		}
		b.WriteString(s.String())
	}
	if r.Rewrite != nil && r.Rewrite.String() != "this" {
		b.WriteString(" = " + r.Rewrite.String())
	}
	return b.String()
}

// declaration returns the relation with its directives, each on a line.
func (r *Relation) declaration() string {
	return strings.Join(append(r.directives(), r.String()), "\n")
}

// A SubjectType is one of the alternatives of a relation: which subjects its
// tuples admit, and how qualified. A tuple is admitted exactly as the type
// says: user admits only tuples without caveat and expiry, user with c only
// such with the caveat c, and user with c and expiration only such with both.
type SubjectType struct {
	Type       string
	Relation   string // of a userset such as team#member; empty otherwise
	Wildcard   bool   // user:*
	Caveat     string // the caveat that the tuple must carry; empty for none
	Expiration bool   // whether the tuple must carry an expiry
}

// String returns the alternative as the language writes it.
func (s SubjectType) String() string {
	text := s.Type
	switch {
	case s.Wildcard:
		text += ":*"
	case s.Relation != "":
		text += "#" + s.Relation
	}
	switch {
	case s.Caveat != "" && s.Expiration:
		text += " with " + s.Caveat + " and expiration"
	case s.Caveat != "":
		text += " with " + s.Caveat
	case s.Expiration:
		text += " with expiration"
	}
	return text
}
