package bolt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"syscall"

	"go.etcd.io/bbolt"

	"github.com/baobab-authz/baobab/store"
)

const (
	// compactBytes is how much the commits since the last state have to be for a new one to pay.
	compactBytes = 256 << 10
	// compactShare is how many times smaller than that state they may be.
	compactShare = 4
	// dropAtOnce is how many keys are deleted in one transaction.
	dropAtOnce = 2000
)

// Compact implements [store.Log]. It decides itself whether it pays to write a new state:
// when the commits since the last one take 256 KiB, and a quarter of what that takes; and so
// keeps more commits than the newest so many otherwise. Calling it often is cheap.
//
// A new state is without the tuples that have expired by the time of the head's commit. One that
// expires later stays until the next state, which comes at the latest with the first Compact after a quarter of
// what this one takes, and 256 KiB, have been committed.
//
// Writing a state takes a second or two per million tuples, in transactions of 1 MiB, between which
// commits are appended, and room for one more state in the file, which is used again, but not
// given back to the file system. A disk that is full then is no harm to the log: what
// was written is removed, and the error returned. After any other error of the disk the log
// is read-only, as after one of Append.
//
// One call is at work at a time; another waits.
func (l *Log) Compact(ctx context.Context, keep uint64) error {
	if err := l.usable(ctx); err != nil {
		return err
	}
	select {
	case l.compacting <- struct{}{}:
		defer func() { <-l.compacting }()
	case <-ctx.Done():
		return ctx.Err()
	case <-l.done:
		return in(l.path, ErrClosed)
	}
	if err := l.deleteLeftover(ctx); err != nil {
		return err
	}
	if now := l.state(); now.pays(l.compactBytes) {
		if err := l.renew(ctx); err != nil {
			return err
		}
	}
	return l.drop(ctx, keep)
}

// pays reports whether a new state is worth its cost.
func (s *state) pays(least uint64) bool {
	return s.head != s.info.Revision && s.since >= least && s.since >= s.info.Bytes/compactShare
}

// write runs fn in a transaction that writes, if the log still takes any.
func (l *Log) write(ctx context.Context, fn func(tx *bbolt.Tx) error) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	return l.writeLocked(ctx, fn)
}

func (l *Log) writeLocked(ctx context.Context, fn func(tx *bbolt.Tx) error) error {
	if err := l.usable(ctx); err != nil {
		return err
	}
	if l.failed != nil {
		return in(l.path, fmt.Errorf("%w: %w", store.ErrReadOnly, l.failed))
	}
	err := l.update(fn)
	if err != nil && !isFull(err) {
		l.failed = err
	}
	return in(l.path, err)
}

// isFull reports whether a write was refused for want of room, before it had any effect:
// then bbolt has taken back all of the transaction. What fsync reports is not that.
func isFull(err error) bool {
	var write *fs.PathError
	return errors.As(err, &write) && write.Op == "write" && (errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT))
}

// deleteLeftover deletes the generations that nobody reads any more.
func (l *Log) deleteLeftover(ctx context.Context) error {
	for _, n := range slices.Clone(l.leftover) {
		l.mu.Lock()
		read := l.pins[n] > 0
		l.mu.Unlock()
		if read {
			continue
		}
		if err := l.write(ctx, func(tx *bbolt.Tx) error { return deleteGeneration(tx, n) }); err != nil {
			return err
		}
		l.leftover = slices.DeleteFunc(l.leftover, func(m uint64) bool { return m == n })
	}
	return nil
}

// renew writes the state at the head as a new generation, and makes it the one that counts.
func (l *Log) renew(ctx context.Context) error {
	p, err := l.pin(ctx)
	if err != nil {
		return err
	}
	defer p.release()
	n := max(p.now.generation, slices.Max(append([]uint64{0}, l.leftover...))) + 1
	g := generationWriter{n: n, write: func(fn func(*bbolt.Tx) error) error { return l.write(ctx, fn) }}
	g.info.Revision, g.info.Time, g.info.Schema = p.now.head, p.now.newest.time, []byte(p.now.newest.schema)
	l.leftover = append(l.leftover, n)
	// The horizon is the time of the commit that the generation is of, so that it can never be one of
	// commits that are lost, if it is not lost itself.
	if err = merge(l.path, p.chunks(ctx), p.over, g.info.time(), g.add); err == nil {
		err = g.flush(true)
	}
	if err == nil {
		err = l.become(ctx, &g, p)
	}
	p.release()
	if err != nil {
		if isFull(err) {
			err = errors.Join(err, l.deleteLeftover(ctx))
		}
		return err
	}
	return l.deleteLeftover(ctx)
}

// become makes a generation that was written the one that counts.
func (l *Log) become(ctx context.Context, g *generationWriter, p *pinned) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	r := l.state().record
	r.generation = g.n
	if err := l.writeLocked(ctx, func(tx *bbolt.Tx) error { return putRecord(tx, r) }); err != nil {
		return err
	}
	l.change(func(s *state) {
		s.generation, s.info = g.n, g.info
		s.since -= p.over.bytes
	})
	l.leftover = slices.DeleteFunc(l.leftover, func(m uint64) bool { return m == g.n })
	if p.now.generation > 0 {
		l.leftover = append(l.leftover, p.now.generation)
	}
	return nil
}

// drop forgets the commits that are in the state, but for the newest so many.
func (l *Log) drop(ctx context.Context, keep uint64) error {
	for {
		now := l.state()
		upTo := now.head.Position() - min(keep, now.head.Position())
		upTo = min(upTo, now.info.Revision.Position())
		if upTo <= now.base.Position() {
			return nil
		}
		if err := l.dropSome(ctx, upTo); err != nil {
			return err
		}
	}
}

func (l *Log) dropSome(ctx context.Context, upTo uint64) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	r := l.state().record
	err := l.writeLocked(ctx, func(tx *bbolt.Tx) error {
		last, err := dropCommits(tx, upTo, dropAtOnce)
		if err != nil {
			return err
		}
		if r.base = r.head; last < r.head.Position() {
			var failed error
			err = getCommits(tx, last+1, func(_ uint64, data []byte) bool {
				r.base, _, failed = store.CommitRevisions(data)
				return false
			})
			err = cmp.Or(err, failed)
		}
		if err != nil {
			return err
		}
		return putRecord(tx, r)
	})
	if err == nil {
		l.change(func(s *state) { s.base = r.base })
	}
	return err
}
