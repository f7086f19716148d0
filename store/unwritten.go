package store

import (
	"context"
	"errors"
	"fmt"
)

// upToDate is asked about a transaction that has committed nothing, because it changed
// nothing or failed. One that commits is validated on the log's newest state, or it would
// have a conflict; this one may have run on a state that lacks what others had committed before
// Update was called, such as the very tuple that it was to delete. So the log is asked, and the
// transaction runs again if it has not seen all. The log is asked once for each Update: needed is what
// it had then, zero before.
func (s *Store) upToDate(ctx context.Context, base Revision, needed *Revision) (bool, error) {
	if s.line.exclusive {
		return true, nil
	}
	if needed.IsZero() {
		head, err := s.line.log.Head(ctx)
		if s.isClosed() {
			return false, ErrClosed
		}
		if err != nil {
			return false, fmt.Errorf("%w: whether the transaction has seen all is not known: %w", ErrStale, errors.Join(ctx.Err(), err))
		}
		if !head.SameHistory(base) || head.position < base.position || head.position == base.position && head != base {
			s.line.doubt()
			return false, fmt.Errorf("%w: %s, which a transaction has seen; the log is at %s", ErrDiverged, base, head)
		}
		*needed = head
	}
	if base.position >= needed.position {
		return true, nil
	}
	return false, s.reach(ctx, *needed)
}
