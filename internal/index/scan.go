package index

// Scans are paged: the caller brings a buffer, reads what is in it, and asks
// again from the key after the last. So no cursor outlives a call, and a page
// costs one descent of the tree.

// Forward appends to buf[:0], up to its capacity, the tuples with from's
// Object and Relation that are at from or after it in forward order. When the
// result is full there may be more, from last.AfterForward() on.
func (r *Reader) Forward(from Key, buf []Key) []Key { return r.forward(from, maskSecond, buf) }

// ForwardObject is like [Reader.Forward], for all relations of from's Object.
func (r *Reader) ForwardObject(from Key, buf []Key) []Key { return r.forward(from, maskFirst, buf) }

// All is like [Reader.Forward], for all objects.
func (r *Reader) All(from Key, buf []Key) []Key { return r.forward(from, maskNone, buf) }

// Reverse appends to buf[:0], up to its capacity, the tuples with from's
// Subject and SubjectRelation that are at from or after it in reverse order.
// When the result is full there may be more, from last.AfterReverse() on.
func (r *Reader) Reverse(from Key, buf []Key) []Key { return r.reverse(from, maskSecond, buf) }

// ReverseRelation is like [Reader.Reverse], for from's Relation alone.
func (r *Reader) ReverseRelation(from Key, buf []Key) []Key {
	return r.reverse(from, maskHead, buf)
}

// ReverseSubject is like [Reader.Reverse], for all subject relations of from's
// Subject: the object itself and every userset of it.
func (r *Reader) ReverseSubject(from Key, buf []Key) []Key { return r.reverse(from, maskFirst, buf) }

func (r *Reader) forward(from Key, mask uint64, buf []Key) []Key {
	buf = buf[:0]
	if cap(buf) == 0 {
		return buf
	}
	want := from.forwardHead() & mask
	if r.over != nil {
		m := merge{r: r, added: r.over.forward, from: from, want: want, mask: mask, buf: buf}
		return m.run(false)
	}
	r.snap.forward.AscendGreaterOrEqual(from, func(k Key) bool {
		if k.forwardHead()&mask != want {
			return false
		}
		if r.live(k) {
			buf = append(buf, k)
		}
		return len(buf) < cap(buf)
	})
	return buf
}

func (r *Reader) reverse(from Key, mask uint64, buf []Key) []Key {
	buf = buf[:0]
	if cap(buf) == 0 {
		return buf
	}
	want := from.reverseHead() & mask
	if r.over != nil {
		m := merge{r: r, added: r.over.reverse, from: from, want: want, mask: mask, buf: buf}
		return m.run(true)
	}
	r.snap.reverse.AscendGreaterOrEqual(from, func(k Key) bool {
		if k.reverseHead()&mask != want {
			return false
		}
		if r.live(k) {
			buf = append(buf, k)
		}
		return len(buf) < cap(buf)
	})
	return buf
}

// A merge is one scan of a snapshot under an overlay: the tree's keys without
// the hidden ones, and between them the added ones, which win over those of
// the tree.
type merge struct {
	r     *Reader
	added []Key
	from  Key
	want  uint64
	mask  uint64
	buf   []Key
}

func (m *merge) run(reverse bool) []Key {
	tree, head, less, compare := m.r.snap.forward, Key.forwardHead, ForwardLess, CompareForward
	if reverse {
		tree, head, less, compare = m.r.snap.reverse, Key.reverseHead, ReverseLess, CompareReverse
	}
	next := search(m.added, m.from, compare)
	tree.AscendGreaterOrEqual(m.from, func(k Key) bool {
		if head(k)&m.mask != m.want {
			return false
		}
		for ; next < len(m.added) && !m.full() && less(m.added[next], k); next++ {
			m.emit(m.added[next])
		}
		if !m.full() && !m.r.over.replaces(k) {
			m.emit(k)
		}
		return !m.full()
	})
	for ; next < len(m.added) && !m.full() && head(m.added[next])&m.mask == m.want; next++ {
		m.emit(m.added[next])
	}
	return m.buf
}

func (m *merge) full() bool { return len(m.buf) == cap(m.buf) }

func (m *merge) emit(k Key) {
	if m.r.live(k) {
		m.buf = append(m.buf, k)
	}
}
