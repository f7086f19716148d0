package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/baobab-authz/baobab/bench/engine"
	"github.com/baobab-authz/baobab/bench/report"
	"github.com/baobab-authz/baobab/bench/workload"
)

// verified is how many questions an engine answers before it is measured.
const verified = 2_000

// bench is one run: what is measured, and the engines that are loaded by now.
type bench struct {
	size     string
	w        workload.Workload
	rounds   int
	patience time.Duration
	names    []string // of the engines, in order

	engines []engine.Engine // loaded and verified, once a group has asked for them
	heaps   []*report.Row   // what each takes, per tuple
	heap    float64         // what baobab takes, in bytes
	tuples  int
	mix     []workload.Question
}

// contender is an engine that can be chosen, and the largest number of
// organizations for which it is without being named.
type contender struct {
	name string
	orgs int
	open func(ctx context.Context) (engine.Engine, error)
}

// choose sets which engines are measured.
func (b *bench) choose(list string) error {
	var known []string
	for _, c := range contenders() {
		known = append(known, c.name)
		if list == "" && b.w.Orgs <= c.orgs {
			b.names = append(b.names, c.name)
		}
	}
	if list == "" {
		return nil
	}
	b.names = strings.Split(list, ",")
	for _, name := range b.names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("no engine %q: there are %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

// all returns the chosen engines, loaded and verified.
func (b *bench) all(ctx context.Context) ([]engine.Engine, error) {
	if b.engines != nil {
		return b.engines, nil
	}
	questions := b.questions()[:verified]
	for _, c := range contenders() {
		if !slices.Contains(b.names, c.name) {
			continue
		}
		before := heap()
		e, err := c.open(ctx)
		if err != nil {
			return nil, err
		}
		b.engines = append(b.engines, e)
		if err := e.Load(ctx, b.w.Tuples()); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		took := heap() - before
		if _, ok := e.(engine.Baobab); ok {
			b.heap = took
		}
		b.heaps = append(b.heaps, &report.Row{What: "heap per tuple", Who: e.Name(), Unit: report.Bytes, Values: []float64{took / float64(b.count())}})
		if err := engine.Verify(ctx, e, questions); err != nil {
			return nil, err
		}
	}
	return b.engines, nil
}

// baobab returns this project's engine, loaded and verified with the others; false
// if it is not among those chosen.
func (b *bench) baobab(ctx context.Context) (engine.Baobab, bool, error) {
	all, err := b.all(ctx)
	for _, e := range all {
		if own, ok := e.(engine.Baobab); ok {
			return own, true, err
		}
	}
	return engine.Baobab{}, false, err
}

// count returns the number of tuples of the workload.
func (b *bench) count() int {
	if b.tuples == 0 {
		for range b.w.Tuples() {
			b.tuples++
		}
	}
	return b.tuples
}

// questions returns the mix.
func (b *bench) questions() []workload.Question {
	if b.mix == nil {
		b.mix = b.w.Questions(0, workload.Mix)
	}
	return b.mix
}

// close ends the engines.
func (b *bench) close() {
	for _, e := range b.engines {
		e.Close()
	}
}

// heap returns the bytes of the heap that are in use.
func heap() float64 {
	runtime.GC()
	runtime.GC() // also what finalizers and pools held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
