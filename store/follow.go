package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
)

// A follower goes through the commits of a log that others append to as well.
type follower struct {
	mu        sync.Mutex
	interrupt context.CancelFunc // makes it begin anew at the newest state; nil before the first time
}

// doubt makes the follower ask the log whether the newest state is in its history.
func (l *line) doubt() {
	f := &l.follow
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.interrupt != nil {
		f.interrupt()
	}
}

// nudge makes the follower look at once whether there is something new.
func (l *line) nudge() {
	if n, ok := l.log.(Nudger); ok {
		n.Nudge()
	}
}

// age returns how long ago the newest state was known to be the log's.
func (l *line) age() time.Duration { return time.Since(l.start) - time.Duration(l.fresh.Load()) }

// heard notes that the newest state was that of the log at some time since then.
func (l *line) heard(then time.Time) {
	at := int64(then.Sub(l.start))
	for {
		if old := l.fresh.Load(); at <= old || l.fresh.CompareAndSwap(old, at) {
			return
		}
	}
}

// confirm waits until the newest state has all that the log has now, and returns it.
func (s *Store) confirm(ctx context.Context) (*index.Snapshot, error) {
	asked, here := time.Now(), s.newest()
	rev, err := s.line.log.Head(ctx)
	if s.isClosed() {
		return nil, ErrClosed
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStale, errors.Join(ctx.Err(), err))
	}
	if !rev.SameHistory(here) || rev.position < here.position {
		s.line.doubt()
		return nil, fmt.Errorf("%w: %s; the log is at %s", ErrDiverged, here, rev)
	}
	snap, err := s.arrived(ctx, rev)
	if err != nil {
		return nil, err
	}
	s.line.heard(asked)
	return snap, nil
}

// arrived waits until the newest state is that of rev or a later one, as reached does; but rev is what the
// log had as its head. If the log loses that before it has come here, as when another server takes over,
// it may never come, nor need others come after it: so the log is asked again every now and then.
func (s *Store) arrived(ctx context.Context, rev Revision) (*index.Snapshot, error) {
	for {
		waiting, cancel := context.WithTimeout(ctx, lastBackoff)
		snap, err := s.reached(waiting, rev)
		cancel()
		if errors.Is(err, ErrForeignRevision) { // another epoch has begun since
			return nil, fmt.Errorf("%w: %s, which was its head", ErrDiverged, rev)
		}
		if !errors.Is(err, ErrStale) || ctx.Err() != nil {
			return snap, err
		}
		head, err := s.line.log.Head(ctx)
		if err == nil && (!head.SameHistory(rev) || head.position < rev.position) {
			s.line.doubt()
			return nil, fmt.Errorf("%w: %s, which was its head; now it is at %s", ErrDiverged, rev, head)
		}
	}
}

// heartbeat asks the log now and then whether there is something new, so that a bound
// of staleness can be kept.
func (s *Store) heartbeat(ctx context.Context) {
	l := s.line
	defer l.workers.Done()
	every := max(l.maxStaleness/4, time.Millisecond)
	timer := time.NewTimer(every)
	defer timer.Stop()
	for {
		asking, cancel := context.WithTimeout(ctx, max(l.maxStaleness, time.Second))
		_, _ = s.confirm(asking) // or it gets stale, which is what there is to say
		cancel()
		timer.Reset(every)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// followLog applies what others commit, until the context ends.
func (s *Store) followLog(ctx context.Context) {
	l := s.line
	defer l.workers.Done()
	for wait := newBackoff(); ctx.Err() == nil; {
		switch err := s.followOnce(ctx, wait); {
		case err == nil || ctx.Err() != nil: // a doubt, or the end
		case leftBehind(err):
			s.renew(ctx, err, wait)
		default:
			l.logger.Warn("baobab: following the log", "error", err)
			wait.sleep(ctx.Done())
		}
	}
}

// leftBehind reports that the log cannot be followed from the newest state on.
func leftBehind(err error) bool {
	var unfit *unfitError
	return errors.Is(err, ErrDiverged) || errors.Is(err, ErrCompacted) || errors.As(err, &unfit)
}

// An unfitError says that a commit of the log cannot be applied here.
type unfitError struct {
	commit Revision
	err    error
}

func (e *unfitError) Error() string {
	return fmt.Sprintf("store: a commit of the log, %s: %v", e.commit, e.err)
}

func (e *unfitError) Unwrap() error { return e.err }

// renew builds the index anew, and again until that succeeds. Meanwhile nothing is
// answered, unless all that is wrong is that there is a gap.
func (s *Store) renew(ctx context.Context, why error, wait *backoff) {
	if !errors.Is(why, ErrCompacted) {
		s.fail(why)
	}
	s.line.logger.Warn("baobab: building the index anew from the log", "because", why)
	for wait.again(ctx.Done()) {
		err := s.rebuild(ctx, why)
		if err == nil {
			s.recovered()
			return
		}
		if ctx.Err() == nil {
			s.line.logger.Warn("baobab: building the index anew from the log", "error", err)
		}
	}
}

// followOnce goes through the commits after the newest state until there is an error,
// or a doubt.
func (s *Store) followOnce(ctx context.Context, wait *backoff) error {
	l, f := s.line, &s.line.follow
	tail, cancel := context.WithCancel(ctx)
	defer cancel()
	f.mu.Lock()
	f.interrupt = cancel
	f.mu.Unlock()
	for c, err := range l.log.Tail(tail, s.newest()) {
		if err == nil {
			err = s.receive(ctx, &c)
		}
		if err != nil && (leftBehind(err) || tail.Err() == nil) {
			return err
		}
		if tail.Err() != nil { // in doubt, or at the end
			return nil
		}
		*wait = *newBackoff()
	}
	if tail.Err() != nil {
		return nil
	}
	return errors.New("it stopped handing out commits")
}

// receive makes a commit of the log the newest state, unless it is that already.
func (s *Store) receive(ctx context.Context, c *Commit) error {
	if known, err := s.known(c); known || err != nil {
		return err
	}
	if err := s.takeAnyway(ctx); err != nil {
		return err
	}
	defer s.release()
	if here := s.newest(); c.Parent != here {
		return fmt.Errorf("%w: %s follows %s, and here is %s", ErrDiverged, c.Revision, c.Parent, here)
	}
	s.overtaken() // whatever is proposed can never be appended now
	if err := s.apply(c); err != nil {
		return &unfitError{c.Revision, err}
	}
	s.recovered()
	return s.reclaim()
}

// known reports whether a commit is here already: published, or proposed, and then it
// is published now. That it is durable is not known of it before the log has answered to who
// appends it: a server may show what a synchronous standby, which can take over at any
// time, does not have yet.
func (s *Store) known(c *Commit) (bool, error) {
	l := s.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if here := s.newest(); c.Revision.position <= here.position {
		if is, ok := s.history.at(s, c.Revision.position); ok && is != c.Revision {
			return false, fmt.Errorf("%w: the log has %s where here is %s", ErrDiverged, c.Revision, is)
		}
		return true, nil
	}
	for i, p := range l.flying {
		if p.commit.Revision == c.Revision {
			group := s.land(i + 1)
			l.met = group[i]
			return true, nil
		}
	}
	return false, nil
}

// apply makes the state after a commit of another process. The caller has the turn.
func (s *Store) apply(c *Commit) error {
	base := s.head.Load()
	b := base.Edit()
	meta := base.Meta
	at := index.Instant(c.Time)
	var swept []index.Change
	if c.Schema != "" {
		sch, err := s.readSchema(c.Schema)
		if err != nil {
			return err
		}
		if err := s.dict.InternNames(namesOf(sch)...); err != nil {
			return err
		}
		meta.Schema = sch
		swept = b.Sweep(at, sweepAll)
	} else {
		swept = b.Sweep(s.graceEnd(max(at, base.Time)), s.options.SweepPerCommit)
	}
	var steps []*entry
	if len(swept) > 0 {
		between := base.Meta
		between.Swept = b.Peek().Swept
		meta.Swept = between.Swept
		steps = append(steps, &entry{meta: between, dict: s.dict, changes: swept, sweep: true})
	}
	changes, err := s.replay(b, c, s.admissionTo(meta.Schema))
	if err != nil {
		return err
	}
	meta.Revision, meta.Epoch, meta.Chain, meta.Time = c.Revision.position, c.Revision.epoch, c.Revision.chain, at
	b.SetMeta(meta)
	snap := b.Freeze()
	steps = append(steps, &entry{meta: meta, dict: s.dict, changes: changes, actor: c.Actor, note: c.Note})
	if err := s.verify(base, snap, steps...); err != nil {
		return err
	}
	s.publish(snap, steps...)
	s.replaceTip()
	return nil
}

// replay makes the changes of a commit, and returns what they were here.
func (s *Store) replay(b *index.Builder, c *Commit, a *admission) ([]index.Change, error) {
	var changes []index.Change
	for _, x := range c.Removed {
		r := b.Peek().ReadAt(b.Peek().Time)
		k, ok := r.Key(x.Tuple)
		if !ok {
			continue // it has been swept here
		}
		if x.Aside {
			if q, ok := b.Peek().LookupAside(k); ok {
				b.RemoveAside(k)
				changes = append(changes, index.Change{Key: k, Aside: true, Had: true, Before: q})
			}
		} else if q, ok := b.Remove(k); ok {
			changes = append(changes, index.Change{Key: k, Had: true, Before: q})
		}
	}
	var puts index.Puts
	for i := range c.Added {
		x := &c.Added[i]
		k, q, err := a.admit(x)
		if err != nil {
			return nil, err
		}
		if !x.Aside {
			puts.Add(k, q)
			continue
		}
		change := index.Change{Key: k, Aside: true, Has: true, After: q}
		change.Before, change.Had = b.Peek().LookupAside(k)
		b.PutAside(k, q)
		changes = append(changes, change)
	}
	changes, err := b.PutAll(&puts, changes)
	if err != nil {
		return nil, err
	}
	return index.Net(changes), nil
}

// admit returns the identity of a tuple of the log, giving ids to what has none, and
// what qualifies it. What is set aside may have names that the schema has not.
func (a *admission) admit(x *Stored) (index.Key, *index.Qualifier, error) {
	if x.Aside {
		if err := a.dict.InternNames(x.Object.Type, x.Tuple.Relation, x.Subject.Type, x.Subject.Relation); err != nil {
			return index.Key{}, nil, err
		}
		k, err := (&admission{dict: a.dict}).intern(&x.Tuple)
		return k, index.QualifierOf(x.Relationship), err
	}
	q, err := a.check(&x.Relationship)
	if err != nil {
		return index.Key{}, nil, fmt.Errorf("%w: the schema does not admit what it has: %w", ErrCorruptLog, err)
	}
	k, err := a.intern(&x.Tuple)
	return k, q, err
}

// readSchema returns a schema of the log.
func (s *Store) readSchema(text string) (*schema.Schema, error) {
	sch, err := schema.ParseJSON([]byte(text))
	if err == nil && s.options.Bind != nil {
		sch, err = s.options.Bind(sch)
	}
	if err != nil {
		return nil, fmt.Errorf("the schema: %w", err)
	}
	return sch, nil
}
