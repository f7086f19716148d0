package memlog

import (
	"context"
	"iter"
	"sync"

	"github.com/baobab-authz/baobab/store"
)

// A handle is the log as one store has it.
type handle struct {
	log    *Log
	use    sync.RWMutex // held while the log is asked, and by Close
	once   sync.Once
	closed chan struct{}
}

// Open returns a handle of the log, to be given to one store. Its Close leaves the log
// as it is.
func (l *Log) Open() store.Log { return &handle{log: l, closed: make(chan struct{})} }

// Close ends the use of this handle.
func (h *handle) Close() error {
	h.once.Do(func() {
		h.use.Lock()
		defer h.use.Unlock()
		close(h.closed)
	})
	return nil
}

// usable returns why nothing can be asked, or else begins a use that done ends.
func (h *handle) usable(ctx context.Context) (done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	h.use.RLock()
	select {
	case <-h.closed:
		h.use.RUnlock()
		return nil, ErrClosed
	default:
		return h.use.RUnlock, nil
	}
}

func (h *handle) Append(ctx context.Context, commits []store.Commit) error {
	done, err := h.usable(ctx)
	if err != nil {
		return err
	}
	defer done()
	return h.log.append(commits)
}

func (h *handle) Head(ctx context.Context) (store.Revision, error) {
	done, err := h.usable(ctx)
	if err != nil {
		return store.Revision{}, err
	}
	defer done()
	h.log.mu.Lock()
	defer h.log.mu.Unlock()
	return h.log.head(), nil
}

func (h *handle) Snapshot(ctx context.Context) (*store.Snapshot, error) {
	done, err := h.usable(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	s := h.log.newest()
	s.at.Tuples = func(yield func(store.Stored, error) bool) {
		for _, t := range s.sorted() {
			if err := ctx.Err(); err != nil {
				yield(store.Stored{}, err)
				return
			}
			if !yield(t, nil) {
				return
			}
		}
	}
	return &s.at, nil
}

func (h *handle) Tail(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		at := after
		for {
			c, changed, err := h.next(ctx, at)
			switch {
			case err != nil:
				yield(store.Commit{}, err)
				return
			case changed == nil:
				if !yield(c, nil) {
					return
				}
				at = c.Revision
				continue
			}
			select {
			case <-changed:
			case <-ctx.Done():
			case <-h.closed:
			}
		}
	}
}

func (h *handle) next(ctx context.Context, after store.Revision) (store.Commit, <-chan struct{}, error) {
	done, err := h.usable(ctx)
	if err != nil {
		return store.Commit{}, nil, err
	}
	defer done()
	return h.log.next(after)
}

func (h *handle) Compact(ctx context.Context, keep uint64) error {
	done, err := h.usable(ctx)
	if err != nil {
		return err
	}
	defer done()
	h.log.compact(keep)
	return nil
}
