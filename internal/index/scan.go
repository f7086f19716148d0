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
	return r.scan(r.snap.forward, from, mask, buf)
}

func (r *Reader) reverse(from Key, mask uint64, buf []Key) []Key {
	return r.scan(r.snap.reverse, from, mask, buf)
}

func (r *Reader) scan(t tree, from Key, mask uint64, buf []Key) []Key {
	buf = buf[:0]
	if cap(buf) == 0 {
		return buf
	}
	start := t.item(from)
	want := start.head & mask
	if r.over != nil {
		m := merge{r: r, tree: t, added: r.over.forward, from: from, want: want, mask: mask, buf: buf}
		if t.reverse {
			m.added = r.over.reverse
		}
		return m.run()
	}
	t.items.AscendGreaterOrEqual(start, func(i item) bool {
		if i.head&mask != want {
			return false
		}
		if k := t.key(i); r.live(k) {
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
	tree  tree
	added []Key
	from  Key
	want  uint64
	mask  uint64
	buf   []Key
}

func (m *merge) run() []Key {
	compare := CompareForward
	if m.tree.reverse {
		compare = CompareReverse
	}
	next := search(m.added, m.from, compare)
	m.tree.AscendGreaterOrEqual(m.from, func(k Key) bool {
		if !m.wanted(k) {
			return false
		}
		for ; next < len(m.added) && !m.full() && m.tree.less(m.added[next], k); next++ {
			m.emit(m.added[next])
		}
		if !m.full() && !m.r.over.replaces(k) {
			m.emit(k)
		}
		return !m.full()
	})
	for ; next < len(m.added) && !m.full() && m.wanted(m.added[next]); next++ {
		m.emit(m.added[next])
	}
	return m.buf
}

func (m *merge) wanted(k Key) bool { return m.tree.item(k).head&m.mask == m.want }

func (m *merge) full() bool { return len(m.buf) == cap(m.buf) }

func (m *merge) emit(k Key) {
	if m.r.live(k) {
		m.buf = append(m.buf, k)
	}
}
