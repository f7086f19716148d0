package schema

import "strings"

// A comment is a piece of the text, with what marks it as a comment.
type comment struct{ start, end int }

// trivia is the comments of a declaration or of a member of one.
type trivia struct {
	leading  []comment // above it
	inner    []comment // between its tokens
	trailing []comment // behind it, on the line on which it ends
	above    []comment // the directives directly above it
	doc      []string  // directly above it or inside, without directives, as text
}

// attach gives every comment of the file to what it stands by.
func (f *file) attach() {
	a := &attacher{file: f, rest: f.comments}
	for i, d := range f.decls {
		d.leading = a.take(d.at.start)
		if d.kind == declDefinition || d.kind == declPartial {
			a.body(d)
		} else {
			d.inner = a.take(d.at.end)
		}
		next := len(f.src.text)
		if i+1 < len(f.decls) {
			next = f.decls[i+1].at.start
		}
		d.trailing = a.behind(d.at.end, next, i+1 < len(f.decls))
		f.doc(&d.trivia, d.at.start)
	}
	f.final = a.rest
}

// An attacher hands out comments in their order.
type attacher struct {
	file *file
	rest []comment
}

// take returns the comments before an offset.
func (a *attacher) take(until int) []comment {
	n := 0
	for n < len(a.rest) && a.rest[n].start < until {
		n++
	}
	list := a.rest[:n:n]
	a.rest = a.rest[n:]
	return list
}

// behind returns the comments on the line on which something ends. If something
// else begins there, they are the other's.
func (a *attacher) behind(end, next int, other bool) []comment {
	src := a.file.src
	line := src.line(end)
	if other && src.line(next) == line {
		return nil
	}
	n := 0
	for n < len(a.rest) && a.rest[n].start < next && src.line(a.rest[n].start) == line {
		n++
	}
	list := a.rest[:n:n]
	a.rest = a.rest[n:]
	return list
}

// body hands out the comments of a definition or a partial.
func (a *attacher) body(d *decl) {
	next := func(i int) (int, bool) {
		if i < len(d.members) {
			return d.members[i].at.start, true
		}
		return d.at.end - 1, false
	}
	d.inner = a.take(d.open)
	start, other := next(0)
	d.opening = a.behind(d.open+1, start, other)
	for i, m := range d.members {
		m.leading = a.take(m.at.start)
		m.inner = a.take(m.at.end)
		start, other := next(i + 1)
		m.trailing = a.behind(m.at.end, start, other)
		a.file.doc(&m.trivia, m.at.start)
	}
	d.closing = a.take(d.at.end)
}

// doc finds the comments that stand directly above start, without a blank line
// between, and those inside; and which of those above are directives.
func (f *file) doc(t *trivia, start int) {
	from := len(t.leading)
	for from > 0 && f.src.line(start)-f.src.line(t.leading[from-1].end) <= 1 {
		from--
		start = t.leading[from].start
	}
	for i, group := range [][]comment{t.leading[from:], t.inner} {
		for _, c := range group {
			text := f.src.text[c.start:c.end]
			switch directive := isDirective(text); {
			case !directive:
				t.doc = append(t.doc, reindent(text, ""))
			case i == 0 && f.src.opensLine(c.start):
				t.above = append(t.above, c)
			}
		}
	}
}

// reindent returns a comment as it is printed behind an indentation. The lines
// of a block comment that begin with a star are lined up; others stay.
func reindent(text, indent string) string {
	if !strings.ContainsAny(text, "\n\r") {
		return strings.TrimRight(text, " \t")
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t")
		if star := strings.TrimLeft(lines[i], " \t"); i > 0 && strings.HasPrefix(star, "*") {
			lines[i] = indent + " " + star
		}
	}
	return strings.Join(lines, "\n")
}
