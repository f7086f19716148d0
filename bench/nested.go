package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/baobab-authz/baobab/bench/engine"
	"github.com/baobab-authz/baobab/bench/report"
	"github.com/baobab-authz/baobab/bench/workload"
)

// depths returns how deep the chains of teams are.
func depths() []int { return []int{10, 20, 100, 1000} }

// again is how often a sample asks a question that is asked more than once.
const again = 1000

// repeated is a question that an engine is asked over and over.
type repeated struct {
	row *report.Row
	walker
}

// nested measures what was asked before about chains of teams, and about the two
// teams that contain each other. The first questions are in the group life.
func nested(ctx context.Context, b *bench) ([]*report.Row, error) {
	all, err := b.all(ctx)
	if err != nil {
		return nil, err
	}
	if own, ok, err := b.baobab(ctx); err != nil {
		return nil, err
	} else if ok {
		if err := own.Load(ctx, workload.Deep()); err != nil {
			return nil, err
		}
	}
	var asked []*repeated
	ask := func(what string, e engine.Engine, q workload.Question) error {
		k, err := repeat(ctx, what, e, q)
		asked = append(asked, k)
		return err
	}
	for _, depth := range depths() {
		for _, e := range all {
			if _, ok := e.(engine.Baobab); depth > 20 && !ok {
				continue // these have only the core extras
			}
			question, _ := workload.Chain(depth)
			if err := ask(laterQuestions(depth), e, question); err != nil {
				return nil, err
			}
		}
	}
	_, denied := workload.Loop()
	for _, e := range all {
		if err := ask("teams that contain each other, denied", e, denied); err != nil {
			return nil, err
		}
	}
	var rows []*report.Row
	for _, k := range asked {
		rows = append(rows, k.row)
	}
	if err := rounds(ctx, b, asked); err != nil {
		return nil, err
	}
	return append(rows, independence(asked)...), nil
}

// independence compares the deepest chain with the shallowest, in baobab's rows.
func independence(asked []*repeated) []*report.Row {
	row := func(depth int) *report.Row {
		for _, k := range asked {
			if k.row.What == laterQuestions(depth) && k.row.Who == "baobab" {
				return k.row
			}
		}
		return nil
	}
	shallow, deep := row(depths()[0]), row(depths()[len(depths())-1])
	if shallow == nil || deep == nil {
		return nil
	}
	r := report.Over("1000 nested teams against 10, later questions", deep, shallow, report.AtMost(1.5, ""))
	r.Who, r.Note = "baobab", "independent of depth"
	return []*report.Row{r}
}

func laterQuestions(depth int) string {
	return fmt.Sprintf("%d nested teams, later questions", depth)
}

// repeat prepares a question and asks it once. An engine that answers wrongly, or
// not at all, has that in its row instead of figures: these questions go beyond
// what some engines promise.
func repeat(ctx context.Context, what string, e engine.Engine, q workload.Question) (*repeated, error) {
	k := &repeated{row: &report.Row{What: what, Who: e.Name(), Unit: report.Nanoseconds}}
	ask, err := e.Prepare(slices.Repeat([]workload.Question{q}, again))
	if err != nil {
		return k, err
	}
	k.walker = walker{ask: ask, n: again}
	allowed, err := ask(ctx, 0)
	switch {
	case err != nil:
		k.row.Err = err
	case allowed != q.Allowed():
		k.row.Err = fmt.Errorf("answers %t, which is wrong", allowed)
	}
	return k, nil
}

// rounds samples questions in turn.
func rounds(ctx context.Context, b *bench, asked []*repeated) error {
	for range b.rounds {
		for _, k := range asked {
			if k.row.Err != nil {
				continue
			}
			if _, err := k.sample(ctx, b.patience, k.row); err != nil {
				return err
			}
		}
	}
	return nil
}
