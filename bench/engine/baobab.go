package engine

import (
	"context"
	"iter"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/bench/workload"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// Baobab is this project's engine. Its own methods are for what only it is asked.
type Baobab struct{ *baobab.Engine }

// NewBaobab returns an engine with the workload's schema and the defaults.
func NewBaobab() (Baobab, error) {
	s, err := schema.Parse("workload.zed", workload.Schema)
	if err != nil {
		return Baobab{}, err
	}
	eng, err := baobab.Open(s, baobab.Options{})
	return Baobab{eng}, err
}

// Name returns baobab.
func (b Baobab) Name() string { return "baobab" }

// Load imports the tuples in one transaction.
func (b Baobab) Load(ctx context.Context, all iter.Seq[tuple.Tuple]) error {
	_, err := b.Import(ctx, func(yield func(tuple.Relationship, error) bool) {
		for t := range all {
			if !yield(t.Always(), nil) {
				return
			}
		}
	})
	return err
}

// Prepare asks Engine.Check: a tuple of strings, of the newest state.
func (b Baobab) Prepare(questions []workload.Question) (Ask, error) {
	tuples := Tuples(questions)
	return func(ctx context.Context, i int) (bool, error) {
		d, err := b.Check(ctx, tuples[i])
		return d.Allowed(), err
	}, nil
}

// PrepareAs asks prepared principals, one for each subject: the subject is
// resolved before, the object is strings. All questions are of one view.
func (b Baobab) PrepareAs(questions []workload.Question) Ask {
	view := b.Now()
	bySubject := map[tuple.Subject]baobab.Principal{}
	who := make([]baobab.Principal, len(questions))
	for i, q := range questions {
		p, ok := bySubject[q.Tuple.Subject]
		if !ok {
			p = view.As(q.Tuple.Subject)
			bySubject[q.Tuple.Subject] = p
		}
		who[i] = p
	}
	tuples := Tuples(questions)
	return func(ctx context.Context, i int) (bool, error) {
		d, err := who[i].Check(ctx, tuples[i].Object, tuples[i].Relation)
		return d.Allowed(), err
	}
}

// Objects returns the length of a list.
func (b Baobab) Objects(ctx context.Context, who tuple.Subject, permission, objectType string) (int, error) {
	n := 0
	for o, err := range b.Engine.Objects(ctx, who, permission, objectType) {
		if err != nil {
			return n, err
		}
		if o.Decision.Allowed() {
			n++
		}
	}
	return n, nil
}

// Subjects returns the length of a list.
func (b Baobab) Subjects(ctx context.Context, what tuple.Object, permission, subjectType string) (int, error) {
	n := 0
	for s, err := range b.Engine.Subjects(ctx, what, permission, subjectType) {
		if err != nil {
			return n, err
		}
		if s.Decision.Allowed() {
			n++
		}
	}
	return n, nil
}

// Write commits one tuple.
func (b Baobab) Write(ctx context.Context, t tuple.Tuple) error {
	_, err := b.Engine.Write(ctx, t.Always())
	return err
}

// Delete commits the removal of one tuple.
func (b Baobab) Delete(ctx context.Context, t tuple.Tuple) error {
	_, err := b.Engine.Delete(ctx, t)
	return err
}

// Tuples returns what questions ask.
func Tuples(questions []workload.Question) []tuple.Tuple {
	all := make([]tuple.Tuple, len(questions))
	for i, q := range questions {
		all[i] = q.Tuple
	}
	return all
}
