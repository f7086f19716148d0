package check

import (
	"context"
	"fmt"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Explain decides t as [Evaluator.Check] does and says why: for an allow one
// proof from stored tuples, for a deny the branches that were tried and what
// stopped each. The errors are those of Check.
//
// It costs what the check costs, and as much again for the tuples that the
// explanation mentions, with a budget of its own.
func (e *Evaluator) Explain(ctx context.Context, st *store.State, t tuple.Tuple) (*Explanation, error) {
	s, err := e.begin(ctx, st, t)
	if err != nil {
		return nil, err
	}
	defer e.end(s)
	s.inners = map[inner]int32{}
	d, err := s.ask(t)
	if err != nil {
		return nil, err
	}
	x := explainer{solver: s, shown: map[int32]bool{}}
	relation, _ := s.reader.Name(t.Relation)
	root := x.goal(goal{s.id(t.Object), relation}, tuple.Tuple{})
	for s.begun = s.work; len(x.pending) > 0 && !x.stopped(); {
		p := x.pending[len(x.pending)-1]
		x.pending = x.pending[:len(x.pending)-1]
		x.expand(p)
	}
	if x.err != nil {
		return nil, s.failure(t, x.err)
	}
	return &Explanation{Tuple: t, Decision: d, Reason: root, Omitted: x.omitted}, nil
}

// The notes that a reason can have.
const (
	noteStored    = "stored"
	noteNotStored = "not stored"
	noteAbove     = "see above"
	noteItself    = "a userset holds of itself"
	noteSelf      = "it is the object itself"
	noteNil       = "nobody, by nil"
)

// An explainer turns the decided graph of a question into reasons. It goes
// through the nodes that matter without recursion.
type explainer struct {
	*solver
	shown    map[int32]bool
	pending  []pendingReason
	branches int
	omitted  int
	err      error // why the explanation is given up
}

type pendingReason struct {
	node   int32
	reason *Reason
}

// goal returns the reason for a goal, which is completed later.
func (x *explainer) goal(g goal, via tuple.Tuple) *Reason {
	r := &Reason{Tuple: x.tuple(g), Via: via}
	at, v := x.solver.goal(g)
	r.Holds = v == yes
	switch {
	case at != none:
		r.Rule = x.rule(x.nodes[at].part)
		x.later(at, r)
	case v == yes:
		r.Note = noteItself
	case x.isWildcard(g.object):
		r.Note = "a wildcard is not followed"
	case x.plan.rules[ref{x.typeOf(g.object), g.relation}] == nil:
		r.Note = fmt.Sprintf("%s has no %s", r.Tuple.Object.Type, r.Tuple.Relation)
	default:
		r.Note = "no " + x.subjectName() + " can have it, by the schema"
	}
	return r
}

// part returns the reason for a nested operator, which is completed later.
func (x *explainer) part(at goal, p *part) *Reason {
	n := x.inner(at, p)
	r := &Reason{Tuple: x.tuple(at), Part: true, Rule: p.rewrite.String(), Holds: x.nodes[n].value == yes}
	x.later(n, r)
	return r
}

func (x *explainer) later(at int32, r *Reason) {
	x.pending = append(x.pending, pendingReason{at, r})
}

// rule returns what there is to say of a rule: nothing if it is only stored.
func (x *explainer) rule(p *part) string {
	if _, ok := p.rewrite.(schema.This); ok {
		return ""
	}
	return p.rewrite.String()
}

func (x *explainer) subjectName() string {
	sub := x.subjectOf()
	switch {
	case sub.Relation != "":
		return sub.Type + "#" + sub.Relation
	case sub.IsWildcard():
		return sub.String()
	}
	return sub.Type
}

// expand completes a reason. What it appends to pending is reversed in the
// end, so that reasons are completed in the order in which they are read.
func (x *explainer) expand(p pendingReason) {
	x.work++
	if x.shown[p.node] {
		p.reason.Note = noteAbove
		return
	}
	x.shown[p.node] = true
	n := x.nodes[p.node]
	from := len(x.pending)
	switch {
	case n.value == yes:
		x.prove(p.node, n, p.reason)
	case n.value == no:
		x.refute(n, p.reason)
	}
	for i, j := from, len(x.pending)-1; i < j; i, j = i+1, j-1 {
		x.pending[i], x.pending[j] = x.pending[j], x.pending[i]
	}
}

// prove gives the reasons for which a node holds.
func (x *explainer) prove(at int32, n node, r *Reason) {
	switch n.part.op {
	case opUnion:
		for _, a := range n.part.args {
			if x.proveBy(at, n, a, r) {
				return
			}
		}
	case opArrowAll:
		x.each(n.goal, n.part, func(k index.Key) bool {
			r.Because = append(r.Because, x.goal(n.part.lead(k), x.key(k)))
			return true
		})
	case opExclusion:
		r.Because = append(r.Because, x.operand(n.goal, n.part.args[0]), x.excluded(n))
	default:
		for _, a := range n.part.args {
			r.Because = append(r.Because, x.operand(n.goal, a))
		}
	}
}

// proveBy gives the reason for which a union holds if it is its operand a. A
// reason was known before what it is the reason of, so no proof is circular.
func (x *explainer) proveBy(at int32, n node, a *part, r *Reason) (proved bool) {
	earlier := func(g goal) bool {
		if g == x.subject && g.relation != 0 {
			return true
		}
		c, ok := x.goals[g]
		return ok && x.nodes[c].value == yes && x.nodes[c].rank < x.nodes[at].rank
	}
	switch a.op {
	case opThis:
		if k, ok := x.witness(n.goal, a); ok {
			proved = true
			x.note(r, x.key(k), noteStored)
			return
		}
		proved = a.this.usersets && x.proveThrough(n.goal, a, r, earlier)
	case opArrow:
		proved = x.proveThrough(n.goal, a, r, earlier)
	case opComputed:
		g := goal{n.object, a.relation}
		if proved = earlier(g); proved {
			r.Because = append(r.Because, x.goal(g, tuple.Tuple{}))
		}
	case opSelf:
		if proved = n.object == x.subject.object && x.subject.relation == 0; proved {
			x.note(r, r.Tuple, noteSelf)
		}
	case opNil:
	default:
		c := x.nodes[x.inner(n.goal, a)]
		if proved = c.value == yes && c.rank < x.nodes[at].rank; proved {
			r.Because = append(r.Because, x.part(n.goal, a))
		}
	}
	return proved
}

// proveThrough gives as the reason the first tuple that leads to a goal which
// held earlier.
func (x *explainer) proveThrough(at goal, a *part, r *Reason, earlier func(goal) bool) (proved bool) {
	x.each(at, a, func(k index.Key) bool {
		g := a.lead(k)
		if proved = earlier(g); proved {
			r.Because = append(r.Because, x.goal(g, x.key(k)))
		}
		return !proved
	})
	return proved
}

// note attaches a note about a tuple to a reason: to itself if the reason is
// about that very tuple, which is not derived, and otherwise to a new one.
func (x *explainer) note(r *Reason, t tuple.Tuple, note string) {
	if r.Tuple == t && r.Rule == "" {
		r.Note = note
		return
	}
	r.Because = append(r.Because, &Reason{Tuple: t, Holds: r.Holds, Note: note})
}

// operand returns the reason for an operand of an intersection or exclusion.
func (x *explainer) operand(at goal, a *part) *Reason {
	switch a.op {
	case opComputed:
		return x.goal(goal{at.object, a.relation}, tuple.Tuple{})
	case opSelf:
		holds := at.object == x.subject.object && x.subject.relation == 0
		r := &Reason{Tuple: x.tuple(at), Part: true, Rule: "self", Holds: holds, Note: noteSelf}
		if !holds {
			r.Note = "it is not the object itself"
		}
		return r
	case opNil:
		return &Reason{Tuple: x.tuple(at), Part: true, Rule: "nil", Note: noteNil}
	}
	return x.part(at, a)
}

// excluded returns the reason for the right side of an exclusion.
func (x *explainer) excluded(n node) *Reason {
	r := x.operand(n.goal, n.part.args[1])
	r.Excludes = true
	return r
}

// refute gives the reasons for which a node does not hold.
func (x *explainer) refute(n node, r *Reason) {
	switch n.part.op {
	case opUnion:
		for _, a := range n.part.args {
			x.refuteBy(n.goal, a, r)
		}
	case opExclusion:
		if n.right == yes {
			r.Because = append(r.Because, x.excluded(n))
			return
		}
		r.Because = append(r.Because, x.operand(n.goal, n.part.args[0]))
	case opArrowAll:
		stopped := false
		x.each(n.goal, n.part, func(k index.Key) bool {
			g := n.part.lead(k)
			if x.value(g) == no {
				r.Because = append(r.Because, x.goal(g, x.key(k)))
				stopped = true
			}
			return !stopped
		})
		if !stopped {
			r.Note = "no tuple " + r.Tuple.Object.String() + "#" + x.reader.String(n.part.relation)
		}
	default:
		for _, a := range n.part.args {
			if x.operandValue(n.goal, a) == no {
				r.Because = append(r.Because, x.operand(n.goal, a))
				return
			}
		}
	}
}

// refuteBy says why the operand a of a union does not hold.
func (x *explainer) refuteBy(at goal, a *part, r *Reason) {
	switch a.op {
	case opThis:
		x.note(r, tuple.New(x.object(at.object), x.reader.String(a.relation), x.subjectOf()), noteNotStored)
		if a.this.usersets {
			x.branchesOf(at, a, r)
		}
	case opArrow:
		if !x.branchesOf(at, a, r) {
			r.Because = append(r.Because, &Reason{Tuple: x.tuple(at), Part: true, Rule: a.rewrite.String(),
				Note: "no tuple " + x.object(at.object).String() + "#" + x.reader.String(a.relation)})
		}
	case opComputed:
		r.Because = append(r.Because, x.goal(goal{at.object, a.relation}, tuple.Tuple{}))
	case opSelf, opNil:
		r.Because = append(r.Because, x.operand(at, a))
	default:
		r.Because = append(r.Because, x.part(at, a))
	}
}

// branchesOf adds the goals to which the tuples of a relation lead.
func (x *explainer) branchesOf(at goal, a *part, r *Reason) (some bool) {
	x.each(at, a, func(k index.Key) bool {
		some = true
		if x.branches++; x.branches > MaxBranches {
			x.omitted++
			return true
		}
		r.Because = append(r.Because, x.goal(a.lead(k), x.key(k)))
		return true
	})
	return some
}

// each calls do for the tuples of a part that lead on.
func (x *explainer) each(at goal, a *part, do func(index.Key) bool) {
	var c scan
	c.begin(a.first(at))
	for {
		k, ok := x.scan(&c)
		if !ok || x.stopped() || !do(k) {
			return
		}
	}
}

// stopped reports whether the explanation is given up.
func (x *explainer) stopped() bool {
	if x.err == nil {
		x.err = x.interrupted()
	}
	return x.err != nil
}

func (x *explainer) value(g goal) value {
	_, v := x.solver.goal(g)
	return v
}

func (x *explainer) operandValue(at goal, a *part) value {
	switch a.op {
	case opComputed:
		return x.value(goal{at.object, a.relation})
	case opSelf:
		return truth(at.object == x.subject.object && x.subject.relation == 0)
	case opNil:
		return no
	}
	return x.nodes[x.inner(at, a)].value
}
