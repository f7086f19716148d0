package expand

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/baobab-authz/baobab/tuple"
)

// label returns what a node is called in a picture.
func (n *Node) label() string {
	switch n.Kind {
	case KindUserset, KindSubject, KindSkipped, KindSelf:
		return n.Subject.String()
	case KindArrow:
		if n.All {
			return n.Tupleset + ".all(" + n.Target + ")"
		}
		return n.Tupleset + "->" + n.Target
	}
	return string(n.Kind)
}

// body returns the node in which the children of n begin: its own child, if n
// is a userset that is called by it, or else n.
func (n *Node) body() *Node {
	if n.Kind == KindUserset && len(n.Children) == 1 && n.Children[0] != nil {
		switch b := n.Children[0]; b.Kind {
		case KindUnion, KindIntersection, KindExclusion, KindArrow, KindTuples, KindNil:
			return b
		}
	}
	return n
}

// notes returns what there is to say of a node besides its name. The node
// stands below parent.
func (n *Node) notes(parent *Node) []string {
	var notes []string
	if note := n.note(parent); note != "" {
		notes = append(notes, note)
	}
	if by := n.by(); !by.IsZero() {
		notes = append(notes, "by "+by.String())
	}
	return notes
}

func (n *Node) note(parent *Node) string {
	switch {
	case n.State == Cycle:
		return "cycle"
	case n.State == Seen:
		return "seen"
	case n.State == Beyond:
		return "not expanded"
	case n.Kind == KindSelf:
		return "self"
	case n.Kind == KindSkipped:
		return n.skipped(parent)
	case empty(n.body()):
		return "no tuples"
	}
	return ""
}

// skipped says why an arrow does not follow n. That is harmless unless all must agree.
func (n *Node) skipped(arrow *Node) string {
	what := "skipped: "
	if arrow != nil && arrow.All {
		what = "nobody: "
	}
	switch n.Reason {
	case Wildcard:
		return what + "a wildcard"
	case NoTarget:
		target := "target"
		if arrow != nil && arrow.Target != "" {
			target = arrow.Target
		}
		return what + n.Subject.Type + " has no " + target
	}
	return what + string(n.Reason)
}

// empty reports whether n stands for stored tuples of which there are none.
func empty(n *Node) bool {
	return (n.Kind == KindTuples || n.Kind == KindArrow) && len(n.Children) == 0
}

// qualified returns the brackets with what qualifies the tuple that led to n, or nothing.
func (n *Node) qualified() string {
	if n.Tuple == nil {
		return ""
	}
	return strings.TrimPrefix(n.Tuple.String(), n.Tuple.Tuple.String())
}

// by returns the userset by which an arrow led to n; zero if the name of n says it all.
func (n *Node) by() tuple.Subject {
	if n.Tuple == nil || n.Tuple.Subject == n.Subject || !n.Tuple.Subject.IsUserset() {
		return tuple.Subject{}
	}
	return n.Tuple.Subject
}

// isSubtracted reports whether the i-th child of n is taken away from the first.
func (n *Node) isSubtracted(i int) bool { return n.Kind == KindExclusion && i > 0 }

// printable returns s with what does not show escaped as in Go: control
// characters, which a caveat's context may have, would act on a terminal, and
// marks of direction would make an id look like another. What is not UTF-8 becomes U+FFFD.
func printable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) || r == utf8.RuneError }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
	}
	return b.String()
}

var _ = tuple.Subject{}
