package store

import (
	"context"
	"errors"
	"slices"
	"time"
)

// trailTo returns the revisions of consecutive commits before one of the log, as far as is worth knowing:
// those that the store has followed and the log still has, and those that came in their place
// after it lost some. The history of a store that is built anew begins with one state; by these it still
// tells the tokens of what was lost from those of what was not.
//
// It is nothing if the log has lost all that is retained here, or has compacted it away.
func (s *Store) trailTo(ctx context.Context, until Revision) ([]Revision, error) {
	known := append(slices.Clone(s.line.trail), s.history.revisions(s)...)
	known = known[:firstFrom(known, until.position)]
	low, high := 0, len(known) // known[:low] is in the log, and known[high:] is not
	for low < high {
		middle := (low + high) / 2
		switch there, err := s.logHas(ctx, known[middle]); {
		case errors.Is(err, ErrCompacted): // and so are those before
			known = known[middle+1:]
			low, high = 0, high-middle-1
		case err != nil:
			return nil, err
		case there:
			low = middle + 1
		default:
			high = middle
		}
	}
	trail := known[:low]
	if low == 0 {
		return nil, nil
	}
	return s.extend(ctx, trail, until)
}

// logHas reports whether a revision, which is before the head, is in the log's history.
func (s *Store) logHas(ctx context.Context, rev Revision) (there bool, err error) {
	err = s.readOn(ctx, func() Revision { return rev }, func(*Commit) bool {
		there = true
		return false
	})
	if errors.Is(err, ErrDiverged) {
		return false, nil
	}
	return there, err
}

// extend adds the log's revisions after a trail, up to the one before until.
func (s *Store) extend(ctx context.Context, trail []Revision, until Revision) ([]Revision, error) {
	last := func() Revision { return trail[len(trail)-1] }
	if until.position-last().position > maxTrail {
		return trail, nil
	}
	err := s.readOn(ctx, last, func(c *Commit) bool {
		if c.Revision == until {
			return false
		}
		trail = append(trail, c.Revision)
		return true
	})
	if errors.Is(err, ErrCompacted) {
		return nil, nil
	}
	return trail[max(0, len(trail)-maxTrail):], err
}

// readOn calls yield for each commit after a revision until it returns false, and tries
// again a few times if the log fails. There has to be such a commit; should the log have lost it
// in the meantime, waiting for it ends as well.
func (s *Store) readOn(ctx context.Context, after func() Revision, yield func(*Commit) bool) error {
	ctx, cancel := context.WithTimeout(ctx, trailTimeout)
	defer cancel()
	for wait, failures := newBackoff(), 0; ; failures++ {
		err := errors.New("it stopped handing out commits")
		var c Commit
		for c, err = range s.line.log.Tail(ctx, after()) {
			if err != nil {
				break
			}
			if !yield(&c) {
				return nil
			}
			failures = 0
		}
		if errors.Is(err, ErrDiverged) || errors.Is(err, ErrCompacted) || ctx.Err() != nil || failures == trailTries || !wait.sleep(ctx.Done()) {
			return err
		}
	}
}

const (
	maxTrail     = defaultHistoryCommits
	trailTries   = 5 // of a log that hands out nothing, in a row
	trailTimeout = 30 * time.Second
)

// firstFrom returns the index of the first revision at a position or after it.
func firstFrom(revisions []Revision, position uint64) int {
	i, _ := slices.BinarySearchFunc(revisions, position, func(r Revision, p uint64) int {
		if r.position < p {
			return -1
		}
		return 1
	})
	return i
}

// passed returns the revision at a position before the history that is retained, if it is known.
func (l *line) passed(position uint64) (Revision, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := firstFrom(l.trail, position); i < len(l.trail) && l.trail[i].position == position {
		return l.trail[i], true
	}
	return Revision{}, false
}

// revisions returns those of the commits that are retained.
func (h *history) revisions(s *Store) []Revision {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]Revision, 0, h.commits)
	for _, e := range h.entries {
		if !e.sweep {
			all = append(all, s.revision(&e.meta))
		}
	}
	return all
}
