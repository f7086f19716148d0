package store

import (
	"context"

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
