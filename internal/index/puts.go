package index

// Puts are tuples to store, and what qualifies them. The zero value is none.
type Puts struct {
	keys       []Key        // in Qualifier the place in qualifiers, from 1 on; 0 for none
	qualifiers []*Qualifier // of those that have one
}

// Add adds the tuple with k's identity; q is nil if nothing qualifies it.
func (p *Puts) Add(k Key, q *Qualifier) {
	k.Qualifier = 0
	if q != nil {
		p.qualifiers = append(p.qualifiers, q)
		k.Qualifier = uint32(len(p.qualifiers))
	}
	p.keys = append(p.keys, k)
}

// SetKey makes the i-th, which is not sorted yet, that of another tuple.
func (p *Puts) SetKey(i int, k Key) {
	k.Qualifier = p.keys[i].Qualifier
	p.keys[i] = k
}

// Grow makes room for n more tuples.
func (p *Puts) Grow(n int) {
	if cap(p.keys)-len(p.keys) < n {
		p.keys = append(make([]Key, 0, len(p.keys)+n), p.keys...)
	}
}

// Reset forgets all of them, and keeps the room for a few.
func (p *Puts) Reset() {
	if cap(p.keys) > maxKept {
		p.keys = nil
	}
	clear(p.qualifiers)
	p.keys, p.qualifiers = p.keys[:0], p.qualifiers[:0]
}

const maxKept = 128

// Len returns how many there are.
func (p *Puts) Len() int { return len(p.keys) }

// Key returns the identity of the i-th.
func (p *Puts) Key(i int) Key { return p.keys[i].Identity() }

// Sort sorts them in forward order. Those of one tuple stay in the order in which
// they were added.
func (p *Puts) Sort() { p.keys = sortKeys(p.keys, false) }

// qualifier returns what qualifies one of the keys.
func (p *Puts) qualifier(k Key) *Qualifier {
	if k.Qualifier == 0 {
		return nil
	}
	return p.qualifiers[k.Qualifier-1]
}

// unique drops, of those of one tuple, all but the last. They are sorted.
func (p *Puts) unique() {
	n := 0
	for i, k := range p.keys {
		if i+1 == len(p.keys) || !k.Same(p.keys[i+1]) {
			p.keys[n] = k
			n++
		}
	}
	p.keys = p.keys[:n]
}
