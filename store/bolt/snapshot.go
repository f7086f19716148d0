package bolt

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"github.com/baobab-authz/baobab/store"
)

// errUsed is what going through the tuples of a snapshot a second time returns.
var errUsed = errors.New("the tuples of a snapshot are gone through once")

// Snapshot implements [store.Log], at the head. The commits since the log was compacted are
// read into memory; the tuples before are read as they are gone through, a chunk at a time, and
// hold up neither Append nor Compact.
//
// Ids are parts of the text of a chunk, of 64 KiB, which stays in memory as long as one of
// them.
func (l *Log) Snapshot(ctx context.Context) (*store.Snapshot, error) {
	p, err := l.pin(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, p.release)
	runtime.AddCleanup(p, func(release func()) { release() }, p.release)
	var used atomic.Bool
	return &store.Snapshot{
		Revision: p.now.head,
		Time:     info{Revision: p.now.head, Time: p.now.newest.time}.time(),
		Schema:   p.now.newest.schema,
		Tuples: func(yield func(store.Stored, error) bool) {
			if used.Swap(true) {
				yield(store.Stored{}, in(l.path, errUsed))
				return
			}
			defer stop()
			defer p.release()
			p.tuples(ctx, yield)
		},
	}, nil
}

// A pinned is a state of the log whose generation is not deleted until it is released.
type pinned struct {
	log     *Log
	now     state
	over    *overlay
	release func()
}

// pin returns the newest state.
func (l *Log) pin(ctx context.Context) (*pinned, error) {
	for {
		if err := l.usable(ctx); err != nil {
			return nil, err
		}
		l.mu.Lock()
		p := &pinned{log: l, now: l.now}
		l.pins[p.now.generation]++
		over := l.opened
		l.opened = nil // it is for the store that loads the log, and would stay in memory
		l.mu.Unlock()
		p.release = sync.OnceFunc(l.unpin(p.now.generation))
		var err error
		if over == nil || over.head != p.now.head || over.generation != p.now.generation {
			over, err = l.overlay(ctx, p.now)
		}
		if err == nil {
			p.over = over
			return p, nil
		}
		p.release()
		if !errors.Is(err, store.ErrCompacted) { // compacted meanwhile
			return nil, err
		}
	}
}

// unpin returns a function that must not refer to what is pinned.
func (l *Log) unpin(generation uint64) func() {
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.pins[generation]--; l.pins[generation] == 0 {
			delete(l.pins, generation)
		}
	}
}

// overlay returns what the commits since the generation have made.
func (l *Log) overlay(ctx context.Context, now state) (*overlay, error) {
	o := newOverlay()
	for at := now.info.Revision; at != now.head; {
		commits, err := l.read(at.Position(), now.head.Position())
		if err == nil {
			err = l.usable(ctx)
		}
		if err != nil {
			return nil, err
		}
		for i := range commits {
			o.apply(&commits[i])
		}
		at = commits[len(commits)-1].Revision
	}
	return o, nil
}

// tuples goes through all tuples.
func (p *pinned) tuples(ctx context.Context, yield func(store.Stored, error) bool) {
	for text, err := range p.chunks(ctx) {
		if err != nil {
			yield(store.Stored{}, err)
			return
		}
		r := readChunk(text)
		for s := (store.Stored{}); r.next(&s); {
			if !p.over.covers(&s) && !yield(s, nil) {
				return
			}
		}
		if r.err != nil {
			yield(store.Stored{}, in(p.log.path, corrupt("state %d: a chunk: %w", p.now.generation, r.err)))
			return
		}
	}
	for s := range p.over.each() {
		if !yield(*s, nil) {
			return
		}
	}
}

// chunks goes through those of the generation, each in memory of its own.
func (p *pinned) chunks(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for n := range p.now.info.Chunks {
			err := p.log.usable(ctx)
			var text string
			if err == nil {
				text, err = p.log.chunk(p.now.generation, n)
			}
			if gone := ctx.Err(); gone != nil { // and so may be the generation
				err = gone
			}
			if !yield(text, err) || err != nil {
				return
			}
		}
	}
}

// chunk reads one.
func (l *Log) chunk(generation, n uint64) (text string, err error) {
	err = l.view(func(tx *bbolt.Tx) error {
		b := tx.Bucket(generationName(generation))
		if b == nil {
			return corrupt("state %d is missing", generation)
		}
		chunk := b.Get(number(n))
		if chunk == nil {
			return corrupt("state %d: chunk %d is missing", generation, n)
		}
		text = string(chunk)
		return checkChunk(chunk, generation, n)
	})
	if err != nil {
		return "", in(l.path, fmt.Errorf("state %d: %w", generation, err))
	}
	return text, nil
}
