package logtest

import (
	"fmt"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/store"
)

// machineChecks are random sequences of operations.
func machineChecks() []check {
	return []check{{"RandomOperations", randomOperations}}
}

// randomOperations does anything in any order, and compares with the model.
func randomOperations(e env) {
	rapid.Check(e.t, func(t *rapid.T) {
		w := newWorld(t, e.make(e.t))
		defer w.end()
		m := &machine{world: w, draft: newDrafter(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") })}
		m.logs = w.handles(3)
		t.Repeat(map[string]func(*rapid.T){
			"append":   m.append,
			"repeat":   m.repeat,
			"conflict": m.conflict,
			"stranger": m.stranger,
			"tail":     m.tail,
			"follow":   m.follow,
			"snapshot": m.snapshot,
			"compact":  m.compact,
			"reopen":   m.reopen,
			"":         func(*rapid.T) { w.sameHead(m.log()) },
		})
		w.same(m.log())
	})
}

// A machine is a world to which anything may happen.
type machine struct {
	world  *world
	draft  *drafter
	logs   []store.Log
	before []*tail // which have read all until the last append
}

func (m *machine) log() store.Log { return pick(m.draft.choose, m.logs) }

// position returns one of those that there are.
func (m *machine) position() uint64 {
	return uint64(m.draft.choose(len(m.world.model.commits) + 1))
}

func (m *machine) append(*rapid.T) {
	w := m.world
	from := w.model.head().Position() + 1
	w.commit(m.log(), m.draft.group(w.model, 1+m.draft.choose(4))...)
	for _, tl := range m.before {
		tl.expect(from, w.model.head().Position())
	}
}

// repeat appends again what is in the log, or some of it.
func (m *machine) repeat(t *rapid.T) {
	w := m.world
	n := len(w.model.commits)
	if n == 0 {
		t.Skip("there is nothing yet")
	}
	from := m.draft.choose(n)
	to := from + 1 + m.draft.choose(n-from)
	err := w.append(m.log(), w.model.commits[from:to]...)
	if err != nil && uint64(from) < w.model.floor {
		require.ErrorIs(w.t, err, store.ErrCompacted, "Append of commits %d to %d, which are in the log", from+1, to)
		return
	}
	require.NoError(w.t, err, "Append of commits %d to %d, which are in the log", from+1, to)
}

// conflict appends something new to any position but the head, perhaps after commits
// that are in the log.
func (m *machine) conflict(t *rapid.T) {
	w := m.world
	from := m.position()
	to := from + uint64(m.draft.choose(len(w.model.commits)-int(from)+1))
	group := append([]store.Commit(nil), w.model.commits[from:to]...)
	if from == w.model.head().Position() {
		t.Skip("it would be no conflict")
	}
	group = append(group, plains(w.model.at(to), "late", 1+m.draft.choose(2))...)
	err := w.append(m.log(), group...)
	if from >= w.model.floor || !is(err, store.ErrCompacted) {
		require.ErrorIs(w.t, err, store.ErrConflict, "Append of a group at position %d of which %d commits are in the log", from, to-from)
	}
}

// stranger asks with a revision that is not in the log's history.
func (m *machine) stranger(*rapid.T) {
	w := m.world
	p := m.position()
	other := plain(w.model.at(p), "stranger")
	if p >= w.model.floor {
		w.diverges(m.log(), fmt.Sprintf("that of a commit which is not in the log, at position %d", p+1), other.Revision)
		w.refused(m.log(), "its parent is not in the log", plain(other.Revision, "late"))
	}
}

// tail reads from anywhere to the head.
func (m *machine) tail(*rapid.T) { m.world.mayBeGone(m.log(), m.position()) }

// follow begins a Tail that sees all further commits.
func (m *machine) follow(t *rapid.T) {
	if len(m.before) == 3 {
		t.Skip("there are enough")
	}
	m.before = append(m.before, m.world.tail(m.log(), m.world.model.head()))
}

func (m *machine) snapshot(*rapid.T) { m.world.sameSnapshot(m.log()) }

func (m *machine) compact(*rapid.T) { m.world.compact(m.log(), uint64(m.draft.choose(8))) }

func (m *machine) reopen(*rapid.T) {
	m.before = nil
	m.world.reopen()
	m.logs = m.world.handles(len(m.logs))
}
