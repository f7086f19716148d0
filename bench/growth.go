package main

import (
	"context"
	"fmt"

	"github.com/baobab-authz/baobab/bench/engine"
	"github.com/baobab-authz/baobab/bench/report"
	"github.com/baobab-authz/baobab/bench/workload"
)

// leastOrgs is how many organizations have 200,000 questions to ask.
const leastOrgs = 16

// growth measures the mix of the workload and that of one a tenth as large, side
// by side: what a check costs is not to grow with the data that does not matter.
func growth(ctx context.Context, b *bench) ([]*report.Row, error) {
	large, ok, err := b.baobab(ctx)
	if err != nil || !ok {
		return nil, err
	}
	tenth := workload.Workload{Seed: b.w.Seed, Orgs: max(leastOrgs, b.w.Orgs/10)} // of the smallest size, the same again
	small, err := engine.NewBaobab()
	if err != nil {
		return nil, err
	}
	defer small.Close()
	if err := small.Load(ctx, tenth.Tuples()); err != nil {
		return nil, err
	}
	row := func(w workload.Workload) *report.Row {
		return &report.Row{What: "check, mix", Who: fmt.Sprintf("%d organizations", w.Orgs), Unit: report.Nanoseconds}
	}
	rows := [2]*report.Row{row(b.w), row(tenth)}
	var walkers [2]walker
	for i, questions := range [2][]workload.Question{b.questions(), tenth.Questions(0, workload.Mix)} {
		walkers[i].n = len(questions)
		if walkers[i].ask, err = [2]engine.Baobab{large, small}[i].Prepare(questions); err != nil {
			return nil, err
		}
	}
	for range b.rounds {
		for i := range walkers {
			if _, err := walkers[i].sample(ctx, b.patience, rows[i]); err != nil {
				return nil, err
			}
		}
	}
	ratio := report.Over("ten times as many tuples, mix", rows[0], rows[1], report.AtMost(1.6, "10M"))
	ratio.Who = "baobab"
	return []*report.Row{rows[0], rows[1], ratio}, nil
}
