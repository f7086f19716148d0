package check

import (
	"sync"
	"sync/atomic"
)

// A memo keeps closures: a hash table of buckets of four, each a line of the
// processor's cache, so that one is found with one access to the table and one to
// itself. Who reads never waits, and who cannot write at once does not. It grows as
// closures displace each other, until all of it comes to its limit; then those
// that a hand comes by make room.
type memo struct {
	limit int64 // bytes
	bytes atomic.Int64
	table atomic.Pointer[memoTable]
	kept  atomic.Int64  // closures
	found atomic.Uint64 // closures that had to be found

	writing   sync.Mutex
	displaced int // since the table was made; this is for who is writing, and the next
	hand      int
}

const (
	memoWays    = 4
	firstMemo   = 1 << 4 // buckets
	bucketBytes = 16 * memoWays
)

type memoTable []memoBucket

// A memoBucket has for each place a key, which may be out of step with the closure
// for a moment: it says only where to look.
type memoBucket struct {
	keys     [memoWays]atomic.Uint64
	closures [memoWays]atomic.Pointer[closure]
}

func newMemo(limit int64) *memo {
	m := &memo{limit: limit}
	m.replace(make(memoTable, firstMemo), nil)
	return m
}

// textKey returns the key of an object with a hash, and goalKey that of a userset.
// A key is a hash; what is found has to be looked at.
func textKey(p *plan, h uint64) uint64 { return h ^ p.number*0xbf58476d1ce4e5b9 }

func goalKey(p *plan, g goal) uint64 {
	h := (uint64(g.object)<<16 | uint64(g.relation)) * 0x9e3779b97f4a7c15
	return textKey(p, h^h>>29)
}

func (t memoTable) bucket(key uint64) *memoBucket { return &t[key&uint64(len(t)-1)] }

// find returns a closure that was kept under a key, or nil. Of whom it is, and whether
// it is right for a state, is to be seen.
func (m *memo) find(key uint64) *closure {
	b := (*m.table.Load()).bucket(key)
	for i := range b.keys {
		if b.keys[i].Load() == key {
			return b.closures[i].Load()
		}
	}
	return nil
}

// fetch brings near what is kept under some keys, as [index.Reader.Fetch] does.
func (m *memo) fetch(keys []uint64) (sum uint64) {
	t := *m.table.Load()
	for _, key := range keys {
		sum += t.bucket(key).keys[0].Load()
	}
	var found [batchSize]*closure
	for i, key := range keys {
		found[i] = m.find(key)
	}
	for _, c := range found[:len(keys)] {
		if c != nil {
			sum += c.plan + c.filter[0] + uint64(c.few[0]) // at the beginning, in the middle and at the end
		}
	}
	return sum
}

// keep keeps a closure, in the place of what is kept under its key or, if there is
// nothing, of whatever is there.
func (m *memo) keep(key uint64, c *closure) {
	m.found.Add(1)
	if c.bytes() > m.limit/8 || !m.writing.TryLock() {
		return
	}
	defer m.writing.Unlock()
	t := *m.table.Load()
	b := t.bucket(key)
	at, free := -1, -1
	for i := range b.keys {
		switch old := b.closures[i].Load(); {
		case old == nil:
			free = i
		case b.keys[i].Load() == key:
			at = i
		}
	}
	if at < 0 {
		at = free
	}
	if at < 0 {
		at = m.displaced % memoWays
		m.displaced++
	}
	for m.bytes.Load()+c.bytes() > m.limit && m.kept.Load() > 0 {
		m.sweep()
	}
	m.put(b, at, key, c)
	if m.displaced > len(t)/2 && m.bytes.Load()+2*bucketBytes*int64(len(t)) <= m.limit {
		m.replace(make(memoTable, 2*len(t)), t)
	}
}

// put replaces what is in a place.
func (m *memo) put(b *memoBucket, at int, key uint64, c *closure) {
	old := b.closures[at].Load()
	b.keys[at].Store(key)
	b.closures[at].Store(c)
	for _, change := range []struct {
		of   *closure
		sign int
	}{{old, -1}, {c, 1}} {
		if change.of != nil {
			m.kept.Add(int64(change.sign))
			m.bytes.Add(int64(change.sign) * change.of.bytes())
		}
	}
}

// replace makes a table the memo's, with what is in another.
func (m *memo) replace(t, old memoTable) {
	m.bytes.Add(bucketBytes * int64(len(t)-len(old)))
	for i := range old {
		for j := range old[i].closures {
			c := old[i].closures[j].Load()
			if c == nil {
				continue
			}
			// Half of a bucket goes to each of two, so there is room.
			b, key := t.bucket(old[i].keys[j].Load()), old[i].keys[j].Load()
			for at := range b.closures {
				if b.closures[at].Load() == nil {
					b.keys[at].Store(key)
					b.closures[at].Store(c)
					break
				}
			}
		}
	}
	m.table.Store(&t)
	m.displaced, m.hand = 0, 0
}

// sweep takes away one closure of the bucket at the hand, and moves it on.
func (m *memo) sweep() {
	t := *m.table.Load()
	b := &t[m.hand%len(t)]
	m.hand++
	for i := range b.closures {
		if b.closures[i].Load() != nil {
			m.put(b, i, 0, nil)
			return
		}
	}
}
