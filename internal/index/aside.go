package index

// Tuples that the schema does not admit any more can be set aside: they are in
// neither tree, so that nothing sees them, until a schema admits them again.

// An asideTuple is one of them, by its identity, with what qualifies it.
type asideTuple struct {
	key Key
	q   *Qualifier
}

func asideLess(a, b asideTuple) bool { return ForwardLess(a.key, b.key) }

// Aside returns the number of tuples that are set aside.
func (s *Snapshot) Aside() int {
	if s.aside == nil {
		return 0
	}
	return s.aside.Len()
}

// LookupAside returns what qualifies the tuple with k's identity that is set
// aside; false when none is.
func (s *Snapshot) LookupAside(k Key) (*Qualifier, bool) {
	if s.aside == nil {
		return nil, false
	}
	t, ok := s.aside.Get(asideTuple{key: k.Identity()})
	return t.q, ok
}

// AsideTuples calls yield for each tuple that is set aside, in the order of the
// forward tree, until yield returns false.
func (s *Snapshot) AsideTuples(yield func(Key, *Qualifier) bool) {
	if s.aside != nil {
		s.aside.Ascend(func(t asideTuple) bool { return yield(t.key, t.q) })
	}
}

// PutAside sets aside a tuple with k's identity, or replaces what qualifies the
// one that is.
func (b *Builder) PutAside(k Key, q *Qualifier) {
	b.ownAside().aside.ReplaceOrInsert(asideTuple{k.Identity(), q})
}

// RemoveAside forgets the tuple with k's identity that is set aside.
func (b *Builder) RemoveAside(k Key) {
	if b.s.Aside() > 0 {
		b.ownAside().aside.Delete(asideTuple{key: k.Identity()})
	}
}

// sameAside reports whether the same tuples are set aside in s and t.
func (s *Snapshot) sameAside(t *Snapshot) bool {
	if s.Aside() != t.Aside() {
		return false
	}
	same := true
	s.AsideTuples(func(k Key, q *Qualifier) bool {
		other, ok := t.aside.Get(asideTuple{key: k})
		same = ok && EqualQualifiers(q, other.q)
		return same
	})
	return same
}
