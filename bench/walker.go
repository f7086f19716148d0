package main

import (
	"context"
	"runtime"
	"time"

	"github.com/baobab-authz/baobab/bench/engine"
	"github.com/baobab-authz/baobab/bench/report"
)

// walker asks questions in their order and begins again behind the last.
type walker struct {
	ask   engine.Ask
	n, at int
}

// clockEvery is after how many questions a walker looks at the clock.
const clockEvery = 16

// walk asks every question once, or as many as patience lasts for, and returns
// the nanoseconds of one and how many it were.
func (k *walker) walk(ctx context.Context, patience time.Duration) (float64, int, error) {
	from := time.Now()
	asked := 0
	for asked < k.n {
		for range min(clockEvery, k.n-asked) {
			if _, err := k.ask(ctx, k.at); err != nil {
				return 0, asked, err
			}
			if k.at++; k.at == k.n {
				k.at = 0
			}
			asked++
		}
		if time.Since(from) > patience {
			break
		}
	}
	return float64(time.Since(from).Nanoseconds()) / float64(max(1, asked)), asked, nil
}

// sample adds a walk to a row.
func (k *walker) sample(ctx context.Context, patience time.Duration, r *report.Row) (asked int, err error) {
	ns, asked, err := k.walk(ctx, patience)
	if err != nil {
		return asked, err
	}
	r.Add(ns)
	return asked, nil
}

// spent is what something took from the heap.
type spent struct{ allocations, bytes float64 }

// spending returns what fn allocates.
func spending(fn func() error) (spent, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := fn()
	runtime.ReadMemStats(&after)
	return spent{float64(after.Mallocs - before.Mallocs), float64(after.TotalAlloc - before.TotalAlloc)}, err
}
