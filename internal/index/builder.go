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
	owned   owned
	touched []ID   // objects whose rosters are not derived anew yet, in any order
	changed []Name // relations of which tuples have changed since the last freeze
	members []ID   // subjects of those that can be part of a group, until there are too many to note
	beside  bool
	other   bool // the schema is another than that of the last freeze
}

// Owned says what of a builder's snapshot no one else has, so that it may be changed.
type owned struct {
	snapshot bool // the snapshot itself, and the two trees of tuples
	records  bool // the trees of what qualifies them
	aside    bool // the tree of what is set aside
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
			b.s.dict.clock.note(b.members, epoch)
		}
		b.touched, b.changed, b.members = nil, nil, nil
	}
	if b.other && !b.s.beside { // what changed under the one was not noted for the other
		b.s.dict.clock.all.Store(b.s.dict.epoch.Load())
	}
	b.other = false
	b.owned = owned{}
	return b.s
}

// Peek returns what has been built so far, which the next change changes. Its
// rosters are those of the last snapshot.
func (b *Builder) Peek() *Snapshot { return b.s }

// SetMeta replaces what is said about the snapshot.
func (b *Builder) SetMeta(m Meta) {
	s := b.own()
	if m.Schema != s.Schema {
		b.other, s.groups = true, groupRelations(m.Schema, s.dict)
	}
	s.Meta = m
}

func (b *Builder) own() *Snapshot {
	if !b.owned.snapshot {
		b.s, b.owned.snapshot = b.s.clone(), true
		b.s.beside = b.s.beside || b.beside
	}
	return b.s
}

func (b *Builder) ownRecords() *Snapshot {
	s := b.own()
	if !b.owned.records {
		s.cloneRecords()
		b.owned.records = true
	}
	return s
}

func (b *Builder) ownAside() *Snapshot {
	s := b.own()
	if !b.owned.aside {
		s.cloneAside()
		b.owned.aside = true
	}
	return s
}

// Put stores the tuple with k's identity, or replaces what qualifies it; q is
// nil when nothing does. It fails only when the records are used up, and then
// changes nothing.
func (b *Builder) Put(k Key, q *Qualifier) error {
	s := b.own()
	n, err := b.addRecord(k, q)
	if err != nil {
		return err
	}
	k.Qualifier = n
	if old, ok := s.forward.ReplaceOrInsert(k); ok {
		b.dropRecord(old)
	}
	s.reverse.ReplaceOrInsert(k)
	b.touch(k)
	return nil
}

// PutAll is like a Put of each, the last of those of one tuple winning, but faster
// for many: each tree is filled in its own order, and built anew if there are as
// many puts as tuples. What is stored already and equally qualified is left alone.
// It sorts puts, and appends what has changed to changes. It fails as Put does, and
// then has stored none of them.
func (b *Builder) PutAll(puts *Puts, changes []Change) ([]Change, error) {
	puts.Sort()
	puts.unique()
	if n := b.s.qualifiers.Len() + len(puts.qualifiers); n > b.s.dict.maxQualified && len(puts.qualifiers) > 0 {
		return changes, fmt.Errorf("%w: %d qualified tuples", ErrFull, n)
	}
	if b.s.bulky(puts.Len()) {
		return b.merge(puts, slices.Grow(changes, puts.Len())), nil
	}
	keys := puts.keys[:0]
	for _, k := range puts.keys {
		c := Change{Key: k.Identity(), Has: true, After: puts.qualifier(k)}
		c.Before, c.Had = b.s.Lookup(k)
		if c.Had && EqualQualifiers(c.Before, c.After) {
			continue
		}
		changes = append(changes, c)
		k.Qualifier, _ = b.addRecord(k, c.After) // there is room for all
		if old, ok := b.own().forward.ReplaceOrInsert(k); ok {
			b.dropRecord(old)
		}
		keys = append(keys, k)
		b.touch(k)
	}
	for _, k := range sortKeys(keys, true) {
		b.s.reverse.ReplaceOrInsert(k)
	}
	return changes, nil
}

// Remove removes the tuple with k's identity, and returns what qualified it; false if
// it is not stored.
func (b *Builder) Remove(k Key) (*Qualifier, bool) {
	s := b.own()
	old, ok := s.forward.Delete(k)
	if !ok {
		return nil, false
	}
	q := s.qualifier(old)
	s.reverse.Delete(k)
	b.dropRecord(old)
	b.touch(k)
	return q, true
}

// touch notes that a tuple has changed.
func (b *Builder) touch(k Key) {
	if n := len(b.touched); n == 0 || b.touched[n-1] != k.Object {
		b.touched = append(b.touched, k.Object)
	}
	if len(b.members) <= maxNoted && b.s.groups.has(k.Relation) {
		b.members = append(b.members, k.Subject)
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
		q, _ := b.Remove(e.key)
		swept = append(swept, Change{Key: e.key.Identity(), Had: true, Before: q})
		b.s.Swept = max(b.s.Swept, e.at)
	}
	return swept
}

// addRecord keeps q, which qualifies k, and returns the value for Key.Qualifier.
func (b *Builder) addRecord(k Key, q *Qualifier) (uint32, error) {
	if q == nil {
		return 0, nil
	}
	s := b.ownRecords()
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
func (b *Builder) dropRecord(k Key) {
	if k.Qualifier == 0 {
		return
	}
	s := b.ownRecords()
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
