package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
)

// A printer writes results as text, with colours if it is told so.
type printer struct {
	w      io.Writer
	colour bool
}

// What paint makes of a text.
const (
	plain = ""
	green = "32"
	red   = "31"
	bold  = "1"
	faint = "2"
	alarm = "1;37;41" // white on red
)

func (p printer) paint(code, text string) string {
	if !p.colour || code == plain {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p printer) printf(format string, args ...any) { fmt.Fprintf(p.w, format, args...) }

// cell returns the text of a cell, unpainted, and its paint. What differs shows
// what was decided and what should have been.
func (a Answer) cell() (text, code string) {
	switch {
	case a.Err != nil:
		return "!≠" + mark(a.Want), alarm
	case !a.Right():
		return mark(a.Got) + "≠" + mark(a.Want), alarm
	case a.Got:
		return yes, green
	}
	return no, red
}

// table prints a table, and below it whatever differs.
func (p printer) table(r TableResult) {
	first := width(r.Title)
	for _, a := range r.Actions {
		first = max(first, width(a.String()))
	}
	row := func(label, paint string, cell func(i int) (text, paint string)) {
		line := "  " + p.paint(paint, label) + strings.Repeat(" ", first-width(label))
		for i, role := range r.Roles {
			text, paint := cell(i)
			line += "  " + strings.Replace(centre(text, columnWidth(role)), text, p.paint(paint, text), 1)
		}
		p.printf("%s\n", strings.TrimRight(line, " "))
	}
	row(r.Title, bold, func(i int) (text, paint string) { return r.Roles[i].Name, plain })
	var answers []Answer
	for i, a := range r.Actions {
		if a.Gap && i > 0 {
			p.printf("\n")
		}
		row(a.String(), plain, func(j int) (text, paint string) { return r.Cells[i][j].cell() })
		answers = append(answers, r.Cells[i]...)
	}
	p.printf("\n")
	p.differences(append(answers, r.Isolation...), r.Problems)
}

// columnWidth leaves room for a cell that differs.
func columnWidth(r Role) int { return max(width(r.Name), 3) }

// rule prints a rule on a line, and below it whatever differs.
func (p printer) rule(r RuleResult) {
	if r.Differences() == 0 {
		p.printf("  %s  %s\n", p.paint(green, "holds"), r.Name)
		return
	}
	p.printf("  %s  %s\n", p.paint(alarm, "fails"), r.Name)
	p.differences(r.Answers, r.Problems)
}

// differences prints the answers that are not as expected, each with the
// engine's reason, and the problems.
func (p printer) differences(answers []Answer, problems []error) {
	for _, a := range wrong(answers) {
		text, code := a.cell()
		p.printf("    %s  %s\n", p.paint(code, text), a.Question)
		switch {
		case a.Err != nil:
			p.printf("         %v\n", a.Err)
		case a.Why != nil:
			for line := range strings.Lines(a.Why.String()) {
				p.printf("         %s", line)
			}
		}
	}
	for _, err := range problems {
		p.printf("    %s  %v\n", p.paint(alarm, "!"), err)
	}
}

// centre pads a text to a width on both sides, the right one first.
func centre(text string, to int) string {
	pad := max(0, to-width(text))
	return strings.Repeat(" ", pad/2) + text + strings.Repeat(" ", pad-pad/2)
}

// width returns how many columns a terminal takes to show a text.
func width(text string) int {
	n := 0
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana), r >= 0xff01 && r <= 0xff60:
			n += 2
		default:
			n++
		}
	}
	return n
}

// wantsColour reports whether colours make sense on f: a terminal, unless the
// environment says NO_COLOR (https://no-color.org) or that it is a dumb one.
func wantsColour(f *os.File) bool {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
