package validation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Options say how a file is run. The zero Options are useful.
type Options struct {
	// At is the instant at which everything is judged, so that it decides which
	// relationships have expired. Default: when Run is called.
	At time.Time
}

// Run asks every question of the file and reports the answers. The file is not
// changed, and nothing is kept.
//
// An error, [Errors], says that the file's relationships break a rule of the
// schema about what can be written, such as a count; or it is that of ctx. That an
// answer is not the expected one, or that there is none, is an [Entry] of the report.
func (f *File) Run(ctx context.Context, o Options) (*Report, error) {
	if o.At.IsZero() {
		o.At = time.Now()
	}
	decided, err := f.open(ctx, evaluator(), o)
	if err != nil {
		return nil, err
	}
	defer decided.Close()
	undecided, err := f.open(ctx, undecidedEvaluator{}, o)
	if err != nil {
		return nil, err
	}
	defer undecided.Close()

	r := &Report{File: f.Name, Format: f.Format, Title: f.Title}
	for _, t := range f.Cases {
		own := bare(t.Relationships)
		w := &world{view: decided.Now().With(own...), open: undecided.Now().With(own...)}
		for _, a := range t.Assertions {
			out := a.question.ask(ctx, w)
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			r.Entries = append(r.Entries, Entry{Assertion: a, Case: t.Name, Got: out.got, Pass: out.pass, Explanation: out.why})
		}
	}
	return r, nil
}

// open returns an engine with the file's relationships.
func (f *File) open(ctx context.Context, caveats schema.Evaluator, o Options) (*baobab.Engine, error) {
	eng, err := baobab.Open(f.Schema, baobab.Options{
		Caveats: caveats,
		Store:   store.Options{Clock: func() time.Time { return o.At }},
	})
	if err != nil {
		return nil, Errors{{File: f.Name, Err: err}}
	}
	if _, err := eng.Write(ctx, bare(f.Relationships)...); err != nil {
		eng.Close()
		return nil, Errors{{File: f.Name, Err: fmt.Errorf("the relationships: %w", err)}}
	}
	return eng, nil
}

// bare returns relationships without their places.
func bare(rels []Relationship) []tuple.Relationship {
	all := make([]tuple.Relationship, len(rels))
	for i, r := range rels {
		all[i] = r.Relationship
	}
	return all
}

// An undecidedEvaluator gives every caveat the verdict that it cannot be decided,
// whatever values there are.
type undecidedEvaluator struct{}

func (undecidedEvaluator) Compile(c *schema.Caveat) (schema.Condition, error) {
	var u undecided
	for _, p := range c.Parameters {
		u.parameters = append(u.parameters, p.Name)
	}
	slices.Sort(u.parameters)
	return u, nil
}

type undecided struct{ parameters []string }

func (undecided) Validate(map[string]any) error { return nil }

func (u undecided) Evaluate(_, _ map[string]any) (schema.Verdict, error) {
	return schema.Verdict{Missing: u.parameters}, nil
}
