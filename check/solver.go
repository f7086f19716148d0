package check

import (
	"context"

	"github.com/baobab-authz/baobab/internal/index"
)

// A solver answers questions about one subject in one state. It explores the
// graph of goals depth first on a stack of its own, so that neither the depth
// of the data nor a cycle in it matters, and decides nodes as soon as what is
// known of their children decides them. What is not yet known is waited for
// and never assumed: there are no provisional answers that could escape from a
// cycle. When Tarjan's algorithm says that no node of a set leads out of it
// any more, the set is closed (see graph.closeComponent).
//
// Every goal is explored once and every tuple of its relations read once at
// the most, so the cost of a question is linear in the part of the graph that
// it reaches, but for cycles through exclusions, where it can be quadratic in
// the size of the cycle.
type solver struct {
	graph
	ctx    context.Context
	reader *index.Reader
	given  map[string]any // values for the parameters of caveats
	plan   *plan
	reach  reachSet
	budget int   // of work for a question; 0 is none
	begun  int   // work done when the question was begun
	looked int   // work done when the context was last looked at
	until  int64 // the first instant at which a tuple that was looked at expires

	conditions map[string]prepared // of the caveats that were met, by name

	subject  goal // its relation is 0 unless it is a userset
	kind     subjectKind
	wildcard index.ID // the wildcard that names the subject too, or 0
	foreign  foreign

	frames []frame
	inners map[inner]int32       // nodes of nested operators; nil unless they are to be explained
	stack  []int32               // Tarjan's: nodes whose component is not closed
	cycles map[int32]*namedCycle // of undefined nodes
}

// solve returns the value of a goal.
func (s *solver) solve(g goal) (value, error) {
	root, v := s.goal(g)
	if v != undecided {
		return v, s.interrupted()
	}
	s.push(root)
	for len(s.frames) > 0 && s.nodes[root].value == undecided {
		if err := s.interrupted(); err != nil {
			return undecided, err
		}
		if s.step(&s.frames[len(s.frames)-1]) {
			continue
		}
		if err := s.pop(); err != nil {
			return undecided, err
		}
	}
	s.abandon()
	return s.nodes[root].value, nil
}

// step looks at the next child of a frame's node, and reports whether there is
// more to do for it.
func (s *solver) step(f *frame) (more bool) {
	at := f.node
	if s.nodes[at].value != undecided {
		return false
	}
	r := operand
	if f.arg == 1 && s.nodes[at].part.op == opExclusion {
		r = subtrahend
	}
	child, v, c := s.next(f)
	switch {
	case v != undecided:
		if child != none {
			if s.nodes[child].value == unsure {
				s.remember(at, child, r, c)
			}
			v, c = s.through(v, s.nodes[child].cause, c)
		}
		s.learn(at, r, v, c)
		s.spread()
	case child != none:
		s.wait(at, child, r, c)
		if c := &s.nodes[child]; c.index < 0 {
			s.push(child)
		} else {
			s.nodes[at].low = min(s.nodes[at].low, c.index)
		}
	default:
		s.nodes[at].explored = true
		s.settle(at)
		s.spread()
		return false
	}
	return true
}

// push begins to explore a node.
func (s *solver) push(at int32) {
	n := &s.nodes[at]
	n.index = int32(len(s.stack))
	n.low = n.index
	s.stack = append(s.stack, at)
	if len(s.frames) < cap(s.frames) { // keep the buffer of the frame that was here
		s.frames = s.frames[:len(s.frames)+1]
		f := &s.frames[len(s.frames)-1]
		f.node, f.arg, f.scan.active = at, 0, false
		return
	}
	s.frames = append(s.frames, frame{node: at})
}

// pop ends the exploration of the topmost node, and closes its component if
// that is complete.
func (s *solver) pop() error {
	top := s.frames[len(s.frames)-1].node
	s.frames = s.frames[:len(s.frames)-1]
	low := s.nodes[top].low
	if len(s.frames) > 0 {
		parent := &s.nodes[s.frames[len(s.frames)-1].node]
		parent.low = min(parent.low, low)
	}
	if low < s.nodes[top].index {
		return nil
	}
	members := s.stack[low:]
	s.stack = s.stack[:low]
	return s.closeComponent(members, s.interrupted)
}

// abandon forgets the goals that were not decided when the answer was found,
// so that another question about the same subject explores them anew.
func (s *solver) abandon() {
	for _, at := range s.stack {
		if n := &s.nodes[at]; n.value == undecided && s.goals[n.goal] == at {
			delete(s.goals, n.goal)
		}
	}
	s.stack, s.frames = s.stack[:0], s.frames[:0]
}

// interrupted reports why the search must be given up, if it must.
func (s *solver) interrupted() error {
	if s.budget > 0 && s.work-s.begun > s.budget {
		return ErrBudget
	}
	if s.work-s.looked >= 1024 {
		s.looked = s.work
		return s.ctx.Err()
	}
	return nil
}
