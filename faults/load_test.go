package faults

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A target is what can be asked: a place, or an engine of this process.
type target interface {
	do(op) (r result, life int, err error)
}

// A load is clients that ask targets.
type load struct {
	history *history
	targets []target

	clients  int           // of each target; default 4
	pause    time.Duration // of a client after each answer, up to twice that; default none
	patience time.Duration // of each operation; default 15 s
	cells    int           // at a time; default 4
	turnover time.Duration // how long the same cells are used; default 1 s
	writes   int           // percent; default 45
	readers  []int         // targets that only read
	name     string        // with which those of the cells begin
	tokens   tokens

	stopped atomic.Bool
	running sync.WaitGroup
}

// tokens are revisions that were acknowledged lately, on any node.
type tokens struct {
	mu   sync.Mutex
	last [16]string
	n    int
}

func (t *tokens) put(s string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last[t.n%len(t.last)] = s
	t.n++
}

func (t *tokens) get() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == 0 {
		return "0"
	}
	back := 1 + rand.IntN(min(t.n, 4))
	return t.last[(t.n-back)%len(t.last)]
}

// begin starts the clients.
func (l *load) begin() {
	l.clients = orDefault(l.clients, 4)
	l.patience = orDefault(l.patience, 15*time.Second)
	l.cells = orDefault(l.cells, 4)
	l.turnover = orDefault(l.turnover, time.Second)
	l.writes = orDefault(l.writes, 45)
	for i, target := range l.targets {
		reader := false
		for _, r := range l.readers {
			reader = reader || r == i
		}
		for range l.clients {
			l.running.Go(func() { l.client(i, target, reader) })
		}
	}
}

func orDefault[T comparable](v, d T) T {
	var zero T
	if v == zero {
		return d
	}
	return v
}

// end lets the clients finish what they have begun.
func (l *load) end(t *testing.T) []record {
	t.Helper()
	l.stopped.Store(true)
	ended := make(chan struct{})
	go func() {
		l.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(l.patience + 2*patience):
		require.Fail(t, "a client waits for an answer that does not come")
	}
	return l.history.take()
}

// run is a load for a while.
func (l *load) run(t *testing.T, d time.Duration) []record {
	t.Helper()
	l.begin()
	time.Sleep(d)
	return l.end(t)
}

// patience is how long a test waits for what has to come, on however slow a machine.
const patience = time.Minute

func (l *load) client(node int, target target, reader bool) {
	for !l.stopped.Load() {
		o := l.draw(reader)
		r := l.ask(node, target, o)
		if o.writes() && r.Outcome == done {
			l.tokens.put(r.Revision)
		}
		if l.pause > 0 {
			time.Sleep(rand.N(2 * l.pause))
		}
		if r.Code == "absent" {
			time.Sleep(5 * time.Millisecond) // another one is being started
		}
	}
}

// ask asks one question and writes down what comes of it.
func (l *load) ask(node int, target target, o op) result {
	rec := record{Op: o, Node: node, Call: l.history.clock()}
	r, life, err := target.do(o)
	rec.Result, rec.Life, rec.Return = r, life, l.history.clock()
	if errors.Is(err, errGone) {
		rec.Result.Outcome, rec.Result.Code = unknown, "gone"
	}
	if rec.Result.Outcome == unknown {
		rec.Return = pending
	}
	if !errors.Is(err, errAbsent) {
		l.history.add(rec)
	}
	return rec.Result
}

// draw returns something to ask.
func (l *load) draw(reader bool) op {
	generation := l.history.clock() / int64(l.turnover)
	name := func(i int) string { return fmt.Sprintf("%s%d.%d", l.name, generation, i) }
	o := op{ID: l.history.id(), Cell: name(rand.IntN(l.cells)), Who: user(), To: user(), Timeout: int(l.patience.Milliseconds())}
	if !reader && rand.IntN(100) < l.writes {
		o.Kind = []kind{count, count, claim, grab, release, release, lend, lend, both}[rand.IntN(9)]
		return o
	}
	o.Kind, o.Level = read, []string{now, atLeast, latest, latest}[rand.IntN(4)]
	for i := range l.cells {
		o.Cells = append(o.Cells, name(i))
	}
	if rand.IntN(50) == 0 {
		o.Kind = digest
	}
	if o.Level == atLeast {
		o.Token = l.tokens.get()
	}
	return o
}

func user() string { return fmt.Sprintf("u%d", rand.IntN(3)) }

// written returns how many transactions have been acknowledged.
func (t *tokens) written() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.n
}
