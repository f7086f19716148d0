package expand

import "iter"

// A Tree says who is in a userset and why. [Expand] makes one; it is the
// caller's to change. Every userset that it names stands in full at most once:
// where else it occurs, its node is marked [Seen] or [Cycle] and has no child.
//
// As JSON a tree is the name of its root and, by their names, the usersets that
// stand in full, each with the node that says who is in it:
//
//	{
//	  "root": "doc:1#view",
//	  "usersets": {
//	    "doc:1#view": {"kind": "union", "children": [
//	      {"kind": "userset", "subject": "doc:1#viewer", "state": "expanded"},
//	      {"kind": "userset", "subject": "doc:1#owner", "state": "expanded"}
//	    ]},
//	    "doc:1#viewer": {"kind": "tuples", "children": [
//	      {"kind": "subject", "subject": "user:ann", "tuple": "doc:1#viewer@user:ann"}
//	    ]},
//	    "doc:1#owner": {"kind": "tuples"}
//	  }
//	}
//
// The nodes are those of [Node] under the names in its tags. So the text nests
// no deeper than the schema's expressions, however deep the tree is, and the
// readers of JSON that give up at some depth, as encoding/json does at 10,000,
// read it back.
type Tree struct {
	Root *Node
}

// Nodes returns the nodes in the order of reading: each before what is below
// it, from the first child to the last. It needs no more stack for a deep tree
// than for a flat one.
func (t *Tree) Nodes() iter.Seq[*Node] {
	return func(yield func(*Node) bool) {
		todo := []*Node{t.Root}
		for len(todo) > 0 {
			n := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if n == nil {
				continue
			}
			if !yield(n) {
				return
			}
			for i := len(n.Children) - 1; i >= 0; i-- {
				todo = append(todo, n.Children[i])
			}
		}
	}
}
