package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// ErrLagged is what [Store.Watch] returns when the commits after a revision are
// not all retained any more. It comes with [ErrRevisionGone].
var ErrLagged = errors.New("the watcher is behind what is retained")

// A Change is what a commit changed.
type Change struct {
	Revision Revision
	Time     time.Time // of the commit, at which expiry is judged

	// Added is what was written, and Removed what was there before and is not,
	// or not as it was. A tuple that was touched, so that something else
	// qualifies it, is in both: in Removed as it was, in Added as it is. A tuple
	// that had expired by the commit is in neither. One that [Store.SetSchema] set
	// aside is in Removed, and in Added when it is back; a renamed one is in both.
	// Their order means nothing.
	Added, Removed []tuple.Relationship

	Schema *schema.Schema // the new one; nil unless the commit changed it
	Actor  tuple.Subject  // on whose behalf, by [Store.UpdateAs] or [Tx.By]; zero if that was not said
	Note   string         // that of [Tx.Note]
}

// Watch returns every commit after the one of from, in order and without a gap, and
// then waits for more. It can be resumed after any revision that is
// retained, or that the log still has; the zero Revision is the newest one at the time of the call, so
// that the first commit after the call comes first. Sweeps are no commits. The
// sequence can be gone through several times, and starts anew each time.
//
// It ends with an error: [ErrForeignRevision] and [ErrFutureRevision] at once;
// [ErrLagged], with [ErrRevisionGone] and naming the oldest revision that is
// retained, if commits after from are not retained, or not any more because
// the loop was too slow; [ErrDiverged] if the log has lost the commit after which
// it would go on; [ErrClosed]; the context's; and [ErrReentrant] where it
// would wait within a transaction's function for that transaction. After ErrLagged and
// ErrDiverged, read a state as a whole, and watch from its revision.
//
// No goroutine serves it: the loop's own waits, and holds no lock in the loop's
// body, which may take as long as it likes and may write. A writer never waits
// for it, but for the copying of up to 256 references. A commit costs what
// its changes cost as text; one of more bytes than the options retain at all is
// ErrLagged, but for a store with a log, which reads from there what is not retained.
func (s *Store) Watch(ctx context.Context, from Revision) iter.Seq2[Change, error] {
	if from.IsZero() {
		from = s.newest()
	}
	return func(yield func(Change, error) bool) {
		w := watcher{store: s, at: from}
		err := s.own(from)
		for err == nil {
			var batch []*entry
			batch, err = w.next(ctx)
			if errors.Is(err, ErrLagged) && s.line != nil {
				var more bool
				if more, err = w.readLog(ctx, yield); !more {
					return
				}
			}
			for _, e := range batch {
				if err = w.ready(ctx); err != nil {
					break
				}
				if !yield(w.change(e), nil) {
					return
				}
			}
		}
		yield(Change{}, err)
	}
}

// A watcher is one going through the commits.
type watcher struct {
	store  *Store
	at     Revision       // after which it goes on
	begun  bool           // at was retained when it began
	starts int            // of the history, when it began
	schema *schema.Schema // as of at
}

// Bounds for what is copied from the history under its lock, and what a
// watcher keeps of it.
const (
	maxBatch      = 256
	maxBatchBytes = 1 << 20
)

// ready reports why the watcher ends.
func (w *watcher) ready(ctx context.Context) error {
	if w.store.isClosed() {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("store: watching: %w", err)
	}
	return nil
}

// next waits for commits after the ones that it returned before.
func (w *watcher) next(ctx context.Context) ([]*entry, error) {
	for {
		if err := w.ready(ctx); err != nil {
			return nil, err
		}
		batch, wake, err := w.batch()
		if err != nil || len(batch) > 0 {
			return batch, err
		}
		if w.store.reentered() {
			return nil, ErrReentrant
		}
		select {
		case <-wake:
		case <-ctx.Done():
		case <-w.store.done:
		}
	}
}

// batch returns some commits, or what to wait for.
func (w *watcher) batch() ([]*entry, <-chan struct{}, error) {
	s, h := w.store, &w.store.history
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.entries) == 0 {
		return nil, nil, ErrClosed
	}
	if err := w.lost(); err != nil {
		return nil, nil, err
	}
	oldest := h.entries[0]
	switch {
	case w.at.position >= oldest.meta.Revision:
		if !w.begun || w.starts != h.starts {
			w.begun, w.starts, w.schema = true, h.starts, h.entry(h.find(w.at.position)).meta.Schema
		}
	case w.begun && w.starts == h.starts && w.at.position+1 == oldest.meta.Revision && !oldest.cut: // the very next is there, whole
	default:
		return nil, nil, fmt.Errorf("%w: %w: %s; the oldest retained is %s", ErrLagged, ErrRevisionGone, w.at, s.revision(&oldest.meta))
	}
	var batch []*entry
	bytes := int64(0)
	for _, e := range h.entries[h.find(w.at.position+1)-h.first:] {
		if e.sweep {
			continue
		}
		batch = append(batch, e)
		if bytes += e.bytes; len(batch) == maxBatch || bytes > maxBatchBytes {
			break
		}
	}
	if len(batch) > 0 {
		return batch, nil, nil
	}
	return nil, h.wait(), nil
}

// lost reports that the history does not have the revision after which the watcher goes on. The
// caller holds the history's lock.
func (w *watcher) lost() error {
	s, h := w.store, &w.store.history
	newest := s.revision(&h.entry(h.last()).meta)
	switch {
	case !w.at.SameHistory(newest):
		return fmt.Errorf("%w: %s; the newest is %s", ErrDiverged, w.at, newest)
	case w.at.position > newest.position && w.begun:
		return fmt.Errorf("%w: %s; the newest is %s", ErrDiverged, w.at, newest)
	case w.at.position > newest.position:
		return fmt.Errorf("%w: %s; the newest is %s", ErrFutureRevision, w.at, newest)
	case w.at.position < h.entries[0].meta.Revision:
		return nil
	}
	if is := s.revision(&h.entry(h.find(w.at.position)).meta); is != w.at {
		return fmt.Errorf("%w: %s; in its place is %s", ErrDiverged, w.at, is)
	}
	return nil
}

// readLog goes through the commits that the log has and the history has not, and
// reports whether the loop goes on.
func (w *watcher) readLog(ctx context.Context, yield func(Change, error) bool) (bool, error) {
	s := w.store
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for c, err := range s.line.log.Tail(ctx, w.at) {
		if why := w.ready(ctx); why != nil {
			err = why
		}
		if err == nil {
			err = s.reach(ctx, c.Revision)
		}
		var change Change
		if err == nil {
			change, err = s.changeOf(&c)
		}
		if errors.Is(err, ErrCompacted) {
			err = fmt.Errorf("%w: %w: %s: %w", ErrLagged, ErrRevisionGone, w.at, err)
		}
		if err != nil {
			return true, err
		}
		w.at, w.begun, w.starts = c.Revision, true, -1 // what it knows of the history is not of there
		if !yield(change, nil) {
			return false, nil
		}
		if _, here := s.history.at(s, w.at.position); here {
			return true, nil
		}
	}
	return true, w.ready(ctx)
}

// changeOf returns what a commit of the log changed.
func (s *Store) changeOf(c *Commit) (Change, error) {
	change := Change{Revision: c.Revision, Time: c.Time, Actor: c.Actor, Note: c.Note}
	if c.Schema != "" {
		var err error
		if change.Schema, err = s.readSchema(c.Schema); err != nil {
			return Change{}, err
		}
	}
	at := index.Instant(c.Time)
	live := func(list []Stored) (rels []tuple.Relationship) {
		for _, x := range list {
			if !x.Aside && !index.QualifierOf(x.Relationship).Expired(at) {
				rels = append(rels, x.Relationship)
			}
		}
		return rels
	}
	change.Removed, change.Added = live(c.Removed), live(c.Added)
	return change, nil
}

// change returns what a commit changed, which is the next one.
func (w *watcher) change(e *entry) Change {
	s := w.store
	c := Change{Revision: s.revision(&e.meta), Time: time.UnixMicro(e.meta.Time).UTC(), Actor: e.actor, Note: e.note}
	if e.meta.Schema != w.schema {
		c.Schema = e.meta.Schema
	}
	w.at, w.schema = c.Revision, e.meta.Schema
	for _, x := range e.changes {
		if x.Aside {
			continue
		}
		if x.Had && !x.Before.Expired(e.meta.Time) {
			c.Removed = append(c.Removed, e.relationship(x.Key, x.Before))
		}
		if x.Has && !x.After.Expired(e.meta.Time) {
			c.Added = append(c.Added, e.relationship(x.Key, x.After))
		}
	}
	return c
}

// relationship returns a tuple that has changed as text and values.
func (e *entry) relationship(k index.Key, q *index.Qualifier) tuple.Relationship {
	subject := tuple.Subject{Object: e.dict.Object(k.Subject), Relation: e.dict.String(k.SubjectRelation)}
	return q.Relationship(tuple.New(e.dict.Object(k.Object), e.dict.String(k.Relation), subject))
}
