package logtest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A model is what a log should have.
type model struct {
	start   store.Revision
	commits []store.Commit
	floor   uint64 // Tails after this position and later ones have to work
	newest  state
}

// A state is what the commits up to one of them have made.
type state struct {
	tuples map[key]string // how the relationship is written
	lapsed map[key]bool   // of these, what the log may have forgotten
	schema string
	time   time.Time
}

// A key is that by which a tuple is stored once.
type key struct {
	tuple.Tuple
	aside bool
}

func keyOf(s store.Stored) key { return key{s.Tuple, s.Aside} }

func newModel(start store.Revision) *model {
	return &model{start: start, newest: state{tuples: map[key]string{}, lapsed: map[key]bool{}}}
}

// at returns the revision at a position.
func (m *model) at(position uint64) store.Revision {
	if position == 0 {
		return m.start
	}
	return m.commits[position-1].Revision
}

func (m *model) head() store.Revision { return m.at(uint64(len(m.commits))) }

func (m *model) add(commits ...store.Commit) {
	for _, c := range commits {
		m.newest.apply(c)
	}
	m.commits = append(m.commits, commits...)
}

func (m *model) compact(keep uint64) {
	if n := uint64(len(m.commits)); keep < n {
		m.floor = max(m.floor, n-keep)
	}
	m.newest.lapse()
}

// state returns what there was at a position.
func (m *model) state(position uint64) state {
	s := state{tuples: map[key]string{}}
	for _, c := range m.commits[:position] {
		s.apply(c)
	}
	return s
}

func (s state) clone() state {
	s.tuples, s.lapsed = maps.Clone(s.tuples), maps.Clone(s.lapsed)
	return s
}

// lapse notes that a log may forget what has expired by the newest commit, because it is
// compacted. One that was not may forget nothing, whenever that expires.
func (s *state) lapse() {
	for k, text := range s.tuples {
		if !strings.Contains(text, "[expiration:") {
			continue
		}
		if r := (store.Stored{Relationship: tuple.MustParseRelationship(text)}); r.Expired(s.time) {
			s.lapsed[k] = true
		}
	}
}

// apply makes the state after a commit. What it adds is not forgotten, though it was before, or
// has expired already.
func (s *state) apply(c store.Commit) {
	for _, r := range c.Removed {
		delete(s.tuples, keyOf(r))
		delete(s.lapsed, keyOf(r))
	}
	for _, a := range c.Added {
		s.tuples[keyOf(a)] = a.Relationship.String()
		delete(s.lapsed, keyOf(a))
	}
	s.time = c.Time
	if c.Schema != "" {
		s.schema = c.Schema
	}
}

// differ tells how a commit that a log hands out is not the one it was given.
func differ(want, got store.Commit) error {
	switch {
	case got.ID != want.ID:
		return fmt.Errorf("it is commit %x after %s, and should be %x after %s", got.ID, got.Parent, want.ID, want.Parent)
	case got.Parent != want.Parent || got.Revision != want.Revision:
		return fmt.Errorf("it leads from %s to %s, and should from %s to %s", got.Parent, got.Revision, want.Parent, want.Revision)
	case !got.Time.Equal(want.Time):
		return fmt.Errorf("its time is %v, and should be %v", got.Time, want.Time)
	case got.Schema != want.Schema || got.Actor != want.Actor || got.Note != want.Note:
		return fmt.Errorf("its schema (%d bytes), actor %v or note (%d bytes) is another; it should be %d bytes, %v, %d bytes",
			len(got.Schema), got.Actor, len(got.Note), len(want.Schema), want.Actor, len(want.Note))
	}
	for i, lists := range [][2][]store.Stored{{want.Removed, got.Removed}, {want.Added, got.Added}} {
		if err := differLists(lists[0], lists[1]); err != nil {
			return fmt.Errorf("%s: %w", []string{"removed", "added"}[i], err)
		}
	}
	if !bytes.Equal(want.Seal(), got.Seal()) {
		return fmt.Errorf("its encoding is another")
	}
	return nil
}

func differLists(want, got []store.Stored) error {
	if len(want) != len(got) {
		return fmt.Errorf("%d tuples, and there should be %d", len(got), len(want))
	}
	for i := range want {
		if w, g := write(want[i]), write(got[i]); w != g {
			return fmt.Errorf("tuple %d is %.200q, and should be %.200q", i, g, w)
		}
	}
	return nil
}

func write(s store.Stored) string {
	if s.Aside {
		return "aside " + s.Relationship.String()
	}
	return s.Relationship.String()
}

// collect goes through the tuples of a snapshot.
func collect(snap *store.Snapshot) (map[key]string, error) {
	tuples := map[key]string{}
	var failed error
	for s, err := range snap.Tuples {
		if failed != nil {
			return nil, fmt.Errorf("the tuples go on after the error %w", failed)
		}
		if failed = err; err != nil {
			continue
		}
		if _, twice := tuples[keyOf(s)]; twice {
			return nil, fmt.Errorf("%.200q is there twice", write(s))
		}
		tuples[keyOf(s)] = s.Relationship.String()
	}
	return tuples, failed
}

// snapshot takes one and compares it with what the model has at its revision.
func (w *world) sameSnapshot(log store.Log) {
	w.t.Helper()
	ctx, cancel := w.context()
	defer cancel()
	snap, err := log.Snapshot(ctx)
	require.NoError(w.t, err, "Snapshot")
	w.isSnapshot(snap, w.model.head().Position(), w.model.newest)
}

// isSnapshot compares a snapshot with what there should be at a position.
func (w *world) isSnapshot(snap *store.Snapshot, position uint64, want state) {
	w.t.Helper()
	require.Equal(w.t, position, snap.Revision.Position(), "the position of the snapshot")
	require.Equal(w.t, w.model.at(position), snap.Revision, "the revision of the snapshot")
	if position == 0 {
		require.True(w.t, snap.Time.IsZero(), "the time of a snapshot at position 0: %v", snap.Time)
	} else {
		require.True(w.t, want.time.Equal(snap.Time), "the time of the snapshot is %v, and should be %v", snap.Time, want.time)
	}
	require.True(w.t, want.schema == snap.Schema, "the schema of the snapshot is %.100q, and should be %.100q", snap.Schema, want.schema)
	got, err := collect(snap)
	require.NoError(w.t, err, "the tuples of the snapshot")
	require.NoError(w.t, differTuples(want, got), "the tuples of the snapshot at position %d", position)
}

// differTuples tells how tuples are not those that they should be.
func differTuples(want state, got map[key]string) error {
	var problems []string
	note := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for k, text := range want.tuples {
		have, ok := got[k]
		switch {
		case !ok && want.lapsed[k]:
		case !ok:
			note("%.200q (aside: %t) is missing", text, k.aside)
		case have != text:
			note("%.200q (aside: %t) should be %.200q", have, k.aside, text)
		}
	}
	for k, text := range got {
		if _, ok := want.tuples[k]; !ok {
			note("%.200q (aside: %t) should not be there", text, k.aside)
		}
	}
	if len(problems) == 0 {
		return nil
	}
	slices.Sort(problems)
	return fmt.Errorf("%d differences, such as: %s", len(problems), problems[0])
}
