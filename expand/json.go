package expand

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/baobab-authz/baobab/tuple"
)

// treeJSON is a tree as JSON has it.
type treeJSON struct {
	Root     tuple.Subject           `json:"root"`
	Usersets map[tuple.Subject]*Node `json:"usersets"`
}

// MarshalJSON returns the form that [Tree] describes, the usersets in
// alphabetical order. A tree without a root is null. A tree in which a userset
// stands in full twice is [ErrMalformed].
func (t Tree) MarshalJSON() ([]byte, error) {
	if t.Root == nil {
		return []byte("null"), nil
	}
	j := treeJSON{Root: t.Root.Subject, Usersets: map[tuple.Subject]*Node{}}
	if t.Root.Kind != KindUserset || t.Root.State != Expanded {
		return nil, malformed("the root is no expanded userset")
	}
	for n := range t.Nodes() {
		if n.State != Expanded {
			continue
		}
		if len(n.Children) != 1 || n.Children[0] == nil {
			return nil, malformed("%v is expanded and has %d children, not one", n.Subject, len(n.Children))
		}
		if j.Usersets[n.Subject] != nil {
			return nil, malformed("%v stands in full twice", n.Subject)
		}
		j.Usersets[n.Subject] = cut(n.Children[0])
	}
	return json.Marshal(j)
}

// cut returns n down to the usersets that it names.
func cut(n *Node) *Node {
	if n == nil {
		return nil
	}
	c := *n
	c.Children = nil
	if n.Kind != KindUserset {
		for _, child := range n.Children {
			c.Children = append(c.Children, cut(child))
		}
	}
	return &c
}

// UnmarshalJSON reads what MarshalJSON returns. JSON that is not that of a
// tree is [ErrMalformed] or an error of encoding/json; t is unchanged then.
func (t *Tree) UnmarshalJSON(text []byte) error {
	var j *treeJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	if j == nil { // null is no tree, and by convention no change
		return nil
	}
	root := &Node{Kind: KindUserset, Subject: j.Root, State: Expanded}
	joined := 0
	for n := range (&Tree{Root: root}).Nodes() {
		if err := n.validate(); err != nil {
			return err
		}
		if n.State != Expanded {
			continue
		}
		body, ok := j.Usersets[n.Subject]
		if body == nil {
			return malformed("%v is expanded and does not stand in usersets, or is expanded twice", n.Subject)
		}
		if ok {
			j.Usersets[n.Subject] = nil
			joined++
		}
		n.Children = []*Node{body}
	}
	if joined < len(j.Usersets) {
		return malformed("usersets has %d entries to which nothing leads", len(j.Usersets)-joined)
	}
	t.Root = root
	return nil
}

// arity returns how many children a node of a kind has at least and at most
// before it is joined with what stands elsewhere, or false for no kind.
func arity(k Kind) (least, most int, ok bool) {
	switch k {
	case KindUnion, KindIntersection, KindArrow, KindTuples:
		return 0, math.MaxInt, true
	case KindExclusion:
		return 2, 2, true
	case KindUserset, KindSubject, KindSkipped, KindSelf, KindNil:
		return 0, 0, true
	}
	return 0, 0, false
}

// validate reports what is wrong with a node that was read.
func (n *Node) validate() error {
	least, most, ok := arity(n.Kind)
	switch {
	case !ok:
		return malformed("unknown kind %q", n.Kind)
	case len(n.Children) < least || len(n.Children) > most:
		return malformed("a node of kind %q with %d children", n.Kind, len(n.Children))
	case (n.Kind == KindUserset) != (n.State != ""):
		return malformed("a node of kind %q in the state %q", n.Kind, n.State)
	case (n.Kind == KindUserset) != n.Subject.IsUserset() && n.Kind != KindSkipped:
		return malformed("a node of kind %q about %q", n.Kind, n.Subject)
	}
	switch n.State {
	case "", Expanded, Cycle, Seen, Beyond:
	default:
		return malformed("unknown state %q", n.State)
	}
	for _, c := range n.Children {
		if c == nil {
			return malformed("a child of %q is null", n.Kind)
		}
	}
	return nil
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}
