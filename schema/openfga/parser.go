package openfga

import (
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/internal/front"
)

// A parser turns the tokens of one text into a model. After an error it goes on
// with the next line.
type parser struct {
	*lexer
	pos       int // the index of the current token
	about     string
	model     *model
	module    bool // the text is a module
	inModules bool // the text is read with those of the other modules
}

// keywords name no type and no relation.
var keywords = []string{"and", "condition", "define", "false", "from", "in", "null", "or", "relations", "true", "with"}

// read parses a text.
func read(b *schema.Builder, src *schema.Source, text string, inModules bool) *parser {
	p := &parser{lexer: lex(b, src, text), model: &model{}, inModules: inModules}
	if front.InvalidUTF8(text) >= 0 {
		return p
	}
	p.accept(tokenNewline)
	p.header()
	p.declarations()
	return p
}

func (p *parser) token() token             { return p.tokens[p.pos] }
func (p *parser) is(k tokenKind) bool      { return p.token().kind == k }
func (p *parser) word() string             { return p.lexer.text[p.token().start:p.token().end] }
func (p *parser) isWord(s string) bool     { return p.is(tokenWord) && p.word() == s }
func (p *parser) span(t token) schema.Span { return p.src.Span(t.start, t.end) }

// advance moves to the next token; there is one after any but the last.
func (p *parser) advance() {
	if p.pos+1 < len(p.tokens) {
		p.pos++
	}
}

func (p *parser) accept(k tokenKind) bool {
	if p.is(k) {
		p.advance()
		return true
	}
	return false
}

func (p *parser) acceptWord(word string) bool {
	if p.isWord(word) {
		p.advance()
		return true
	}
	return false
}

// since returns the span from a token to the one before the current.
func (p *parser) since(from token) schema.Span {
	return p.src.Span(from.start, p.tokens[p.pos-1].end)
}

// fail reports what was expected instead of the current token.
func (p *parser) fail(expected string) bool {
	t := p.token()
	if (p.is(tokenNewline) || p.is(tokenEnd)) && p.pos > 0 {
		end := p.tokens[p.pos-1].end
		p.b.Errorf(p.src.Span(end, end), p.about, "expected %s, found %s", expected, t.kind)
		return false
	}
	if p.is(tokenBad) {
		p.b.Errorf(p.span(t), p.about, "unexpected character %s: expected %s", p.describe(t), expected)
		return false
	}
	p.b.Errorf(p.span(t), p.about, "expected %s, found %s", expected, p.describe(t))
	return false
}

func (p *parser) expect(k tokenKind, after string) bool {
	return p.accept(k) || p.fail(k.String()+" after "+after)
}

// ended expects the end of a line.
func (p *parser) ended(after string) bool {
	return p.accept(tokenNewline) || p.is(tokenEnd) || p.fail("the end of the line after "+after)
}

// skipLine moves behind the next line end.
func (p *parser) skipLine() {
	for !p.is(tokenEnd) {
		if p.accept(tokenNewline) {
			return
		}
		p.advance()
	}
}

// opensLine reports whether the current token is the first of its line.
func (p *parser) opensLine() bool { return p.pos == 0 || p.tokens[p.pos-1].kind == tokenNewline }

// header reads what a text begins with.
func (p *parser) header() {
	switch {
	case p.isWord("model"):
		if p.inModules {
			p.b.Suggestf(p.span(p.token()), "", "begin with module and a name", "this file is listed as a module, and is a model by itself")
		}
		if p.advance(); p.ended("model") {
			p.version()
		} else {
			p.skipLine()
		}
	case p.acceptWord("module"):
		p.module = true
		if _, ok := p.simpleName("the name of the module"); !ok || !p.ended("module") {
			p.skipLine()
		}
	default:
		p.b.Suggestf(p.span(p.token()), "", "begin with the lines model and schema 1.1",
			"expected model or module, found %s", p.describe(p.token()))
		for !p.is(tokenEnd) && !p.opensDeclaration() {
			p.skipLine()
		}
	}
}

// version reads the schema's version.
func (p *parser) version() {
	if !p.acceptWord("schema") {
		p.fail("schema 1.1 after model")
		if !p.opensDeclaration() {
			p.skipLine()
		}
		return
	}
	if !p.is(tokenWord) {
		p.fail("a version after schema")
	} else {
		checkVersion(p.b, p.span(p.token()), p.word())
		p.advance()
	}
	if !p.ended("the version") {
		p.skipLine()
	}
}

// checkVersion reports a version of the schema that is not read.
func checkVersion(b *schema.Builder, at schema.Span, version string) {
	switch version {
	case "1.1", "1.2":
	case "1.0":
		b.Suggestf(at, "", "OpenFGA's documentation says how to migrate to 1.1",
			"schema 1.0 is not supported: it does not say which types a relation admits")
	default:
		b.Errorf(at, "", "unknown schema version %q: there are 1.1 and 1.2", version)
	}
}

// opensDeclaration reports whether the current line begins one.
func (p *parser) opensDeclaration() bool {
	return p.opensLine() && (p.isWord("type") || p.isWord("extend") || p.isWord("condition"))
}

// declarations reads types and conditions.
func (p *parser) declarations() {
	for !p.is(tokenEnd) {
		p.about = ""
		t, known := p.token(), len(p.model.types)+len(p.model.conditions)
		var ok bool
		switch {
		case p.acceptWord("type"):
			ok = p.typeDef(t, false)
		case p.acceptWord("extend"):
			ok = p.extend(t)
		case p.acceptWord("condition"):
			ok = p.condition()
		default:
			ok = p.stray()
		}
		if !ok {
			p.model.gaps = p.model.gaps || len(p.model.types)+len(p.model.conditions) == known
			for p.skipLine(); !p.is(tokenEnd) && !p.opensDeclaration(); {
				p.skipLine()
			}
		}
	}
}

// stray reports what is no declaration.
func (p *parser) stray() bool {
	switch {
	case p.isWord("relations") || p.isWord("define"):
		p.b.Errorf(p.span(p.token()), "", "%s stands below a type", p.word())
		return false
	case p.isWord("model") || p.isWord("module"):
		p.b.Errorf(p.span(p.token()), "", "%s stands at the beginning, and once", p.word())
		return false
	case p.is(tokenWord):
		p.b.Unknownf(p.span(p.token()), "", nil, p.word(), []string{"type", "condition", "extend", "relations", "define"},
			"expected type or condition, found %q", p.word())
		return false
	}
	return p.fail("type or condition")
}

func (p *parser) extend(from token) bool {
	if !p.acceptWord("type") {
		return p.fail("type after extend")
	}
	if !p.module {
		p.b.Errorf(p.span(from), "", "extend stands in a module: one that begins with module and a name")
	}
	return p.typeDef(from, true)
}

// typeDef reads a type, whose keyword has been read.
func (p *parser) typeDef(from token, extend bool) bool {
	n, ok := p.name("the name of a type", maxTypeName)
	if !ok {
		return false
	}
	if len(p.model.conditions) > 0 {
		p.b.Errorf(p.span(from), n.text, "types stand before the conditions")
	}
	def := &typeDef{name: n, extend: extend}
	p.model.types = append(p.model.types, def)
	p.about = n.text
	if !p.ended("type " + n.text) {
		def.gaps = true
		p.skipLine()
	}
	if p.acceptWord("relations") {
		p.relations(def)
	}
	return true
}

// relations reads the relations of a type, whose keyword has been read.
func (p *parser) relations(def *typeDef) {
	if !p.ended("relations") {
		def.gaps = true
		p.skipLine()
	}
	if !p.isWord("define") {
		def.gaps = true
		p.fail("define below relations")
	}
	for !p.is(tokenEnd) && !p.opensDeclaration() {
		p.about = def.name.text
		if !p.relation(def) {
			def.gaps = true
			p.skipRelation()
		}
	}
}

// skipRelation moves behind a line that could not be read, and those that continue
// it, or belong to what was meant for a type.
func (p *parser) skipRelation() {
	p.skipLine()
	for p.is(')') || p.is(']') || p.is(',') || p.isWord("or") || p.isWord("and") || p.isWord("but") {
		p.skipLine()
	}
	if p.isWord("relations") {
		p.model.gaps = true
		for !p.is(tokenEnd) && !p.opensDeclaration() {
			p.skipLine()
		}
	}
}

// relation reads one line.
func (p *parser) relation(def *typeDef) bool {
	if !p.acceptWord("define") {
		return p.misspelled()
	}
	n, ok := p.name("the name of a relation", maxName)
	if !ok {
		return false
	}
	p.about = def.name.text + "#" + n.text
	rel := &relation{name: n}
	def.relations = append(def.relations, rel)
	if !p.expect(':', n.text) {
		return false
	}
	r := &rewriter{parser: p, relation: rel}
	e := r.expr(true, 1)
	if e == nil || !p.relationEnded(n.text) {
		return false
	}
	rel.expr = e
	return true
}

// relationEnded expects the end of a relation's line.
func (p *parser) relationEnded(after string) bool {
	if p.is(')') {
		p.b.Errorf(p.span(p.token()), p.about, "the parenthesis closes nothing")
		return false
	}
	return p.ended(after)
}

func (p *parser) misspelled() bool {
	if !p.is(tokenWord) {
		return p.fail("define, type or condition")
	}
	p.b.Unknownf(p.span(p.token()), p.about, nil, p.word(), []string{"define", "type", "extend", "condition"},
		"expected define, type or condition, found %q", p.word())
	return false
}

// name reads the name of a type or a relation.
func (p *parser) name(what string, most int) (name, bool) {
	t := p.token()
	if !p.is(tokenWord) {
		return name{}, p.fail(what)
	}
	n := name{p.word(), p.span(t)}
	switch {
	case slices.Contains(keywords, n.text):
		p.b.Errorf(n.at, p.about, "%q is a keyword and names nothing: expected %s", n.text, what)
		return name{}, false
	case !wellFormed(n.text):
		p.b.Errorf(n.at, p.about, "%q is no name: one begins with a letter or '_', and has no two of '.' and '/' in a row, nor one at its end", n.text)
		return name{}, false
	}
	p.advance()
	if bad := p.token(); bad.kind == tokenBad && bad.start == t.end {
		p.b.Errorf(p.span(bad), p.about, "%s cannot stand in a name: a name consists of ASCII letters, digits, '_' and '-'", p.describe(bad))
		return name{}, false
	}
	return n, p.short(n, most)
}

// short reports a name that is too long.
func (p *parser) short(n name, most int) bool {
	if len(n.text) > most {
		p.b.Errorf(n.at, p.about, "a name of %d bytes is longer than %d", len(n.text), most)
		return false
	}
	return true
}

// wellFormed reports whether OpenFGA's language has such a name.
func wellFormed(s string) bool {
	if !isLetter(s[0]) {
		return false
	}
	for i := range len(s) {
		if (s[i] == '.' || s[i] == '/') && (i+1 == len(s) || !isLetter(s[i+1]) && !isDigit(s[i+1])) {
			return false
		}
	}
	return true
}

// simpleName reads the name of a module, a condition or a parameter, which has
// neither '.' nor '/'.
func (p *parser) simpleName(what string) (name, bool) {
	t := p.token()
	if !p.is(tokenWord) {
		return name{}, p.fail(what)
	}
	n := name{p.word(), p.span(t)}
	if i := strings.IndexAny(n.text, "./"); i >= 0 || !isLetter(n.text[0]) {
		p.b.Errorf(n.at, p.about, "%q is no name here: one consists of ASCII letters, digits, '_' and '-', and begins with no digit", n.text)
		return name{}, false
	}
	p.advance()
	return n, p.short(n, maxName)
}
