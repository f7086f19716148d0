package expand

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// WriteMermaid writes the tree as a flowchart in the language of Mermaid, which
// stands in Markdown between ```mermaid and ```. It is drawn like
// [Tree.WriteDot] does it, with thick edges for cycles; operators are circles
// and arrows hexagons.
//
// Whatever is neither a letter, nor a digit, nor a space is written as a
// number (#35; for #), so that no name, id or context can end a label or be
// taken for Mermaid, Markdown or HTML. (Where htmlLabels are off, Mermaid shows
// the numbers.) Its limits, by default 500 edges and 50,000 characters, are for
// whoever draws. It ends with the first error of w.
func (t *Tree) WriteMermaid(w io.Writer) error {
	b := bufio.NewWriter(w) // which remembers its first error
	b.WriteString("flowchart LR\n")
	g := t.drawn()
	dim := false
	for i, v := range g.vertices {
		open, end := v.shape.mermaid()
		fmt.Fprintf(b, "\tn%d%s%s%s\n", i, open, mermaidQuote(v.label), end)
		if v.shape == shapeBeyond || v.shape == shapeSkipped {
			fmt.Fprintf(b, "\tclass n%d dim\n", i)
			dim = true
		}
	}
	for _, e := range g.edges {
		label := ""
		if e.label != "" {
			label = "|" + mermaidQuote(e.label) + "|"
		}
		fmt.Fprintf(b, "\tn%d %s%s n%d\n", e.from, e.mermaid(), label, e.to)
	}
	if dim {
		b.WriteString("\tclassDef dim stroke-dasharray:4\n")
	}
	return b.Flush()
}

// mermaid returns what stands around the label.
func (s shape) mermaid() (open, end string) {
	switch s {
	case shapeOperator:
		return "((", "))"
	case shapeArrow:
		return "{{", "}}"
	case shapeTuples, shapeSubject, shapeSkipped:
		return "([", "])"
	}
	return "[", "]"
}

func (e edge) mermaid() string {
	switch {
	case e.subtract:
		return "-.->"
	case e.back:
		return "==>"
	}
	return "-->"
}

// mermaidQuote returns s as a quoted label in which nothing is special.
//
// Mermaid changes its text in several passes of regular expressions before and
// after it is parsed. The colon, for one, must not stand for itself: on a line
// with "style" and a colon, a pass damages the number that comes last. And the
// signs that Mermaid itself puts for a number while it works, ﬂ° and ¶ß, come
// back as a number however they are written, so they are escaped for good.
func mermaidQuote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range mermaidMarks.Replace(printable(s)) {
		if r == ' ' || unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString("#" + strconv.Itoa(int(r)) + ";")
	}
	b.WriteByte('"')
	return b.String()
}

var mermaidMarks = strings.NewReplacer("ﬂ", `\ufb02`, "¶", `\u00b6`)
