package check

import "github.com/baobab-authz/baobab/internal/index"

// A frame is a node that is being explored.
type frame struct {
	node int32
	arg  int32
	scan scan
}

// next returns the next child of the frame's node: a node, the value of one
// that is known, or both. It returns neither when there is no child any more.
// The cause is that of the tuple which leads to it, or without a node that of
// the value; see [causes.through].
func (s *solver) next(f *frame) (child int32, v value, c cause) {
	at, p := s.nodes[f.node].goal, s.nodes[f.node].part
	if p.op == opArrowAll {
		return s.nextOfAll(f, at, p)
	}
	for int(f.arg) < len(p.args) {
		a := p.args[f.arg]
		switch a.op {
		case opThis, opArrow:
			if !f.scan.active {
				v, c := no, certain
				if a.op == opThis {
					v, c = s.stored(at, a)
				}
				if v == yes || a.op == opThis && !a.this.usersets {
					f.arg++
				} else {
					f.scan.begin(a.first(at))
				}
				if v != no {
					return none, v, c
				}
				continue
			}
			k, ok := s.scan(&f.scan)
			if !ok {
				f.arg++
				continue
			}
			holds, c := s.condition(k)
			if holds == no {
				return none, no, certain // a step of its own, so that there can be an end to it
			}
			child, v = s.goal(a.lead(k))
			if child == none {
				v, c = s.through(v, certain, c)
			}
			return child, v, c
		case opComputed:
			f.arg++
			child, v = s.goal(goal{at.object, a.relation})
			return child, v, certain
		case opSelf:
			f.arg++
			return none, truth(at.object == s.subject.object && s.subject.relation == 0), certain
		case opNil:
			f.arg++
			return none, no, certain
		default:
			f.arg++
			return s.inner(at, a), undecided, certain
		}
	}
	return none, undecided, certain
}

// first returns the key at which the tuples begin that lead on: those with
// usersets for this, all of the tupleset for an arrow.
func (p *part) first(at goal) index.Key {
	k := index.Key{Object: at.object, Relation: p.relation}
	if p.op == opThis {
		k.SubjectRelation = 1
	}
	return k
}

// lead returns the goal to which a tuple leads. A wildcard, which is an object
// without tuples of its own, leads to one that fails.
func (p *part) lead(k index.Key) goal {
	if p.op == opThis {
		return goal{k.Subject, k.SubjectRelation}
	}
	return goal{k.Subject, p.target}
}

// nextOfAll is next for an arrow that every tuple of the tupleset must follow.
func (s *solver) nextOfAll(f *frame, at goal, p *part) (child int32, v value, c cause) {
	begins := !f.scan.active
	if begins {
		f.scan.begin(p.first(at))
	}
	k, ok := s.scan(&f.scan)
	switch {
	case !ok && begins:
		return none, no, certain // no tuple at all
	case !ok:
		return none, undecided, certain
	}
	holds, c := s.condition(k)
	if holds == no {
		return none, no, certain
	}
	child, v = s.goal(p.lead(k))
	if child == none {
		v, c = s.through(v, certain, c)
	}
	return child, v, c
}

const none = int32(-1)

func truth(b bool) value {
	if b {
		return yes
	}
	return no
}

// goal returns the node for a goal, if it needs one, and its value, if that is
// known.
func (s *solver) goal(g goal) (int32, value) {
	if g == s.subject && g.relation != 0 {
		return none, yes // x#r@x#r holds for every userset
	}
	r := s.plan.rules[ref{s.typeOf(g.object), g.relation}]
	if r == nil || !s.reach.has(r.id) {
		return none, no
	}
	at, ok := s.goals[g]
	if !ok {
		if s.isWildcard(g.object) {
			return none, no
		}
		at = s.add(g, r.root)
		s.goals[g] = at
	}
	return at, s.nodes[at].value
}

// inner returns a node for a part of a goal's rule. An explanation has to find
// it again.
func (s *solver) inner(at goal, p *part) int32 {
	if s.inners == nil {
		return s.add(at, p)
	}
	n, ok := s.inners[inner{at, p}]
	if !ok {
		n = s.add(at, p)
		s.inners[inner{at, p}] = n
	}
	return n
}

type inner struct {
	goal
	part *part
}

// stored returns whether a tuple of the goal's relation names the subject
// itself, or the wildcard that matches it, as far as their conditions tell.
func (s *solver) stored(at goal, a *part) (value, cause) {
	v, c := no, certain
	s.witnesses(at, a, func(_ index.Key, holds value, why cause) bool {
		if holds != no {
			v, c = holds, s.merge(c, why)
		}
		return holds != yes
	})
	if v == yes {
		c = certain
	}
	return v, c
}

// witnesses calls do for each of those tuples, with its condition, until do
// returns false.
func (s *solver) witnesses(at goal, a *part, do func(k index.Key, holds value, why cause) bool) {
	s.work++
	k := index.Key{Object: at.object, Relation: a.relation,
		Subject: s.subject.object, SubjectRelation: s.subject.relation}
	if a.this.admits(s.kind) {
		if found, ok := s.reader.Get(k); ok {
			if holds, why := s.condition(found); !do(found, holds, why) {
				return
			}
		}
	}
	if s.wildcard != 0 && a.this.wildcard[s.kind.typ] {
		k.Subject = s.wildcard
		if found, ok := s.reader.Get(k); ok {
			holds, why := s.condition(found)
			do(found, holds, why)
		}
	}
}
