package schema

import "strings"

// Format returns the text of one file in its canonical form: one declaration or
// member a line, tabs, one space between tokens, an empty line between
// declarations and none doubled. It keeps every comment (those between the
// tokens of a member move above it), every directive with its words as they are,
// the order, and the parentheses around operators, and changes nothing in a
// caveat's expression. What it returns has
// the same meaning, and Format returns it unchanged.
//
// Only the syntax must be right, that of directives and their places included:
// names may be unknown, and imports are not followed. On an error the text is empty; the error is [Errors].
func Format(file, text string) (string, error) {
	src, report := newSource(file, text), &reports{}
	p := scan(src, report)
	f := p.parse()
	if _, err := report.result(nil); err != nil {
		return "", err
	}
	f.standalone = standalone(f)
	w := &printer{file: f}
	w.print()
	return w.b.String(), nil
}

// standalone reports whether the file is a schema by itself. If it is not, a
// hyphen without spaces may be part of a name that another file declares.
func standalone(f *file) bool {
	for _, d := range f.decls {
		if d.kind == declImport {
			return false
		}
	}
	_, err := compile([]*file{f}, &reports{}, rules{native: true})
	return err == nil
}

// A printer writes the canonical form of a file.
type printer struct {
	file *file
	b    strings.Builder
	last int // the offset in the source at which what was written last ends
}

func (w *printer) print() {
	var before *decl
	for _, d := range w.file.decls {
		w.separate(before, d)
		w.above(&d.trivia, "", d.at.start)
		switch d.kind {
		case declUse:
			w.b.WriteString("use " + d.name.text)
		case declImport:
			w.b.WriteString("import " + w.text(d.name.at))
		case declCaveat:
			w.caveat(d)
		case declDefinition:
			w.body(d, "definition ")
		case declPartial:
			w.body(d, "partial ")
		}
		w.behind(d.trailing, d.at.end, "")
		w.b.WriteByte('\n')
		before = d
	}
	for i, c := range w.file.final {
		if i > 0 || before != nil {
			w.blank(c.start)
		}
		w.comment(c, "")
	}
}

func (w *printer) text(at span) string { return w.file.src.text[at.start:at.end] }

// separate writes an empty line between declarations; between several of use or
// of import only if there is one.
func (w *printer) separate(before, d *decl) {
	if before == nil {
		return
	}
	if before.kind == d.kind && (d.kind == declUse || d.kind == declImport) {
		start := d.at.start
		if len(d.leading) > 0 {
			start = d.leading[0].start
		}
		w.blank(start)
		return
	}
	w.b.WriteByte('\n')
}

// blank writes an empty line if the source has one between what was written
// last and start.
func (w *printer) blank(start int) {
	if w.file.src.line(start)-w.file.src.line(w.last) > 1 {
		w.b.WriteByte('\n')
	}
}

func (w *printer) comment(c comment, indent string) {
	text := w.file.src.text[c.start:c.end]
	if isDirective(text) {
		text = spaced(text)
	}
	w.b.WriteString(indent + reindent(text, indent) + "\n")
	w.last = c.end
}

// above writes the comments above something that begins at start, with the
// empty lines between them.
func (w *printer) above(t *trivia, indent string, start int) {
	for i, c := range t.leading {
		if i > 0 {
			w.blank(c.start)
		}
		w.comment(c, indent)
	}
	if len(t.leading) > 0 {
		w.blank(start)
	}
	for _, c := range t.inner {
		w.comment(c, indent)
	}
	w.b.WriteString(indent)
}

// behind writes the comments on the line of something that ends at end.
func (w *printer) behind(list []comment, end int, indent string) {
	w.last = end
	for _, c := range list {
		w.b.WriteString(" " + reindent(w.file.src.text[c.start:c.end], indent))
		w.last = c.end
	}
}

func (w *printer) caveat(d *decl) {
	c := Caveat{Name: d.name.text, Expression: d.expression}
	for _, p := range d.params {
		c.Parameters = append(c.Parameters, Parameter{p.name.text, p.typ})
	}
	w.b.WriteString(c.String())
}

func (w *printer) body(d *decl, keyword string) {
	w.b.WriteString(keyword + d.name.text + " {")
	if len(d.members)+len(d.opening)+len(d.closing) == 0 {
		w.b.WriteByte('}')
		return
	}
	w.behind(d.opening, d.open+1, "")
	w.b.WriteByte('\n')
	first := true
	for _, m := range d.members {
		start := m.at.start
		if len(m.leading) > 0 {
			start = m.leading[0].start
		}
		if !first {
			w.blank(start)
		}
		first = false
		w.above(&m.trivia, "\t", m.at.start)
		w.member(m)
		w.behind(m.trailing, m.at.end, "\t")
		w.b.WriteByte('\n')
	}
	for _, c := range d.closing {
		if !first {
			w.blank(c.start)
		}
		first = false
		w.comment(c, "\t")
	}
	w.b.WriteByte('}')
}

func (w *printer) member(m *member) {
	switch m.kind {
	case memberInclude:
		w.b.WriteString("..." + m.name.text)
		return
	case memberRelation:
		w.b.WriteString("relation " + m.name.text + ": ")
		w.types(m.types)
		return
	}
	w.b.WriteString("permission " + m.name.text)
	if len(m.types) > 0 {
		w.b.WriteString(": ")
		w.types(m.types)
	}
	w.b.WriteString(" = ")
	w.expr(m.expr)
}

func (w *printer) types(list []typeRef) {
	for i, t := range list {
		if i > 0 {
			w.b.WriteString(" | ")
		}
		w.b.WriteString(t.String())
	}
}

func (w *printer) expr(e *expr) {
	op := ""
	switch e.kind {
	case exprArrow:
		if e.function != "" {
			w.b.WriteString(e.name.text + "." + e.function + "(" + e.target.text + ")")
			return
		}
		w.b.WriteString(e.rewrite().String())
		return
	case exprUnion:
		op = " + "
	case exprIntersection:
		op = " & "
	case exprExclusion:
		if op = " - "; e.tight && !w.file.standalone {
			op = "-"
		}
	default:
		w.b.WriteString(e.rewrite().String())
		return
	}
	if e.parens {
		w.b.WriteByte('(')
	}
	for i, k := range e.kids {
		if i > 0 {
			w.b.WriteString(op)
		}
		w.expr(k)
	}
	if e.parens {
		w.b.WriteByte(')')
	}
}
