package store

import (
	"fmt"
	"slices"

	"github.com/baobab-authz/baobab/internal/index"
)

// Check verifies the newest state (both trees, what qualifies the tuples, the
// order by expiry, every count) and that the retained history leads from the
// oldest state to it and back, through every pinned snapshot. The error is
// [ErrCorrupt]. It reads everything twice, and no one waits for it.
func (s *Store) Check() error {
	if err := s.err(); err != nil {
		return err
	}
	h := &s.history
	h.mu.Lock()
	head, first := s.head.Load(), h.first
	entries, pins := slices.Clone(h.entries), slices.Clone(h.pins)
	h.mu.Unlock()
	if len(entries) == 0 {
		return ErrClosed
	}
	if err := head.Check(); err != nil {
		return err
	}
	if last := entries[len(entries)-1].meta; last != head.Meta {
		return fmt.Errorf("%w: the newest state is %+v, its commit %+v", ErrCorrupt, head.Meta, last)
	}
	return checkHistory(head, first, entries, pins)
}

// checkHistory takes the steps back from head to the oldest state, and makes
// them again.
func checkHistory(head *index.Snapshot, first int64, entries []*entry, pins []pin) error {
	b := head.Beside()
	for i := len(entries) - 1; i > 0; i-- {
		if err := checkPin(b.Peek(), first+int64(i), pins); err != nil {
			return err
		}
		if err := checkStep(entries[i-1], entries[i]); err != nil {
			return err
		}
		if err := b.Undo(entries[i].changes); err != nil {
			return err
		}
	}
	oldest := b.Freeze()
	if err := oldest.Check(); err != nil {
		return err
	}
	for i, e := range entries {
		if i > 0 {
			if err := b.Redo(e.changes); err != nil {
				return err
			}
		}
		if err := checkPin(b.Peek(), first+int64(i), pins); err != nil {
			return err
		}
	}
	if !b.Peek().Equal(head) {
		return fmt.Errorf("%w: the history does not lead to the newest state", ErrCorrupt)
	}
	return nil
}

// checkStep checks that a step follows another.
func checkStep(before, after *entry) error {
	x, y := before.meta, after.meta
	if after.sweep {
		x.Swept = y.Swept
		if x == y {
			return nil
		}
	} else if y.Revision == x.Revision+1 && y.Time >= x.Time && y.Swept == x.Swept {
		return nil
	}
	return fmt.Errorf("%w: %+v does not follow %+v", ErrCorrupt, y, x)
}

// checkPin checks that a snapshot pinned at a position is the state there.
func checkPin(state *index.Snapshot, at int64, pins []pin) error {
	for _, p := range pins {
		if p.at == at && !p.snap.Equal(state) {
			return fmt.Errorf("%w: the snapshot pinned at revision %d is not the state of the history", ErrCorrupt, p.snap.Revision)
		}
	}
	return nil
}
