package expand_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A set is subjects; a wildcard is one of them and stands only for itself.
type set map[tuple.Subject]bool

func (s set) sorted() []string {
	list := []string{}
	for sub := range s {
		list = append(list, sub.String())
	}
	slices.Sort(list)
	return list
}

// A world is a random schema without exclusions, and random tuples of it.
type world struct {
	schema *schema.Schema
	tuples []tuple.Tuple
}

var (
	types = []string{"a", "b", "c"}
	rels  = []string{"r", "s", "p", "q"} // of a; others lack some
	ids   = []string{"1", "2", "3"}
)

// has reports whether a type has a relation or permission.
func has(typ, rel string) bool { return !(typ == "b" && rel == "q" || typ == "c" && rel == "p") }

func drawWorld(t *rapid.T, operators int) world {
	subjects := []schema.SubjectType{schema.Type("user"), schema.Wildcard("user")}
	for _, typ := range types {
		subjects = append(subjects, schema.Type(typ), schema.Wildcard(typ))
		for _, rel := range rels {
			if has(typ, rel) {
				subjects = append(subjects, schema.Userset(typ, rel))
			}
		}
	}
	parts := []schema.Part{schema.Define("user")}
	for _, typ := range types {
		members := []schema.Member{
			schema.Rel("link", subjects...),
			schema.Rel("r", subjects...),
			schema.Rel("s", subjects...).Rewritten(schema.Or(schema.This{}, drawRewrite(t, typ, operators, 2))),
		}
		for _, p := range []string{"p", "q"} {
			if has(typ, p) {
				members = append(members, schema.Perm(p, schema.Or(schema.Ref("r"), drawRewrite(t, typ, operators, 2))))
			}
		}
		parts = append(parts, schema.Define(typ, members...))
	}
	s, err := schema.New(parts...)
	if err != nil {
		t.Skip(err) // a permission that no one can hold
	}
	w := world{schema: s}
	seen := map[tuple.Tuple]bool{}
	for range rapid.IntRange(0, 25).Draw(t, "tuples") {
		tp := tuple.Tuple{
			Object:   tuple.Object{Type: rapid.SampledFrom(types).Draw(t, "type"), ID: rapid.SampledFrom(ids).Draw(t, "id")},
			Relation: rapid.SampledFrom([]string{"link", "r", "s"}).Draw(t, "relation"),
		}
		sub := rapid.SampledFrom(subjects).Draw(t, "subject")
		tp.Subject = tuple.Subject{Object: tuple.Object{Type: sub.Type, ID: rapid.SampledFrom(ids).Draw(t, "id")}, Relation: sub.Relation}
		if sub.Wildcard {
			tp.Subject.ID = tuple.Wildcard
		}
		if !seen[tp] {
			seen[tp] = true
			w.tuples = append(w.tuples, tp)
		}
	}
	return w
}

// drawRewrite draws an expression of the first so many of these operators.
func drawRewrite(t *rapid.T, typ string, operators, depth int) schema.Rewrite {
	kind := rapid.IntRange(0, operators-1).Draw(t, "operator")
	if depth == 0 {
		kind %= 4
	}
	operands := func() []schema.Rewrite {
		return []schema.Rewrite{drawRewrite(t, typ, operators, depth-1), drawRewrite(t, typ, operators, depth-1)}
	}
	switch kind {
	case 0:
		return schema.Arrow("link", rapid.SampledFrom(rels).Draw(t, "target"))
	case 1:
		return schema.Nil{}
	case 2:
		return schema.Self{}
	case 4:
		return schema.Or(operands()...)
	case 5:
		return schema.ArrowAll("link", rapid.SampledFrom(rels).Draw(t, "target"))
	case 6:
		return schema.And(operands()...)
	}
	for {
		if r := rapid.SampledFrom(rels).Draw(t, "computed"); has(typ, r) {
			return schema.Ref(r)
		}
	}
}

const (
	unions   = 5 // the operators without those that need more than one to agree
	monotone = 7
)

func (w world) state(t *rapid.T) *store.State {
	st, err := store.Open(w.schema, store.Options{})
	require.NoError(t, err)
	_, err = st.Update(ctx, func(tx *store.Tx) error {
		for _, tp := range w.tuples {
			if err := tx.Create(tp.Always()); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	state, err := st.Now()
	require.NoError(t, err)
	return state
}

// closure evaluates every userset of the world, naively, by the schema and the
// tuples: again and again until nothing changes.
func (w world) closure() map[tuple.Subject]set {
	all := map[tuple.Subject]set{}
	for changed := true; changed; {
		changed = false
		for _, typ := range types {
			for _, r := range w.schema.Definition(typ).Relations {
				for _, id := range ids {
					u := tuple.Object{Type: typ, ID: id}.Userset(r.Name)
					if s := w.eval(u, r.Rewrite, all); len(s) > len(all[u]) {
						all[u], changed = s, true
					}
				}
			}
		}
	}
	return all
}

func (w world) eval(u tuple.Subject, r schema.Rewrite, all map[tuple.Subject]set) set {
	s := set{}
	switch r := r.(type) {
	case schema.This:
		for _, t := range w.tuples {
			switch {
			case t.Object.Userset(t.Relation) != u:
			case t.Subject.IsUserset():
				s.add(all[t.Subject])
			default:
				s[t.Subject] = true
			}
		}
	case schema.Self:
		s[u.Object.Subject()] = true
	case schema.Computed:
		s.add(all[u.Object.Userset(r.Relation)])
	case schema.Union:
		for _, c := range r.Children {
			s.add(w.eval(u, c, all))
		}
	case schema.Intersection:
		var sets []set
		for _, c := range r.Children {
			sets = append(sets, w.eval(u, c, all))
		}
		s = common(sets)
	case schema.TupleToUserset:
		var sets []set
		for _, t := range w.tuples {
			if t.Object == u.Object && t.Relation == r.Tupleset {
				if t.Subject.IsWildcard() {
					sets = append(sets, nil)
				} else {
					sets = append(sets, all[t.Subject.Object.Userset(r.Computed)])
				}
			}
		}
		if r.All {
			return common(sets)
		}
		for _, c := range sets {
			s.add(c)
		}
	}
	return s
}

func (s set) add(o set) {
	for sub := range o {
		s[sub] = true
	}
}

// common returns what is in all sets; nothing if there are none.
func common(sets []set) set {
	s := set{}
	if len(sets) > 0 {
		s.add(sets[0])
		for _, o := range sets {
			for sub := range s {
				if !o[sub] {
					delete(s, sub)
				}
			}
		}
	}
	return s
}

// roots returns the usersets that a world is asked about.
func (w world) roots() []tuple.Subject {
	var roots []tuple.Subject
	for _, typ := range types {
		for _, rel := range rels {
			if has(typ, rel) {
				for _, id := range ids {
					roots = append(roots, tuple.Object{Type: typ, ID: id}.Userset(rel))
				}
			}
		}
	}
	return roots
}

func drawTree(t *rapid.T, state *store.State, u tuple.Subject) *expand.Tree {
	tr, err := expand.Expand(ctx, state, u.Object, u.Relation, expand.Options{Depth: -1, MaxNodes: -1})
	require.NoError(t, err)
	return tr
}

// Where there are only unions, the leaves of the tree are who is in it.
func TestLeavesAreTheClosureOfUnions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, unions)
		state, all := w.state(t), w.closure()
		for _, u := range w.roots() {
			leaves := set{}
			for n := range drawTree(t, state, u).Nodes() {
				if n.Kind == expand.KindSubject || n.Kind == expand.KindSelf {
					leaves[n.Subject] = true
				}
			}
			require.Equal(t, all[u].sorted(), leaves.sorted(), "%v", u)
		}
	})
}

// A tree read as equations, one a userset, has the closure as their least solution.
func TestTreeMeansTheClosure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, monotone)
		state, all := w.state(t), w.closure()
		for _, u := range w.roots() {
			tr := drawTree(t, state, u)
			require.Equal(t, all[u].sorted(), solve(tr)[u].sorted(), "%v", u)
			wellFormed(t, tr)

			text, err := json.Marshal(tr)
			require.NoError(t, err)
			var back expand.Tree
			require.NoError(t, json.Unmarshal(text, &back))
			require.Equal(t, tr, &back)
		}
	})
}

func solve(tr *expand.Tree) map[tuple.Subject]set {
	bodies := map[tuple.Subject]*expand.Node{}
	for n := range tr.Nodes() {
		if n.State == expand.Expanded {
			bodies[n.Subject] = n.Children[0]
		}
	}
	all := map[tuple.Subject]set{}
	for changed := true; changed; {
		changed = false
		for u, body := range bodies {
			if s := evalNode(body, all); len(s) > len(all[u]) {
				all[u], changed = s, true
			}
		}
	}
	return all
}

func evalNode(n *expand.Node, all map[tuple.Subject]set) set {
	var sets []set
	for _, c := range n.Children {
		if n.Kind != expand.KindUserset {
			sets = append(sets, evalNode(c, all))
		}
	}
	s := set{}
	switch {
	case n.Kind == expand.KindUserset:
		s.add(all[n.Subject])
	case n.Kind == expand.KindSubject, n.Kind == expand.KindSelf:
		s[n.Subject] = true
	case n.Kind == expand.KindIntersection, n.All:
		s = common(sets)
	default:
		for _, o := range sets {
			s.add(o)
		}
	}
	return s
}

// wellFormed checks what the documentation promises of every tree.
func wellFormed(t *rapid.T, tr *expand.Tree) {
	full := map[tuple.Subject]bool{}
	var visit func(n *expand.Node, around map[tuple.Subject]bool)
	visit = func(n *expand.Node, around map[tuple.Subject]bool) {
		if n.Kind == expand.KindUserset {
			switch n.State {
			case expand.Expanded:
				require.False(t, full[n.Subject], "%v is in full twice", n.Subject)
				full[n.Subject] = true
				require.Len(t, n.Children, 1)
				around[n.Subject] = true
				defer delete(around, n.Subject)
			case expand.Cycle:
				require.True(t, around[n.Subject])
			case expand.Seen:
				require.True(t, full[n.Subject] && !around[n.Subject])
			default:
				require.Fail(t, "state", "%v is %q", n.Subject, n.State)
			}
		}
		for i, c := range n.Children {
			require.Equal(t, n.Kind == expand.KindArrow || n.Kind == expand.KindTuples, c.Tuple != nil)
			if i > 0 && c.Tuple != nil {
				require.NotEqual(t, n.Children[i-1].Tuple.Tuple, c.Tuple.Tuple)
			}
			visit(c, around)
		}
	}
	visit(tr.Root, map[tuple.Subject]bool{})
}

// The tree to a depth has exactly the usersets within that distance, whatever
// the order of branches.
func TestDepthIsADistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "groups")
		var w world
		w.schema = schema.MustNew(schema.Define("user"),
			schema.Define("g", schema.Rel("member", schema.Type("user"), schema.Userset("g", "member"))))
		edges := map[[2]int]bool{}
		for range rapid.IntRange(0, 30).Draw(t, "edges") {
			edges[[2]int{rapid.IntRange(0, n-1).Draw(t, "from"), rapid.IntRange(0, n-1).Draw(t, "to")}] = true
		}
		for e := range edges {
			w.tuples = append(w.tuples, tuple.MustParse(fmt.Sprintf("g:%d#member@g:%d#member", e[0], e[1])))
		}
		depth := rapid.IntRange(1, 5).Draw(t, "depth")
		within := map[int]bool{0: true}
		for range depth - 1 {
			next := map[int]bool{}
			for e := range edges {
				if within[e[0]] {
					next[e[1]] = true
				}
			}
			for i := range next {
				within[i] = true
			}
		}
		tr, err := expand.Expand(ctx, w.state(t), tuple.MustParseObject("g:0"), "member", expand.Options{Depth: depth})
		require.NoError(t, err)
		full := map[string]bool{}
		for node := range tr.Nodes() {
			if node.State == expand.Expanded {
				full[node.Subject.ID] = true
			}
		}
		require.Len(t, full, len(within))
		for i := range within {
			require.True(t, full[number(i)])
		}
	})
}
