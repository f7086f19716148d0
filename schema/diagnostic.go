package schema

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// A Severity says whether a diagnostic refuses the schema.
type Severity int

const (
	// SeverityError is of a diagnostic because of which there is no schema.
	SeverityError Severity = iota
	// SeverityWarning is of what is valid and probably not meant.
	SeverityWarning
)

// String returns "error" or "warning".
func (s Severity) String() string {
	if s == SeverityWarning {
		return "warning"
	}
	return "error"
}

// A Diagnostic is one thing that is wrong with a schema, or questionable.
type Diagnostic struct {
	Severity Severity
	File     string // as given to Parse, or the path in the file system; empty for a schema built in Go
	Line     int    // from 1; 0 for a schema built in Go
	Column   int    // from 1, in characters (a tab is one); 0 for a schema built in Go
	About    string // the declaration that it is about, such as document#view; empty outside of one

	Message    string // what is wrong, in one line
	Suggestion string // what to do about it, in a few words, such as: did you mean "user"?; often empty
	Source     string // the line of the text, shortened around the column if it is long

	kind          error // a more special error than ErrSchema; nil for none
	caret, length int   // the bytes of Source to which the caret points
}

// String returns the diagnostic as a block of up to three lines: position and
// message, the line of the source, and a caret under the text in question with
// the suggestion beside it.
func (d Diagnostic) String() string {
	var b strings.Builder
	switch {
	case d.Line > 0:
		b.WriteString(Pos{d.File, d.Line, d.Column}.String() + ": ")
	case d.About != "":
		b.WriteString(d.About + ": ")
	}
	if d.Severity == SeverityWarning {
		b.WriteString("warning: ")
	}
	b.WriteString(d.Message)
	if d.Line == 0 || d.Source == "" {
		if d.Suggestion != "" {
			b.WriteString(" (" + d.Suggestion + ")")
		}
		return b.String()
	}
	b.WriteString("\n" + d.Source + "\n")
	for _, r := range d.Source[:d.caret] { // a tab is as wide in both lines
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	marked := d.Source[d.caret:min(d.caret+d.length, len(d.Source))]
	b.WriteString(strings.Repeat("^", max(1, utf8.RuneCountInString(marked))))
	if d.Suggestion != "" {
		b.WriteString(" " + d.Suggestion)
	}
	return b.String()
}

// Errors is every error of a schema, in order of position. It matches
// [ErrSchema], and whatever more special error one of its diagnostics is about.
type Errors []Diagnostic

// Error returns the diagnostics' blocks, one below the other.
func (e Errors) Error() string {
	blocks := make([]string, len(e))
	for i, d := range e {
		blocks[i] = d.String()
	}
	return strings.Join(blocks, "\n")
}

// Is reports whether the error is [ErrSchema], or a diagnostic is about target.
func (e Errors) Is(target error) bool {
	return target == ErrSchema || slices.ContainsFunc(e, func(d Diagnostic) bool { return d.kind != nil && errors.Is(d.kind, target) })
}

// reports collects diagnostics. At most one of a severity is kept for a piece
// of text: what a partial gets wrong is wrong wherever it is included.
type reports struct {
	list   []report
	errors int
	seen   map[place]bool
	cost   int // how many names suggestions have been compared with
}

type report struct {
	Diagnostic
	at    span
	order int
}

type place struct {
	at       span
	about    string // of what has no place in a text
	severity Severity
}

func (r *reports) add(at span, d Diagnostic) {
	p := place{at: at, severity: d.Severity}
	if at.src == nil {
		p.about = d.About + d.Message
	}
	if r.seen[p] {
		return
	}
	if r.seen == nil {
		r.seen = map[place]bool{}
	}
	r.seen[p] = true
	if d.Severity == SeverityError {
		r.errors++
	}
	r.list = append(r.list, report{d, at, len(r.list)})
}

// errorf reports an error at a place, about a declaration.
func (r *reports) errorf(at span, about string, format string, args ...any) {
	r.add(at, Diagnostic{About: about, Message: fmt.Sprintf(format, args...)})
}

// suggestf reports an error with what to do about it.
func (r *reports) suggestf(at span, about, suggestion, format string, args ...any) {
	r.add(at, Diagnostic{About: about, Suggestion: suggestion, Message: fmt.Sprintf(format, args...)})
}

// warnf reports a warning.
func (r *reports) warnf(at span, about, suggestion, format string, args ...any) {
	r.add(at, Diagnostic{Severity: SeverityWarning, About: about, Suggestion: suggestion, Message: fmt.Sprintf(format, args...)})
}

// unknown reports a name that does not exist, and suggests a close one.
func (r *reports) unknown(at span, about string, kind error, name string, candidates []string, format string, args ...any) {
	d := Diagnostic{About: about, Message: fmt.Sprintf(format, args...), kind: kind}
	if r.cost += len(candidates); r.cost < 1<<20 { // enough for whoever reads them
		if near := closest(name, candidates); near != "" {
			d.Suggestion = fmt.Sprintf("did you mean %q?", near)
		}
	}
	r.add(at, d)
}

// result returns the warnings, and the errors in order, nil if there is none.
// The files are in the order in which they are to be reported.
func (r *reports) result(files []*source) ([]Diagnostic, error) {
	rank := map[*source]int{} // 0 for what is nowhere
	for i, f := range files {
		rank[f] = i + 1
	}
	sort.Slice(r.list, func(i, j int) bool {
		a, b := r.list[i], r.list[j]
		switch {
		case a.at.src != b.at.src:
			return rank[a.at.src] < rank[b.at.src]
		case a.at.start != b.at.start:
			return a.at.start < b.at.start
		}
		return a.order < b.order
	})
	var errs Errors
	var warnings []Diagnostic
	for _, p := range r.list {
		d := p.Diagnostic
		if src := p.at.src; src != nil {
			pos := src.pos(p.at.start)
			d.File, d.Line, d.Column = pos.File, pos.Line, pos.Column
			d.Source, d.caret = src.quote(p.at.start)
			d.length = p.at.end - p.at.start
		}
		if d.Severity == SeverityWarning {
			warnings = append(warnings, d)
		} else {
			errs = append(errs, d)
		}
	}
	if len(errs) == 0 {
		return warnings, nil
	}
	return warnings, errs
}
