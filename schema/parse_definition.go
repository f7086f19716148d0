package schema

import (
	"strings"
	"unicode"
)

// definition reads a definition or a partial, whose keyword has been read.
func (p *parser) definition(kind declKind, keyword string) (*decl, bool) {
	name, ok := p.name("a name after "+keyword, true)
	if !ok {
		return nil, false
	}
	d := &decl{kind: kind, name: name, open: p.token().start}
	p.about = name.text
	if !p.expect('{', keyword+" "+name.text) {
		d.gaps = true
		return d, false
	}
	for !p.accept('}') {
		if p.accept(tokenNewline) || p.accept(';') {
			continue
		}
		if p.is(tokenEnd) || p.startsDecl() && !p.isMember() {
			d.gaps = true
			p.report.errorf(span{p.src, d.open, d.open + 1}, name.text, "the braces of %s %s are not closed", keyword, name.text)
			return d, !p.is(tokenEnd)
		}
		from := p.token()
		m, ok := p.member()
		if m != nil {
			m.at, m.broken = p.since(from), !ok
			d.members = append(d.members, m)
		}
		p.about = name.text
		if !ok {
			d.gaps = d.gaps || m == nil
			p.skipToMember()
		}
	}
	return d, true
}

func (p *parser) isMember() bool { return p.isWord("relation") || p.isWord("permission") }

// member reads a relation, a permission or an inclusion; it returns it with its
// name even if the rest could not be read.
func (p *parser) member() (*member, bool) {
	const expected = "relation, permission or '}'"
	switch op := p.token().kind; op {
	case tokenEllipsis:
		p.advance()
		name, ok := p.name("the name of a partial after '...'", true)
		if !ok {
			return nil, false
		}
		return &member{kind: memberInclude, name: name}, p.terminated("..." + name.text)
	case '+', '&', '-', '|', tokenArrow:
		p.report.add(p.span(p.token()), Diagnostic{About: p.about, Suggestion: "move it to the end of the line above",
			Message: "the statement ended with the line above: " + op.String() + " cannot begin a line"})
		return nil, false
	case tokenWord:
	default:
		return nil, p.fail(expected)
	}
	keyword := p.text(p.token())
	if !p.isMember() {
		if keyword = p.misspelled(expected, []string{"permission", "relation"}); keyword == "" {
			return nil, false
		}
	}
	p.advance()
	if keyword == "relation" {
		return p.relation()
	}
	return p.permission()
}

// skipToMember moves behind a failed member: to the next line that begins with
// a keyword, or to the brace that closes the definition.
func (p *parser) skipToMember() {
	for depth := 0; !p.is(tokenEnd); p.advance() {
		switch {
		case p.is('{'):
			depth++
		case p.is('}') && depth == 0:
			return
		case p.is('}'):
			depth--
		case p.startsLine() && (p.isMember() || p.is(tokenEllipsis) || p.startsDecl()):
			return
		}
	}
}

func (p *parser) startsLine() bool {
	return p.at == 0 || p.tokens[p.at-1].kind == ';' || p.src.line(p.tokens[p.at-1].start) != p.src.line(p.token().start) ||
		p.tokens[p.at-1].kind == tokenNewline
}

func (p *parser) relation() (*member, bool) {
	m := &member{kind: memberRelation}
	var ok bool
	if m.name, ok = p.name("a name after relation", false); !ok {
		return nil, false
	}
	in := "relation " + m.name.text
	p.about += "#" + m.name.text
	if !p.expect(':', in) {
		return m, false
	}
	if m.types, ok = p.types(); !ok {
		return m, false
	}
	if p.is('=') {
		p.report.add(p.span(p.token()), Diagnostic{About: p.about, Suggestion: "declare a permission beside it",
			Message: "a relation has no expression"})
		return m, false
	}
	return m, p.terminated(in)
}

func (p *parser) permission() (*member, bool) {
	m := &member{kind: memberPermission}
	var ok bool
	if m.name, ok = p.name("a name after permission", false); !ok {
		return nil, false
	}
	in := "permission " + m.name.text
	p.about += "#" + m.name.text
	if p.accept(':') { // an annotation of the types that it is meant for
		if m.types, ok = p.types(); !ok {
			return m, false
		}
		for _, t := range m.types {
			if (t.SubjectType != SubjectType{Type: t.Type}) {
				p.report.errorf(t.at, p.about, "the annotation of a permission consists of types alone, and not of %s", t.SubjectType)
				m.types = nil // which would not mean what it says
				break
			}
		}
	}
	if !p.expect('=', in) {
		return m, false
	}
	if m.expr, ok = p.expression(1); !ok {
		return m, false
	}
	return m, p.terminated(in)
}

// types reads the alternatives of a relation.
func (p *parser) types() ([]typeRef, bool) {
	var list []typeRef
	for {
		t, ok := p.typeRef()
		if !ok {
			return list, false
		}
		list = append(list, t)
		if !p.accept('|') {
			return list, true
		}
	}
}

func (p *parser) typeRef() (typeRef, bool) {
	from := p.token()
	var t typeRef
	typ, ok := p.name("a type", true)
	if !ok {
		return t, false
	}
	t.Type, t.typeAt = typ.text, typ.at
	switch {
	case p.accept(':'):
		if !p.expect('*', "':'") {
			return t, false
		}
		t.Wildcard = true
		if p.is('#') {
			p.report.errorf(p.span(p.token()), p.about, "a wildcard has no relation: %s:* is every %s itself", t.Type, t.Type)
			return t, false
		}
	case p.accept('#'):
		if p.accept(tokenEllipsis) { // the subject itself, as SpiceDB prints it
			break
		}
		relation, ok := p.name("a relation after '#'", false)
		if !ok {
			return t, false
		}
		t.Relation, t.relationAt = relation.text, relation.at
		if p.is(':') {
			p.report.errorf(p.span(p.token()), p.about, "a userset has no wildcard: write %s:* or %s#%s", t.Type, t.Type, t.Relation)
			return t, false
		}
	}
	if p.acceptWord("with") && !p.traits(&t) {
		return t, false
	}
	t.at = p.since(from)
	return t, true
}

// traits reads what follows with: a caveat, expiration, or both.
func (p *parser) traits(t *typeRef) bool {
	if p.isWord("expiration") && p.glued(p.at) == p.at+1 && p.tokens[p.at+1].kind != '/' {
		return p.expiration(t)
	}
	caveat, ok := p.name("a caveat or expiration after with", true)
	if !ok {
		return false
	}
	t.Caveat, t.caveatAt = caveat.text, caveat.at
	if !p.acceptWord("and") {
		return true
	}
	if !p.isWord("expiration") {
		return p.fail("expiration after and")
	}
	return p.expiration(t)
}

func (p *parser) expiration(t *typeRef) bool {
	at := p.span(p.token())
	p.advance()
	t.Expiration = true
	if _, on := p.file.flags["expiration"]; !on {
		p.report.add(at, Diagnostic{About: p.about, Message: "expiration is not in use",
			Suggestion: "write use expiration at the top of the file"})
	}
	if p.isWord("and") {
		p.report.add(p.span(p.token()), Diagnostic{About: p.about, Suggestion: "write with caveat and expiration",
			Message: "the caveat stands before expiration"})
		return false
	}
	return true
}

// caveat reads the declaration of a caveat, whose keyword has been read.
func (p *parser) caveat() (*decl, bool) {
	name, ok := p.name("a name after caveat", true)
	if !ok {
		return nil, false
	}
	d := &decl{kind: declCaveat, name: name, gaps: true}
	p.about = name.text
	if !p.expect('(', "caveat "+name.text) {
		return d, false
	}
	for {
		param, ok := p.param()
		if !ok {
			return d, false
		}
		d.params = append(d.params, param)
		if !p.accept(',') {
			break
		}
	}
	if !p.expect(')', "the parameters of caveat "+name.text) {
		return d, false
	}
	body := p.token()
	if !p.expect(tokenBody, "caveat "+name.text) {
		return d, false
	}
	text := strings.TrimSuffix(p.text(body)[1:], "}")
	d.expression = strings.TrimSpace(text)
	start := body.start + 1 + len(text) - len(strings.TrimLeftFunc(text, unicode.IsSpace))
	d.body = span{p.src, start, start + len(d.expression)}
	if onlyComments(d.expression) {
		p.report.errorf(p.span(body), p.about, "caveat %s has no expression", name.text)
	}
	d.gaps = false
	return d, true
}

func onlyComments(s string) bool {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			return false
		}
	}
	return true
}

func (p *parser) param() (param, bool) {
	t := p.token()
	if t.kind != tokenWord {
		return param{}, p.fail("the name of a parameter")
	}
	p.advance()
	name := ident{p.text(t), p.span(t)}
	if c := name.text[0]; c >= '0' && c <= '9' {
		p.report.errorf(name.at, p.about, "the name of a parameter begins with a letter or '_'")
		return param{}, false
	}
	if !p.short(name) {
		return param{}, false
	}
	from := p.token()
	typ, ok := p.paramType(1)
	if !ok {
		return param{}, false
	}
	return param{name, typ, p.since(from)}, true
}

func (p *parser) paramType(depth int) (TypeRef, bool) {
	t := p.token()
	if t.kind != tokenWord {
		return TypeRef{}, p.fail("the type of a parameter")
	}
	if depth > maxDepth {
		p.report.errorf(p.span(t), p.about, "types nest more than %d deep", maxDepth)
		return TypeRef{}, false
	}
	p.advance()
	typ := TypeRef{Name: p.text(t)}
	if p.accept('<') {
		for {
			arg, ok := p.paramType(depth + 1)
			if !ok {
				return TypeRef{}, false
			}
			typ.Args = append(typ.Args, arg)
			if !p.accept(',') {
				break
			}
		}
		if !p.expect('>', "the arguments of "+typ.Name) {
			return TypeRef{}, false
		}
	}
	arity, known := parameterTypes[typ.Name]
	switch {
	case !known:
		p.report.unknown(p.span(t), p.about, nil, typ.Name, parameterTypeNames, "unknown type of a parameter %q: there are %s",
			typ.Name, strings.Join(parameterTypeNames, ", "))
	case arity != len(typ.Args):
		p.report.errorf(p.since(t), p.about, "%s takes %s", typ.Name, arguments(typ.Name, arity))
	}
	return typ, true
}

func arguments(name string, n int) string {
	if n == 0 {
		return "no argument"
	}
	return "one argument, as in " + name + "<string>"
}
