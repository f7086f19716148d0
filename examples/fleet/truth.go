package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/store"
)

// The truth is all commits of a log. It is read from the log itself as they are made, not from
// a server and not by the engine, so that what servers say can be compared with it.
type truth struct {
	end  context.CancelFunc
	done sync.WaitGroup

	mu      sync.Mutex
	more    *sync.Cond // commits or err is not what it was
	commits []store.Commit
	err     error
}

// follow begins to read a log, from a revision on; that at position 0 is the beginning.
func follow(ctx context.Context, log store.Log, from baobab.Revision) *truth {
	t := &truth{}
	t.more = sync.NewCond(&t.mu)
	ctx, t.end = context.WithCancel(ctx)
	t.done.Go(func() {
		for c, err := range log.Tail(ctx, from) {
			t.mu.Lock()
			if err != nil {
				t.err = err
			} else {
				t.commits = append(t.commits, c)
			}
			t.more.Broadcast()
			t.mu.Unlock()
		}
	})
	return t
}

// upTo returns the commits up to a revision, when they have come.
func (t *truth) upTo(ctx context.Context, rev baobab.Revision) ([]store.Commit, error) {
	defer context.AfterFunc(ctx, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.more.Broadcast()
	})()
	t.mu.Lock()
	defer t.mu.Unlock()
	for uint64(len(t.commits)) < rev.Position() && t.err == nil && ctx.Err() == nil {
		t.more.Wait()
	}
	if uint64(len(t.commits)) < rev.Position() {
		return nil, fmt.Errorf("the log has %d commits, and not the one at %s: %w", len(t.commits), rev, errors.Join(t.err, ctx.Err()))
	}
	return t.commits[:rev.Position():rev.Position()], nil
}

// close ends the reading.
func (t *truth) close() {
	t.end()
	t.done.Wait()
}

// A model is what documents are, as the commits up to one of them say. It shares nothing with the
// engine but the commits.
type model map[string]*standing

// A standing is who has what on one document.
type standing struct{ owners, pens, viewers map[string]bool }

func (m model) at(document string) *standing {
	s := m[document]
	if s == nil {
		s = &standing{map[string]bool{}, map[string]bool{}, map[string]bool{}}
		m[document] = s
	}
	return s
}

// apply makes a commit.
func (m model) apply(c *store.Commit) {
	for _, x := range c.Removed {
		delete(m.at(x.Object.ID).of(x.Tuple.Relation), x.Subject.ID)
	}
	for _, x := range c.Added {
		m.at(x.Object.ID).of(x.Tuple.Relation)[x.Subject.ID] = true
	}
}

func (s *standing) of(relation string) map[string]bool {
	switch relation {
	case "owner":
		return s.owners
	case "pen":
		return s.pens
	}
	return s.viewers
}

// allows reports whether a user may view the document.
func (s *standing) allows(user string) bool { return s.owners[user] || s.viewers[user] }

// shows reports whether roles are what is standing.
func (s *standing) shows(has roles) bool {
	same := isOnly(s.owners, has.Owner) && isOnly(s.pens, has.Pen) && len(s.viewers) == len(has.Viewers)
	for _, v := range has.Viewers {
		same = same && s.viewers[v]
	}
	return same
}

// isOnly reports whether a name is the only one of a set, or none if that is empty.
func isOnly(set map[string]bool, name string) bool {
	if name == "" {
		return len(set) == 0
	}
	return len(set) == 1 && set[name]
}

// has reports whether what a write was for is so.
func (s *standing) has(r *record) bool {
	switch r.op {
	case opShare:
		return s.viewers[r.user]
	case opRevoke:
		return !s.viewers[r.user]
	case opCreate, opHandOver:
		return s.owners[r.user]
	case opTake:
		return s.pens[r.user]
	case opPutDown:
		return !s.pens[r.user]
	}
	return len(s.owners)+len(s.pens)+len(s.viewers) == 0 // opRemove
}
