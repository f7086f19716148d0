package index

import (
	"fmt"
	"slices"
)

// A Builder makes a new snapshot from another one. It copies nothing until it
// changes something. It is not safe for concurrent use, but any number of
// builders may work from one snapshot.
type Builder struct {
	s       *Snapshot
	owned   bool   // s is the builder's own, and no one else has it
	touched []ID   // objects whose rosters are not derived anew yet, in any order
	changed []Name // relations of which tuples have changed since the last freeze
	subject []ID   // subjects of these tuples, until there are too many to note
	beside  bool
}

// Edit returns a builder that starts with s.
func (s *Snapshot) Edit() *Builder { return &Builder{s: s} }

// Beside returns a builder that starts with s and whose snapshots are not to follow
// it in the line of commits: what they change is news to nobody.
func (s *Snapshot) Beside() *Builder { return &Builder{s: s, beside: true} }

// Freeze returns what has been built. The builder goes on from it with a copy.
func (b *Builder) Freeze() *Snapshot {
	if len(b.touched) > 0 {
		slices.Sort(b.touched)
		b.s.rosters = b.s.rosters.update(b.s.forward, slices.Compact(b.touched))
		epoch := b.s.dict.epoch.Add(1)
		b.s.epochs = newEpochs(b.s.epochs, b.changed, epoch)
		if !b.s.beside {
			b.s.dict.clock.note(b.subject, epoch)
		}
		b.touched, b.changed, b.subject = nil, nil, nil
	}
	b.owned = false
	return b.s
}

// Peek returns what has been built so far, which the next change changes. Its
// rosters are those of the last snapshot.
func (b *Builder) Peek() *Snapshot { return b.s }

// SetMeta replaces what is said about the snapshot.
func (b *Builder) SetMeta(m Meta) { b.own().Meta = m }

func (b *Builder) own() *Snapshot {
	if !b.owned {
		b.s, b.owned = b.s.clone(), true
		b.s.beside = b.s.beside || b.beside
	}
	return b.s
}

// Put stores the tuple with k's identity, or replaces what qualifies it; q is
// nil when nothing does. It fails only when the records are used up, and then
// changes nothing.
func (b *Builder) Put(k Key, q *Qualifier) error {
	s := b.own()
	n, err := s.addRecord(k, q)
	if err != nil {
		return err
	}
	k.Qualifier = n
	if old, ok := s.forward.ReplaceOrInsert(k); ok {
		s.dropRecord(old)
	}
	s.reverse.ReplaceOrInsert(k)
	b.touch(k)
	return nil
}

// A Put is a tuple to store and what qualifies it.
type Put struct {
	Key       Key
	Qualifier *Qualifier
}

// PutAll is like a Put of each, the last of those of one tuple winning, but
// faster for many: each tree is filled in its own order. It sorts puts. It
// fails as Put does, and then has stored none of them.
func (b *Builder) PutAll(puts []Put) error {
	switch len(puts) {
	case 0:
		return nil
	case 1:
		return b.Put(puts[0].Key, puts[0].Qualifier)
	}
	s := b.own()
	if n := s.qualifiers.Len() + len(puts); n > s.dict.maxQualified {
		return fmt.Errorf("%w: %d qualified tuples", ErrFull, n)
	}
	compare := func(x, y Put) int { return CompareForward(x.Key, y.Key) }
	if !slices.IsSortedFunc(puts, compare) {
		slices.SortStableFunc(puts, compare)
	}
	keys := make([]Key, 0, len(puts))
	for i, p := range puts {
		if i+1 < len(puts) && p.Key.Same(puts[i+1].Key) {
			continue
		}
		p.Key.Qualifier, _ = s.addRecord(p.Key, p.Qualifier) // there is room for all
		if old, ok := s.forward.ReplaceOrInsert(p.Key); ok {
			s.dropRecord(old)
		}
		keys = append(keys, p.Key)
		b.touch(p.Key)
	}
	slices.SortFunc(keys, CompareReverse)
	for _, k := range keys {
		s.reverse.ReplaceOrInsert(k)
	}
	return nil
}

// Remove removes the tuple with k's identity, if it is stored.
func (b *Builder) Remove(k Key) {
	s := b.own()
	if old, ok := s.forward.Delete(k); ok {
		s.reverse.Delete(k)
		s.dropRecord(old)
		b.touch(k)
	}
}

// touch notes that a tuple has changed.
func (b *Builder) touch(k Key) {
	if n := len(b.touched); n == 0 || b.touched[n-1] != k.Object {
		b.touched = append(b.touched, k.Object)
	}
	if len(b.subject) <= maxNoted {
		b.subject = append(b.subject, k.Subject)
	}
	if !slices.Contains(b.changed, k.Relation) {
		b.changed = append(b.changed, k.Relation)
	}
}

// Sweep removes up to limit of the tuples that expired at the instant until
// or before, the earliest first, and returns them as changes. It raises
// [Meta.Swept] accordingly.
func (b *Builder) Sweep(until int64, limit int) []Change {
	var swept []Change
	for len(swept) < limit {
		e, ok := b.s.expiries.Min()
		if !ok || e.at > until {
			break
		}
		q, _ := b.s.Lookup(e.key)
		swept = append(swept, Change{Key: e.key.Identity(), Had: true, Before: q})
		b.Remove(e.key)
		b.s.Swept = max(b.s.Swept, e.at)
	}
	return swept
}

// addRecord keeps q, which qualifies k, and returns the value for Key.Qualifier.
func (s *Snapshot) addRecord(k Key, q *Qualifier) (uint32, error) {
	if q == nil {
		return 0, nil
	}
	n, err := s.freeNumber()
	if err != nil {
		return 0, err
	}
	s.qualifiers.ReplaceOrInsert(record{n, q.Expires, q})
	if q.Expires != 0 {
		s.expiries.ReplaceOrInsert(expiry{q.Expires, k.Identity()})
		n |= qualifierExpires
	}
	return n, nil
}

// freeNumber returns the next number that no record has. Numbers of removed
// records are used again, but only after all others have been.
func (s *Snapshot) freeNumber() (uint32, error) {
	if s.qualifiers.Len() >= s.dict.maxQualified {
		return 0, fmt.Errorf("%w: %d qualified tuples", ErrFull, s.qualifiers.Len())
	}
	for {
		s.lastNumber = s.lastNumber%qualifierNumber + 1
		if _, taken := s.qualifiers.Get(record{number: s.lastNumber}); !taken {
			return s.lastNumber, nil
		}
	}
}

// dropRecord forgets what qualified k, which has been replaced or removed. A
// new record of the same tuple with the same expiry keeps its place.
func (s *Snapshot) dropRecord(k Key) {
	if k.Qualifier == 0 {
		return
	}
	r, _ := s.qualifiers.Delete(record{number: k.Qualifier & qualifierNumber})
	if r.expires == 0 {
		return
	}
	if now, ok := s.forward.Get(k); ok {
		if q := s.qualifier(now); q != nil && q.Expires == r.expires {
			return
		}
	}
	s.expiries.Delete(expiry{r.expires, k.Identity()})
}
