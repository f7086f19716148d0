package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/baobab-authz/baobab/store"
)

// errStandby says that a connection leads to a server that only copies the truth. To take
// what it has for the newest would be wrong.
var errStandby = errors.New("the server is a standby, not the primary")

// Head returns the newest revision, see [store.Log]. Calls at the same time share a query that
// began after each of them.
func (l *Log) Head(ctx context.Context) (store.Revision, error) {
	if err := l.enter(); err != nil {
		return store.Revision{}, err
	}
	defer l.leave()
	q := l.heads.join(l)
	select {
	case <-q.done:
		return q.head, l.failed(ctx, "reading the head", q.err)
	case <-ctx.Done():
		return store.Revision{}, ctx.Err()
	}
}

// heads lets one query at a time run, and those who come meanwhile share the one after it.
// The zero value is ready.
type heads struct {
	mu      sync.Mutex
	running bool
	waiting *headQuery // who joins this has come before it began
}

type headQuery struct {
	done chan struct{} // closed when the others are set
	head store.Revision
	err  error
}

// join returns a query that has not begun yet.
func (h *heads) join(l *Log) *headQuery {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting == nil {
		h.waiting = &headQuery{done: make(chan struct{})}
	}
	q := h.waiting
	if !h.running {
		h.running = true
		l.background.Go(func() { h.run(l) })
	}
	return q
}

// run answers queries until none is waiting.
func (h *heads) run(l *Log) {
	for {
		h.mu.Lock()
		q := h.waiting
		h.waiting = nil
		if q == nil {
			h.running = false
		}
		h.mu.Unlock()
		if q == nil {
			return
		}
		q.err = again(func() (err error) {
			q.head, err = l.head(l.ctx, l.pool)
			return err
		})
		close(q.done)
	}
}

// head reads the newest revision.
func (l *Log) head(ctx context.Context, db querier) (store.Revision, error) {
	var text string
	var standby bool
	if err := l.row(ctx, db, []any{&text, &standby}, l.sql.head); err != nil {
		return store.Revision{}, err
	}
	if standby {
		return store.Revision{}, errStandby
	}
	return parseRevision(text)
}

func parseRevision(text string) (store.Revision, error) {
	r, err := store.ParseRevision(text)
	if err != nil {
		return r, fmt.Errorf("%w: %w", store.ErrCorruptLog, err)
	}
	return r, nil
}
