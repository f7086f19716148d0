package schema

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/baobab-authz/baobab/tuple"
)

// A Part of a schema is what [New] makes one of: the result of [Define] or of
// [DeclareCaveat].
type Part interface{ part() *decl }

// A Member is a relation or a permission of a definition: the result of [Rel]
// or of [Perm].
type Member struct {
	name     string
	subjects []SubjectType
	rewrite  Rewrite
	perm     bool
	at       span   // of the name
	places   []span // of the subjects

	directives []directive
	definition bool // it is no member: its directives are the definition's
}

type part decl

func (p *part) part() *decl { return (*decl)(p) }

// New returns the schema that consists of the parts, in their order. It makes
// the same checks as [Parse] but for what SpiceDB alone refuses: an arrow over a
// relation that admits a wildcard, a userset of a relation that does, and a
// caveat with the name of a definition. So it builds what other languages have
// and the native one does not; see [Rel] and [Member.Rewritten].
//
// The error is [Errors], without positions: each diagnostic's About says where.
func New(parts ...Part) (*Schema, error) {
	report := &reports{}
	f := &file{}
	for _, p := range parts {
		if p == nil {
			report.errorf(span{}, "", "a part is nil")
			continue
		}
		d := p.part()
		f.decls = append(f.decls, d)
		checkNames(d, report)
	}
	return compile([]*file{f}, report, rules{})
}

// MustNew is like [New] but panics on an error. It is for programs whose schema
// is constant, and tests.
func MustNew(parts ...Part) *Schema {
	s, err := New(parts...)
	if err != nil {
		panic(err)
	}
	return s
}

// Define declares a type of objects with its relations and permissions, and
// what [DeletedBy] says of it.
func Define(name string, members ...Member) Part {
	d := &part{kind: declDefinition, name: ident{text: name}}
	for _, m := range members {
		if m.definition {
			d.directives = append(d.directives, m.directives...)
			continue
		}
		d.members = append(d.members, m.member())
	}
	return d
}

// Rel declares a relation and the types of subjects that it admits: see [Type],
// [Userset] and [Wildcard].
func Rel(name string, subjects ...SubjectType) Member {
	return Member{name: name, subjects: subjects}
}

// Perm declares a permission and who holds it.
func Perm(name string, who Rewrite) Member {
	return Member{name: name, rewrite: who, perm: true}
}

// Rewritten returns the relation with a rewrite in which [This] stands for its
// own tuples, so that it is stored and computed at once:
//
//	Rel("viewer", Type("user")).Rewritten(Or(This{}, Ref("editor")))
//
// The native language has no such relations; Zanzibar and OpenFGA do.
func (m Member) Rewritten(who Rewrite) Member {
	m.rewrite = who
	return m
}

// Type admits the objects of a type as subjects.
func Type(name string) SubjectType { return SubjectType{Type: name} }

// Userset admits as subjects whoever holds a relation to an object of a type.
func Userset(typ, relation string) SubjectType { return SubjectType{Type: typ, Relation: relation} }

// Wildcard admits the wildcard of a type: one tuple for all of its objects.
func Wildcard(typ string) SubjectType { return SubjectType{Type: typ, Wildcard: true} }

// With returns the type of subject with a caveat that the tuple must carry.
func (s SubjectType) With(caveat string) SubjectType {
	s.Caveat = caveat
	return s
}

// Expiring returns the type of subject with an expiry that the tuple must carry.
func (s SubjectType) Expiring() SubjectType {
	s.Expiration = true
	return s
}

// Ref is whoever holds another relation or permission of the same object.
func Ref(relation string) Rewrite { return Computed{relation} }

// Arrow is whoever holds target on one of the objects that are subjects of the
// relation tupleset: tupleset->target.
func Arrow(tupleset, target string) Rewrite {
	return TupleToUserset{Tupleset: tupleset, Computed: target}
}

// ArrowAll is whoever holds target on each of the objects that are subjects of
// the relation tupleset, of which there must be one: tupleset.all(target).
func ArrowAll(tupleset, target string) Rewrite {
	return TupleToUserset{Tupleset: tupleset, Computed: target, All: true}
}

// Or is the union: whoever is in one of its operands.
func Or(operands ...Rewrite) Rewrite { return Union{operands} }

// And is the intersection: whoever is in all of its operands.
func And(operands ...Rewrite) Rewrite { return Intersection{operands} }

// Minus is the exclusion: whoever is in base and not in subtract.
func Minus(base, subtract Rewrite) Rewrite { return Exclusion{base, subtract} }

// DeclareCaveat declares a caveat with its parameters and its expression in CEL.
func DeclareCaveat(name, expression string, parameters ...Parameter) Part {
	d := &part{kind: declCaveat, name: ident{text: name}, expression: strings.TrimSpace(expression)}
	for _, p := range parameters {
		d.params = append(d.params, param{name: ident{text: p.Name}, typ: p.Type})
	}
	return d
}

// Param is a parameter of a caveat. Its type is written as in a schema's text:
// string, list<int>.
func Param(name, typ string) Parameter {
	report := &reports{}
	p := scan(newSource("", typ), report)
	if t, ok := p.paramType(1); ok && p.is(tokenEnd) && report.errors == 0 {
		return Parameter{name, t}
	}
	return Parameter{name, TypeRef{Name: typ}} // which New refuses
}

func (m Member) member() *member {
	d := &member{kind: memberRelation, name: ident{m.name, m.at}, directives: m.directives}
	if m.perm {
		d.kind = memberPermission
	}
	for i, s := range m.subjects {
		t := typeRef{SubjectType: s}
		if i < len(m.places) {
			t.at, t.typeAt, t.relationAt, t.caveatAt = m.places[i], m.places[i], m.places[i], m.places[i]
		}
		d.types = append(d.types, t)
	}
	switch {
	case m.rewrite != nil:
		b := &exprBuilder{}
		d.expr = b.expr(m.rewrite, 1)
	case m.perm:
		d.expr = bad("a permission has no rewrite: nobody is Nil{}")
	}
	return d
}

// maxOperators bounds the operators of one rewrite that is built, since a value
// that occurs twice in each of several levels is larger than it looks.
const maxOperators = 100_000

// An exprBuilder turns a rewrite into a tree. What is wrong with it becomes a
// node of the kind exprBad.
type exprBuilder struct{ operators int }

func bad(format string, args ...any) *expr {
	return &expr{kind: exprBad, bad: fmt.Sprintf(format, args...)}
}

func (b *exprBuilder) expr(r Rewrite, depth int) *expr {
	b.operators++
	switch {
	case depth > maxDepth:
		return bad("the expression nests more than %d deep", maxDepth)
	case b.operators == maxOperators+1:
		return bad("the expression has more than %d operators", maxOperators)
	case b.operators > maxOperators:
		return &expr{kind: exprNil}
	}
	switch r := r.(type) {
	case placed:
		b.operators--
		e := b.expr(r.Rewrite, depth)
		e.place(r.at.at)
		return e
	case This:
		return &expr{kind: exprThis}
	case Nil:
		return &expr{kind: exprNil}
	case Self:
		return &expr{kind: exprSelf}
	case Computed:
		return &expr{kind: exprName, name: ident{text: r.Relation}}
	case TupleToUserset:
		e := &expr{kind: exprArrow, name: ident{text: r.Tupleset}, target: ident{text: r.Computed}}
		if r.All {
			e.function = "all"
		}
		return e
	case Union:
		return b.list(exprUnion, "a union", r.Children, depth)
	case Intersection:
		return b.list(exprIntersection, "an intersection", r.Children, depth)
	case Exclusion:
		return &expr{kind: exprExclusion, kids: []*expr{b.expr(r.Base, depth+1), b.expr(r.Subtract, depth+1)}}
	case nil:
		return bad("an operand is nil: nobody is Nil{}")
	}
	return bad("an operator is a %T: it must be a value", r)
}

func (b *exprBuilder) list(kind exprKind, what string, children []Rewrite, depth int) *expr {
	switch {
	case len(children) == 0:
		return bad("%s has no operands", what)
	case len(children) == 1:
		return b.expr(children[0], depth+1)
	}
	e := &expr{kind: kind}
	for _, c := range children {
		if b.operators > maxOperators {
			break
		}
		e.kids = append(e.kids, b.expr(c, depth+1))
	}
	return e
}

// bodyFault says why the parser would not read the whole of an expression, in
// braces, as one; "" if it does.
func bodyFault(expression string) string {
	const open = "does not end where it ends: its strings and braces must be closed"
	if !utf8.ValidString(expression) {
		return open
	}
	text := "caveat {\n" + expression + "\n}"
	report := &reports{}
	l := lex(newSource("", text), report)
	switch {
	case len(report.list) > 0 || len(l.tokens) != 3 || l.tokens[1].kind != tokenBody || l.tokens[1].end != len(text):
		return open
	case len(l.inBody) > 0:
		return "has a directive in it: a directive stands above what it qualifies"
	}
	return ""
}

// checkNames reports what the parser would not have read.
func checkNames(d *decl, report *reports) {
	valid := func(err error, at span, about string) {
		if err != nil {
			report.errorf(at, about, "%v", err)
		}
	}
	valid(tuple.ValidateTypeName(d.name.text), d.name.at, d.name.text)
	for _, p := range d.params {
		valid(tuple.ValidateName(p.name.text), p.name.at, d.name.text)
		if !validType(p.typ, 1) {
			report.errorf(p.name.at, d.name.text, "parameter %s has an unknown type", p.name.text)
		}
	}
	if d.kind == declCaveat {
		if len(d.params) == 0 {
			report.errorf(d.name.at, d.name.text, "a caveat has at least one parameter")
		}
		if onlyComments(d.expression) {
			report.errorf(d.name.at, d.name.text, "caveat %s has no expression", d.name.text)
		} else if fault := bodyFault(d.expression); fault != "" {
			report.errorf(d.name.at, d.name.text, "the expression of caveat %s %s", d.name.text, fault)
		}
	}
	d.directives = qualifying(d.directives, aboveDefinition, d.name.text, report)
	for _, m := range d.members {
		about := d.name.text + "#" + m.name.text
		m.directives = qualifying(m.directives, m.place(), about, report)
		valid(tuple.ValidateName(m.name.text), m.name.at, about)
		checkMember(m, about, report)
	}
}

// validType reports whether t is a type of parameters.
func validType(t TypeRef, depth int) bool {
	arity, ok := parameterTypes[t.Name]
	if !ok || arity != len(t.Args) || depth > maxDepth {
		return false
	}
	return arity == 0 || validType(t.Args[0], depth+1)
}

func checkMember(m *member, about string, report *reports) {
	for _, s := range m.types {
		if s.Wildcard && s.Relation != "" {
			report.errorf(s.at, about, "a wildcard has no relation: %s:* is every %s itself", s.Type, s.Type)
		}
	}
	this := false
	if m.expr != nil {
		m.expr.walk(false, func(e *expr, _ bool) {
			this = this || e.kind == exprThis
			if e.kind == exprBad {
				m.broken = true
				report.errorf(m.name.at, about, "%s", e.bad)
			}
		})
	}
	switch relation := m.kind == memberRelation; {
	case relation && len(m.types) == 0:
		report.errorf(m.name.at, about, "relation %s admits no type of subject", m.name.text)
	case relation && m.expr != nil && !this && !m.broken:
		report.errorf(m.name.at, about, "relation %s is rewritten without This, so that its tuples would mean nothing", m.name.text)
	case !relation && this:
		report.errorf(m.name.at, about, "permission %s stores no tuples, which This stands for", m.name.text)
	}
}
