package validation

import (
	"context"
	"slices"
	"strings"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/tuple"
)

// A membership says who is in object#relation and by which tuples, for one
// question. Who is in is what [baobab.View.Check] says; the tuples are those of
// the tree of [baobab.View.Expand] that matter for it.
type membership struct {
	ctx      context.Context
	view     baobab.View
	at       tuple.Subject
	tree     *expand.Tree
	expanded map[tuple.Subject]*expand.Node // the usersets that stand in full
	decided  map[tuple.Tuple]verdict
	err      error // the first that a question of the view came to
}

func newMembership(ctx context.Context, v baobab.View, at tuple.Subject) (*membership, error) {
	tree, err := v.Expand(ctx, at.Object, at.Relation, expand.Options{Depth: -1})
	if err != nil {
		return nil, err
	}
	m := &membership{ctx: ctx, view: v, at: at, tree: tree,
		expanded: map[tuple.Subject]*expand.Node{}, decided: map[tuple.Tuple]verdict{}}
	for n := range tree.Nodes() {
		if n.Kind == expand.KindUserset && n.State == expand.Expanded {
			m.expanded[n.Subject] = n
		}
	}
	return m, nil
}

// check decides whether s is in a userset. An error is remembered, and denies.
func (m *membership) check(userset, s tuple.Subject) verdict {
	t := tuple.New(userset.Object, userset.Relation, s)
	if v, known := m.decided[t]; known {
		return v
	}
	d, err := m.view.Check(m.ctx, t)
	if err != nil && m.err == nil {
		m.err = err
	}
	m.decided[t] = verdictOf(d)
	return m.decided[t]
}

// named returns every subject that a tuple of the tree names, in order.
func (m *membership) named() []tuple.Subject {
	var all []tuple.Subject
	for n := range m.tree.Nodes() {
		switch {
		case n.Kind == expand.KindSelf:
			all = append(all, n.Subject)
		case n.Kind == expand.KindTuples:
			for _, c := range n.Children {
				all = append(all, c.Subject)
			}
		}
	}
	slices.SortFunc(all, compareSubjects)
	return slices.Compact(all)
}

func compareSubjects(a, b tuple.Subject) int { return strings.Compare(a.String(), b.String()) }

// places returns the relations through whose tuples s is in, sorted: direct are
// those whose tuples name s, covered those of tuples with a wildcard of its type.
func (m *membership) places(s tuple.Subject) (direct, covered []tuple.Subject) {
	w := walker{m: m, subject: s, met: map[tuple.Subject]bool{}}
	w.walk(m.tree.Root, tuple.Subject{})
	for _, all := range []*[]tuple.Subject{&w.direct, &w.covered} {
		slices.SortFunc(*all, compareSubjects)
		*all = slices.Compact(*all)
	}
	return w.direct, w.covered
}

// A walker walks over the parts of a tree that let one subject in.
type walker struct {
	m               *membership
	subject         tuple.Subject
	met             map[tuple.Subject]bool
	direct, covered []tuple.Subject
}

// walk goes through n, which belongs to the userset at.
func (w *walker) walk(n *expand.Node, at tuple.Subject) {
	if w.holds(n) == denied {
		return
	}
	children := n.Children
	switch n.Kind {
	case expand.KindUserset:
		full := w.m.expanded[n.Subject]
		if w.met[n.Subject] || full == nil {
			return
		}
		w.met[n.Subject] = true
		at, children = n.Subject, full.Children
	case expand.KindExclusion:
		children = n.Children[:1]
	case expand.KindSubject, expand.KindSelf:
		w.leaf(n, at)
	}
	for _, c := range children {
		if n.Kind == expand.KindTuples && c.Kind == expand.KindUserset && c.Subject == w.subject {
			w.direct = append(w.direct, at)
		}
		w.walk(c, at)
	}
}

func (w *walker) leaf(n *expand.Node, at tuple.Subject) {
	if n.Subject == w.subject {
		w.direct = append(w.direct, at)
	} else {
		w.covered = append(w.covered, at)
	}
}

// holds decides whether the subject is in what n stands for.
func (w *walker) holds(n *expand.Node) verdict {
	v := denied
	switch n.Kind {
	case expand.KindUserset:
		v = w.m.check(n.Subject, w.subject)
	case expand.KindSubject, expand.KindSelf:
		if n.Subject == w.subject || covers(n.Subject, w.subject) {
			v = allowed
		}
	case expand.KindUnion, expand.KindTuples:
		v = w.any(n.Children)
	case expand.KindIntersection:
		v = w.all(n.Children)
	case expand.KindArrow:
		if !n.All {
			v = w.any(n.Children)
		} else if len(n.Children) > 0 {
			v = w.all(n.Children)
		}
	case expand.KindExclusion:
		v = min(w.holds(n.Children[0]), allowed-w.holds(n.Children[1]))
	}
	if n.Tuple != nil && n.Tuple.Caveat != "" {
		v = min(v, conditional)
	}
	return v
}

func (w *walker) any(nodes []*expand.Node) verdict {
	v := denied
	for _, n := range nodes {
		v = max(v, w.holds(n))
	}
	return v
}

func (w *walker) all(nodes []*expand.Node) verdict {
	v := allowed
	for _, n := range nodes {
		v = min(v, w.holds(n))
	}
	return v
}

// covers reports whether a wildcard stands for s.
func covers(wildcard, s tuple.Subject) bool {
	return wildcard.IsWildcard() && !s.IsUserset() && !s.IsWildcard() && wildcard.Type == s.Type
}
