package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// await waits for the outcome of a proposal: nil, errAgain, or why it failed.
func (s *Store) await(ctx context.Context, p *proposal) error {
	select {
	case <-p.done:
		return p.outcome
	case <-ctx.Done():
	}
	if s.line.withdraw(p) {
		return fmt.Errorf("store: waiting for the log: %w", ctx.Err())
	}
	select {
	case <-p.done: // at the same time
		return p.outcome
	default:
		return &UnknownError{p.commit.Revision, ctx.Err()}
	}
}

// flush appends what is proposed to the log, a group at a time, until the store is
// closed.
func (s *Store) flush() {
	l := s.line
	defer l.workers.Done()
	for {
		group := l.take()
		if group == nil {
			select {
			case <-l.wake:
				continue
			case <-s.done:
				l.mu.Lock()
				l.cut(0, ErrClosed)
				l.mu.Unlock()
				return
			}
		}
		s.append(group)
		s.progressed()
	}
}

// append appends a group to the log, and again until its outcome is known.
func (s *Store) append(group []*proposal) {
	l := s.line
	commits := make([]Commit, len(group))
	for i, p := range group {
		commits[i] = p.commit
	}
	var doubt error // the first error after which the outcome was not known
	for wait := newBackoff(); ; {
		err := l.log.Append(context.WithoutCancel(l.ctx), commits)
		switch {
		case err == nil:
			s.appended(group)
			return
		case errors.Is(err, ErrConflict), errors.Is(err, ErrCompacted) && doubt == nil: // then it cannot be in the log
			s.conflicted(group, err)
			return
		case errors.Is(err, ErrReadOnly), errors.Is(err, ErrCompacted):
			s.refused(group, err, doubt)
			return
		}
		if doubt == nil {
			doubt = err
			l.logger.Warn("baobab: the log did not say whether it has taken commits; asking again", "revision", commits[0].Revision.String(), "commits", len(commits), "error", err)
		}
		if !wait.sleep(s.done) {
			s.refused(group, ErrClosed, doubt)
			return
		}
		if !l.inFlight(group) { // the follower has met them, or others in their place
			return
		}
	}
}

// appended publishes a group that is durable.
func (s *Store) appended(group []*proposal) {
	l := s.line
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, p := range l.flying {
		if p == group[len(group)-1] {
			s.landed(i + 1)
			return
		}
	}
	// The follower has published it already, or the log has said two things.
	for _, p := range group {
		if p.outcome != nil {
			l.doubt()
		}
	}
}

// conflicted gives up all proposals, because the log has something else.
func (s *Store) conflicted(group []*proposal, err error) {
	l := s.line
	var conflict *ConflictError
	l.mu.Lock()
	if errors.As(err, &conflict) {
		l.behind = conflict.Head
	}
	if len(l.flying) > 0 && l.flying[len(l.flying)-1] == group[len(group)-1] {
		s.overtakenLocked(errAgain)
	}
	l.mu.Unlock()
	if conflict == nil {
		l.doubt()
	} else if here := s.newest(); !here.SameHistory(conflict.Head) || conflict.Head.position < here.position {
		l.doubt()
	}
	l.nudge()
}

// refused ends a group that the log will not take, and with it whatever waits.
func (s *Store) refused(group []*proposal, err, doubt error) {
	l := s.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.flying) == 0 || l.flying[0] != group[0] {
		return
	}
	if doubt != nil {
		for _, p := range l.flying {
			p.end(&UnknownError{p.commit.Revision, fmt.Errorf("%w, then %w", doubt, err)})
		}
		l.flying = nil
	}
	s.overtakenLocked(err)
}

// catchUp waits for what another process has committed, if that is why a transaction
// has to run again.
func (s *Store) catchUp(ctx context.Context) error {
	l := s.line
	if l == nil {
		return nil
	}
	l.mu.Lock()
	behind := l.behind
	l.mu.Unlock()
	if behind.IsZero() {
		return nil
	}
	if here := s.newest(); !here.SameHistory(behind) || here.position >= behind.position {
		l.mu.Lock()
		if l.behind == behind {
			l.behind = Revision{}
		}
		l.mu.Unlock()
		return nil
	}
	return s.reach(ctx, behind)
}

// A backoff is how long to wait before the next attempt: longer each time.
type backoff struct{ next time.Duration }

const (
	firstBackoff = 5 * time.Millisecond
	lastBackoff  = time.Second
)

func newBackoff() *backoff { return &backoff{firstBackoff} }

// sleep waits, and reports whether done is still open.
func (b *backoff) sleep(done <-chan struct{}) bool {
	timer := time.NewTimer(b.next)
	defer timer.Stop()
	b.next = min(2*b.next, lastBackoff)
	select {
	case <-timer.C:
		return true
	case <-done:
		return false
	}
}
