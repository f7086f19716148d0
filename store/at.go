package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/baobab-authz/baobab/internal/index"
)

// At returns the state that the commit of rev made, judged at that commit's
// time. It is exactly that state, or an error: [ErrForeignRevision] (also for
// the zero Revision), [ErrFutureRevision], [ErrDiverged], or [ErrRevisionGone], which names
// the oldest revision that is retained.
//
// For the newest revision it costs what [Store.Now] does. An older one is
// reconstructed from the nearest snapshot at a few microseconds for each tuple
// changed in between, at most the option's PinEvery; the writer does not wait
// for it. Asking for neighbouring revisions one after the other is cheap.
func (s *Store) At(rev Revision) (*State, error) {
	if err := s.err(); err != nil {
		return nil, err
	}
	if err := s.own(rev); err != nil {
		return nil, err
	}
	snap, err := s.reconstruct(rev)
	if err != nil {
		return nil, err
	}
	return s.state(snap, snap.Time), nil
}

// reconstruct returns the snapshot as the commit of rev left it.
func (s *Store) reconstruct(rev Revision) (*index.Snapshot, error) {
	from, at, undo, redo, err := s.route(rev)
	if err != nil {
		return nil, err
	}
	if len(undo)+len(redo) == 0 {
		return from, nil
	}
	b := from.Beside()
	var meta index.Meta
	for _, e := range slices.Backward(undo[min(1, len(undo)):]) {
		if err := b.Undo(e.changes); err != nil {
			return nil, err
		}
	}
	if len(undo) > 0 {
		meta = undo[0].meta
	}
	for _, e := range redo {
		if err := b.Redo(e.changes); err != nil {
			return nil, err
		}
		meta = e.meta
	}
	b.SetMeta(meta)
	snap := b.Freeze()
	s.history.remember(at, snap)
	return snap, nil
}

// route returns the snapshot that is nearest to the commit of rev, at its
// position, and the steps between them: undo begins with the commit itself,
// which stays, and redo ends with it.
func (s *Store) route(rev Revision) (from *index.Snapshot, at int64, undo, redo []*entry, err error) {
	h := &s.history
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.entries) == 0 {
		return nil, 0, nil, nil, ErrClosed
	}
	head := s.head.Load()
	if rev.position > head.Revision {
		return nil, 0, nil, nil, fmt.Errorf("%w: %s; the newest is %s", ErrFutureRevision, rev, s.revision(&head.Meta))
	}
	if oldest := &h.entries[0].meta; rev.position < oldest.Revision {
		return nil, 0, nil, nil, fmt.Errorf("%w: %s; the oldest retained is %s", ErrRevisionGone, rev, s.revision(oldest))
	}
	at = h.find(rev.position)
	if is := s.revision(&h.entry(at).meta); is != rev {
		return nil, 0, nil, nil, fmt.Errorf("%w: %s; in its place is %s", ErrDiverged, rev, is)
	}
	near := pin{at: h.last(), snap: head}
	for _, p := range append([]pin{h.memo}, h.pins...) {
		if p.snap != nil && h.distance(p.at, at) < h.distance(near.at, at) {
			near = p
		}
	}
	switch i, j := at-h.first, near.at-h.first; {
	case i < j:
		undo = slices.Clone(h.entries[i : j+1])
	case i > j:
		redo = slices.Clone(h.entries[j+1 : i+1])
	}
	return near.snap, at, undo, redo, nil
}

// distance returns the work between two positions.
func (h *history) distance(a, b int64) int64 {
	d := h.entry(a).work - h.entry(b).work
	return max(d, -d)
}

// remember keeps the state that was reconstructed last, for the next question
// about its neighbours. In the meantime it may be of an earlier generation.
func (h *history) remember(at int64, snap *index.Snapshot) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.entries) > 0 && at >= h.first && h.entries[0].dict == snap.Dict() {
		h.memo = pin{at: at, snap: snap}
	}
}

// AtLeast returns the newest state as soon as it is that of rev or a later one;
// the zero Revision asks for nothing. If ctx ends first, the error is
// [ErrStale] and that of ctx. It does not wait for a revision of another
// store, which is [ErrForeignRevision] at once, nor within a transaction for
// that transaction, which is [ErrReentrant]. A revision whose place another one has
// is [ErrDiverged]: the log has lost it. That is known of what is retained, also before the
// log lost it; not of what was before the store was opened.
func (s *Store) AtLeast(ctx context.Context, rev Revision) (*State, error) {
	if err := s.err(); err != nil {
		return nil, err
	}
	snap, err := s.reached(ctx, rev)
	if err != nil {
		return nil, err
	}
	return s.judgedNow(snap)
}

// judgedNow is Now for a snapshot that was the newest a moment ago. Whoever has found out something
// about it must not ask another: the index may be built anew in between, without what was lost.
func (s *Store) judgedNow(snap *index.Snapshot) (*State, error) {
	if err := s.err(); err != nil {
		return nil, err
	}
	return s.state(snap, s.instant(snap)), nil
}

// reach waits until the newest state is that of rev or a later one.
func (s *Store) reach(ctx context.Context, rev Revision) error {
	_, err := s.reached(ctx, rev)
	return err
}

// reached is reach, and returns the snapshot of that state.
func (s *Store) reached(ctx context.Context, rev Revision) (*index.Snapshot, error) {
	for nudged := false; ; nudged = true {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrStale, err)
		}
		var head *index.Snapshot // another epoch may begin at any time
		var f *failure
		wake := s.history.next(func() bool {
			head, f = s.head.Load(), s.failure.Load()
			return f != nil || head.Revision >= rev.position
		})
		if f != nil {
			return nil, f.err
		}
		if !rev.IsZero() && !rev.SameHistory(s.revision(&head.Meta)) {
			return nil, fmt.Errorf("%w: %s", ErrForeignRevision, rev)
		}
		if wake == nil {
			return head, s.kept(rev)
		}
		if s.reentered() {
			return nil, ErrReentrant
		}
		if !nudged && s.line != nil {
			s.line.nudge()
		}
		select {
		case <-wake:
		case <-ctx.Done():
		case <-s.done:
			return nil, ErrClosed
		}
	}
}

// kept reports, as ErrDiverged, that another revision has the place of rev. Of what is
// not retained it knows nothing.
func (s *Store) kept(rev Revision) error {
	if s.line == nil || rev.IsZero() {
		return nil
	}
	is, ok := s.history.at(s, rev.position)
	if !ok {
		is, ok = s.line.passed(rev.position)
	}
	if ok && is != rev {
		s.line.doubt()
		return fmt.Errorf("%w: %s; in its place is %s", ErrDiverged, rev, is)
	}
	return nil
}

// at returns the revision of the commit at a position, if it is retained.
func (h *history) at(s *Store, position uint64) (Revision, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.entries) == 0 || position < h.entries[0].meta.Revision || position > h.entry(h.last()).meta.Revision {
		return Revision{}, false
	}
	return s.revision(&h.entry(h.find(position)).meta), true
}

// next returns a channel that is closed at the next publication, or nil if
// there already is what is waited for.
func (h *history) next(here func() bool) <-chan struct{} {
	if here() {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if here() {
		return nil
	}
	return h.wait()
}

// wait returns a channel that is closed at the next publication. The caller
// holds the lock.
func (h *history) wait() <-chan struct{} {
	if h.wake == nil {
		h.wake = make(chan struct{})
	}
	return h.wake
}

// Latest returns a state that includes every commit acknowledged before the
// call, by any process. A store without a log, or with one that no other process shares,
// is alone, and its newest state is that. Otherwise the log is asked for its newest
// revision, which is then waited for; the error is [ErrStale], and that of the log or of
// ctx, if that fails or ctx ends first.
func (s *Store) Latest(ctx context.Context) (*State, error) {
	if s.line == nil || s.line.exclusive {
		return s.AtLeast(ctx, Revision{})
	}
	if f := s.failure.Load(); f != nil { // if it is only stale that can end
		return nil, f.err
	}
	snap, err := s.confirm(ctx)
	if err != nil {
		return nil, err
	}
	return s.judgedNow(snap)
}
