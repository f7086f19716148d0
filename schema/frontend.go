package schema

import (
	"fmt"
	"strings"
	"unicode"
)

// A Builder makes a schema of texts in another modelling language. It is for
// packages that read one, such as schema/openfga, so that what they report looks
// and is ordered like what [Parse] does, and what is found later, such as a
// caveat's expression that does not compile, has its place in the text. A program
// that has no text uses [New], whose checks are the ones that are made here.
//
// The zero Builder is ready for use, by one goroutine. After [Builder.Schema] it
// is spent.
type Builder struct {
	// OpenFGA says that expressions of caveats are OpenFGA's. Default: SpiceDB's.
	OpenFGA bool

	reports reports
	files   []*file
}

// A Source is one of the texts of a [Builder].
type Source struct {
	b   *Builder
	src *source
}

// A Span is a piece of a [Source]; the zero Span is nowhere.
type Span struct{ at span }

// Source adds a text. Diagnostics are reported in the order in which their texts
// were added. The name of the file is only for messages, and may be empty.
func (b *Builder) Source(file, text string) *Source {
	s := &Source{b, newSource(file, text)}
	b.files = append(b.files, newFile(s.src))
	return s
}

// Span returns the piece of the text from byte start up to byte end. It must lie
// within the text.
func (s *Source) Span(start, end int) Span { return Span{span{s.src, start, end}} }

// Pos returns the position at which the span begins; the zero Pos if it is nowhere.
func (s Span) Pos() Pos { return s.at.pos() }

// Start returns the empty span at which s begins.
func (s Span) Start() Span { return Span{span{s.at.src, s.at.start, s.at.start}} }

// Errorf reports an error at a place, about a declaration such as document#view,
// or none. Of several errors at the same place the first is kept.
func (b *Builder) Errorf(at Span, about, format string, args ...any) {
	b.reports.errorf(at.at, about, format, args...)
}

// Suggestf is like Errorf, with a few words on what to do about it.
func (b *Builder) Suggestf(at Span, about, suggestion, format string, args ...any) {
	b.reports.suggestf(at.at, about, suggestion, format, args...)
}

// Unknownf is like Errorf about a name that does not exist, and suggests a close
// one of the candidates. The error matches kind, such as [ErrUnknownType], if it is
// not nil.
func (b *Builder) Unknownf(at Span, about string, kind error, name string, candidates []string, format string, args ...any) {
	b.reports.unknown(at.at, about, kind, name, candidates, format, args...)
}

// Causef is like Errorf; the error matches cause.
func (b *Builder) Causef(at Span, about string, cause error, format string, args ...any) {
	b.reports.add(at.at, Diagnostic{About: about, Message: fmt.Sprintf(format, args...), kind: cause})
}

// Warnf reports what is valid and probably not meant.
func (b *Builder) Warnf(at Span, about, suggestion, format string, args ...any) {
	b.reports.warnf(at.at, about, suggestion, format, args...)
}

// Failed reports whether there has been an error.
func (b *Builder) Failed() bool { return b.reports.errors > 0 }

// Define is what [Define] is, with the place of the name.
func (b *Builder) Define(name string, at Span, members ...Member) {
	d := Define(name, members...).part()
	d.name.at = at.at
	b.declare(d)
}

// A PlacedParameter is a parameter with the place of its name.
type PlacedParameter struct {
	Parameter
	At Span
}

// DeclareCaveat is what [DeclareCaveat] is, for an expression of OpenFGA's if the
// builder is for its models, with the places of its name, and of its expression. Where an error is in the latter is told from how many bytes it is
// behind the beginning of body.
func (b *Builder) DeclareCaveat(name string, at Span, expression string, body Span, parameters ...PlacedParameter) {
	leading := len(expression) - len(strings.TrimLeftFunc(expression, unicode.IsSpace))
	d := DeclareCaveat(name, expression).part()
	d.name.at, d.body, d.openfga = at.at, body.at, b.OpenFGA
	d.body.start = min(d.body.start+leading, d.body.end)
	for _, p := range parameters {
		d.params = append(d.params, param{name: ident{p.Name, p.At.at}, typ: p.Type})
	}
	b.declare(d)
}

// declare enters a declaration with the file in which its name stands.
func (b *Builder) declare(d *decl) {
	checkNames(d, &b.reports)
	for _, f := range b.files {
		if f.src == d.name.at.src {
			f.decls = append(f.decls, d)
			return
		}
	}
	f := newFile(d.name.at.src)
	f.decls = append(f.decls, d)
	b.files = append(b.files, f)
}

func newFile(src *source) *file { return &file{src: src, flags: map[string]span{}} }

// Schema returns the schema that consists of what was defined. The error is
// [Errors]: what was reported, in order; if that is nothing, what the checks of
// [New] find.
func (b *Builder) Schema() (*Schema, error) {
	if !b.Failed() {
		return compile(b.files, &b.reports, rules{})
	}
	sources := make([]*source, len(b.files))
	for i, f := range b.files {
		sources[i] = f.src
	}
	_, err := b.reports.result(sources)
	return nil, err
}

// At returns the member with the place of its name, and those of its subjects in
// their order.
func (m Member) At(name Span, subjects ...Span) Member {
	m.at, m.places = name.at, nil
	for _, s := range subjects {
		m.places = append(m.places, s.at)
	}
	return m
}

// Placed returns an operator that is r, with its place in a text.
func Placed(r Rewrite, at Span) Rewrite { return placed{r, at} }

// A placed is what [Placed] returns, until a tree is made of it.
type placed struct {
	Rewrite
	at Span
}

// place says where an expression stands. Its operators are as they are meant,
// whatever [Parse] would ask parentheses for.
func (e *expr) place(at span) {
	e.at, e.parens = at, true
	e.name.at, e.target.at = at, at
}
