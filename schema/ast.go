package schema

// The tree that the parser reads and the builder makes. A span is zero in what
// was built.

// A file is a text with its declarations and what it turns on.
type file struct {
	src        *source
	flags      map[string]span // of use, by name
	decls      []*decl
	comments   []comment // outside of caveats' expressions
	final      []comment // those behind the last declaration
	gaps       bool      // a declaration could not be read, so that names may be missing
	standalone bool      // it is a schema by itself
}

type declKind int

const (
	declDefinition declKind = iota
	declPartial
	declCaveat
	declUse
	declImport
)

// A decl is what stands at the top level of a file.
type decl struct {
	kind    declKind
	name    ident // of the flag for use, the path for import
	at      span  // all of it
	open    int   // offset of the brace of a definition or a partial
	members []*member
	gaps    bool // a member could not be read, so that names may be missing

	directives []directive // that stand above a definition

	params     []param
	expression string
	body       span // of the expression
	openfga    bool // the expression is one of OpenFGA's

	trivia
	opening []comment // behind the opening brace, on its line
	closing []comment // before the closing brace
}

type memberKind int

const (
	memberRelation memberKind = iota
	memberPermission
	memberInclude // ...name
)

// A member is what stands in a definition.
type member struct {
	kind   memberKind
	name   ident
	types  []typeRef // of a relation; a permission's annotations
	expr   *expr     // of a permission, or a relation that is rewritten; nil if it could not be read
	at     span
	broken bool // it could not be read beyond its name

	directives []directive // that stand above it
	trivia
}

type ident struct {
	text string
	at   span
}

// A typeRef is an alternative of a relation, with the places of its parts.
type typeRef struct {
	SubjectType
	at, typeAt, relationAt, caveatAt span
}

type param struct {
	name   ident
	typ    TypeRef
	typeAt span
}

type exprKind int

const (
	exprThis exprKind = iota
	exprNil
	exprSelf
	exprName
	exprArrow
	exprUnion
	exprIntersection
	exprExclusion
	exprBad // of what was built wrongly
)

// An expr is an expression as it is written: its operators are not merged.
type expr struct {
	kind     exprKind
	name     ident  // the relation, or an arrow's left side
	target   ident  // an arrow's right side
	function string // of an arrow: "", "any" or "all"
	kids     []*expr
	parens   bool // it stands in parentheses
	tight    bool // there is no space around the operator -
	at       span
	depth    int
	bad      string // of exprBad: what is wrong
}

// maxDepth bounds how deep expressions and parameter types nest, so that
// walking them overflows no stack.
const maxDepth = 500

func (e *expr) rewrite() Rewrite {
	switch e.kind {
	case exprNil:
		return Nil{}
	case exprSelf:
		return Self{}
	case exprName:
		return Computed{e.name.text}
	case exprArrow:
		return TupleToUserset{e.name.text, e.target.text, e.function == "all"}
	case exprUnion:
		return Union{e.operands(exprUnion, nil)}
	case exprIntersection:
		return Intersection{e.operands(exprIntersection, nil)}
	case exprExclusion:
		return Exclusion{e.kids[0].rewrite(), e.kids[1].rewrite()}
	}
	return This{}
}

// operands appends the operands of a tree of the same operator.
func (e *expr) operands(kind exprKind, list []Rewrite) []Rewrite {
	for _, k := range e.kids {
		if k.kind == kind {
			list = k.operands(kind, list)
		} else {
			list = append(list, k.rewrite())
		}
	}
	return list
}

// walk calls visit for every operator below e and itself, operands first; under
// reports whether it stands on the right side of an exclusion.
func (e *expr) walk(under bool, visit func(e *expr, under bool)) {
	for i, k := range e.kids {
		k.walk(under || e.kind == exprExclusion && i == 1, visit)
	}
	visit(e, under)
}
