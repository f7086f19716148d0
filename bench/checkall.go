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
	together  = 64 // questions of one CheckAll
	askedByAt = 2  // goroutines that ask at once
)

// checkAll measures the mix through CheckAll, 64 at a time, on two goroutines.
func checkAll(ctx context.Context, b *bench) ([]*report.Row, error) {
	eng, ok, err := b.baobab(ctx)
	if err != nil || !ok {
		return nil, err
	}
	questions := engine.Tuples(b.questions())
	row := &report.Row{What: "CheckAll, 64 at a time, two threads, mix", Who: "baobab", Unit: report.PerSecond, Target: report.AtLeast(4.2e6, "1M")}
	for range b.rounds {
		from := time.Now()
		var total int
		var mu sync.Mutex
		var wait sync.WaitGroup
		var failed error
		half := len(questions) / askedByAt
		for g := range askedByAt {
			wait.Go(func() {
				n, err := askAll(ctx, eng, questions[g*half:(g+1)*half], b.patience)
				mu.Lock()
				total, failed = total+n, errors.Join(failed, err)
				mu.Unlock()
			})
		}
		wait.Wait()
		if failed != nil {
			return nil, failed
		}
		row.Add(float64(total) / time.Since(from).Seconds())
	}
	return []*report.Row{row}, nil
}

// askAll asks questions 64 at a time until patience is over, and returns how many.
func askAll(ctx context.Context, eng engine.Baobab, questions []tuple.Tuple, patience time.Duration) (int, error) {
	asked := 0
	for from := time.Now(); asked < len(questions) && time.Since(from) < patience; {
		some := questions[asked:min(asked+together, len(questions))]
		if _, err := eng.CheckAll(ctx, some); err != nil {
			return asked, err
		}
		asked += len(some)
	}
	return asked, nil
}
