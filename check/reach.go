package check

import (
	"sync"

	"github.com/baobab-authz/baobab/internal/index"
)

// A reachSet holds the ids of the rules that some tuples could make true for
// one kind of subject. A goal outside of it is false without a look at any
// tuple, which keeps a search out of the parts of a graph that cannot matter.
type reachSet []uint64

func (s reachSet) has(id int32) bool { return s[id>>6]&(1<<(id&63)) != 0 }
func (s reachSet) add(id int32)      { s[id>>6] |= 1 << (id & 63) }

// A reachCache computes the set for each kind of subject once. There are no
// more kinds than the schema has types and relations, twice.
type reachCache struct{ sets sync.Map } // subjectKind → reachSet

// A subjectKind is what reachability can depend on.
type subjectKind struct {
	ref
	wildcard bool
}

func (p *plan) reachable(k subjectKind) reachSet {
	if s, ok := p.reach.sets.Load(k); ok {
		return s.(reachSet)
	}
	s := make(reachSet, (len(p.rules)+63)/64)
	var todo []int32
	for _, r := range p.rules {
		if r.ref == k.ref || r.root.starts(r.typ, k) {
			s.add(r.id)
			todo = append(todo, r.id)
		}
	}
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, next := range p.reverse[id] {
			if !s.has(next) {
				s.add(next)
				todo = append(todo, next)
			}
		}
	}
	p.reach.sets.Store(k, s)
	return s
}

// starts reports whether a tuple, or self, can make the part true for the kind
// of subject without another rule's help. A userset subject starts at its own
// relation, whence it reaches those that admit it.
func (p *part) starts(typ index.Name, k subjectKind) bool {
	switch p.op {
	case opThis:
		return k.relation == 0 && (p.this.admits(k) || p.this.wildcard[k.typ])
	case opSelf:
		return k.relation == 0 && !k.wildcard && k.typ == typ
	case opExclusion:
		return p.args[0].starts(typ, k)
	}
	for _, a := range p.args {
		if a.starts(typ, k) {
			return true
		}
	}
	return false
}
