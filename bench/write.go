package main

import (
	"context"
	"slices"
	"time"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/bench/engine"
	"github.com/baobab-authz/baobab/bench/reference"
	"github.com/baobab-authz/baobab/bench/report"
	"github.com/baobab-authz/baobab/tuple"
)

const (
	written = 2_000 // commits of one sample
	batch   = 100   // tuples of a larger transaction
)

// writes measures commits of one tuple, and of 100. What they delete is written
// again, so that the store stays as it was.
func writes(ctx context.Context, b *bench) ([]*report.Row, error) {
	all, err := b.all(ctx)
	if err != nil {
		return nil, err
	}
	rows := map[string]*report.Row{}
	floor := &report.Row{What: "one commit, p50", Who: "two BTreeG Clone and insert", Unit: report.Nanoseconds}
	batched := &report.Row{What: "transactions of 100, per tuple", Who: "baobab", Unit: report.Nanoseconds, Target: report.AtMost(2000, "1M")}
	one, two := reference.NewBTree(b.count(), 1), reference.NewBTree(b.count(), 1)
	var order []*report.Row
	for round := range b.rounds {
		tuples := slices.Collect(b.w.Random(uint64(1000+round), written/2))
		for _, e := range all {
			w, ok := e.(engine.Writer)
			if !ok {
				continue
			}
			r := rows[e.Name()]
			if r == nil {
				r = &report.Row{What: "one commit, p50", Who: e.Name(), Unit: report.Nanoseconds}
				rows[e.Name()] = r
				order = append(order, r)
			}
			took, err := commitEach(ctx, w, tuples, b.patience)
			if err != nil {
				return nil, err
			}
			r.Add(report.Quantile(took, 0.5))
			if own, ok := e.(engine.Baobab); ok {
				if err := commitBatches(ctx, own, tuples, batched); err != nil {
					return nil, err
				}
			}
		}
		floor.Add(report.Quantile(nanoseconds(one.Commit(two, written)), 0.5))
	}
	order = append(order, floor)
	if own := rows["baobab"]; own != nil {
		order = append(order, report.Over("one commit against the floor", own, floor, report.AtMost(2.5, "1M")), batched)
	}
	return order, nil
}

// commitEach deletes tuples and writes them again, one a commit, and returns how
// long each took.
func commitEach(ctx context.Context, w engine.Writer, tuples []tuple.Tuple, patience time.Duration) ([]float64, error) {
	var took []float64
	began := time.Now()
	for _, t := range tuples {
		for _, commit := range []func(context.Context, tuple.Tuple) error{w.Delete, w.Write} {
			from := time.Now()
			err := commit(ctx, t)
			took = append(took, float64(time.Since(from).Nanoseconds()))
			if err != nil {
				return nil, err
			}
		}
		if time.Since(began) > patience {
			break
		}
	}
	return took, nil
}

// commitBatches deletes tuples and writes them again in transactions of 100, and
// adds the time for a tuple.
func commitBatches(ctx context.Context, eng engine.Baobab, tuples []tuple.Tuple, r *report.Row) error {
	n := 0
	from := time.Now()
	for some := range slices.Chunk(tuples, batch) {
		for _, again := range []bool{false, true} {
			_, err := eng.Update(ctx, func(tx *baobab.Tx) error {
				if !again {
					return tx.Delete(some...)
				}
				for _, t := range some {
					if err := tx.Touch(t.Always()); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			n += len(some)
		}
	}
	r.Add(float64(time.Since(from).Nanoseconds()) / float64(n))
	return nil
}

func nanoseconds(all []time.Duration) []float64 {
	ns := make([]float64, len(all))
	for i, d := range all {
		ns[i] = float64(d.Nanoseconds())
	}
	return ns
}
