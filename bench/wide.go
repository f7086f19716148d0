package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/baobab-authz/baobab/bench/engine"
	"github.com/baobab-authz/baobab/bench/report"
	"github.com/baobab-authz/baobab/bench/workload"
)

// wideAsked is how many questions of each outcome are asked about what is wide.
const wideAsked = 1_000

// wide measures the group of a million members and the object that is shared with
// 10,000 groups, in an engine that holds the workload as well.
func wide(ctx context.Context, b *bench) ([]*report.Row, error) {
	if !slices.Contains(b.names, "baobab") {
		return nil, nil
	}
	eng, err := engine.NewBaobab()
	if err != nil {
		return nil, err
	}
	defer eng.Close()
	if err := eng.Load(ctx, b.w.Tuples()); err != nil {
		return nil, err
	}
	if err := eng.Load(ctx, workload.Wide()); err != nil {
		return nil, err
	}
	var rows []*report.Row
	for _, c := range []struct {
		what      string
		questions []workload.Question
	}{
		{"group of 1,000,000 members", b.w.Group(wideAsked)},
		{"object shared with 10,000 groups", b.w.Shared(wideAsked)},
	} {
		some, err := wideRows(ctx, b, eng, c.what, c.questions)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.what, err)
		}
		rows = append(rows, some...)
	}
	return rows, nil
}

// wideRows asks allowed and denied questions apart: once, when no subject has been
// seen, and then over and over.
func wideRows(ctx context.Context, b *bench, eng engine.Baobab, what string, questions []workload.Question) ([]*report.Row, error) {
	var rows []*report.Row
	for _, outcome := range []workload.Outcome{workload.Allowed, workload.Stranger} {
		name := map[workload.Outcome]string{workload.Allowed: "allowed", workload.Stranger: "denied"}[outcome]
		some := slices.DeleteFunc(slices.Clone(questions), func(q workload.Question) bool { return q.Outcome != outcome })
		ask, err := eng.Prepare(some)
		if err != nil {
			return nil, err
		}
		first := &report.Row{What: what + ", first questions", Who: name, Unit: report.Nanoseconds}
		later := &report.Row{What: what, Who: name, Unit: report.Nanoseconds, Target: report.AtMost(1000, "")}
		k := walker{ask: ask, n: len(some)}
		if _, err := k.sample(ctx, b.patience, first); err != nil {
			return nil, err
		}
		for range b.rounds {
			if _, err := k.sample(ctx, b.patience, later); err != nil {
				return nil, err
			}
		}
		if err := engine.Verify(ctx, eng, some[:min(len(some), 100)]); err != nil {
			return nil, err
		}
		rows = append(rows, first, later)
	}
	return rows, nil
}
