package schema

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/baobab-authz/baobab/tuple"
)

// A directiveReader reads the words of one directive.
type directiveReader struct {
	*parser
	about string
	kind  directiveKind
	words []ident // those that have not been read
	end   span    // where the directive ends
}

// directive reads a comment that is a directive; not ok if it reports an error.
func (p *parser) directive(c comment, about string) (d directive, ok bool) {
	r := &directiveReader{parser: p, about: about}
	from := c.start + len(directiveMark)
	end := from
	for _, w := range directiveWords(p.src.text[from:c.end]) {
		start := end + strings.Index(p.src.text[end:c.end], w)
		end = start + len(w)
		r.words = append(r.words, ident{w, span{p.src, start, end}})
	}
	r.end = span{p.src, end, end}
	d.at = span{p.src, c.start, from}
	if len(r.words) == 0 || r.words[0].at.start > from {
		r.nameless(d.at)
		return d, false
	}
	name, _ := r.next()
	d.at.end = name.at.end
	for kind, known := range directiveNames {
		if name.text == known {
			d.kind, r.kind = directiveKind(kind), directiveKind(kind)
			return d, r.read(&d)
		}
	}
	p.report.unknown(name.at, about, nil, name.text, directiveNames, "unknown directive %q: there are %s", name.text, among(directiveNames, "and"))
	return d, false
}

// among joins names as a sentence does.
func among(names []string, and string) string {
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " " + and + " " + names[last]
}

func (r *directiveReader) nameless(mark span) {
	d := Diagnostic{About: r.about, Message: directiveMark + " begins a directive: " + among(directiveNames, "or")}
	if len(r.words) > 0 {
		d.Suggestion = "remove the space behind it"
	}
	r.report.add(mark, d)
}

func (r *directiveReader) read(d *directive) bool {
	switch d.kind {
	case directiveCount:
		return r.count(d)
	case directiveGrantedBy:
		return r.grantedBy(d)
	case directiveOnDelete:
		return r.onDelete(d)
	case directiveExpiresWithin:
		return r.expiresWithin(d)
	}
	var ok bool
	d.permission, d.value, ok = r.name("a permission")
	return ok && r.done()
}

// next returns the next word, if there is one.
func (r *directiveReader) next() (ident, bool) {
	if len(r.words) == 0 {
		return ident{at: r.end}, false
	}
	w := r.words[0]
	r.words = r.words[1:]
	return w, true
}

// value returns the next word, which must be there.
func (r *directiveReader) value(expected string) (ident, bool) {
	w, ok := r.next()
	if !ok {
		r.report.errorf(w.at, r.about, "expected %s, found the end of the directive", expected)
	}
	return w, ok
}

// name reads the name of a relation or a permission.
func (r *directiveReader) name(expected string) (string, span, bool) {
	w, ok := r.value(expected)
	if ok && tuple.ValidateName(w.text) != nil {
		r.report.errorf(w.at, r.about, "expected %s, found %q, which is no name", expected, w.text)
		ok = false
	}
	return w.text, w.at, ok
}

// option reads a word that need not be there.
func (r *directiveReader) option(word string) bool {
	if len(r.words) == 0 || r.words[0].text != word {
		return false
	}
	r.words = r.words[1:]
	return true
}

// done expects the end, or else one of the options that can stand here.
func (r *directiveReader) done(options ...string) bool {
	w, more := r.next()
	if !more {
		return true
	}
	var first []string
	for _, o := range options {
		first = append(first, directiveWords(o)[0])
	}
	expected := "the end of the directive"
	if len(options) > 0 {
		expected = among(append(options, expected), "or")
	}
	r.report.unknown(w.at, r.about, nil, w.text, first, "expected %s, found %q", expected, w.text)
	return false
}

// count reads RANGE [per subject] [in RELATION].
func (r *directiveReader) count(d *directive) bool {
	d.count.Pos = d.at.pos()
	const expected = "a range, which is N, N..M or N..*"
	w, ok := r.value(expected)
	if !ok || !r.bounds(w, &d.count, expected) {
		return false
	}
	d.value = w.at
	if r.option("per") {
		w, ok := r.value("subject behind per")
		if !ok {
			return false
		}
		if w.text != "subject" {
			r.report.unknown(w.at, r.about, nil, w.text, []string{"subject"}, "expected subject behind per, found %q", w.text)
			return false
		}
		d.count.PerSubject = true
	}
	if !r.option("in") {
		if d.count.PerSubject {
			return r.done("in RELATION")
		}
		return r.done("per subject", "in RELATION")
	}
	if d.count.In, d.in, ok = r.name("a relation behind in"); !ok {
		return false
	}
	if len(r.words) > 0 && r.words[0].text == "per" && !d.count.PerSubject {
		r.report.add(r.words[0].at, Diagnostic{About: r.about, Message: "per subject stands before in",
			Suggestion: "write per subject in " + d.count.In})
		return false
	}
	return r.done()
}

// bounds reads a range.
func (r *directiveReader) bounds(w ident, c *Count, expected string) bool {
	low, high, ranged := strings.Cut(w.text, "..")
	var ok bool
	if c.Min, ok = r.bound(w, low, expected); !ok {
		return false
	}
	switch {
	case !ranged:
		c.Max = c.Min
	case high == "*":
		c.Max = Unbounded
	default:
		c.Max, ok = r.bound(w, high, expected)
	}
	return ok
}

func (r *directiveReader) bound(w ident, text, expected string) (int, bool) {
	if !isNumber(text) {
		r.report.errorf(w.at, r.about, "expected %s, found %q", expected, w.text)
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > MaxCount {
		r.report.errorf(w.at, r.about, "%s is too large: a bound is at most %d", text, MaxCount)
		return 0, false
	}
	return int(n), true
}

// isNumber reports whether the text is a number as it is usually written.
func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == "" && (text == "0" || text[0] != '0')
}

// grantedBy reads (PERMISSION [on subject] | self).
func (r *directiveReader) grantedBy(d *directive) bool {
	var ok bool
	d.permission, d.value, ok = r.name("a permission or self")
	if !ok {
		return false
	}
	if d.permission == selfGuard {
		d.permission, d.self = "", true
		return r.done()
	}
	if !r.option("on") {
		return r.done("on subject")
	}
	w, ok := r.value("subject behind on")
	if !ok {
		return false
	}
	if w.text != "subject" {
		r.report.unknown(w.at, r.about, nil, w.text, []string{"subject"}, "expected subject behind on, found %q", w.text)
		return false
	}
	d.onSubject = true
	return r.done()
}

// selfGuard stands in the place of a permission for the actor themselves.
const selfGuard = "self"

func (r *directiveReader) onDelete(d *directive) bool {
	names := []string{Refuse.String(), Cascade.String(), Detach.String()}
	w, ok := r.value(among(names, "or"))
	if !ok {
		return false
	}
	d.value = w.at
	for _, o := range []OnDelete{Refuse, Cascade, Detach} {
		if w.text == o.String() {
			d.onDelete = o
			return r.done()
		}
	}
	r.report.unknown(w.at, r.about, nil, w.text, names, "expected %s, found %q", among(names, "or"), w.text)
	return false
}

// limitSyntax is what a limit looks like, for a message.
const limitSyntax = "a time, which is a number and d, h or m"

func (r *directiveReader) expiresWithin(d *directive) bool {
	w, ok := r.value(limitSyntax)
	if !ok {
		return false
	}
	d.value = w.at
	var fault string
	if d.limit, fault = parseLimit(w.text); fault != "" {
		r.report.errorf(w.at, r.about, "%s", fault)
		return false
	}
	return r.done()
}

// parseLimit reads N(d|h|m), of at least one character, or says what is wrong.
func parseLimit(text string) (limit time.Duration, fault string) {
	number, unit := text[:len(text)-1], time.Duration(0)
	switch text[len(text)-1] {
	case 'd':
		unit = 24 * time.Hour
	case 'h':
		unit = time.Hour
	case 'm':
		unit = time.Minute
	}
	if unit == 0 || !isNumber(number) {
		return 0, fmt.Sprintf("expected %s, found %q", limitSyntax, text)
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n > int64(MaxExpiresWithin/unit) {
		return 0, tooLong(text)
	}
	return time.Duration(n) * unit, ""
}

func tooLong(limit string) string {
	return fmt.Sprintf("%s is too long: a limit is at most %s", limit, LimitString(MaxExpiresWithin))
}
