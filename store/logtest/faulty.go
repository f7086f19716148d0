package logtest

import (
	"context"
	"iter"
	"sync"

	"github.com/baobab-authz/baobab/store"
)

// Faulty returns a log that is the given one, and fails as the faults say. It keeps the
// contract of [store.Log] if that one does: a store must bear whatever it does.
//
// It is [store.Exclusive] if log is, and a [store.Nudger] that passes on what it is told
// if log is one. Its Close closes log, and never fails by itself.
func Faulty(log store.Log, faults *Faults) store.Log {
	f := &faulty{log: log, faults: faults}
	if _, ok := log.(store.Exclusive); ok {
		return exclusiveFaulty{f}
	}
	return f
}

type exclusiveFaulty struct{ *faulty }

func (exclusiveFaulty) Exclusive() {}

type faulty struct {
	log    store.Log
	faults *Faults
	mu     sync.Mutex
	late   [][]store.Commit // to be appended yet
}

func (f *faulty) Append(ctx context.Context, commits []store.Commit) error {
	if f.faults.readOnly.Load() {
		return store.ErrReadOnly
	}
	r := f.faults.roll(ofAppend, "Append")
	early := r.hits(.5)
	f.carryOut(ctx, func(late []store.Commit) bool { return early || shareOne(late, commits) })
	switch {
	case r.hits(f.faults.Before):
		return r.fault("nothing is done")
	case r.hits(f.faults.Late):
		f.mu.Lock()
		defer f.mu.Unlock()
		f.late = append(f.late, append([]store.Commit(nil), commits...))
		return r.fault("it will be done")
	}
	if err := r.wait(ctx); err != nil {
		return err
	}
	err := f.log.Append(ctx, commits)
	if r.hits(f.faults.After) {
		return r.fault("it is done")
	}
	return err
}

// carryOut appends what is late, as far as due says so. Whether it gets into the log
// nobody is told.
func (f *faulty) carryOut(ctx context.Context, due func([]store.Commit) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var rest [][]store.Commit
	for _, late := range f.late {
		if !due(late) || !settles(f.log.Append(ctx, late)) {
			rest = append(rest, late)
		}
	}
	f.late = rest
}

// settles reports whether after this outcome of an Append it is known what is in the log.
func settles(err error) bool {
	return err == nil || is(err, store.ErrConflict) || is(err, store.ErrCompacted) || is(err, store.ErrReadOnly)
}

// shareOne reports whether a commit is in both groups.
func shareOne(a, b []store.Commit) bool {
	for _, c := range a {
		for _, d := range b {
			if c.ID == d.ID {
				return true
			}
		}
	}
	return false
}

func (f *faulty) Head(ctx context.Context) (store.Revision, error) {
	r := f.faults.roll(ofHead, "Head")
	if err := r.wait(ctx); err != nil {
		return store.Revision{}, err
	}
	head, err := f.log.Head(ctx)
	if r.hits(f.faults.Head) {
		return store.Revision{}, r.fault("no answer")
	}
	return head, err
}

func (f *faulty) Snapshot(ctx context.Context) (*store.Snapshot, error) {
	r := f.faults.roll(ofSnapshot, "Snapshot")
	if err := r.wait(ctx); err != nil {
		return nil, err
	}
	breaks, within := r.hits(f.faults.Snapshot), r.dice.IntN(2) == 0
	if breaks && !within {
		return nil, r.fault("no answer")
	}
	snap, err := f.log.Snapshot(ctx)
	if err != nil || !breaks {
		return snap, err
	}
	cut := *snap
	cut.Tuples = func(yield func(store.Stored, error) bool) {
		for s, err := range snap.Tuples {
			if err == nil && r.dice.IntN(100) == 0 {
				yield(store.Stored{}, r.fault("it breaks off"))
				return
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
		yield(store.Stored{}, r.fault("it breaks off at the end"))
	}
	return &cut, nil
}

func (f *faulty) Tail(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		r := f.faults.roll(ofTail, "Tail")
		for c, err := range f.log.Tail(ctx, after) {
			if err == nil {
				err = r.wait(ctx)
			}
			if err == nil && r.hits(f.faults.Break) {
				err = r.fault("it breaks off")
			}
			if err != nil {
				yield(store.Commit{}, err)
				return
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (f *faulty) Compact(ctx context.Context, keep uint64) error {
	r := f.faults.roll(ofCompact, "Compact")
	if err := r.wait(ctx); err != nil {
		return err
	}
	fails, before := r.hits(f.faults.Compact), r.dice.IntN(2) == 0
	if fails && before {
		return r.fault("nothing is done")
	}
	err := f.log.Compact(ctx, keep)
	if fails {
		return r.fault("it is done")
	}
	return err
}

func (f *faulty) Close() error { return f.log.Close() }

func (f *faulty) Nudge() {
	if n, ok := f.log.(store.Nudger); ok {
		n.Nudge()
	}
}
