package expand

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteDot writes the tree in the language of Graphviz, to be drawn by dot:
//
//	dot -Tsvg tree.dot > tree.svg
//
// Usersets are boxes, operators circles, and arrows boxes with a point. Every
// userset is drawn once: where the tree says [Seen] there is another edge to
// it, and where it says [Cycle] a bold red one. The edge to the right side of an
// exclusion is dashed. What qualifies a tuple stands at its edge.
//
// No name, id or context can end a label or be taken for markup. It ends with
// the first error of w.
func (t *Tree) WriteDot(w io.Writer) error {
	b := bufio.NewWriter(w) // which remembers its first error
	b.WriteString("digraph expand {\n" +
		"\trankdir=LR\n" +
		"\tnode [fontname=\"sans-serif\" fontsize=11 height=0.3]\n" +
		"\tedge [fontname=\"sans-serif\" fontsize=9 arrowsize=0.7]\n")
	g := t.drawn()
	for i, v := range g.vertices {
		fmt.Fprintf(b, "\tn%d [%slabel=%s]\n", i, v.shape.dot(), dotQuote(v.label))
	}
	for _, e := range g.edges {
		fmt.Fprintf(b, "\tn%d -> n%d%s\n", e.from, e.to, e.dot())
	}
	b.WriteString("}\n")
	return b.Flush()
}

func (s shape) dot() string {
	switch s {
	case shapeBeyond:
		return `shape=box style=dashed `
	case shapeOperator:
		return `shape=circle style=filled fillcolor=lightyellow fontsize=14 fixedsize=true width=0.35 `
	case shapeArrow:
		return `shape=cds style=filled fillcolor=lightyellow `
	case shapeTuples:
		return `shape=note `
	case shapeSubject:
		return `shape=plaintext `
	case shapeSkipped:
		return `shape=plaintext fontcolor=gray40 `
	}
	return `shape=box style=filled fillcolor=lightblue `
}

// dot returns the attributes of an edge.
func (e edge) dot() string {
	var attributes []string
	if e.label != "" {
		attributes = append(attributes, "label="+dotQuote(e.label))
	}
	if e.subtract {
		attributes = append(attributes, "style=dashed")
	}
	if e.back {
		attributes = append(attributes, "color=red penwidth=2 constraint=false")
	}
	if len(attributes) == 0 {
		return ""
	}
	return " [" + strings.Join(attributes, " ") + "]"
}

// dotQuote returns s as a quoted string in which nothing is special: neither
// the escapes of labels, such as \N, nor the entities of HTML.
func dotQuote(s string) string {
	return `"` + dotSpecial.Replace(printable(s)) + `"`
}

var dotSpecial = strings.NewReplacer(`"`, `\"`, `\`, `\\`, `&`, `&amp;`)
