package validation

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/baobab-authz/baobab/schema"
)

// A textLine is a line of a text in a document, and where it is in the file.
type textLine struct {
	text   string
	line   int // in the file, from 1
	indent int // how many characters stand before it in the file
}

// block returns the lines of a scalar. YAML can fold lines of the file into one,
// which then is where the first of them is.
func (d *document) block(n *yaml.Node) []textLine {
	values := strings.Split(n.Value, "\n")
	all := make([]textLine, len(values))
	if n.Style&yaml.LiteralStyle != 0 {
		for i, v := range values {
			all[i] = d.place(v, n.Line+1+i)
		}
		return all
	}
	at := n.Line // the index of the line after, where the text of | and > begins
	if n.Style&yaml.FoldedStyle == 0 {
		at--
	}
	for i, v := range values {
		all[i] = textLine{text: v, line: n.Line}
		begin := strings.TrimSpace(v)
		if begin == "" {
			continue
		}
		for j := at; j < len(d.lines) && j <= at+len(n.Value); j++ {
			if part := strings.TrimSpace(d.lines[j]); part != "" && strings.HasPrefix(begin, part) {
				all[i], at = d.place(v, j+1), j+1
				break
			}
		}
	}
	return all
}

// place returns a line's place, with what stands before it in the file.
func (d *document) place(text string, line int) textLine {
	l := textLine{text: text, line: line}
	if line <= len(d.lines) {
		if before, found := strings.CutSuffix(d.lines[line-1], text); found {
			l.indent = utf8.RuneCountInString(before)
		}
	}
	return l
}

// schema reads a schema that stands in the document.
func (d *document) schema(n *yaml.Node, parse func(file, text string) (*schema.Schema, error)) *schema.Schema {
	lines := d.block(n)
	// The lines before it are left empty, so that what the schema says of itself
	// later, such as where a caveat is that fails, is a line of the file.
	above := 0
	if n.Style&yaml.LiteralStyle != 0 {
		above = n.Line
	}
	s, err := parse(d.file, strings.Repeat("\n", above)+n.Value)
	if err != nil {
		d.schemaErrors(lines, above, err)
		return nil
	}
	if s, err = s.Bind(evaluator()); err != nil {
		d.schemaErrors(lines, above, err)
		return nil
	}
	return s
}

func (d *document) schemaErrors(lines []textLine, above int, err error) {
	d.problems.schemaErrors(d.file, err, func(diagnostic schema.Diagnostic) *Error {
		i := diagnostic.Line - above - 1
		if i < 0 || i >= len(lines) {
			return &Error{File: d.file, Line: lines[0].line}
		}
		e := &Error{File: d.file, Line: lines[i].line}
		if above > 0 { // a folded line is several of the file
			e.Column = diagnostic.Column + lines[i].indent
		}
		return e
	})
}
