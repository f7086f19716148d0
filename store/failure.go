package store

import (
	"fmt"
	"time"
)

// A failure is why a store answers nothing: it is closed, or what it has is not, or
// perhaps not, what its log has.
type failure struct{ err error }

// err returns why the store answers nothing, or nil.
func (s *Store) err() error {
	if f := s.failure.Load(); f != nil {
		return f.err
	}
	if s.line != nil && s.line.maxStaleness > 0 {
		if age := s.line.age(); age > s.line.maxStaleness {
			return fmt.Errorf("%w: nothing has been heard of the log for %s, and the limit is %s", ErrStale, age.Round(time.Millisecond), s.line.maxStaleness)
		}
	}
	return nil
}

// isClosed reports whether the store is closed.
func (s *Store) isClosed() bool {
	f := s.failure.Load()
	return f != nil && f.err == ErrClosed
}

// fail makes the store answer nothing, unless it does so already for a reason that stays,
// and who waits for something know it.
func (s *Store) fail(err error) {
	f := &failure{err}
	for {
		old := s.failure.Load()
		if old != nil && old.err == ErrClosed {
			return
		}
		if s.failure.CompareAndSwap(old, f) {
			s.history.rouse()
			return
		}
	}
}

// recovered ends what fail began.
func (s *Store) recovered() {
	if old := s.failure.Load(); old != nil && old.err != ErrClosed {
		s.failure.CompareAndSwap(old, nil)
	}
}
