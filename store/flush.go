package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// outcome waits until it is known whether what an attempt has seen and written is durable.
// If it is not, the transaction has to run again, or there is an error.
func (s *Store) outcome(ctx context.Context, a attempt) (again bool, err error) {
	switch {
	case a.again:
		return true, nil
	case a.own != nil:
		err = s.await(ctx, a.own)
		return err == errAgain, err
	case a.on == nil:
		return false, nil
	}
	select {
	case <-a.on.done:
		// Why what it saw is not durable is told to those who wrote it.
		return a.on.outcome != nil, nil
	case <-ctx.Done():
		return false, fmt.Errorf("store: waiting for what the transaction has seen to become durable: %w", ctx.Err())
	}
}

// await waits for the outcome of a proposal: nil, errAgain, or why it failed. If the
// context ends first, it takes the proposal back, if that can be done.
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
		if group := l.take(); group != nil {
			s.append(group)
			s.progressed(group)
			continue
		}
		select {
		case <-l.wake:
		case <-s.done:
			if l.close() {
				return
			}
		}
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
		if !l.waitedFor(group) { // the follower has met others in their place
			return
		}
	}
}

// waitedFor reports whether some of a group have not been decided in another way. Those that the
// follower has met have not: see known.
func (l *line) waitedFor(group []*proposal) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(group, func(p *proposal) bool { return !p.ended() })
}

// appended publishes a group that is durable, unless the follower has, and says so.
func (s *Store) appended(group []*proposal) {
	l := s.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.flies(group) {
		s.land(len(l.flying))
	}
	l.decide(group, nil)
	for _, p := range group {
		if p.outcome != nil { // the log has said two things
			l.doubt()
		}
	}
}

// conflicted gives up all proposals, because the log has something else.
func (s *Store) conflicted(group []*proposal, err error) {
	l := s.line
	head, known := s.headAfter(err)
	l.mu.Lock()
	if known {
		l.behind = head
	}
	l.decide(group, err)
	if l.flies(group) {
		s.overtakenLocked(errAgain)
	}
	l.mu.Unlock()
	if !known || !s.leadsTo(head) {
		l.doubt()
	}
	l.nudge()
}

// headAfter returns what the log has instead, so that there is something to wait for before
// the next attempt. If the log does not say, some time passes.
func (s *Store) headAfter(err error) (Revision, bool) {
	var conflict *ConflictError
	if errors.As(err, &conflict) {
		return conflict.Head, true
	}
	head, err := s.line.log.Head(s.line.ctx)
	if err != nil {
		newBackoff().sleep(s.done)
	}
	return head, err == nil
}

// leadsTo reports whether the newest state can come to have the log's head: it does not, if
// it has been in the log and is not any more.
func (s *Store) leadsTo(head Revision) bool {
	here := s.newest()
	if !here.SameHistory(head) || head.position > here.position {
		return here.SameHistory(head)
	}
	is, ok := s.history.at(s, head.position)
	return ok && is == head // the follower was faster
}

// refused ends a group that the log will not take, and with it whatever waits.
func (s *Store) refused(group []*proposal, err, doubt error) {
	l := s.line
	l.mu.Lock()
	defer l.mu.Unlock()
	why := err
	if doubt != nil {
		why = fmt.Errorf("%w, then %w", doubt, err)
	}
	l.decide(group, why)
	if !l.flies(group) {
		return
	}
	if doubt != nil {
		for _, p := range l.flying {
			p.end(&UnknownError{p.commit.Revision, why})
		}
		l.flying = nil
	}
	s.overtakenLocked(err)
}

// catchUp waits for what another process has committed, if that is why a transaction
// has to run again.
func (s *Store) catchUp(ctx context.Context) error {
	l := s.line
	l.mu.Lock()
	behind := l.behind
	l.mu.Unlock()
	if behind.IsZero() {
		return nil
	}
	if here := s.newest(); here.SameHistory(behind) && here.position < behind.position {
		_, err := s.arrived(ctx, behind)
		if err == nil || !errors.Is(err, ErrDiverged) {
			return err
		}
		if err := s.err(); err != nil {
			return err
		}
		// The log has lost it. What it has instead, the follower or another conflict tells.
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.behind == behind {
		l.behind = Revision{}
	}
	return nil
}

// A backoff is how long to wait before the next attempt: longer each time.
type backoff struct {
	next  time.Duration
	tried bool // at least once
}

const (
	firstBackoff = 5 * time.Millisecond
	lastBackoff  = time.Second
)

func newBackoff() *backoff { return &backoff{next: firstBackoff} }

// again waits, but not before the first attempt, and reports whether done is still open.
func (b *backoff) again(done <-chan struct{}) bool {
	if b.tried {
		return b.sleep(done)
	}
	b.tried = true
	select {
	case <-done:
		return false
	default:
		return true
	}
}

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
