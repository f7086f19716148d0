package store

import "time"

// Stats are figures about a store at one moment.
type Stats struct {
	Revision Revision  // of the newest commit
	Time     time.Time // of the newest commit
	Oldest   Revision  // the oldest that is retained

	Tuples    int // that exist, at the current time
	Stored    int // the same and those that have expired and are not swept yet
	Qualified int // stored with a caveat or an expiry
	Expiring  int // stored with an expiry
	Aside     int // not among these: set aside by [Store.SetSchema]

	Objects int // with an id: all that were named in a write since the last [Store.Compact]
	Names   int // of types and relations

	Commits int   // retained, the newest included
	Pinned  int   // snapshots kept in the history
	Bytes   int64 // estimated for the history
}

// Stats returns figures about the store; none once it is closed. It costs a
// step for each tuple that has expired and is not swept yet.
func (s *Store) Stats() Stats {
	h := &s.history
	h.mu.Lock()
	if s.isClosed() || len(h.entries) == 0 {
		h.mu.Unlock()
		return Stats{}
	}
	snap := s.head.Load()
	st := Stats{
		Oldest:  s.revision(&h.entries[0].meta),
		Commits: h.commits,
		Pinned:  len(h.pins),
		Bytes:   h.bytes,
	}
	h.mu.Unlock()
	st.Revision, st.Time = s.revision(&snap.Meta), snap.CommitTime()
	st.Stored, st.Qualified, st.Expiring, st.Aside = snap.Len(), snap.Qualified(), snap.Expiring(), snap.Aside()
	st.Tuples = st.Stored - snap.Expired(s.instant(snap))
	st.Objects, st.Names = snap.Dict().Len(), snap.Dict().Names()
	return st
}
