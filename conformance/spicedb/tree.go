package spicedb

import (
	"context"
	"fmt"

	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/tuple"
)

// ByTree compares Expand with Check: for each object and relation the whole tree
// is evaluated, by its set operators, for each subject. A tuple with a caveat is
// undecided in a tree; where the answer hangs on one, Check may say anything.
func (w *World) ByTree(ctx context.Context) (t Tally) {
	for _, o := range w.Objects {
		for _, r := range w.Relations(o.Type) {
			tree, err := w.View.Expand(ctx, o, r, expand.Options{Depth: -1})
			if err != nil {
				t.expect(fmt.Sprintf("Expand %s#%s", o, r), "a tree", err)
				continue
			}
			for _, s := range w.Subjects {
				what := fmt.Sprintf("Expand %s#%s@%s", o, r, s)
				switch member(tree, s) {
				case yes:
					t.expect(what, w.answers[tuple.New(o, r, s)], allowed)
				case no:
					t.expect(what, w.answers[tuple.New(o, r, s)], denied)
				}
			}
		}
	}
	return t
}

// A truth is one of Kleene's three values; they are ordered.
type truth int

const (
	no truth = iota
	perhaps
	yes
)

// A membership says of the usersets of a tree whether a subject is in them.
type membership struct {
	subject tuple.Subject
	holds   map[tuple.Subject]truth // by userset
}

// member reports whether a subject is in the root of a tree. It begins with
// nobody in any userset, and evaluates them again until nothing changes: in a
// circle that is the least solution. What comes out is final where no circle
// passes an exclusion, as in all of the files.
func member(tree *expand.Tree, s tuple.Subject) truth {
	m := membership{s, map[tuple.Subject]truth{}}
	for changed := true; changed; {
		changed = false
		for n := range tree.Nodes() {
			if n.Kind != expand.KindUserset || n.State != expand.Expanded {
				continue
			}
			if v := m.userset(n); v != m.holds[n.Subject] {
				m.holds[n.Subject] = v
				changed = true
			}
		}
	}
	return m.value(tree.Root)
}

// userset evaluates a userset by its child; it is a member of itself.
func (m membership) userset(n *expand.Node) truth {
	if n.Subject == m.subject {
		return yes
	}
	return m.value(n.Children[0])
}

// value evaluates a node.
func (m membership) value(n *expand.Node) truth {
	switch n.Kind {
	case expand.KindUserset:
		if n.Subject == m.subject {
			return yes
		}
		return m.holds[n.Subject]
	case expand.KindSubject:
		return m.matches(n.Subject)
	case expand.KindSelf:
		return of(n.Subject == m.subject)
	case expand.KindUnion, expand.KindTuples:
		return m.some(n)
	case expand.KindArrow:
		if n.All {
			return min(of(len(n.Children) > 0), m.every(n))
		}
		return m.some(n)
	case expand.KindIntersection:
		return m.every(n)
	case expand.KindExclusion:
		return min(m.value(n.Children[0]), yes-m.value(n.Children[1]))
	}
	return no // nil, and what an arrow skips
}

func of(b bool) truth {
	if b {
		return yes
	}
	return no
}

// matches says whether a subject of a tuple, which is no userset, is the one asked
// for or a wildcard that stands for it.
func (m membership) matches(s tuple.Subject) truth {
	public := s.IsWildcard() && s.Type == m.subject.Type && !m.subject.IsUserset()
	return of(s == m.subject || public)
}

// some is true if one of the children is.
func (m membership) some(n *expand.Node) truth {
	v := no
	for _, c := range n.Children {
		v = max(v, m.led(c))
	}
	return v
}

// every is true if all of the children are.
func (m membership) every(n *expand.Node) truth {
	v := yes
	for _, c := range n.Children {
		v = min(v, m.led(c))
	}
	return v
}

// led evaluates a child to which a tuple may have led, which counts as far as its
// caveat holds.
func (m membership) led(n *expand.Node) truth {
	v := m.value(n)
	if n.Tuple != nil && n.Tuple.Caveat != "" {
		return min(v, perhaps)
	}
	return v
}
