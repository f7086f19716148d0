package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/bench/engine"
	"github.com/baobab-authz/baobab/bench/report"
	"github.com/baobab-authz/baobab/bench/workload"
	"github.com/baobab-authz/baobab/schema"
)

const (
	tenantCount = 10_000
	tenantSize  = 100    // tuples
	tenantAsked = 20_000 // questions of one sample
)

// tenants measures 10,000 engines of 100 tuples in one process, with one schema.
func tenants(ctx context.Context, b *bench) ([]*report.Row, error) {
	if !slices.Contains(b.names, "baobab") {
		return nil, nil
	}
	s, err := schema.Parse("workload.zed", workload.Schema)
	if err != nil {
		return nil, err
	}
	row := func(what string, u report.Unit, target *report.Target) *report.Row {
		return &report.Row{What: what, Who: "baobab", Unit: u, Target: target}
	}
	empty := row("an engine more, without tuples", report.Bytes, report.AtMost(64<<10, ""))
	goroutines := row("an engine more, goroutines", report.Number, report.AtMost(0, ""))
	full := row(fmt.Sprintf("%d tenants of %d tuples, heap of each", tenantCount, tenantSize), report.Bytes, nil)
	p50 := row("a check of a random tenant, p50", report.Nanoseconds, nil)

	var all tenantSet
	defer func() { all.close() }()
	before, running := heap(), runtime.NumGoroutine()
	for range tenantCount {
		eng, err := baobab.Open(s, baobab.Options{})
		if err != nil {
			return nil, err
		}
		all = append(all, engine.Baobab{Engine: eng})
	}
	empty.Add((heap() - before) / tenantCount)
	goroutines.Add(float64(runtime.NumGoroutine()-running) / tenantCount)
	for i, eng := range all {
		if err := eng.Load(ctx, slices.Values(workload.Tenant(i))); err != nil {
			return nil, err
		}
	}
	full.Add((heap() - before) / tenantCount)
	for round := range b.rounds {
		took, err := all.ask(ctx, uint64(round), b.patience)
		if err != nil {
			return nil, err
		}
		p50.Add(report.Quantile(took, 0.5))
	}
	asked := row("the same, after the questions", report.Bytes, nil)
	asked.Add((heap() - before) / tenantCount)
	return []*report.Row{empty, goroutines, full, asked, p50}, nil
}

// tenantSet is one engine for each tenant.
type tenantSet []engine.Baobab

// ask asks tenants at random and returns how long each question took.
func (all tenantSet) ask(ctx context.Context, series uint64, patience time.Duration) ([]float64, error) {
	random := rand.New(rand.NewPCG(series, 3))
	var took []float64
	for began := time.Now(); len(took) < tenantAsked && time.Since(began) < patience; {
		tenant := random.IntN(len(all))
		q := workload.OfTenant(tenant, random.IntN(1000))
		from := time.Now()
		d, err := all[tenant].Check(ctx, q.Tuple)
		took = append(took, float64(time.Since(from).Nanoseconds()))
		if err != nil {
			return nil, err
		}
		if d.Allowed() != q.Allowed() {
			return nil, fmt.Errorf("%s is answered %s", q.Tuple, d)
		}
	}
	return took, nil
}

func (all tenantSet) close() {
	for _, eng := range all {
		eng.Close()
	}
}
