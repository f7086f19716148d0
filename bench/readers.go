package main

import (
	"context"
	"slices"
	"time"

	"github.com/baobab-authz/baobab/bench/engine"
	"github.com/baobab-authz/baobab/bench/report"
	"github.com/baobab-authz/baobab/bench/workload"
	"github.com/baobab-authz/baobab/tuple"
)

const commitRate = 10_000 // commits a second

// readers measures what a reader notices of a writer of 10,000 commits a second:
// in each round the same questions, one by one, without the writer and with it.
func readers(ctx context.Context, b *bench) ([]*report.Row, error) {
	eng, ok, err := b.baobab(ctx)
	if err != nil || !ok {
		return nil, err
	}
	ask, err := eng.Prepare(b.questions())
	if err != nil {
		return nil, err
	}
	row := func(what, who string, u report.Unit) *report.Row {
		return &report.Row{What: what, Who: who, Unit: u}
	}
	p50, p50Busy := row("a reader's p50", "no writer", report.Nanoseconds), row("a reader's p50", "10,000 commits/s", report.Nanoseconds)
	p99, p99Busy := row("a reader's p99", "no writer", report.Nanoseconds), row("a reader's p99", "10,000 commits/s", report.Nanoseconds)
	rate := row("commits that the writer made", "baobab", report.PerSecond)
	k := &walker{ask: ask, n: workload.Mix}
	for round := range b.rounds {
		alone, err := k.each(ctx, b.patience)
		if err != nil {
			return nil, err
		}
		w := startWriter(ctx, eng, slices.Collect(b.w.Random(uint64(2000+round), commitRate)))
		busy, err := k.each(ctx, b.patience)
		made, failed := w.stop()
		if err != nil || failed != nil {
			return nil, firstOf(err, failed)
		}
		p50.Add(report.Quantile(alone, 0.5))
		p99.Add(report.Quantile(alone, 0.99))
		p50Busy.Add(report.Quantile(busy, 0.5))
		p99Busy.Add(report.Quantile(busy, 0.99))
		rate.Add(made)
	}
	return []*report.Row{p50, p50Busy, p99, p99Busy,
		report.Over("p99 with the writer against without", p99Busy, p99, report.AtMost(1.2, "1M")), rate}, nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// each asks until patience is over, and returns how long each question took.
func (k *walker) each(ctx context.Context, patience time.Duration) ([]float64, error) {
	took := make([]float64, 0, k.n)
	for began := time.Now(); len(took) < k.n; {
		from := time.Now()
		_, err := k.ask(ctx, k.at)
		end := time.Now()
		if err != nil {
			return nil, err
		}
		took = append(took, float64(end.Sub(from).Nanoseconds()))
		if k.at++; k.at == k.n {
			k.at = 0
		}
		if end.Sub(began) > patience {
			break
		}
	}
	return took, nil
}

// writer commits at a steady rate until it is stopped.
type writer struct {
	quit chan struct{}
	done chan struct{}
	rate float64
	err  error
}

// startWriter starts a goroutine that deletes tuples and writes them again, one a
// commit, over and over.
func startWriter(ctx context.Context, eng engine.Baobab, tuples []tuple.Tuple) *writer {
	w := &writer{quit: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		began := time.Now()
		made := 0
		for i := 0; w.err == nil && !w.stopped(); i = (i + 1) % len(tuples) {
			if w.err = eng.Delete(ctx, tuples[i]); w.err == nil {
				w.err = eng.Write(ctx, tuples[i])
			}
			made += 2
			due := began.Add(time.Duration(made) * time.Second / commitRate)
			if early := time.Until(due); early > time.Millisecond {
				time.Sleep(early)
			}
		}
		w.rate = float64(made) / time.Since(began).Seconds()
	}()
	return w
}

func (w *writer) stopped() bool {
	select {
	case <-w.quit:
		return true
	default:
		return false
	}
}

// stop ends the writer and returns how many commits a second it made.
func (w *writer) stop() (float64, error) {
	close(w.quit)
	<-w.done
	return w.rate, w.err
}
