package check

import (
	"context"
	"errors"
	"sort"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// CheckAll answers many questions about one state. Their accesses to memory
// overlap, and those about the same subject share what they find out. The decisions
// are in the order of the questions; one that fails is denied, and the error joins a
// [*QuestionError] for each.
func (e *Evaluator) CheckAll(ctx context.Context, st *store.State, ts []tuple.Tuple) ([]Decision, error) {
	decisions := make([]Decision, len(ts))
	left := e.tryAll(ctx, st, ts, decisions)
	if len(left) == 0 {
		return decisions, nil
	}
	bySubject(ts, left)
	var errs []error
	a := e.Asker(ctx, st)
	defer a.Close()
	for _, i := range left {
		var err error
		if decisions[i], err = a.Check(ts[i]); err != nil {
			errs = append(errs, &QuestionError{i, err})
		}
	}
	return decisions, errors.Join(errs...)
}

// bySubject puts the indices of ts in an order in which those of one subject are
// together.
func bySubject(ts []tuple.Tuple, indices []int) {
	first := make(map[tuple.Subject]int, len(indices))
	for _, i := range indices {
		if _, ok := first[ts[i].Subject]; !ok {
			first[ts[i].Subject] = i
		}
	}
	sort.SliceStable(indices, func(a, b int) bool { return first[ts[indices[a]].Subject] < first[ts[indices[b]].Subject] })
}

// tryAll decides what can be decided from rosters, and returns the indices of the
// other questions.
func (e *Evaluator) tryAll(ctx context.Context, st *store.State, ts []tuple.Tuple, decisions []Decision) (left []int) {
	var f fast
	if fastMode != both {
		f.prepare(ctx, e, st)
	}
	var b batch
	for at := 0; at < len(ts); at += batchSize {
		some := ts[at:min(at+batchSize, len(ts))]
		if f.plan != nil && ctx.Err() == nil {
			b.fetch(&f, some)
		} else {
			b = batch{}
		}
		for i := range some {
			v := b.questions[i].decide(&f, &some[i])
			if v == unsure {
				left = append(left, at+i)
				continue
			}
			decisions[at+i] = decided(v)
		}
	}
	return left
}

// A batch is some questions whose memory is fetched together.
type batch struct {
	questions [batchSize]batched
	objects   [batchSize]uint64 // hashes
	subjects  [batchSize]uint64 // keys of closures
	sum       uint64            // of what was fetched, so that it is
}

const batchSize = index.FetchMost

// A batched is a question and what is known of it.
type batched struct {
	typ     index.Name
	rule    *fastRule // nil if the question is not to be decided here
	by      *fastType
	object  uint64 // hashes
	subject uint64
}

// fetch finds out what the questions are, and fetches what they need.
func (b *batch) fetch(f *fast, ts []tuple.Tuple) {
	n := 0
	for i := range ts {
		t, q := &ts[i], &b.questions[i]
		q.typ, q.rule = f.plan.about(&t.Object, t.Relation)
		if q.by = f.plan.types[t.Subject.Type]; q.by == nil {
			q.rule = nil
		}
		if q.rule != nil {
			q.object, q.subject = f.reader.HashOf(q.typ, t.Object.ID), f.reader.HashOf(q.by.name, t.Subject.ID)
			b.objects[n], b.subjects[n] = q.object, textKey(f.plan, q.subject)
			n++
		}
	}
	if f.memo != nil {
		b.sum += f.memo.fetch(b.subjects[:n])
	}
	b.sum += f.reader.Fetch(b.objects[:n])
}

// decide is fast.question.
func (q *batched) decide(f *fast, t *tuple.Tuple) value {
	if q.rule == nil || t.Subject != f.about && !f.becomeOf(&t.Subject, q.by, q.subject) {
		return unsure
	}
	return f.holdsOf(q.object, q.typ, &t.Object, q.rule)
}
