package expand

import "github.com/baobab-authz/baobab/tuple"

// A place is a node whose children are being assembled.
type place struct {
	node *Node
	next int // the child that comes next
}

// lookEvery is after how many nodes the context is looked at.
const lookEvery = 4096

// assemble puts what was collected together: each userset gets its body where
// it is met first.
func (e *expansion) assemble(root tuple.Subject) (*Node, error) {
	top := &Node{Kind: KindUserset, Subject: root}
	open := map[tuple.Subject]bool{} // true while below it, false afterwards
	path := []place{}
	entered := 0
	enter := func(n *Node) {
		entered++
		if n.Kind == KindUserset {
			above, met := open[n.Subject]
			body := e.bodies[n.Subject]
			switch {
			case above:
				n.State = Cycle
			case met:
				n.State = Seen
			case body == nil:
				n.State = Beyond
			default:
				n.State, n.Children = Expanded, []*Node{body}
				open[n.Subject] = true
			}
		}
		path = append(path, place{node: n})
	}
	enter(top)
	for len(path) > 0 {
		p := &path[len(path)-1]
		if p.next < len(p.node.Children) {
			p.next++
			enter(p.node.Children[p.next-1])
			if entered%lookEvery == 0 {
				if err := e.interrupted(); err != nil {
					return nil, err
				}
			}
			continue
		}
		if p.node.State == Expanded {
			open[p.node.Subject] = false
		}
		path = path[:len(path)-1]
	}
	return top, nil
}
