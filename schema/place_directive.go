package schema

import "strings"

// directiveMark is how comments begin that are not comments to us.
const directiveMark = "//baobab:"

// isDirective reports whether a comment is a directive, or must be one.
func isDirective(comment string) bool { return strings.HasPrefix(comment, directiveMark) }

// likeDirective returns how a comment begins that is none of ours and was
// probably meant to be: "" if it was not.
func likeDirective(comment string) string {
	const name = "baobab"
	if isDirective(comment) || len(comment) < len("//") {
		return ""
	}
	rest := comment[len("//"):]
	word := strings.TrimLeft(rest, "/ \t")
	block := strings.HasPrefix(comment, "/*") // in which a directive may be commented out
	if block {
		word = strings.TrimLeft(rest, "* \t\r\n")
	}
	if len(word) < len(name) || !strings.EqualFold(word[:len(name)], name) {
		return ""
	}
	behind := strings.TrimLeft(word[len(name):], " \t:.,;=/_-@!\u00a0\uff1a")
	begins := comment[:len(comment)-len(behind)]
	if marked, ok := strings.CutPrefix(strings.TrimLeft(word[len(name):], " \t"), ":"); ok && !block {
		return comment[:len(comment)-len(marked)]
	}
	// Without the colon it must be more alike, since a sentence may begin so.
	between := word[len(name) : len(word)-len(behind)]
	alike := len(word) == len(rest) || strings.TrimRight(between, " \t") == between
	next, _, _ := strings.Cut(strings.ReplaceAll(behind, "\t", " "), " ")
	for _, known := range directiveNames {
		if next == known && (alike || strings.Contains(known, "-")) {
			return begins
		}
	}
	return ""
}

// spaced returns the text of a directive with one space between its words.
func spaced(text string) string {
	return directiveMark + strings.Join(directiveWords(text[len(directiveMark):]), " ")
}

// directiveWords returns the words of a directive.
func directiveWords(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' })
}

// A directivePlace is what a directive stands above.
type directivePlace int

const (
	aboveDefinition directivePlace = iota
	aboveRelation
	abovePermission
	aboveInclude
	abovePartial
	aboveCaveat
	aboveUse
	aboveImport
)

// String names the place.
func (p directivePlace) String() string {
	return [...]string{"a definition", "a relation", "a permission", "the inclusion of a partial", "a partial", "a caveat", "use", "an import"}[p]
}

// allows reports whether the directive can stand above such a thing.
func (p directivePlace) allows(k directiveKind) bool {
	switch k {
	case directiveDeletedBy:
		return p == aboveDefinition
	case directiveCount:
		return p == aboveRelation || p == abovePermission
	}
	return p == aboveRelation
}

// where says what the directive stands above.
func (k directiveKind) where() string {
	switch k {
	case directiveDeletedBy:
		return "a definition"
	case directiveCount:
		return "a relation or a permission"
	}
	return "a relation"
}

func (m *member) place() directivePlace {
	switch m.kind {
	case memberPermission:
		return abovePermission
	case memberInclude:
		return aboveInclude
	}
	return aboveRelation
}

func (d *decl) place() directivePlace {
	switch d.kind {
	case declPartial:
		return abovePartial
	case declCaveat:
		return aboveCaveat
	case declUse:
		return aboveUse
	case declImport:
		return aboveImport
	}
	return aboveDefinition
}

// qualifying returns those directives that can stand at a place, and reports
// the others.
func qualifying(list []directive, place directivePlace, about string, report *reports) []directive {
	var right []directive
	for _, d := range list {
		if place.allows(d.kind) {
			right = append(right, d)
			continue
		}
		report.errorf(d.at, about, "%s stands above %s, and not above %s", d.kind, d.kind.where(), place)
	}
	return right
}

// directives reads every directive of the file, gives those that stand where
// they can to what they qualify, and reports the others. If a declaration has
// been skipped, so that it is not known what stands where, those that stand above
// nothing are read, and not reported; likewise in a definition with gaps.
func (p *parser) directives(skipped bool) {
	for _, list := range [][]comment{p.file.comments, p.lexer.inBody} {
		for _, c := range list {
			if begins := likeDirective(p.src.text[c.start:c.end]); begins != "" {
				p.report.add(span{p.src, c.start, c.start + len(begins)}, Diagnostic{
					Message: "this is a comment, and looks like a directive", Suggestion: "a directive begins with " + directiveMark})
			}
		}
	}
	for _, c := range p.lexer.inBody {
		p.misplaced(c, "", "a directive stands above what it qualifies, and not in a caveat's expression")
	}
	for _, d := range p.file.decls {
		d.directives = p.qualify(&d.trivia, d.place(), d.name.text, skipped)
		for _, m := range d.members {
			m.directives = p.qualify(&m.trivia, m.place(), d.name.text+"#"+m.name.text, d.gaps)
		}
		for _, c := range d.opening {
			p.misplaced(c, d.name.text, "a directive stands on a line of its own, above what it qualifies")
		}
		for _, c := range d.closing {
			p.astray(c, d.name.text, "a directive stands above what it qualifies, and here the braces close", d.gaps)
		}
	}
	for _, c := range p.file.final {
		p.astray(c, "", "a directive stands above what it qualifies, and here the file ends", skipped)
	}
}

// qualify returns the directives above something that can stand there, and
// reports the others, and those at its other sides.
func (p *parser) qualify(t *trivia, place directivePlace, about string, gaps bool) []directive {
	var list []directive
	above := t.above
	for _, c := range t.leading {
		switch {
		case len(above) > 0 && above[0] == c:
			above = above[1:]
			if d, ok := p.directive(c, about); ok {
				list = append(list, d)
			}
		case p.src.opensLine(c.start):
			p.astray(c, about, "a directive stands directly above what it qualifies, with only comments between", gaps)
		default:
			p.misplaced(c, about, "a directive stands on a line of its own, above what it qualifies")
		}
	}
	for _, c := range t.inner {
		p.misplaced(c, about, "a directive stands above what it qualifies, and not inside it")
	}
	for _, c := range t.trailing {
		p.misplaced(c, about, "a directive stands above what it qualifies, and not behind it")
	}
	return qualifying(list, place, about, p.report)
}

// astray reports a directive that stands above nothing, unless that is because
// something could not be read.
func (p *parser) astray(c comment, about, message string, gaps bool) {
	if !gaps {
		p.misplaced(c, about, message)
	} else if isDirective(p.src.text[c.start:c.end]) {
		p.directive(c, about)
	}
}

// misplaced reports a comment that is a directive, and what is wrong in it.
func (p *parser) misplaced(c comment, about, message string) {
	if isDirective(p.src.text[c.start:c.end]) {
		d, _ := p.directive(c, about)
		p.report.errorf(d.at, about, "%s", message)
	}
}
