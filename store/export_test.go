package store

// NewRevision makes any revision, for tests.
func NewRevision(id uint64, epoch uint32, position uint64) Revision {
	return Revision{id, epoch, position}
}

// Next returns the revision after r, which may not be there yet.
func Next(r Revision) Revision { r.position++; return r }

// OtherEpoch returns r in another epoch of its store.
func OtherEpoch(r Revision) Revision { r.epoch++; return r }
