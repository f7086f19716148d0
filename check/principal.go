package check

import (
	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/tuple"
)

// A principal is the subject of questions, as rosters and closures have it.
type principal struct {
	subject  goal // as in a solver
	kind     subjectKind
	public   index.ID    // the wildcard that names the subject too, or 0
	want     index.Entry // the subject, as entries have it
	wildcard index.Entry // the wildcard, or 0
	reach    reachSet
	direct   filter // has the subject, its wildcard, and what stands for a wide relation
}

// subjectBits are those of an entry that say who the subject is. Of what stands for
// a wide relation they are 0.
const subjectBits index.Entry = 0x0000_ffff_ffff_fffe

// A filter is a set of subjects of entries. It may say that it has one more.
type filter [4]uint64

func (f *filter) add(e index.Entry) {
	h := uint64(e&subjectBits) * filterFactor
	f[h>>62] |= 1 << (h >> 56 & 63)
}

func (f *filter) has(e index.Entry) bool {
	h := uint64(e&subjectBits) * filterFactor
	return f[h>>62]>>(h>>56&63)&1 != 0
}

const filterFactor = 0x9e3779b97f4a7c15 // of Fibonacci hashing

// newPrincipal returns that of an object or of a userset.
func newPrincipal(subject goal, kind subjectKind, public index.ID, reach reachSet) principal {
	p := principal{subject: subject, kind: kind, public: public, want: entryOf(subject), reach: reach}
	p.direct.add(0)
	p.direct.add(p.want)
	if public != 0 {
		p.wildcard = entryOf(goal{public, 0})
		p.direct.add(p.wildcard)
	}
	return p
}

func entryOf(g goal) index.Entry {
	return index.EntryOf(index.Key{Subject: g.object, SubjectRelation: g.relation})
}

// The ids of a subject and of an object that no tuple of the state names. They are
// equal only to themselves, as those of a solver are.
const (
	nobody  = firstForeign
	nothing = firstForeign - 1
)

// become makes sub the subject of the questions that follow, if the schema can have
// it. What the state knows need not be validated. One that was asked about before is
// in the memo with its closure; its text is found there, and not looked for in the
// dictionary.
func (f *fast) become(sub *tuple.Subject) bool {
	typ := f.plan.types[sub.Type]
	if typ == nil {
		return false
	}
	return f.becomeOf(sub, typ, f.reader.HashOf(typ.name, sub.ID))
}

// becomeOf is become with the subject's type and hash.
func (f *fast) becomeOf(sub *tuple.Subject, typ *fastType, h uint64) bool {
	kind := subjectKind{ref: ref{typ: typ.name}, wildcard: sub.ID == tuple.Wildcard}
	public := index.ID(0)
	reach := typ.reachable(f.plan)
	switch {
	case sub.Relation != "":
		r := typ.rules[sub.Relation]
		if r == nil || kind.wildcard {
			return false
		}
		kind.relation = r.relation
		reach = f.plan.reachable(kind)
	case kind.wildcard:
		reach = f.plan.reachable(kind)
	case typ.public:
		public, _ = f.reader.IDOf(typ.name, tuple.Wildcard)
	}
	if kind.relation == 0 {
		if c := f.recall(h, typ.name, sub.ID, public); c != nil {
			f.principal = newPrincipal(c.of, kind, public, reach)
			f.about, f.closure = *sub, c
			return true
		}
	}
	id, ok := f.reader.IDOfHash(h, typ.name, sub.ID)
	if !ok {
		if sub.Validate() != nil {
			return false
		}
		id = nobody
	}
	f.principal = newPrincipal(goal{id, kind.relation}, kind, public, reach)
	f.about, f.closure = *sub, nil
	return true
}

// recall returns the closure of an object that is kept, if it is that of the state.
func (f *fast) recall(h uint64, typ index.Name, id string, public index.ID) *closure {
	if f.memo == nil {
		return nil
	}
	c := f.memo.find(textKey(f.plan, h))
	if c == nil || !c.names(f.plan, typ, id) {
		return nil
	}
	if b := f.basis(public); !c.right(&b) {
		return nil
	}
	return c
}
