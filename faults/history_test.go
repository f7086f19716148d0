package faults

import (
	"math"
	"sync"
	"time"
)

// pending is when an operation returns that has never returned.
const pending = int64(math.MaxInt64)

// A record is one operation of a history.
type record struct {
	Op           op
	Node, Life   int // which process it was asked of
	Call, Return int64
	Result       result
}

// open reports whether it is not known what became of a transaction.
func (r *record) open() bool { return r.Op.writes() && r.Result.Outcome == unknown }

// A history is what clients have asked, and been answered.
type history struct {
	start time.Time

	mu      sync.Mutex
	records []record
	ids     int64
}

func newHistory() *history { return &history{start: time.Now()} }

// clock is the time of all records: nanoseconds of one monotonic clock.
func (h *history) clock() int64 { return int64(time.Since(h.start)) }

// id returns the number of the next operation.
func (h *history) id() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ids++
	return h.ids
}

func (h *history) add(r record) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.records = append(h.records, r)
}

// unknown returns how many transactions there are of which nobody knows what became of them.
func (h *history) unknown() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.records {
		if h.records[i].open() {
			n++
		}
	}
	return n
}

// take returns all records, and forgets them.
func (h *history) take() []record {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.records
	h.records = nil
	return all
}

// slowest returns the longest that anybody has waited for an answer.
func slowest(records []record) (longest time.Duration, what kind) {
	for i := range records {
		r := &records[i]
		if d := time.Duration(r.Return - r.Call); r.Return != pending && d > longest {
			longest, what = d, r.Op.Kind
		}
	}
	return longest, what
}

// tally counts the records with each outcome, and code of error.
func tally(records []record) map[string]int {
	n := map[string]int{}
	for i := range records {
		r := &records[i]
		what := "write"
		if !r.Op.writes() {
			what = r.Op.Level
		}
		key := what + " " + string(r.Result.Outcome)
		if r.Result.Code != "" && r.Result.Outcome == failed {
			key += " (" + r.Result.Code + ")"
		}
		n[key]++
	}
	return n
}
