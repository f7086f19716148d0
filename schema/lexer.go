package schema

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/baobab-authz/baobab/schema/internal/front"
)

// A tokenKind is the character that the token is, or one of the following.
type tokenKind rune

const (
	tokenEnd      tokenKind = -1 - iota // of the text
	tokenWord                           // a name without hyphens, or a keyword
	tokenString                         // a quoted path
	tokenBody                           // a caveat's expression with its braces
	tokenNewline                        // a line end that ends a statement
	tokenArrow                          // ->
	tokenEllipsis                       // ...
	tokenBad                            // a character that can stand nowhere
)

// String names the kind in a message, in which words, strings and bad
// characters are quoted instead; see describe.
func (k tokenKind) String() string {
	switch k {
	case tokenEnd:
		return "the end of the file"
	case tokenBody:
		return "an expression in braces"
	case tokenNewline:
		return "the end of the line"
	case tokenArrow:
		return "'->'"
	case tokenEllipsis:
		return "'...'"
	}
	return "'" + string(rune(k)) + "'"
}

type token struct {
	kind       tokenKind
	start, end int
}

// A lexer cuts a text into tokens and comments.
//
// A line end is a token where SpiceDB puts a semicolon: after a name, a
// keyword, a closing brace or parenthesis, or a star. (And after an ellipsis,
// where it could mean nothing else.)
type lexer struct {
	src      *source
	text     string
	at       int
	tokens   []token
	comments []comment
	inBody   []comment // the directives, and what is meant for one, in caveats' expressions
	report   *reports

	depth  int  // of braces
	caveat bool // the next brace opens a caveat's expression
}

// lex returns what has read all tokens, the last being tokenEnd, and comments.
func lex(src *source, report *reports) *lexer {
	l := &lexer{src: src, text: src.text, report: report}
	l.at = len(l.text) - len(strings.TrimPrefix(l.text, "\ufeff"))
	l.tokens = make([]token, 0, len(l.text)/6+1)
	for l.at < len(l.text) {
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

func (l *lexer) rest() string { return l.text[l.at:] }

func (l *lexer) next() {
	switch c := l.text[l.at]; {
	case c == ' ' || c == '\t':
		l.at++
	case c == '\n' || c == '\r':
		l.newline()
	case isWord(c):
		l.word()
	case c == '/':
		if !l.comment() {
			l.emit('/', 1)
		}
	case c == '"' || c == '\'':
		l.quoted()
	case c == '{' && l.caveat:
		l.body()
	case c == '-' && strings.HasPrefix(l.rest(), "->"):
		l.emit(tokenArrow, 2)
	case c == '.' && strings.HasPrefix(l.rest(), "..."):
		l.emit(tokenEllipsis, 3)
	case strings.IndexByte("{}()+|&-=:;#*,<>.@", c) >= 0:
		l.punctuation(c)
	default:
		_, n := utf8.DecodeRuneInString(l.rest())
		l.emit(tokenBad, n)
	}
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

func (l *lexer) punctuation(c byte) {
	switch c {
	case '{':
		l.depth++
	case '}':
		l.depth = max(0, l.depth-1)
	}
	l.emit(tokenKind(c), 1)
}

func (l *lexer) newline() {
	if n := len(l.tokens); n > 0 {
		switch l.tokens[n-1].kind {
		case tokenWord, '}', ')', '*', tokenEllipsis, tokenBody:
			l.emit(tokenNewline, 0)
		}
	}
	l.at++
}

func (l *lexer) word() {
	n := 1
	for l.at+n < len(l.text) && isWord(l.text[l.at+n]) {
		n++
	}
	// my-caveat is a name: a keyword is not glued to a hyphen.
	glued := l.text[l.at-min(1, l.at):l.at] == "-" || l.at+n < len(l.text) && l.text[l.at+n] == '-'
	if l.depth == 0 && !glued {
		switch l.text[l.at : l.at+n] {
		case "caveat":
			l.caveat = true
		case "definition":
			l.caveat = false
		}
	}
	l.emit(tokenWord, n)
}

// comment takes a comment, if one begins here.
func (l *lexer) comment() bool {
	rest := l.rest()
	switch {
	case strings.HasPrefix(rest, "//"):
		n := strings.IndexAny(rest, "\r\n")
		if n < 0 {
			n = len(rest)
		}
		l.addComment(n)
	case strings.HasPrefix(rest, "/*"):
		n := strings.Index(rest[2:], "*/")
		if n < 0 {
			l.report.errorf(span{l.src, l.at, l.at + 2}, "", "the comment is not closed: expected '*/'")
			n = len(rest) - 4
		}
		l.addComment(n + 4)
	default:
		return false
	}
	return true
}

func (l *lexer) addComment(n int) {
	l.comments = append(l.comments, comment{l.at, l.at + n})
	l.at += n
}

func (l *lexer) quoted() {
	n, closed := front.CELString(l.rest(), false)
	if !closed {
		l.report.errorf(span{l.src, l.at, l.at + n}, "", "the string is not closed: expected %s", l.text[l.at:l.at+1])
	}
	l.emit(tokenString, n)
}

// body takes a caveat's expression with its braces. Braces in the expression's
// strings and comments do not count.
func (l *lexer) body() {
	l.caveat = false
	open, depth := l.at, 0
	l.at++
	for l.at < len(l.text) {
		switch c := l.text[l.at]; {
		case c == '"' || c == '\'':
			raw := l.text[l.at-1] == 'r' || l.text[l.at-1] == 'R'
			n, closed := front.CELString(l.rest(), raw)
			if !closed {
				l.report.errorf(span{l.src, l.at, l.at + n}, "", "the string is not closed: expected %c", c)
			}
			l.at += n
			continue
		case c == '/' && strings.HasPrefix(l.rest(), "//"):
			n := len(l.comments)
			l.comment()
			if c := l.comments[n]; isDirective(l.text[c.start:c.end]) || likeDirective(l.text[c.start:c.end]) != "" {
				l.inBody = append(l.inBody, c)
			}
			l.comments = l.comments[:n] // it is part of the expression
			continue
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth < 0 {
				l.at++
				l.tokens = append(l.tokens, token{tokenBody, open, l.at})
				return
			}
		}
		l.at++
	}
	l.report.errorf(span{l.src, open, open + 1}, "", "the caveat's expression is not closed: expected '}'")
	l.tokens = append(l.tokens, token{tokenBody, open, l.at})
}

// describe says what a token is, for a message.
func (l *lexer) describe(t token) string {
	switch t.kind {
	case tokenWord:
		return fmt.Sprintf("%q", l.text[t.start:t.end])
	case tokenBody:
		return tokenKind('{').String()
	case tokenString, tokenBad:
		return l.text[t.start:t.end]
	}
	return t.kind.String()
}
