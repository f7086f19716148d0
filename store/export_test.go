package store

import (
	"context"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
)

// NewRevision makes any revision, for tests.
func NewRevision(id uint64, epoch uint32, position uint64) Revision {
	return Revision{store: id, epoch: epoch, position: position}
}

// Violations checks the newest state by the counts of a schema.
func Violations(s *Store, sch *schema.Schema) error {
	if err := s.take(context.Background()); err != nil {
		return err
	}
	defer s.release()
	return s.violations(context.Background(), s.now().Reader(), sch)
}

// Next returns the revision after r, which may not be there yet.
func Next(r Revision) Revision { r.position++; return r }

// OtherEpoch returns r in another epoch of its store.
func OtherEpoch(r Revision) Revision { r.epoch++; return r }

// Limit says how many objects a store can have, and how many qualified tuples.
func Limit(s *Store, objects, qualified int) {
	s.turn <- struct{}{}
	defer s.release()
	s.dict.Limit(index.ID(objects), qualified)
}

// LoseCommit takes the third of the retained steps away, as a defect might.
func LoseCommit(s *Store) {
	s.turn <- struct{}{}
	defer s.release()
	h := &s.history
	h.mu.Lock()
	defer h.mu.Unlock()
	h.entries = append(h.entries[:2:2], h.entries[3:]...)
}
