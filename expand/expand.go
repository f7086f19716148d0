package expand

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Expand returns the tree of usersets behind object#relation: how the schema
// derives it, and by which stored tuples.
//
// The error is that of [store.State.Err], a [*tuple.SyntaxError] about the
// object or the relation, a [*schema.NameError] about a type or relation that
// does not exist, [ErrTooLarge], or that of ctx, which is looked at regularly.
// There is no tree then. An object that no tuple names is no error: its
// relations are empty.
//
// It costs one scan for each userset in the tree, and time and memory for each
// node: a microsecond or two each.
func Expand(ctx context.Context, st *store.State, object tuple.Object, relation string, o Options) (*Tree, error) {
	if err := st.Err(); err != nil {
		return nil, err
	}
	root := object.Userset(relation)
	if err := valid(st.Schema(), root); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	e := &expansion{
		ctx: ctx, state: st, reader: st.Reader(), schema: st.Schema(), max: o.MaxNodes,
		bodies: map[tuple.Subject]*Node{}, page: make([]index.Key, 0, pageKeys),
	}
	err := e.collect(root, o.Depth)
	var top *Node
	if err == nil {
		top, err = e.assemble(root)
	}
	if err != nil {
		return nil, fmt.Errorf("expanding %v: %w", root, err)
	}
	return &Tree{Root: top}, nil
}

// valid reports why there is no such userset.
func valid(s *schema.Schema, u tuple.Subject) error {
	if err := u.Object.Validate(); err != nil {
		return err
	}
	if err := tuple.ValidateName(u.Relation); err != nil {
		return err
	}
	return s.ValidateTuple(tuple.New(u.Object, u.Relation, u.Object.Subject()))
}

// An expansion is the work on one tree.
//
// It has two halves. First the usersets are collected in order of their
// distance from the root, so that each is found at the least number of tuples
// that lead to it, and what Depth admits does not depend on the order of
// branches. Then the tree is assembled in the order in which it is read, each
// userset standing in full where it is met first. That way every cycle among
// the tuples comes out as a userset below itself.
type expansion struct {
	ctx    context.Context
	state  *store.State
	reader *index.Reader
	schema *schema.Schema
	max    int // number of nodes; negative for no bound

	nodes  int
	bodies map[tuple.Subject]*Node // who is in a userset, by its name; its own usersets are childless yet
	near   []tuple.Subject         // to be collected, of this level
	far    []tuple.Subject         // of the next one
	page   []index.Key
}

const pageKeys = 128

// collect finds who is in root, and in the usersets that this names, to a
// number of levels.
func (e *expansion) collect(root tuple.Subject, depth int) error {
	e.near = append(e.near, root)
	e.nodes++ // the root, which any bound admits
	for ; len(e.near) > 0 && depth != 0; depth-- {
		for len(e.near) > 0 {
			u := e.near[len(e.near)-1]
			e.near = e.near[:len(e.near)-1]
			if e.bodies[u] != nil {
				continue
			}
			if err := e.interrupted(); err != nil {
				return err
			}
			body, err := e.rewrite(u, e.schema.Definition(u.Type).Relation(u.Relation).Rewrite)
			if err != nil {
				return err
			}
			e.bodies[u] = body
		}
		e.near, e.far = e.far, e.near
	}
	return nil
}

// interrupted reports why there is no sense in going on.
func (e *expansion) interrupted() error {
	if err := e.ctx.Err(); err != nil {
		return err
	}
	return e.state.Err()
}

// node returns a new node, if the tree may have one more.
func (e *expansion) node(kind Kind) (*Node, error) {
	if e.nodes == e.max {
		return nil, fmt.Errorf("%w: it has more than %d nodes", ErrTooLarge, e.max)
	}
	e.nodes++
	return &Node{Kind: kind}, nil
}

// rewrite returns who r says is in u.
func (e *expansion) rewrite(u tuple.Subject, r schema.Rewrite) (*Node, error) {
	switch r := r.(type) {
	case schema.This:
		return e.this(u)
	case schema.Computed:
		computed := u.Object.Userset(r.Relation)
		e.near = append(e.near, computed)
		return e.about(KindUserset, computed)
	case schema.TupleToUserset:
		return e.arrow(u, r)
	case schema.Union:
		return e.operator(KindUnion, u, r.Children...)
	case schema.Intersection:
		return e.operator(KindIntersection, u, r.Children...)
	case schema.Exclusion:
		return e.operator(KindExclusion, u, r.Base, r.Subtract)
	case schema.Self:
		return e.about(KindSelf, u.Object.Subject())
	}
	return e.node(KindNil)
}

// about returns a node with a subject.
func (e *expansion) about(kind Kind, sub tuple.Subject) (*Node, error) {
	n, err := e.node(kind)
	if err == nil {
		n.Subject = sub
	}
	return n, err
}

func (e *expansion) operator(kind Kind, u tuple.Subject, operands ...schema.Rewrite) (*Node, error) {
	n, err := e.node(kind)
	if err != nil {
		return nil, err
	}
	n.Children = make([]*Node, len(operands))
	for i, r := range operands {
		if n.Children[i], err = e.rewrite(u, r); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// this returns who the tuples of u name.
func (e *expansion) this(u tuple.Subject) (*Node, error) {
	n, err := e.node(KindTuples)
	if err != nil {
		return nil, err
	}
	return n, e.follow(n, u, func(sub tuple.Subject) (*Node, error) {
		if !sub.IsUserset() {
			return e.about(KindSubject, sub)
		}
		e.far = append(e.far, sub)
		return e.about(KindUserset, sub)
	})
}

// arrow returns whoever has the arrow's target on what its tuples lead to.
func (e *expansion) arrow(u tuple.Subject, r schema.TupleToUserset) (*Node, error) {
	n, err := e.node(KindArrow)
	if err != nil {
		return nil, err
	}
	n.Tupleset, n.Target, n.All = r.Tupleset, r.Computed, r.All
	return n, e.follow(n, u.Object.Userset(r.Tupleset), func(sub tuple.Subject) (*Node, error) {
		reason := Wildcard
		if !sub.IsWildcard() {
			if e.schema.Definition(sub.Type).Relation(r.Computed) != nil {
				target := sub.Object.Userset(r.Computed)
				e.far = append(e.far, target)
				return e.about(KindUserset, target)
			}
			reason = NoTarget
		}
		skipped, err := e.about(KindSkipped, sub)
		if err == nil {
			skipped.Reason = reason
		}
		return skipped, err
	})
}

// follow gives n a child for each tuple of u, in the order of their subjects.
func (e *expansion) follow(n *Node, u tuple.Subject, child func(tuple.Subject) (*Node, error)) error {
	from, ok := e.first(u)
	for ok {
		keys := e.reader.Forward(from, e.page)
		for _, k := range keys {
			rel := e.reader.Relationship(k)
			c, err := child(rel.Subject)
			if err != nil {
				return err
			}
			c.Tuple = &rel
			n.Children = append(n.Children, c)
		}
		if ok = len(keys) == cap(e.page); ok {
			from = keys[len(keys)-1].AfterForward()
			if err := e.interrupted(); err != nil {
				return err
			}
		}
	}
	slices.SortFunc(n.Children, func(a, b *Node) int { return compare(a.Tuple.Subject, b.Tuple.Subject) })
	return nil
}

// first returns the least key that a tuple of u can have, or false when there
// is none.
func (e *expansion) first(u tuple.Subject) (index.Key, bool) {
	object, known := e.reader.ID(u.Object)
	relation, named := e.reader.Name(u.Relation)
	return index.Key{Object: object, Relation: relation}, known && named
}

// compare orders subjects by type, id and relation.
func compare(a, b tuple.Subject) int {
	if c := strings.Compare(a.Type, b.Type); c != 0 {
		return c
	}
	if c := strings.Compare(a.ID, b.ID); c != 0 {
		return c
	}
	return strings.Compare(a.Relation, b.Relation)
}
