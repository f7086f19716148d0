package schema

import (
	"fmt"
	"strconv"
	"strings"
)

// A ChangeKind says what a [Change] is.
type ChangeKind int

// The kinds of changes. What belongs to a type that is added or removed is not
// listed by itself, nor is what belongs to such a relation or permission: a
// relation that becomes a permission is one that is removed, and the other added.
const (
	TypeAdded ChangeKind = iota
	TypeRemoved
	TypeRenamed
	RelationAdded
	RelationRemoved
	RelationRenamed
	PermissionAdded
	PermissionRemoved
	PermissionRenamed
	SubjectAdded      // a relation admits one more type of subject
	SubjectRemoved    // a relation admits a type of subject no longer
	RewriteChanged    // who holds a permission, or a relation that is also rewritten
	DirectiveAdded    // of a relation, a permission or a type
	DirectiveRemoved  // likewise
	DirectiveChanged  // a count of the same groups, on-delete, expires-within, deleted-by
	CaveatAdded       // with whatever it says
	CaveatRemoved     // likewise
	ParametersChanged // of a caveat: their names or types, and not their order
	ExpressionChanged // the text of a caveat's expression
)

var changeKinds = [...]string{
	"type added", "type removed", "type renamed",
	"relation added", "relation removed", "relation renamed",
	"permission added", "permission removed", "permission renamed",
	"subject added", "subject removed", "rewrite changed",
	"directive added", "directive removed", "directive changed",
	"caveat added", "caveat removed", "parameters changed", "expression changed",
}

// String returns the kind in words, such as "subject added".
func (k ChangeKind) String() string {
	if k < 0 || int(k) >= len(changeKinds) {
		return fmt.Sprintf("ChangeKind(%d)", int(k))
	}
	return changeKinds[k]
}

// A Change is one thing that differs between two schemas.
type Change struct {
	Kind ChangeKind

	// Type and Relation are what has changed, by the names after the change;
	// those before it if it is removed. Relation is empty if it is the type, and
	// both are if it is a caveat.
	Type, Relation string
	Caveat         string // the caveat that has changed; empty otherwise

	// Before and After are what it was and is, as the language writes it, each
	// with the names of its schema: a declaration without comments, a name, a
	// type of subject, a rewrite, a directive, parameters or an expression.
	// What is added has no Before, and what is removed no After.
	Before, After string

	// Affects are the relations and permissions whose answers the change can
	// alter, sorted, as document#view: what is changed itself, and all that
	// depends on it, before or after, through rewrites, arrows and usersets. They
	// have their names after the change, and those before if they are removed.
	// A rename by itself, and a directive, alter no answer.
	Affects []string
}

// String returns the change in words, and on a second line what it affects.
func (c Change) String() string {
	text := c.words()
	if len(c.Affects) > 0 {
		text += "\n\taffects " + strings.Join(c.Affects, ", ")
	}
	return text
}

func (c Change) words() string {
	name := c.Type
	if c.Relation != "" {
		name += "#" + c.Relation
	}
	switch c.Kind {
	case TypeRenamed, RelationRenamed, PermissionRenamed:
		return fmt.Sprintf("%s: %s is now %s", c.Kind, c.Before, c.After)
	case TypeAdded, TypeRemoved, RelationRemoved, PermissionRemoved:
		return fmt.Sprintf("%s: %s", c.Kind, name)
	case RelationAdded, PermissionAdded:
		_, declaration, _ := strings.Cut(c.After[strings.LastIndexByte(c.After, '\n')+1:], " ")
		return fmt.Sprintf("%s: %s%s", c.Kind, name, strings.TrimPrefix(declaration, c.Relation))
	case CaveatAdded, CaveatRemoved:
		return fmt.Sprintf("%s: %s", c.Kind, c.Caveat)
	case ParametersChanged, ExpressionChanged:
		name = c.Caveat
	}
	switch {
	case c.Before == "":
		return fmt.Sprintf("%s: %s: %s", c.Kind, name, c.After)
	case c.After == "":
		return fmt.Sprintf("%s: %s: %s", c.Kind, name, c.Before)
	case c.Before == c.After: // it is written with names that have changed their meaning
		return fmt.Sprintf("%s: %s: %s, in which a name is now that of something else", c.Kind, name, c.After)
	}
	return fmt.Sprintf("%s: %s: was %s, is %s", c.Kind, name, oneLine(c.Before), oneLine(c.After))
}

// oneLine returns a text, in quotes if it has several lines.
func oneLine(text string) string {
	if strings.Contains(text, "\n") {
		return strconv.Quote(text)
	}
	return text
}

// Changes are all that differs between two schemas: caveats first, then types
// and what they have, each sorted by name.
type Changes []Change

// String returns the changes one below the other; "" if there are none.
func (c Changes) String() string {
	texts := make([]string, len(c))
	for i, change := range c {
		texts[i] = change.String()
	}
	return strings.Join(texts, "\n")
}
