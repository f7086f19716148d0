package memlog

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// ErrClosed is what a handle returns that is closed.
var ErrClosed = errors.New("memlog: the log is closed")

// A Log is the truth that all its handles share. It is safe for any number of
// goroutines. [New] returns one; the zero Log is not one.
type Log struct {
	mu      sync.Mutex
	base    state
	commits []store.Commit // after base, each the child of the one before; decoded
	changed chan struct{}  // closed, and replaced, when commits are not what they were
}

// A state is what the commits up to one of them have made.
type state struct {
	at     store.Snapshot // without tuples
	tuples map[key]store.Stored
}

// A key is that by which a tuple is stored once.
type key struct {
	tuple.Tuple
	aside bool
}

// New returns a log without commits.
func New() *Log {
	return &Log{
		base:    state{at: store.Snapshot{Revision: store.NewHistory()}, tuples: map[key]store.Stored{}},
		changed: make(chan struct{}),
	}
}

// Lose takes the newest n commits away, or all that are not compacted if those are
// fewer, and returns how many it took: what a failover does to commits that had not
// reached the other server. A Tail that has handed one out ends with [store.ErrDiverged].
func (l *Log) Lose(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n = max(0, min(n, len(l.commits)))
	l.commits = slices.Clip(l.commits[:len(l.commits)-n])
	l.wake()
	return n
}

// Fork begins another epoch at the newest commit: what restoring a backup does. The
// tuples stay, every revision of before is out of the history, and so is whatever was
// lost since the backup was made; call [Log.Lose] first for that.
func (l *Log) Fork() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fold(len(l.commits))
	l.base.at.Revision = l.base.at.Revision.Fork()
	l.wake()
}

func (l *Log) head() store.Revision {
	if n := len(l.commits); n > 0 {
		return l.commits[n-1].Revision
	}
	return l.base.at.Revision
}

func (l *Log) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// append is compare-and-append.
func (l *Log) append(commits []store.Commit) error {
	group := make([]store.Commit, len(commits))
	for i, c := range commits {
		var err error
		if group[i], err = store.DecodeCommit(c.Seal()); err != nil {
			return fmt.Errorf("commit %d of %d cannot be read again: %w", i+1, len(commits), err)
		}
		if i > 0 && group[i].Parent != group[i-1].Revision {
			return fmt.Errorf("%w: commit %d of %d is not the child of the one before", store.ErrConflict, i+1, len(commits))
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case len(group) == 0 || l.has(group):
		return nil
	case group[0].Parent == l.head():
		l.commits = append(l.commits, group...)
		l.wake()
		return nil
	case group[0].Parent.Position() < l.base.at.Revision.Position():
		return fmt.Errorf("%w: a commit after %s may be among them", store.ErrCompacted, group[0].Parent)
	}
	return &store.ConflictError{Head: l.head()}
}

// has reports whether each commit of the group is at its position.
func (l *Log) has(group []store.Commit) bool {
	first := l.base.at.Revision.Position() + 1 // the position of l.commits[0]
	for _, c := range group {
		n := c.Revision.Position()
		if n < first || n-first >= uint64(len(l.commits)) || l.commits[n-first].ID != c.ID {
			return false
		}
	}
	return true
}

// next returns the commit after a revision; or, if there is none yet, no commit and a
// channel that is closed when there may be.
func (l *Log) next(after store.Revision) (store.Commit, <-chan struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	base := l.base.at.Revision
	switch {
	case !after.SameHistory(base) || after.Position() > l.head().Position():
		return store.Commit{}, nil, fmt.Errorf("%w: %s, and the newest is %s", store.ErrDiverged, after, l.head())
	case after.Position() < base.Position():
		return store.Commit{}, nil, fmt.Errorf("%w: those after %s", store.ErrCompacted, after)
	}
	n := int(after.Position() - base.Position()) // how many commits are before the next, so l.commits[n] is it
	have := base
	if n > 0 {
		have = l.commits[n-1].Revision
	}
	if after != have {
		return store.Commit{}, nil, fmt.Errorf("%w: %s, and that at its position is %s", store.ErrDiverged, after, have)
	}
	if n == len(l.commits) {
		return store.Commit{}, l.changed, nil
	}
	c, err := store.DecodeCommit(l.commits[n].Seal()) // so that no two share anything
	return c, nil, err
}

// newest returns what all commits have made.
func (l *Log) newest() state {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.base.after(l.commits)
}

// compact forgets all commits but the newest so many, and what had expired of what those
// before have made. That is judged by the last of them and not by the head, as the newer ones
// can be lost.
func (l *Log) compact(keep uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if keep < uint64(len(l.commits)) {
		l.fold(len(l.commits) - int(keep))
	}
	maps.DeleteFunc(l.base.tuples, func(_ key, s store.Stored) bool { return s.Expired(l.base.at.Time) })
}

// fold makes the first n commits part of the base.
func (l *Log) fold(n int) {
	l.base, l.commits = l.base.after(l.commits[:n]), slices.Clone(l.commits[n:])
}

// sorted returns the tuples in their order as text, more or less, in which those of an object are
// next to each other.
func (s state) sorted() []store.Stored {
	return slices.SortedFunc(maps.Values(s.tuples), func(a, b store.Stored) int {
		return cmp.Or(
			cmp.Compare(a.Object.Type, b.Object.Type), cmp.Compare(a.Object.ID, b.Object.ID), cmp.Compare(a.Tuple.Relation, b.Tuple.Relation),
			cmp.Compare(a.Subject.Type, b.Subject.Type), cmp.Compare(a.Subject.ID, b.Subject.ID), cmp.Compare(a.Subject.Relation, b.Subject.Relation))
	})
}

// after returns the state to which commits lead.
func (s state) after(commits []store.Commit) state {
	s.tuples = maps.Clone(s.tuples)
	for _, c := range commits {
		for _, t := range c.Removed {
			delete(s.tuples, key{t.Tuple, t.Aside})
		}
		for _, t := range c.Added {
			s.tuples[key{t.Tuple, t.Aside}] = t
		}
		s.at.Revision, s.at.Time = c.Revision, c.Time
		if c.Schema != "" {
			s.at.Schema = c.Schema
		}
	}
	return s
}
