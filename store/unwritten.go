package store

import (
	"context"
	"errors"
	"fmt"
)

// outdated reports whether a transaction that has committed nothing, because it changed
// nothing or failed, has to run again, or else returns its error. One that commits is validated on the
// log's newest state, or it would have a conflict; this one may have run on a state that lacks what
// others had committed before Update was called, such as the very tuple that it was to
// delete. So the log is asked, once for each Update: needed is what it had then, zero before.
func (s *Store) outdated(ctx context.Context, a attempt, needed *Revision) (bool, error) {
	if s.line.exclusive {
		return false, a.err
	}
	if needed.IsZero() {
		head, err := s.line.log.Head(ctx)
		if s.isClosed() {
			return false, ErrClosed
		}
		if err != nil {
			return false, fmt.Errorf("%w: whether the transaction has seen all is not known: %w", ErrStale, errors.Join(ctx.Err(), err))
		}
		if !head.SameHistory(a.base) || head.position < a.base.position || head.position == a.base.position && head != a.base {
			s.line.doubt()
			return false, fmt.Errorf("%w: %s, which a transaction has seen; the log is at %s", ErrDiverged, a.base, head)
		}
		*needed = head
	}
	if a.base.position >= needed.position {
		return false, a.err
	}
	_, err := s.arrived(ctx, *needed)
	return err == nil, err
}
