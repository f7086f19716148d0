package openfga

import "github.com/baobab-authz/baobab/schema"

// The tree that both readers make, of the language and of JSON.

// A model is what one text declares, or several modules together.
type model struct {
	types      []*typeDef
	conditions []*condition
	gaps       bool // a declaration could not be read, so that names may be missing
}

// A name is a word with its place.
type name struct {
	text string
	at   schema.Span
}

// A typeDef is a type of objects, or what a module adds to one.
type typeDef struct {
	name      name
	extend    bool
	relations []*relation
	gaps      bool // a relation could not be read
}

// A relation is what one define says.
type relation struct {
	name         name
	restrictions []restriction // of what is assigned directly
	expr         *expr         // nil if it could not be read
}

// A restriction is one of the types that can be assigned directly.
type restriction struct {
	typ, relation, condition name
	wildcard                 bool
	at                       schema.Span
}

func (r restriction) String() string { return r.subject().String() }

// subject returns the restriction as a type of subject.
func (r restriction) subject() schema.SubjectType {
	return schema.SubjectType{Type: r.typ.text, Relation: r.relation.text, Wildcard: r.wildcard, Caveat: r.condition.text}
}

type exprKind int

const (
	exprDirect   exprKind = iota // the types in brackets
	exprComputed                 // a relation
	exprFrom                     // a relation from another
	exprUnion
	exprIntersection
	exprExclusion
)

// An expr says who has a relation.
type expr struct {
	kind exprKind
	name name // of the relation
	from name // of the relation whose subjects are asked
	kids []*expr
	at   schema.Span
}

// walk calls visit for e and each expression below it, operands first.
func (e *expr) walk(visit func(*expr)) {
	for _, k := range e.kids {
		k.walk(visit)
	}
	visit(e)
}

// has reports whether there is an expression of a kind.
func (e *expr) has(kind exprKind) bool {
	found := false
	e.walk(func(e *expr) { found = found || e.kind == kind })
	return found
}

// A condition is a caveat.
type condition struct {
	name       name
	parameters []schema.PlacedParameter
	expression string
	body       schema.Span // of the expression
}

// maxDepth bounds how deep expressions nest, as it does in the native language.
const maxDepth = 500

// The lengths to which names are limited, in bytes.
const (
	maxTypeName = 254
	maxName     = 50 // of relations, conditions and parameters
)
