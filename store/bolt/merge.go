package bolt

import (
	"iter"
	"time"

	"github.com/baobab-authz/baobab/store"
)

// A merger makes chunks of all tuples: those of the chunks that are there, but for what an
// overlay covers, and those of the overlay. What had expired at the horizon is left out. A
// chunk in which nothing has changed is passed on as it is, unless it is small.
type merger struct {
	path    string // for errors
	over    *overlay
	horizon time.Time
	w       *chunkWriter
	emit    func(chunk []byte, tuples uint64) error // may keep the chunk, and has to place it
}

// everything is a horizon at which nothing had expired: no tuple expires so early.
func everything() time.Time { return time.Time{} }

// merge merges all.
func merge(path string, chunks iter.Seq2[string, error], over *overlay, horizon time.Time, emit func(chunk []byte, tuples uint64) error) error {
	m := merger{path, over, horizon, newChunkWriter(), emit}
	for text, err := range chunks {
		if err == nil {
			err = m.chunk(text)
		}
		if err != nil {
			return err
		}
	}
	for s := range over.each() {
		if s.Expired(horizon) {
			continue
		}
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
		changed = m.gone(&s)
	}
	if r.err == nil && !changed {
		return m.emit([]byte(text), total)
	}
	if r.err == nil {
		r = readChunk(text)
	}
	for s := (store.Stored{}); r.next(&s); {
		if m.gone(&s) {
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

// gone reports whether a tuple of a chunk is not to be in those that are made of it.
func (m *merger) gone(s *store.Stored) bool { return s.Expired(m.horizon) || m.over.covers(s) }

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
