package bolt

import (
	"iter"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A key is that by which a tuple is stored once.
type key struct {
	tuple.Tuple
	aside bool
}

// An overlay is what commits have made of the tuples before them.
type overlay struct {
	there   map[key]int         // in tuples, or absent
	objects map[string]struct{} // the ids in there, which are compared faster
	tuples  []store.Stored
	bytes   uint64 // of the commits

	head       store.Revision // that of the last commit
	generation uint64         // the tuples before
}

const absent = -1

func newOverlay() *overlay { return &overlay{there: map[key]int{}, objects: map[string]struct{}{}} }

// apply adds what another commit has made.
func (o *overlay) apply(c *store.Commit) {
	o.bytes += uint64(len(c.Seal()))
	for i := range c.Removed {
		o.put(&c.Removed[i], absent)
	}
	for i := range c.Added {
		o.put(&c.Added[i], len(o.tuples))
		o.tuples = append(o.tuples, c.Added[i])
	}
}

func (o *overlay) put(s *store.Stored, at int) {
	o.there[key{s.Tuple, s.Aside}] = at
	o.objects[s.Object.ID] = struct{}{}
}

// covers reports whether what the overlay says of a tuple replaces it.
func (o *overlay) covers(s *store.Stored) bool {
	if _, ok := o.objects[s.Object.ID]; !ok {
		return false
	}
	_, ok := o.there[key{s.Tuple, s.Aside}]
	return ok
}

// each goes through the tuples that are there.
func (o *overlay) each() iter.Seq[*store.Stored] {
	return func(yield func(*store.Stored) bool) {
		for _, at := range o.there {
			if at != absent && !yield(&o.tuples[at]) {
				return
			}
		}
	}
}

// merge gives chunks of all tuples to emit: those of chunks that are there, but for what the
// overlay covers, and those of the overlay. A chunk that nothing has changed in is
// passed on as it is, unless it is small. emit may keep what it is given, and has to place it.
func merge(chunks iter.Seq2[string, error], o *overlay, emit func(chunk []byte, tuples uint64) error) error {
	w := newChunkWriter()
	add := func(s *store.Stored) error {
		w.add(s)
		if w.size() < chunkSize {
			return nil
		}
		n := w.count
		return emit(w.chunk(), n)
	}
	for text, err := range chunks {
		if err != nil {
			return err
		}
		same := len(text) >= chunkSize/2
		var kept []store.Stored
		r := readChunk(text)
		total := r.count
		for s := (store.Stored{}); r.next(&s); {
			if o.covers(&s) {
				same = false
				continue
			}
			kept = append(kept, s)
		}
		switch {
		case r.err != nil:
			return corrupt("a chunk: %w", r.err)
		case same:
			err = emit([]byte(text), total)
		default:
			for i := 0; i < len(kept) && err == nil; i++ {
				err = add(&kept[i])
			}
		}
		if err != nil {
			return err
		}
	}
	for s := range o.each() {
		if err := add(s); err != nil {
			return err
		}
	}
	if n := w.count; n > 0 {
		return emit(w.chunk(), n)
	}
	return nil
}
