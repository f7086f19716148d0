package logtest

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// progress is the greatest position that goroutines have come to. One other may wait for
// it.
type progress struct {
	at    atomic.Uint64
	moved chan struct{} // has a value, or is closed, when that may be another
}

func newProgress() *progress { return &progress{moved: make(chan struct{}, 1)} }

// raise says that somebody has come to a position.
func (p *progress) raise(position uint64) {
	for have := p.at.Load(); have < position && !p.at.CompareAndSwap(have, position); have = p.at.Load() {
	}
	select {
	case p.moved <- struct{}{}:
	default: // it says so already
	}
}

// end says that nobody will come further.
func (p *progress) end() { close(p.moved) }

// reach waits until somebody has come to a position, or nobody will.
func (w *world) reach(p *progress, position uint64) {
	w.t.Helper()
	w.do(fmt.Sprintf("somebody on the way to position %d", position), func() {
		for p.at.Load() < position {
			if _, ok := <-p.moved; !ok {
				return
			}
		}
	})
}

// A failure keeps the first of several errors.
type failure struct {
	mu  sync.Mutex
	err error
}

func (f *failure) note(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

func (f *failure) first() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}
