package store

import (
	"context"

	"github.com/baobab-authz/baobab/internal/index"
)

// sweepAll is the limit of Sweep: none.
const sweepAll = int(^uint(0) >> 1)

// Sweep removes every tuple that expired at least the option's SweepGrace ago,
// and returns how many it removed. States taken earlier keep them, and so does
// the history. The revision stays the same: no state's answers change.
func (s *Store) Sweep(ctx context.Context) (n int, err error) {
	err = s.still(ctx, func() (err error) {
		n, err = s.sweep()
		return err
	})
	return n, err
}

// still runs fn with the turn, when the newest state is the last one that there is.
func (s *Store) still(ctx context.Context, fn func() error) error {
	if s.line != nil {
		return s.alone(ctx, fn)
	}
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.release()
	return fn()
}

func (s *Store) sweep() (int, error) {
	base := s.head.Load()
	b := base.Edit()
	swept := b.Sweep(s.graceEnd(s.instant(base)), sweepAll)
	if len(swept) == 0 {
		return 0, nil
	}
	snap := b.Freeze()
	e := &entry{meta: snap.Meta, dict: s.dict, changes: swept, sweep: true}
	if err := s.verify(base, snap, e); err != nil {
		return 0, err
	}
	s.publish(snap, e)
	s.replaceTip()
	return len(swept), nil
}

// graceEnd returns the instant at or before which a tuple must have expired to
// be swept at the instant now.
func (s *Store) graceEnd(now int64) int64 {
	grace := s.options.SweepGrace.Microseconds()
	if now < index.NeverSwept+grace { // before the first instant that there is
		return index.NeverSwept
	}
	return now - grace
}
