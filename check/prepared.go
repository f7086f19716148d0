package check

import (
	"context"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A Prepared is the subject of many questions to one state, found once with the
// groups that it is in. It is immutable, and safe for any number of goroutines.
type Prepared struct{ fast fast }

// maxPrepared bounds the steps in which groups are found before there is a question,
// and so a context; more than that a question finds.
const maxPrepared = 1 << 12

// Prepare returns the subject as prepared for questions to a state. It is nil if no
// question about it could be decided without a search.
func (e *Evaluator) Prepare(st *store.State, subject tuple.Subject) *Prepared {
	p := &Prepared{}
	f := &p.fast
	if fastMode != both {
		f.prepare(context.Background(), e, st)
	}
	if f.plan == nil || !f.become(&subject) {
		return nil
	}
	if f.closure == nil && len(f.plan.groupNames) > 0 {
		budget := f.budget
		f.budget = maxPrepared
		if c := f.findClosure(); !c.unsure {
			f.closure = c
		}
		f.budget = budget
	}
	return p
}

// Try is [Evaluator.Try] for the subject. Whoever calls it has asked the state's Err.
// A nil Prepared decides nothing.
func (p *Prepared) Try(ctx context.Context, object tuple.Object, relation string) (Decision, bool) {
	if p == nil || ctx.Err() != nil {
		return Decision{}, false
	}
	f := p.fast
	f.ctx = ctx
	typ, r := f.plan.about(&object, relation)
	if r == nil || r.searched.Load() {
		return Decision{}, false
	}
	v := f.holdsOf(f.reader.HashOf(typ, object.ID), typ, &object, r)
	return decided(v), v != unsure
}
