package expand

import (
	"strings"

	"github.com/baobab-authz/baobab/tuple"
)

// A graph is a tree as it is drawn: every userset once, with edges to it from
// wherever it is named.
type graph struct {
	vertices []vertex
	edges    []edge
}

type vertex struct {
	shape shape
	label string
}

type shape int

const (
	shapeUserset  shape = iota
	shapeBeyond         // a userset that is not expanded
	shapeOperator       // union, intersection, exclusion
	shapeArrow
	shapeTuples
	shapeSubject // a subject, self, nil
	shapeSkipped
)

type edge struct {
	from, to int // indexes of vertices
	label    string
	subtract bool // to the right side of an exclusion
	back     bool // to a userset around it
}

// drawn returns t as a graph.
func (t *Tree) drawn() *graph {
	g := &graph{}
	at := map[tuple.Subject]int{} // usersets in full, and those that are not expanded
	type step struct {
		node, parent *Node
		index, from  int
	}
	var todo []step
	if t.Root != nil {
		todo = append(todo, step{node: t.Root, from: -1})
	}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		to, drawn := at[s.node.Subject]
		if drawn = drawn && s.node.Kind == KindUserset; !drawn {
			to = len(g.vertices)
			g.vertices = append(g.vertices, s.node.vertex(s.parent))
			if s.node.Kind == KindUserset {
				at[s.node.Subject] = to
			}
		}
		if s.from >= 0 {
			g.edges = append(g.edges, s.node.edge(s.parent, s.index, s.from, to))
		}
		if drawn && s.node.State != Expanded {
			continue
		}
		parent := s.node
		if b := s.node.body(); b.Kind == KindTuples {
			parent = b
		}
		for i := len(parent.Children) - 1; i >= 0; i-- {
			if c := parent.Children[i]; c != nil {
				todo = append(todo, step{c, parent, i, to})
			}
		}
	}
	return g
}

// vertex returns n as it is drawn below parent.
func (n *Node) vertex(parent *Node) vertex {
	v := vertex{label: n.label()}
	switch n.Kind {
	case KindUserset:
		v.shape = shapeUserset
		if n.State == Beyond {
			v.shape = shapeBeyond
		}
	case KindUnion:
		return vertex{shapeOperator, "+"}
	case KindIntersection:
		return vertex{shapeOperator, "&"}
	case KindExclusion:
		return vertex{shapeOperator, "-"}
	case KindArrow:
		v.shape = shapeArrow
	case KindTuples:
		v.shape = shapeTuples
	case KindSkipped:
		v.shape = shapeSkipped
	default:
		v.shape = shapeSubject
	}
	// Seen and cycle are for the edges to say, and emptiness for the innermost node.
	if b := n.body(); n.State != Seen && n.State != Cycle && (b == n || b.Kind == KindTuples) {
		if note := n.note(parent); note != "" {
			v.label += " (" + note + ")"
		}
	}
	return v
}

// edge returns the edge to n, the i-th child of parent.
func (n *Node) edge(parent *Node, i, from, to int) edge {
	e := edge{from: from, to: to, subtract: parent.isSubtracted(i), back: n.State == Cycle}
	var labels []string
	if e.subtract {
		labels = append(labels, "not")
	}
	if e.back {
		labels = append(labels, "cycle")
	}
	if by := n.by(); !by.IsZero() {
		labels = append(labels, "by "+by.String())
	}
	if q := n.qualified(); q != "" {
		labels = append(labels, q)
	}
	e.label = strings.Join(labels, " ")
	return e
}
