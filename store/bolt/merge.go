package bolt

import (
	"iter"

	"github.com/baobab-authz/baobab/store"
)

// A merger makes chunks of all tuples: those of the chunks that are there, but for what an
// overlay covers, and those of the overlay. A chunk in which nothing has changed is passed
// on as it is, unless it is small.
type merger struct {
	path string // for errors
	over *overlay
	w    *chunkWriter
	emit func(chunk []byte, tuples uint64) error // may keep the chunk, and has to place it
}

// merge merges all.
func merge(path string, chunks iter.Seq2[string, error], over *overlay, emit func(chunk []byte, tuples uint64) error) error {
	m := merger{path, over, newChunkWriter(), emit}
	for text, err := range chunks {
		if err == nil {
			err = m.chunk(text)
		}
		if err != nil {
			return err
		}
	}
	for s := range over.each() {
		if err := m.add(s); err != nil {
			return err
		}
	}
	return m.flush()
}

// chunk passes one on, or what is left of it.
func (m *merger) chunk(text string) error {
	changed := len(text) < chunkSize/2
	r := readChunk(text)
	total := r.count
	for s := (store.Stored{}); !changed && r.next(&s); {
		changed = m.over.covers(&s)
	}
	if r.err == nil && !changed {
		return m.emit([]byte(text), total)
	}
	if r.err == nil {
		r = readChunk(text)
	}
	for s := (store.Stored{}); r.next(&s); {
		if m.over.covers(&s) {
			continue
		}
		if err := m.add(&s); err != nil {
			return err
		}
	}
	if r.err != nil {
		return in(m.path, corrupt("a chunk: %w", r.err))
	}
	return nil
}

func (m *merger) add(s *store.Stored) error {
	m.w.add(s)
	if m.w.size() < chunkSize {
		return nil
	}
	return m.flush()
}

func (m *merger) flush() error {
	n := m.w.count
	if n == 0 {
		return nil
	}
	return m.emit(m.w.chunk(), n)
}
