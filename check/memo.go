package check

import (
	"sync/atomic"

	"github.com/baobab-authz/baobab/internal/index"
)

// A memo keeps closures. It is a table of one place for each hash, in which the
// newest wins, so that nobody ever waits for it and it never grows beyond its
// size; it grows to it in steps as closures displace each other.
type memo struct {
	dict      *index.Dict
	table     atomic.Pointer[[]atomic.Pointer[closure]]
	displaced atomic.Int32 // since the table was made
}

const (
	firstMemo = 1 << 8
	maxMemo   = 1 << 18
)

func newMemo(d *index.Dict) *memo {
	m := &memo{dict: d}
	table := make([]atomic.Pointer[closure], firstMemo)
	m.table.Store(&table)
	return m
}

func place(table []atomic.Pointer[closure], g goal) *atomic.Pointer[closure] {
	h := (uint64(g.object)<<16 | uint64(g.relation)) * 0x9e3779b97f4a7c15
	return &table[h>>32&uint64(len(table)-1)]
}

// find returns the closure of a subject, if it is kept and right.
func (m *memo) find(subject goal, epoch uint64, instant int64) *closure {
	c := place(*m.table.Load(), subject).Load()
	if c == nil || c.of != subject || c.epoch != epoch || instant < c.from || instant >= c.until {
		return nil
	}
	return c
}

// keep keeps a closure.
func (m *memo) keep(c *closure) {
	table := m.table.Load()
	old := place(*table, c.of).Swap(c)
	if old == nil || old.of == c.of || len(*table) == maxMemo {
		return
	}
	if int(m.displaced.Add(1)) > len(*table)/4 {
		m.grow(table)
	}
}

// grow replaces a table by a larger one. What is kept meanwhile may be lost.
func (m *memo) grow(table *[]atomic.Pointer[closure]) {
	larger := make([]atomic.Pointer[closure], 4*len(*table))
	for i := range *table {
		if c := (*table)[i].Load(); c != nil {
			place(larger, c.of).Store(c)
		}
	}
	if m.table.CompareAndSwap(table, &larger) {
		m.displaced.Store(0)
	}
}
