package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/baobab-authz/baobab/bench/engine"
	"github.com/baobab-authz/baobab/bench/report"
	"github.com/baobab-authz/baobab/tuple"
)

const (
	threads  = 2
	together = 64 // questions of one CheckAll
)

// side is what one of two goroutines asks until patience is over; it returns how
// many questions it were.
type side func(ctx context.Context, patience time.Duration) (int, error)

// checkAll measures the mix on two goroutines: one by one for every engine, and
// for baobab through CheckAll as well, 64 at a time.
func checkAll(ctx context.Context, b *bench) ([]*report.Row, error) {
	all, err := b.all(ctx)
	if err != nil {
		return nil, err
	}
	var rows []*report.Row
	var asked [][threads]side
	for _, e := range all {
		if own, ok := e.(engine.Baobab); ok {
			rows = append(rows, &report.Row{What: "CheckAll, 64 at a time, two threads, mix", Who: e.Name(), Unit: report.PerSecond, Target: report.AtLeast(4.2e6, "1M")})
			asked = append(asked, batches(b, own))
		}
		rows = append(rows, &report.Row{What: "one by one, two threads, mix", Who: e.Name(), Unit: report.PerSecond})
		sides, err := singles(b, e)
		if err != nil {
			return nil, err
		}
		asked = append(asked, sides)
	}
	for range b.rounds {
		for i, sides := range asked {
			rate, err := atOnce(ctx, b.patience, sides)
			if err != nil {
				return nil, err
			}
			rows[i].Add(rate)
		}
	}
	return rows, nil
}

// atOnce lets both sides ask at once and returns how many questions a second were
// answered.
func atOnce(ctx context.Context, patience time.Duration, sides [threads]side) (float64, error) {
	var asked [threads]int
	var failed [threads]error
	var wait sync.WaitGroup
	from := time.Now()
	for i, ask := range sides {
		wait.Go(func() { asked[i], failed[i] = ask(ctx, patience) })
	}
	wait.Wait()
	total := 0
	for _, n := range asked {
		total += n
	}
	return float64(total) / time.Since(from).Seconds(), errors.Join(failed[:]...)
}

// singles returns two sides that ask a half of the mix each, one by one.
func singles(b *bench, e engine.Engine) (sides [threads]side, err error) {
	half := len(b.questions()) / threads
	for i := range sides {
		ask, err := e.Prepare(b.questions()[i*half : (i+1)*half])
		if err != nil {
			return sides, err
		}
		k := &walker{ask: ask, n: half}
		sides[i] = func(ctx context.Context, patience time.Duration) (int, error) {
			_, n, err := k.walk(ctx, patience)
			return n, err
		}
	}
	return sides, nil
}

// batches returns two sides that ask a half of the mix each, 64 at a time.
func batches(b *bench, own engine.Baobab) (sides [threads]side) {
	questions := engine.Tuples(b.questions())
	half := len(questions) / threads
	for i := range sides {
		k := &batchWalker{own: own, questions: questions[i*half : (i+1)*half]}
		sides[i] = k.walk
	}
	return sides
}

// batchWalker asks questions 64 at a time, and begins again behind the last.
type batchWalker struct {
	own       engine.Baobab
	questions []tuple.Tuple
	at        int
}

func (k *batchWalker) walk(ctx context.Context, patience time.Duration) (int, error) {
	asked := 0
	for from := time.Now(); asked < len(k.questions) && time.Since(from) < patience; {
		some := k.questions[k.at:min(k.at+together, len(k.questions))]
		if _, err := k.own.CheckAll(ctx, some); err != nil {
			return asked, err
		}
		asked += len(some)
		if k.at += len(some); k.at == len(k.questions) {
			k.at = 0
		}
	}
	return asked, nil
}
