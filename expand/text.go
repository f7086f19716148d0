package expand

import (
	"bufio"
	"io"
	"strings"

	"github.com/baobab-authz/baobab/tuple"
)

// maxIndent is how many levels a text is indented at most. Usersets that stand
// deeper are printed after what surrounds them, from the margin, so that the
// text of a deep tree does not grow with the square of the depth.
const maxIndent = 32

// String returns the text that [Tree.WriteText] writes.
func (t *Tree) String() string {
	var b strings.Builder
	_ = t.WriteText(&b) // a Builder does not fail
	return b.String()
}

// WriteText writes the tree as indented text, a node a line:
//
//	doc:1#view = exclusion
//	├─ union
//	│  ├─ doc:1#viewer
//	│  │  ├─ team:eng#member
//	│  │  │  ├─ team:eng#member  (cycle)
//	│  │  │  └─ user:ann
//	│  │  └─ user:bob[expiration:2027-01-01T00:00:00Z]
//	│  └─ parent->view
//	│     └─ folder:x#view  (not expanded)
//	└─ not doc:1#banned  (no tuples)
//
// In brackets stands what qualifies the tuple that led to the line, in
// parentheses what else there is to say: that a userset is one of those around
// it (cycle), stands elsewhere in full (seen above,
// seen below), or is beyond the depth (not
// expanded); that an arrow passes over a subject (skipped), or cannot but fail
// because of it (nobody). What cannot be printed is escaped. Usersets more than
// 32 levels deep (below) follow after an empty line.
//
// It ends with the first error of w.
func (t *Tree) WriteText(w io.Writer) error {
	text := textWriter{w: bufio.NewWriter(w), printed: map[tuple.Subject]bool{}}
	if t.Root != nil {
		text.deferred = []*Node{t.Root}
	}
	for i := 0; i < len(text.deferred); i++ {
		if i > 0 {
			text.w.WriteByte('\n')
		}
		text.section(text.deferred[i])
	}
	return text.w.Flush()
}

// A textWriter writes a tree. The writer remembers its first error.
type textWriter struct {
	w        *bufio.Writer
	printed  map[tuple.Subject]bool // usersets that stand above in full
	deferred []*Node                // usersets that are printed from the margin
}

// A line is a node that is to be printed.
type line struct {
	node   *Node
	parent *Node // the operator or the tuples among whose children it is
	index  int   // among them
	margin string
	level  int
}

// section prints what is below n, and n itself as it is called at the margin.
func (t *textWriter) section(n *Node) {
	todo := []line{{node: n}}
	for len(todo) > 0 {
		l := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		margin := t.line(l)
		if l.later() {
			t.deferred = append(t.deferred, l.node)
			continue
		}
		t.printed[l.node.Subject] = t.printed[l.node.Subject] || l.node.State == Expanded
		parent := l.node.body()
		for i := len(parent.Children) - 1; i >= 0; i-- {
			if c := parent.Children[i]; c != nil {
				todo = append(todo, line{c, parent, i, margin, l.level + 1})
			}
		}
	}
}

// later reports whether what is below the line is printed from the margin.
func (l line) later() bool {
	return l.level >= maxIndent && l.node.State == Expanded && !empty(l.node.body())
}

// line prints one line and returns the margin of those below.
func (t *textWriter) line(l line) string {
	branch, margin := "", l.margin
	switch {
	case l.parent == nil:
	case l.index == len(l.parent.Children)-1:
		branch, margin = "└─ ", l.margin+"   "
	default:
		branch, margin = "├─ ", l.margin+"│  "
	}
	t.w.WriteString(l.margin + branch + printable(t.text(l)) + "\n")
	return margin
}

// text returns what a line says.
func (t *textWriter) text(l line) string {
	n := l.node
	text := n.label()
	if l.parent != nil {
		text += n.qualified()
		if l.parent.isSubtracted(l.index) {
			text = "not " + text
		}
	}
	if b := n.body(); b != n && b.Kind != KindTuples {
		text += " = " + b.label()
	}
	notes := n.notes(l.parent)
	switch {
	case l.later():
		notes = append(notes, "below")
	case n.State == Seen && t.printed[n.Subject]:
		notes[0] = "seen above"
	case n.State == Seen:
		notes[0] = "seen below"
	}
	if len(notes) > 0 {
		text += "  (" + strings.Join(notes, "; ") + ")"
	}
	return text
}
