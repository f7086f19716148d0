package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/baobab-authz/baobab/internal/index"
)

// A line is what a store with a log has behind its newest published state: the
// transactions that are validated, each on the one before, and not durable yet. The
// next one is validated on the last of them. When a group has been appended to the log
// it is published; when it has not, because another process came first or the log
// failed, all that were validated on it run again.
//
// Whoever proposes has the turn to write. Whoever publishes does not need it: the
// states are made already.
type line struct {
	log          Log
	exclusive    bool
	logger       *slog.Logger
	maxStaleness time.Duration

	mu     sync.Mutex
	tip    *index.Snapshot // the newest validated state
	last   *proposal       // that made the tip; nil if the tip is published
	queue  []*proposal     // to be appended
	flying []*proposal     // being appended, before those
	met    *proposal       // the newest that the follower has published, if the log has not answered yet
	behind Revision        // the newest that is known to be in the log, if it is not here yet
	idle   chan struct{}   // closed when there is no proposal; nil while no one waits
	closed bool            // nothing is appended any more
	alone  int             // how many want the line to be empty
	gate   chan struct{}   // closed when they have had it; nil while there are none

	trail []Revision // of commits before the history that is retained, see trailTo

	wake    chan struct{} // has a value when the queue has
	due     chan struct{} // has a value when the log may forget commits
	tidied  uint64        // the position at which it last had; for whoever appends
	untidy  int           // bytes appended since then; likewise
	workers sync.WaitGroup
	stop    context.CancelFunc // ends what follows the log
	ctx     context.Context    // which that ends
	follow  follower

	start time.Time
	fresh atomic.Int64 // nanoseconds after start when the newest state was last known to be the log's
}

// A proposal is a transaction that is validated and not durable yet.
type proposal struct {
	commit Commit
	base   *index.Snapshot // on which it was validated
	on     *proposal       // that made the base; nil if the base was published
	snap   *index.Snapshot
	steps  []*entry

	published bool // the line's lock is held

	done    chan struct{} // closed when there is an outcome
	outcome error         // nil: it is durable and published
}

// errAgain is the outcome of a proposal that has to be validated on another state.
var errAgain = errors.New("another commit came first")

// end gives a proposal its outcome.
func (p *proposal) end(outcome error) {
	p.outcome = outcome
	close(p.done)
}

// tipState returns the state on which the next transaction is validated, and the newest
// proposal in it of which it is not known yet that it is durable.
func (s *Store) tipState() (*index.Snapshot, *proposal) {
	if s.line == nil {
		return s.head.Load(), nil
	}
	l := s.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		return l.tip, l.met
	}
	return l.tip, l.last
}

// propose puts a transaction in the line, or returns errAgain if what it was
// validated on is not the tip any more.
func (l *line) propose(p *proposal) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	if p.base != l.tip {
		return errAgain
	}
	p.done = make(chan struct{})
	l.queue = append(l.queue, p)
	l.tip, l.last = p.snap, p
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return nil
}

// close ends the line, if nothing is in the queue: nothing will be.
func (l *line) close() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = len(l.queue) == 0
	return l.closed
}

// withdraw takes a proposal back that is not being appended yet, and reports whether
// it could.
func (l *line) withdraw(p *proposal) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, q := range l.queue {
		if q == p {
			l.cut(i)
			return true
		}
	}
	return false
}

// cut ends the proposals of the queue from one on, which have to be validated again. The
// caller holds the lock.
func (l *line) cut(from int) {
	if from == len(l.queue) {
		return
	}
	first := l.queue[from]
	for _, p := range l.queue[from:] {
		p.end(errAgain)
	}
	clear(l.queue[from:])
	l.queue = l.queue[:from]
	l.tip, l.last = first.base, first.on
	if first.on != nil && first.on.published { // since then, or before
		l.last = nil
	}
	l.settled()
}

func (p *proposal) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// take returns the next group to append, or nil when there is none.
func (l *line) take() []*proposal {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, bytes := 0, 0
	for n < len(l.queue) && n < maxGroup && (n == 0 || bytes+len(l.queue[n].commit.data) <= maxGroupBytes) {
		bytes += len(l.queue[n].commit.data)
		n++
	}
	if n == 0 {
		return nil
	}
	l.flying = append([]*proposal(nil), l.queue[:n]...)
	rest := append([]*proposal(nil), l.queue[n:]...)
	l.queue = rest
	return l.flying
}

// Bounds of what is appended at once.
const (
	maxGroup      = 1 << 10
	maxGroupBytes = 8 << 20
)

// flies reports whether a group is still being appended, and has not been decided in
// another way. The first ones may have been published already, since the log hands out one commit after
// the other. The caller holds the lock.
func (l *line) flies(group []*proposal) bool {
	n := len(l.flying)
	return n > 0 && l.flying[n-1] == group[len(group)-1]
}

// settled wakes who waits for the line to be empty. The caller holds the lock.
func (l *line) settled() {
	if len(l.queue)+len(l.flying) == 0 && l.idle != nil {
		close(l.idle)
		l.idle = nil
	}
}

// land publishes the proposals that are being appended, up to one that is in the log, and returns
// them. The caller holds the lock, and sees to their outcome.
func (s *Store) land(n int) []*proposal {
	l := s.line
	group := l.flying[:n]
	l.flying = l.flying[n:]
	var steps []*entry
	for _, p := range group {
		steps = append(steps, p.steps...)
	}
	last := group[n-1]
	s.publish(last.snap, steps...)
	if l.last == last {
		l.last = nil
	}
	for _, p := range group {
		p.on, p.base, p.published = nil, nil, true // what they made need not be kept for them
	}
	l.settled()
	return group
}

// decide ends those of a group that the follower has published: they are durable, or else
// the log had them, and does not tell any more what became of them. The caller holds the lock.
func (l *line) decide(group []*proposal, why error) {
	for _, p := range group {
		switch {
		case !p.published || p.ended():
			continue
		case why == nil:
			p.end(nil)
		default:
			p.end(&UnknownError{p.commit.Revision, why})
		}
		if l.met == p {
			l.met = nil
		}
	}
}

// overtaken gives up all proposals, which have to be validated again.
func (s *Store) overtaken() {
	l := s.line
	l.mu.Lock()
	defer l.mu.Unlock()
	s.overtakenLocked(errAgain)
}

func (s *Store) overtakenLocked(outcome error) {
	l := s.line
	for _, p := range l.flying {
		p.end(outcome)
	}
	l.flying = nil
	for _, p := range l.queue {
		p.end(errAgain)
	}
	l.queue = nil
	l.tip, l.last = s.head.Load(), nil
	l.settled()
}

// alone runs fn with the turn while there is no proposal. Until then no transaction begins.
// The turn is free meanwhile: to apply what the log has, and to prepare a commit for
// somebody who keeps all others from appending until then.
func (s *Store) alone(ctx context.Context, fn func() error) error {
	defer s.line.hold()()
	for {
		if err := s.take(ctx); err != nil {
			return err
		}
		idle := s.line.emptied()
		if idle == nil {
			defer s.release()
			return fn()
		}
		s.release()
		select {
		case <-idle:
		case <-ctx.Done():
			return fmt.Errorf("store: waiting for commits to become durable: %w", ctx.Err())
		case <-s.done:
			return ErrClosed
		}
	}
}

// emptied returns a channel that is closed when there is no proposal any more, or nil if
// there is none.
func (l *line) emptied() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue)+len(l.flying) == 0 {
		return nil
	}
	if l.idle == nil {
		l.idle = make(chan struct{})
	}
	return l.idle
}

// hold keeps transactions from beginning until what it returns is called.
func (l *line) hold() (leave func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.alone++; l.alone == 1 {
		l.gate = make(chan struct{})
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.alone--; l.alone == 0 {
			close(l.gate)
			l.gate = nil
		}
	}
}

// held returns a channel that is closed when transactions may begin, or nil if they may.
func (l *line) held() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gate
}

// takeToPropose is take for who may come to propose something.
func (s *Store) takeToPropose(ctx context.Context) error {
	for {
		if err := s.take(ctx); err != nil {
			return err
		}
		held := s.line.held()
		if held == nil {
			return nil
		}
		s.release()
		select {
		case <-held:
		case <-ctx.Done():
			return fmt.Errorf("store: before the turn to write: %w", ctx.Err())
		case <-s.done:
			return ErrClosed
		}
	}
}

// abandon ends all proposals before the state that they were made on is replaced. Those
// that are being appended may be in the log, so that cannot simply run again: the log has some
// time to say. The caller has the turn.
func (s *Store) abandon(ctx context.Context, why error) error {
	l := s.line
	l.mu.Lock()
	l.cut(0)
	l.mu.Unlock()
	if idle := l.emptied(); idle != nil {
		timer := time.NewTimer(lastBackoff)
		defer timer.Stop()
		select {
		case <-idle:
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.flying {
		p.end(&UnknownError{p.commit.Revision, why})
	}
	l.flying = nil
	l.settled()
	return nil
}

// replaceTip makes the published state the tip. The caller has the turn, and there
// is no proposal.
func (s *Store) replaceTip() {
	if l := s.line; l != nil {
		l.mu.Lock()
		l.tip, l.last = s.head.Load(), nil
		l.mu.Unlock()
	}
}
