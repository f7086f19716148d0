package schema

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/baobab-authz/baobab/schema/internal/front"
	"github.com/baobab-authz/baobab/tuple"
)

// A parser turns the tokens of one file into a tree. After an error it goes on
// with the next statement.
type parser struct {
	src      *source
	report   *reports
	lexer    *lexer
	tokens   []token
	at       int             // the index of the current token
	hyphened map[string]bool // the names with hyphens that are declared anywhere
	file     *file
	about    string // the declaration that is being read
}

// flags are what `use` can turn on.
var flags = []string{"expiration", "import", "partial", "self", "typechecking"}

// keywords cannot name anything.
var keywords = []string{"caveat", "definition", "nil", "permission", "relation", "with"}

// scan reads the tokens of a file, and returns a parser for them that has
// collected the names with hyphens that the file declares.
func scan(src *source, report *reports) *parser {
	p := &parser{src: src, report: report, hyphened: map[string]bool{}}
	p.file = &file{src: src, flags: map[string]span{}}
	if n := front.InvalidUTF8(src.text); n >= 0 {
		p.lexer = &lexer{src: src, text: src.text}
		report.errorf(span{src, n, n + 1}, "", "byte %#02x is not valid UTF-8", src.text[n])
		p.tokens = []token{{tokenEnd, len(src.text), len(src.text)}}
		p.file.gaps = true
		return p
	}
	p.lexer = lex(src, report)
	p.tokens, p.file.comments = p.lexer.tokens, p.lexer.comments
	for i, t := range p.tokens {
		if word := p.text(t); t.kind == tokenWord && (word == "relation" || word == "permission") {
			if end := p.glued(i + 1); end > i+2 {
				p.hyphened[src.text[p.tokens[i+1].start:p.tokens[end-1].end]] = true
			}
		}
	}
	return p
}

// glued returns the index of the token after the name that begins with token i:
// words and hyphens without anything between them.
func (p *parser) glued(i int) int {
	if p.tokens[i].kind != tokenWord {
		return i
	}
	i++
	for (p.tokens[i].kind == '-' || p.tokens[i].kind == tokenWord) && p.tokens[i].start == p.tokens[i-1].end {
		i++
	}
	return i
}

func (p *parser) text(t token) string { return p.src.text[t.start:t.end] }
func (p *parser) token() token        { return p.tokens[p.at] }
func (p *parser) is(k tokenKind) bool { return p.tokens[p.at].kind == k }

func (p *parser) isWord(word string) bool {
	return p.is(tokenWord) && p.text(p.token()) == word
}

// advance moves to the next token; there is one after any but the last.
func (p *parser) advance() {
	if p.at+1 < len(p.tokens) {
		p.at++
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

func (p *parser) span(t token) span { return span{p.src, t.start, t.end} }

// since returns the span from a token to the one before the current, without
// the end of a statement. The token has been read, and is itself no such end.
func (p *parser) since(from token) span {
	last := p.at - 1
	for p.tokens[last].kind == tokenNewline || p.tokens[last].kind == ';' {
		last--
	}
	return span{p.src, from.start, p.tokens[last].end}
}

// fail reports what was expected instead of the current token.
func (p *parser) fail(expected string) bool {
	t := p.token()
	if p.lineEnded() {
		end := p.tokens[p.at-1].end
		p.report.errorf(span{p.src, end, end}, p.about, "expected %s, found the end of the line", expected)
		return false
	}
	if t.kind == tokenBad {
		r, _ := utf8.DecodeRuneInString(p.text(t))
		p.report.errorf(p.span(t), p.about, "unexpected character %q: expected %s", r, expected)
		return false
	}
	p.report.errorf(p.span(t), p.about, "expected %s, found %s", expected, p.lexer.describe(t))
	return false
}

// lineEnded reports whether the current token belongs to another statement on
// another line, so that what is missing is missing at the end of the line before.
func (p *parser) lineEnded() bool {
	if p.at == 0 || p.src.line(p.tokens[p.at-1].start) == p.src.line(p.token().start) {
		return false
	}
	switch p.tokens[p.at-1].kind {
	case tokenNewline, ';', '{', '}':
		return false
	}
	return p.is('}') || p.is(tokenEnd) || p.isMember() || p.startsDecl()
}

func (p *parser) expect(k tokenKind, after string) bool {
	if p.accept(k) {
		return true
	}
	return p.fail(k.String() + " after " + after)
}

// name reads a name with hyphens; a path may have slashes.
func (p *parser) name(what string, path bool) (ident, bool) {
	return p.nameUpTo(what, path, p.glued)
}

// nameUpTo reads a name up to the token that end returns.
func (p *parser) nameUpTo(what string, path bool, end func(from int) int) (ident, bool) {
	from := p.token()
	for {
		if !p.is(tokenWord) {
			if t := p.token(); t.kind == tokenBad {
				r, _ := utf8.DecodeRuneInString(p.text(t))
				p.report.errorf(p.span(t), p.about, "%q cannot stand in a name: a name consists of ASCII letters, digits, '_' and '-'", r)
				return ident{}, false
			}
			return ident{}, p.fail(what)
		}
		if word := p.text(p.token()); slices.Contains(keywords, word) && end(p.at) == p.at+1 {
			if p.lineEnded() {
				return ident{}, p.fail(what)
			}
			p.report.errorf(p.span(p.token()), p.about, "%q is a keyword and names nothing: expected %s", word, what)
			return ident{}, false
		}
		p.at = end(p.at)
		if !path || !p.accept('/') {
			break
		}
	}
	at := p.since(from)
	if bad := p.token(); bad.kind == tokenBad && bad.start == at.end {
		return p.name(what, path)
	}
	text := at.src.text[at.start:at.end]
	if strings.ContainsAny(text, " \t\r\n") || strings.Contains(text, "/*") || strings.Contains(text, "//") {
		text = p.joined(from)
	}
	name := ident{text, at}
	return name, p.short(name)
}

// short reports a name that is too long.
func (p *parser) short(name ident) bool {
	if len(name.text) > tuple.MaxName {
		p.report.errorf(name.at, p.about, "a name of %d bytes is longer than %d", len(name.text), tuple.MaxName)
		return false
	}
	return true
}

// joined returns the tokens since from without what is between them.
func (p *parser) joined(from token) string {
	var b strings.Builder
	for i := p.at - 1; ; i-- {
		if p.tokens[i] == from {
			for ; i < p.at; i++ {
				b.WriteString(p.text(p.tokens[i]))
			}
			return b.String()
		}
	}
}

// parse reads the file.
func (p *parser) parse() *file {
	declared, skipped := false, false
	for !p.is(tokenEnd) {
		if p.accept(tokenNewline) || p.accept(';') {
			continue
		}
		from := p.token()
		d, ok := p.decl(declared)
		if d != nil {
			d.at = p.since(from)
			p.file.decls = append(p.file.decls, d)
			declared = declared || d.kind == declDefinition || d.kind == declCaveat || d.kind == declPartial
		}
		if !ok {
			skipped = skipped || d == nil
			p.skipToDecl(from)
		}
		p.about = ""
	}
	p.file.gaps = p.file.gaps || skipped
	p.file.attach()
	p.directives(skipped)
	return p.file
}

// declKeywords begin what stands at the top level.
var declKeywords = []string{"caveat", "definition", "import", "partial", "use"}

// decl reads a top-level declaration; it returns it with its name even if the
// rest could not be read.
func (p *parser) decl(declared bool) (*decl, bool) {
	const expected = "definition, caveat, partial, use or import"
	t := p.token()
	if t.kind != tokenWord {
		return nil, p.fail(expected)
	}
	keyword := p.text(t)
	if !slices.Contains(declKeywords, keyword) {
		if keyword == "relation" || keyword == "permission" {
			p.report.errorf(p.span(t), "", "a %s stands in the braces of a definition", keyword)
			return nil, false
		}
		if keyword = p.misspelled(expected, declKeywords); keyword == "" {
			return nil, false
		}
	}
	p.advance()
	switch keyword {
	case "definition":
		return p.definition(declDefinition, keyword)
	case "partial":
		return p.definition(declPartial, keyword)
	case "caveat":
		return p.caveat()
	case "use":
		return p.use(declared)
	}
	return p.importing()
}

// misspelled reports the current word, which is no keyword, and returns the
// keyword that it can be read as: it is like it and a name follows.
func (p *parser) misspelled(expected string, keywords []string) string {
	t := p.token()
	p.report.unknown(p.span(t), p.about, nil, p.text(t), keywords, "expected %s, found %q", expected, p.text(t))
	if p.tokens[p.at+1].kind != tokenWord {
		return ""
	}
	return closest(p.text(t), keywords)
}

// skipToDecl moves behind a failed declaration: to the next line that begins
// with the keyword of one.
func (p *parser) skipToDecl(from token) {
	for !p.is(tokenEnd) {
		if p.token().start > from.start && (p.startsDecl() || p.resembles(declKeywords)) {
			return
		}
		p.advance()
	}
}

// resembles reports whether the current line begins with what is probably meant
// for one of the keywords, and a name.
func (p *parser) resembles(keywords []string) bool {
	return p.is(tokenWord) && p.startsLine() && p.tokens[p.at+1].kind == tokenWord && p.tokens[p.at-1].kind != '{' &&
		closest(p.text(p.token()), keywords) != ""
}

// startsDecl reports whether the current token begins a declaration, to all
// appearances: what follows is a name, and not the use of the word as one.
func (p *parser) startsDecl() bool {
	if !p.is(tokenWord) || p.at > 0 && p.src.line(p.tokens[p.at-1].start) == p.src.line(p.token().start) && p.tokens[p.at-1].kind != '}' {
		return false
	}
	next := p.tokens[p.at+1].kind
	switch p.text(p.token()) {
	case "definition", "caveat":
		return true
	case "partial", "use":
		return next == tokenWord
	case "import":
		return next == tokenString
	}
	return false
}

func (p *parser) use(declared bool) (*decl, bool) {
	name, ok := p.name("a flag after use", false)
	if !ok {
		return nil, false
	}
	d := &decl{kind: declUse, name: name}
	first, twice := p.file.flags[name.text]
	switch {
	case !slices.Contains(flags, name.text):
		p.report.unknown(name.at, "", nil, name.text, flags, "unknown flag %q: there are %s", name.text, strings.Join(flags, ", "))
	case twice:
		p.report.errorf(name.at, "", "%q is in use since line %d", name.text, first.pos().Line)
	case declared:
		p.report.errorf(name.at, "", "use stands before the first definition, partial or caveat")
	}
	if !twice {
		p.file.flags[name.text] = name.at
	}
	return d, p.terminated("use " + name.text)
}

func (p *parser) importing() (*decl, bool) {
	t := p.token()
	if !p.accept(tokenString) {
		return nil, p.fail("the path of a file in quotes after import")
	}
	d := &decl{kind: declImport, name: ident{unquote(p.text(t)), p.span(t)}}
	return d, true
}

// terminated expects the end of a statement: a line end, a semicolon, the end
// of the file, or (there being no doubt) a closing brace or the next member.
func (p *parser) terminated(after string) bool {
	if p.accept(tokenNewline) || p.accept(';') || p.is('}') || p.is(tokenEnd) || p.isMember() {
		return true
	}
	return p.fail("the end of the line after " + after)
}
