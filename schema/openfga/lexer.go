package openfga

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/internal/front"
)

// A tokenKind is the character that the token is, or one of the following.
type tokenKind rune

const (
	tokenEnd     tokenKind = -1 - iota // of the text
	tokenWord                          // a name, a keyword, or a number
	tokenBody                          // a condition's expression with its braces
	tokenNewline                       // one or several line ends
	tokenBad                           // a character that can stand nowhere
)

// String names the kind in a message.
func (k tokenKind) String() string {
	switch k {
	case tokenEnd:
		return "the end of the file"
	case tokenNewline:
		return "the end of the line"
	}
	return "'" + string(rune(k)) + "'"
}

type token struct {
	kind       tokenKind
	start, end int
}

// A lexer cuts a text into tokens.
type lexer struct {
	b      *schema.Builder
	src    *schema.Source
	text   string
	at     int
	tokens []token
	bodies map[int]string // by where they start: the expressions, with blanks for comments
}

// lex returns what has read all tokens, the last being tokenEnd.
func lex(b *schema.Builder, src *schema.Source, text string) *lexer {
	l := &lexer{b: b, src: src, text: text, bodies: map[int]string{}}
	if n := front.InvalidUTF8(text); n >= 0 {
		b.Errorf(src.Span(n, n+1), "", "byte %#02x is not valid UTF-8", text[n])
		l.at = len(text)
	}
	for l.at < len(text) {
		l.next()
	}
	l.emit(tokenEnd, 0)
	return l
}

// emit adds the token of the next n bytes.
func (l *lexer) emit(kind tokenKind, n int) {
	l.tokens = append(l.tokens, token{kind, l.at, l.at + n})
	l.at += n
}

func (l *lexer) next() {
	switch c := l.text[l.at]; {
	case c == '\n' || c == '\r' || c == '\f':
		l.newline()
	case c == ' ' || c == '\t':
		l.at++
	case isLetter(c) || isDigit(c):
		l.word()
	case c == '#' && l.comments():
		l.at += lineLength(l.text[l.at:])
	case c == '{':
		l.body()
	case strings.IndexByte("[](),:#*<>}", c) >= 0:
		l.emit(tokenKind(c), 1)
	default:
		_, n := utf8.DecodeRuneInString(l.text[l.at:])
		l.emit(tokenBad, n)
	}
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// inName reports whether c can stand in a name, after its first character.
func inName(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '-' || c == '.' || c == '/'
}

func (l *lexer) newline() {
	if n := len(l.tokens); n > 0 && l.tokens[n-1].kind != tokenNewline {
		l.emit(tokenNewline, 0)
	}
	l.at++
}

func (l *lexer) word() {
	n := 1
	for l.at+n < len(l.text) && inName(l.text[l.at+n]) {
		n++
	}
	l.emit(tokenWord, n)
}

// comments reports whether a comment begins at the current '#': it is the first
// of its line, or stands behind a space. In group#member it does not.
func (l *lexer) comments() bool { return startsComment(l.text, l.at) }

func startsComment(text string, at int) bool {
	return at == 0 || strings.IndexByte(" \t\n\r\f", text[at-1]) >= 0
}

// lineLength returns the length of the first line, without its end.
func lineLength(s string) int {
	if n := strings.IndexAny(s, "\r\n"); n >= 0 {
		return n
	}
	return len(s)
}

// body takes a condition's expression with its braces. It ends with the brace that
// closes it; a brace in a string or a comment does not count.
func (l *lexer) body() {
	open, depth := l.at, 0
	text := []byte(l.text)
	nested := false
	for l.at++; l.at < len(text); {
		switch c := text[l.at]; {
		case c == '"' || c == '\'':
			l.quoted()
			continue
		case c == '/' && strings.HasPrefix(l.text[l.at:], "//"):
			n := lineLength(l.text[l.at:])
			if cut := commentIn(l.text[l.at : l.at+n]); cut >= 0 {
				blank(text[l.at+cut : l.at+n])
			}
			l.at += n
			continue
		case c == '#' && l.comments():
			n := lineLength(l.text[l.at:])
			blank(text[l.at : l.at+n])
			l.at += n
			continue
		case c == '#': // moved behind a blank, as Format would, it would be a comment
			l.b.Suggestf(l.src.Span(l.at, l.at+1), "", "a comment begins after a blank", "CEL has no #")
		case c == '{':
			if depth++; !nested {
				l.b.Suggestf(l.src.Span(l.at, l.at+1), "", "braces can stand in a model in JSON",
					"a brace ends the condition: OpenFGA's language has none within an expression")
			}
			nested = true
		case c == '}':
			if depth--; depth < 0 {
				l.bodies[open] = string(text[open+1 : l.at])
				l.at++
				l.tokens = append(l.tokens, token{tokenBody, open, l.at})
				return
			}
		}
		l.at++
	}
	l.b.Errorf(l.src.Span(open, open+1), "", "the condition's expression is not closed: expected '}'")
	l.tokens = append(l.tokens, token{tokenBody, open, l.at})
}

func blank(b []byte) {
	for i := range b {
		b[i] = ' '
	}
}

// commentIn returns where OpenFGA would see a comment in a piece of a line or of
// several; -1 if it would not.
func commentIn(s string) int {
	for i := range len(s) {
		if s[i] == '#' && i > 0 && startsComment(s, i) {
			return i
		}
	}
	return -1
}

// quoted passes over a string in an expression.
func (l *lexer) quoted() {
	raw := l.text[l.at-1] == 'r' || l.text[l.at-1] == 'R'
	n, closed := front.CELString(l.text[l.at:], raw)
	cut := commentIn(l.text[l.at : l.at+n])
	switch {
	case !closed:
		l.b.Errorf(l.src.Span(l.at, l.at+n), "", "the string is not closed: expected %c", l.text[l.at])
	case cut >= 0:
		l.b.Suggestf(l.src.Span(l.at+cut, l.at+cut+1), "", `write \x23`,
			"OpenFGA reads the rest of the line as a comment, in a string too")
	}
	l.at += n
}

// describe says what a token is, for a message.
func (l *lexer) describe(t token) string {
	switch t.kind {
	case tokenWord:
		return fmt.Sprintf("%q", l.text[t.start:t.end])
	case tokenBad:
		r, _ := utf8.DecodeRuneInString(l.text[t.start:])
		return fmt.Sprintf("%q", r)
	case tokenBody:
		return "'{'"
	}
	return t.kind.String()
}
