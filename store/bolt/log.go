package bolt

import (
	"context"
	"os"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"github.com/baobab-authz/baobab/store"
)

// A Log is a [store.Log] in one file. Its methods may be called by any number of goroutines.
type Log struct {
	path    string
	file    *os.File
	db      *bbolt.DB
	aborter aborter

	fault      atomic.Pointer[fault] // if not nil, db is not to be touched any more
	done       chan struct{}         // closed by Close
	compacting chan struct{}         // holds an element while Compact is at work
	leftover   []uint64              // generations that are to be deleted; whoever compacts has them

	writing sync.Mutex // held by what writes the record
	failed  error      // why nothing is appended any more
	closed  bool       // the same, for Close

	compactBytes uint64

	mu     sync.Mutex
	now    state
	news   chan struct{}  // closed and replaced when now.head has changed
	pins   map[uint64]int // how many read a generation
	opened *overlay       // what Open has read, for the first snapshot
}

// A state is what was made durable, and nothing else is ever read: bbolt shows
// what a transaction has written before that is.
type state struct {
	record
	info   info // of the generation
	newest newest
	since  uint64 // bytes of the commits after it
}

var _ interface {
	store.Log
	store.Exclusive
} = (*Log)(nil)

// Exclusive says that nobody else appends to the log: the file is locked.
func (l *Log) Exclusive() {}

// state returns what is durable.
func (l *Log) state() state {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// change makes known what has become durable.
func (l *Log) change(f func(*state)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	head := l.now.head
	f(&l.now)
	if l.now.head != head {
		l.opened = nil
		close(l.news)
		l.news = make(chan struct{})
	}
}

// usable returns why the log cannot be used, if so.
func (l *Log) usable(ctx context.Context) error {
	select {
	case <-l.done:
		return in(l.path, ErrClosed)
	default:
	}
	if f := l.fault.Load(); f != nil {
		return in(l.path, f)
	}
	return ctx.Err()
}

// Head returns the newest revision. It reads nothing from the file.
func (l *Log) Head(ctx context.Context) (store.Revision, error) {
	if err := l.usable(ctx); err != nil {
		return store.Revision{}, err
	}
	return l.state().head, nil
}

// Close closes the file, so that it can be opened again. It waits for an Append in progress,
// ends Tails and snapshots, and makes a Compact give up. Calling it again does nothing.
func (l *Log) Close() error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	close(l.done)
	if l.fault.Load() != nil { // bbolt's locks may be held, and it would wait
		return in(l.path, closeLocked(l.file))
	}
	return in(l.path, l.db.Close())
}
