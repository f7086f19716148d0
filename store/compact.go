package store

import (
	"context"
	"slices"

	"github.com/baobab-authz/baobab/internal/index"
)

// Compact gives back the memory of objects that nothing names any more: neither a
// stored tuple, nor one that is set aside, nor a commit that is retained. It returns
// how many there were. States that were taken before keep what they need; the revision
// stays the same, and so do all answers.
//
// Commits do it on their own, see [Options.CompactAt], so there is seldom a reason to
// call it: after a deletion of very much, perhaps. It also leaves the trees as small
// as an import does. It waits for the turn to write as [Store.Update] does, and costs
// the commit that does it about half a second for a million tuples; whoever reads does
// not wait. Until no state of before is held any more the memory is taken twice. The
// pinned snapshots of the history go, so that the next [Store.At] for an old revision
// takes longer.
func (s *Store) Compact(ctx context.Context) (n int, err error) {
	err = s.still(ctx, func() (err error) {
		n, err = s.compact(s.marking())
		return err
	})
	return n, err
}

// full reports whether the dictionary has grown enough to be compacted, perhaps.
func (s *Store) full() bool { return s.options.CompactAt >= 0 && s.dict.Len() >= s.compactAt }

// reclaim compacts the dictionary if it has grown enough, and half of it is not
// needed. Whether it is costs a look at every tuple; so the dictionary has to double
// before it is asked again, and on the whole an object pays for looking at two. The
// caller has the turn, and there is no proposal.
func (s *Store) reclaim() error {
	if !s.full() {
		return nil
	}
	m := s.marking()
	if 2*m.Len() > s.dict.Len() {
		s.compactAt = 2 * s.dict.Len()
		return nil
	}
	_, err := s.compact(m)
	return err
}

// marking notes what the newest state and the history name.
func (s *Store) marking() *index.Marking {
	m := index.NewMarking(s.dict)
	m.Snapshot(s.head.Load())
	for _, e := range s.history.entries { // which only whoever has the turn replaces
		m.Changes(e.changes)
	}
	return m
}

// compact replaces the dictionary by its next generation, and the newest state and
// the history by what they are in terms of that. Everything that is retained is of
// one generation.
func (s *Store) compact(m *index.Marking) (int, error) {
	given := s.dict.Len() - m.Len()
	if given > 0 {
		c := m.Compact()
		snap := c.Snapshot(s.head.Load())
		entries := make([]*entry, len(s.history.entries))
		for i, e := range s.history.entries {
			moved := *e
			moved.dict, moved.changes = c.Dict(), c.Changes(e.changes)
			entries[i] = &moved
		}
		if err := s.verifyCompaction(snap, entries); err != nil {
			return 0, err
		}
		s.dict = c.Dict()
		s.history.replace(s, snap, entries)
		s.replaceTip()
	}
	s.compactAt = max(s.options.CompactAt, 2*s.dict.Len())
	return given, nil
}

// verifyCompaction checks, under the option, what would be put in place.
func (s *Store) verifyCompaction(snap *index.Snapshot, entries []*entry) error {
	if !s.options.CheckEachCommit || len(entries) == 0 {
		return nil
	}
	if err := snap.Check(); err != nil {
		return err
	}
	return checkHistory(snap, s.history.first, entries, nil)
}

// replace puts a snapshot in the place of the newest state, and steps in the place of
// those that lead to it.
func (h *history) replace(s *Store, snap *index.Snapshot, entries []*entry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.entries, h.memo = entries, pin{}
	for _, p := range h.pins {
		h.bytes -= p.bytes
	}
	h.pins = slices.Delete(h.pins, 0, len(h.pins))
	s.head.Store(snap)
}
