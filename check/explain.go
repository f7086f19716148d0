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
	if err := validate(st, t); err != nil {
		return nil, err
	}
	s, err := e.begin(ctx, st)
	if err != nil {
		return nil, err
	}
	defer e.end(s)
	s.principal(t.Subject)
	s.inners = map[inner]int32{}
	d, err := s.ask(t)
	if err != nil {
		return nil, err
	}
	x := explainer{solver: s, shown: map[int32]bool{}}
	relation, _ := s.reader.Name(t.Relation)
	root := x.goal(goal{s.id(t.Object), relation}, nil)
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
	noteHolds     = "stored, and its caveat %s holds"
	noteFails     = "stored, but its caveat %s does not hold"
	noteDepends   = "stored, if its caveat %s holds"
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

// goal returns the reason for a goal, which is completed later. The stored tuple
// that leads to it may be nil.
func (x *explainer) goal(g goal, via *index.Key) *Reason {
	r := &Reason{Tuple: x.tuple(g)}
	at, v := x.solver.goal(g)
	var own cause
	if at != none {
		own = x.nodes[at].cause
	}
	if via != nil {
		r.Via = x.key(*via)
		r.ViaCaveat = x.reader.Qualifier(*via).Caveat
		holds, c := x.condition(*via)
		if holds == no {
			r.Note = "its caveat does not hold"
			return r
		}
		if _, c = x.through(v, own, c); c != certain {
			own = c
		}
	}
	x.value(r, v, own)
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

// value enters whether a reason holds, or what it depends on.
func (x *explainer) value(r *Reason, v value, c cause) {
	r.Holds = v == yes && c == certain
	if v == yes || v == unsure {
		r.Missing = x.sets[c].missing
	}
}

// part returns the reason for a nested operator, which is completed later.
func (x *explainer) part(at goal, p *part) *Reason {
	n := x.inner(at, p)
	r := &Reason{Tuple: x.tuple(at), Part: true, Rule: p.rewrite.String()}
	x.value(r, x.nodes[n].value, x.nodes[n].cause)
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
	case n.value == unsure:
		x.weigh(n, p.reason)
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
			r.Because = append(r.Because, x.goal(n.part.lead(k), &k))
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
		x.witnesses(n.goal, a, func(k index.Key, holds value, _ cause) bool {
			if proved = holds == yes; proved {
				x.note(r, &k, holds, certain)
			}
			return !proved
		})
		if proved {
			return
		}
		proved = a.this.usersets && x.proveThrough(n.goal, a, r, earlier)
	case opArrow:
		proved = x.proveThrough(n.goal, a, r, earlier)
	case opComputed:
		g := goal{n.object, a.relation}
		if proved = earlier(g); proved {
			r.Because = append(r.Because, x.goal(g, nil))
		}
	case opSelf:
		if proved = n.object == x.subject.object && x.subject.relation == 0; proved {
			r.Because = append(r.Because, x.operand(n.goal, a))
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
		if proved = earlier(g) && x.holds(k) == yes; proved {
			r.Because = append(r.Because, x.goal(g, &k))
		}
		return !proved
	})
	return proved
}

func (x *explainer) holds(k index.Key) value {
	v, _ := x.condition(k)
	return v
}

// note says of a stored tuple that names the subject what its condition comes to.
func (x *explainer) note(r *Reason, k *index.Key, holds value, why cause) {
	about := &Reason{Tuple: x.key(*k), Stored: true, Note: noteStored}
	x.value(about, holds, why)
	if caveat := x.reader.Qualifier(*k).Caveat; caveat != "" {
		about.Note = fmt.Sprintf(map[value]string{yes: noteHolds, no: noteFails, unsure: noteDepends}[holds], caveat)
	}
	x.remark(r, about)
}

// remark attaches a reason that needs no further one: as a note if it is about
// the very tuple of r, which is not derived, and otherwise below r.
func (x *explainer) remark(r, about *Reason) {
	if r.Tuple == about.Tuple && r.Rule == "" && r.Note == "" {
		r.Note, r.Stored = about.Note, about.Stored
		return
	}
	r.Because = append(r.Because, about)
}

// operand returns the reason for an operand of an intersection or exclusion.
func (x *explainer) operand(at goal, a *part) *Reason {
	switch a.op {
	case opComputed:
		return x.goal(goal{at.object, a.relation}, nil)
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
			if x.goalValue(g) == no || x.holds(k) == no {
				r.Because = append(r.Because, x.goal(g, &k))
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
		stored := false
		x.witnesses(at, a, func(k index.Key, holds value, why cause) bool {
			x.note(r, &k, holds, why)
			stored = true
			return true
		})
		if !stored {
			x.remark(r, &Reason{Tuple: tuple.New(x.object(at.object), x.reader.String(a.relation), x.subjectOf()), Note: noteNotStored})
		}
		if a.this.usersets {
			x.branchesOf(at, a, r)
		}
	case opArrow:
		if !x.branchesOf(at, a, r) {
			r.Because = append(r.Because, &Reason{Tuple: x.tuple(at), Part: true, Rule: a.rewrite.String(),
				Note: "no tuple " + x.object(at.object).String() + "#" + x.reader.String(a.relation)})
		}
	case opComputed:
		r.Because = append(r.Because, x.goal(goal{at.object, a.relation}, nil))
	case opSelf, opNil:
		r.Because = append(r.Because, x.operand(at, a))
	default:
		r.Because = append(r.Because, x.part(at, a))
	}
}

// branch adds a goal to which a tuple leads, unless there are too many.
func (x *explainer) branch(g goal, k index.Key, r *Reason) {
	if x.branches++; x.branches > MaxBranches {
		x.omitted++
		return
	}
	r.Because = append(r.Because, x.goal(g, &k))
}

// branchesOf adds the goals to which the tuples of a relation lead.
func (x *explainer) branchesOf(at goal, a *part, r *Reason) (some bool) {
	x.each(at, a, func(k index.Key) bool {
		some = true
		x.branch(a.lead(k), k, r)
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

func (x *explainer) goalValue(g goal) value {
	_, v := x.solver.goal(g)
	return v
}

func (x *explainer) operandValue(at goal, a *part) value {
	switch a.op {
	case opComputed:
		return x.goalValue(goal{at.object, a.relation})
	case opSelf:
		return truth(at.object == x.subject.object && x.subject.relation == 0)
	case opNil:
		return no
	}
	return x.nodes[x.inner(at, a)].value
}
