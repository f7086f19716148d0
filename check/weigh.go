package check

import "github.com/baobab-authz/baobab/internal/index"

// weigh gives what a node depends on that neither holds nor fails to: the
// operands and the tuples that do so too.
func (x *explainer) weigh(n node, r *Reason) {
	switch n.part.op {
	case opUnion:
		for _, a := range n.part.args {
			x.weighBy(n.goal, a, r)
		}
	case opArrowAll:
		x.weighThrough(n.goal, n.part, r)
	case opExclusion: // in a cycle the node did not learn what its sides came to
		if x.operandValue(n.goal, n.part.args[0]) == unsure {
			r.Because = append(r.Because, x.operand(n.goal, n.part.args[0]))
		}
		if x.operandValue(n.goal, n.part.args[1]) == unsure {
			r.Because = append(r.Because, x.excluded(n))
		}
	default:
		for _, a := range n.part.args {
			if x.operandValue(n.goal, a) == unsure {
				r.Because = append(r.Because, x.operand(n.goal, a))
			}
		}
	}
}

// weighBy gives what the operand a of a union depends on.
func (x *explainer) weighBy(at goal, a *part, r *Reason) {
	switch a.op {
	case opThis:
		x.witnesses(at, a, func(k index.Key, holds value, why cause) bool {
			if holds == unsure {
				x.note(r, &k, holds, why)
			}
			return true
		})
		if a.this.usersets {
			x.weighThrough(at, a, r)
		}
	case opArrow:
		x.weighThrough(at, a, r)
	case opSelf, opNil:
	default:
		if x.operandValue(at, a) == unsure {
			r.Because = append(r.Because, x.operand(at, a))
		}
	}
}

// weighThrough adds the goals to which the tuples of a relation lead, where the
// goal or the tuple's condition is unsure.
func (x *explainer) weighThrough(at goal, a *part, r *Reason) {
	x.each(at, a, func(k index.Key) bool {
		g := a.lead(k)
		target, holds := x.goalValue(g), x.holds(k)
		if target == no || holds == no || target == yes && holds == yes {
			return true
		}
		x.branch(g, k, r)
		return true
	})
}
