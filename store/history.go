package store

import (
	"slices"
	"sort"
	"sync"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/tuple"
)

// An entry is one step of the history: a commit, or a sweep after one, which
// has the same revision. It is immutable.
type entry struct {
	meta    index.Meta  // of the state after the step
	dict    *index.Dict // of the ids in changes
	changes []index.Change
	sweep   bool
	cut     bool          // the changes and the note have been dropped
	actor   tuple.Subject // of a commit
	note    string
	work    int64 // changes and steps up to this one since the store was opened
	bytes   int64
}

// A pin is a snapshot that is kept as it was after the step at a position.
type pin struct {
	at    int64
	snap  *index.Snapshot
	bytes int64
}

// A history is the retained steps, the oldest first, and snapshots here and
// there between them. The first step is always a commit. Positions count the
// steps since the store was opened.
type history struct {
	mu      sync.Mutex
	entries []*entry
	first   int64 // the position of entries[0]
	pins    []pin
	memo    pin // the state that was reconstructed last
	commits int
	bytes   int64
	starts  int           // how often it has begun anew
	wake    chan struct{} // closed at the next publication; nil while no one waits
}

const (
	entryBytes = 208     // an entry and its place in the slice
	copyBytes  = 3 << 10 // what a change copies of what a snapshot pins, and so keeps: a node of each tree, and rosters
	tupleBytes = 64      // of a whole snapshot that shares nothing any more
)

func (h *history) last() int64 { return h.first + int64(len(h.entries)) - 1 }

func (h *history) entry(at int64) *entry { return h.entries[at-h.first] }

// find returns the position of the commit of a revision that is retained.
func (h *history) find(revision uint64) int64 {
	return h.first + int64(sort.Search(len(h.entries), func(i int) bool { return h.entries[i].meta.Revision >= revision }))
}

// publish makes snap the newest state, to which the steps lead.
func (s *Store) publish(snap *index.Snapshot, steps ...*entry) {
	h := &s.history
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range steps {
		h.append(e)
	}
	h.chargePin()
	if e := h.entry(h.last()); e.work-h.pinnedWork() >= int64(s.options.PinEvery) {
		h.pins = append(h.pins, pin{at: h.last(), snap: snap})
		h.memo = pin{}
	}
	h.trim(&s.options, snap.Time)
	s.head.Store(snap)
	h.wakeAll()
}

func (h *history) append(e *entry) {
	e.work = 1 + int64(len(e.changes))
	if len(h.entries) > 0 {
		e.work += h.entries[len(h.entries)-1].work
	}
	e.bytes = entryBytes + int64(len(e.note))
	for _, c := range e.changes {
		e.bytes += int64(c.Bytes())
	}
	h.entries = append(h.entries, e)
	h.bytes += e.bytes
	if !e.sweep {
		h.commits++
	}
}

// chargePin estimates what the newest pin keeps: nothing as long as it is the newest
// state, and more with each change that parts the two.
func (h *history) chargePin() {
	if len(h.pins) == 0 {
		return
	}
	p := &h.pins[len(h.pins)-1]
	h.bytes -= p.bytes
	p.bytes = min(copyBytes*(h.entry(h.last()).work-h.entry(p.at).work), tupleBytes*int64(p.snap.Len()))
	h.bytes += p.bytes
}

// pinnedWork returns the work up to the newest pin.
func (h *history) pinnedWork() int64 {
	if len(h.pins) == 0 {
		return h.entries[0].work
	}
	return h.entry(h.pins[len(h.pins)-1].at).work
}

// trim drops the oldest commits as long as there are too many of them by any
// of the bounds, but never the newest.
func (h *history) trim(o *Options, now int64) {
	drop := 0
	for h.commits > 1 {
		next := drop + 1
		for h.entries[next].sweep {
			next++
		}
		if !(o.HistoryCommits > 0 && h.commits > o.HistoryCommits ||
			o.HistoryAge > 0 && now-h.entries[next].meta.Time > o.HistoryAge.Microseconds() ||
			o.HistoryBytes > 0 && h.bytes > o.HistoryBytes) {
			break
		}
		for ; drop < next; drop++ {
			h.bytes -= h.entries[drop].bytes
		}
		h.commits--
		h.dropPins(h.first + int64(next))
	}
	clear(h.entries[:drop]) // let go of them; At works on a copy
	h.entries = h.entries[drop:]
	h.first += int64(drop)
	if e := h.entries[0]; h.commits == 1 && o.HistoryBytes > 0 && h.bytes > o.HistoryBytes {
		// No state is reconstructed from before the oldest: its changes can go.
		short := *e
		short.changes, short.note, short.cut, short.bytes = nil, "", true, entryBytes
		h.entries[0] = &short
		h.bytes -= e.bytes - short.bytes
	}
	if h.memo.at < h.first {
		h.memo = pin{}
	}
}

// dropPins drops the pins before a position.
func (h *history) dropPins(before int64) {
	n := 0
	for ; n < len(h.pins) && h.pins[n].at < before; n++ {
		h.bytes -= h.pins[n].bytes
	}
	h.pins = slices.Delete(h.pins, 0, n)
}

// restart makes a state the only one that is retained, and the newest.
func (h *history) restart(s *Store, state *index.Snapshot) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := &entry{meta: state.Meta, dict: state.Dict(), cut: true}
	if len(h.entries) > 0 {
		h.first = h.last() + 1
	}
	h.entries, h.pins, h.memo, h.commits, h.bytes = nil, nil, pin{}, 0, 0
	h.append(e)
	h.starts++
	s.head.Store(state)
	h.wakeAll()
}

// rouse wakes whoever waits for something, to look whether it can still come.
func (h *history) rouse() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wakeAll()
}

// wakeAll is called by whoever holds the lock.
func (h *history) wakeAll() {
	if h.wake != nil {
		close(h.wake)
		h.wake = nil
	}
}

// forgotten reports whether everything was dropped.
func (h *history) forgotten() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.entries) == 0
}

// forget drops everything, for a store that is closed.
func (h *history) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.entries, h.pins, h.memo, h.commits, h.bytes = nil, nil, pin{}, 0, 0
}
