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
	interrupt context.CancelFunc // makes it begin anew at the newest state; nil while it does not follow
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
	for old := l.fresh.Load(); at > old && !l.fresh.CompareAndSwap(old, at); {
		old = l.fresh.Load()
	}
}

// confirm waits until the newest state has all that the log has now.
func (s *Store) confirm(ctx context.Context) error {
	asked, here := time.Now(), s.newest()
	rev, err := s.line.log.Head(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStale, errors.Join(ctx.Err(), err))
	}
	if !rev.SameHistory(here) || rev.position < here.position {
		s.line.doubt()
		return fmt.Errorf("%w: %s; the log is at %s", ErrDiverged, here, rev)
	}
	if err := s.reach(ctx, rev); err != nil {
		return err
	}
	s.line.heard(asked)
	return nil
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
		_ = s.confirm(asking) // or it gets stale, which is what there is to say
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
	wait := newBackoff()
	for ctx.Err() == nil {
		err := s.followOnce(ctx, wait)
		if ctx.Err() != nil {
			return
		}
		diverged := errors.Is(err, ErrDiverged)
		if diverged {
			s.fail(err)
			s.history.rouse()
		}
		if diverged || errors.Is(err, ErrCompacted) {
			l.logger.Warn("baobab: building the index anew from the log", "because", err)
			if err = s.rebuild(ctx); err == nil {
				s.recovered()
				wait = newBackoff()
				continue
			}
		}
		if err != nil {
			l.logger.Warn("baobab: following the log", "error", err)
			wait.sleep(ctx.Done())
		}
	}
}

// followOnce goes through the commits after the newest state until there is an error,
// or a doubt.
func (s *Store) followOnce(ctx context.Context, wait *backoff) error {
	l, f := s.line, &s.line.follow
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f.mu.Lock()
	f.interrupt = cancel
	f.mu.Unlock()
	for c, err := range l.log.Tail(ctx, s.newest()) {
		if ctx.Err() != nil { // in doubt, or at the end
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.receive(ctx, &c); err != nil {
			return err
		}
		*wait = *newBackoff()
	}
	return nil
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
	if known, err := s.known(c); known || err != nil {
		return err
	}
	if here := s.newest(); c.Parent != here {
		return fmt.Errorf("%w: %s follows %s, and here is %s", ErrDiverged, c.Revision, c.Parent, here)
	}
	s.overtaken() // whatever is proposed can never be appended now
	if err := s.apply(c); err != nil {
		err = fmt.Errorf("store: a commit of the log, %s: %w", c.Revision, err)
		s.fail(err)
		return err
	}
	s.recovered()
	return nil
}

// known reports whether a commit is here already: published, or proposed, and then it
// is published now, because it is durable.
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
			s.landed(i + 1)
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
