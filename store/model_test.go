package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

var testSchema = schema.MustParse(`
use expiration

caveat c(n int) { n > 0 }

definition user {}

definition team {
	relation member: user | team#member
}

definition document {
	relation viewer: user | user:* | team#member | user with c | user with expiration | team#member with c and expiration
	relation editor: user | team#member
	relation parent: document
	permission view = viewer + editor + parent->view
}
`)

// at returns the instant n seconds after the beginning of the tests' time.
func at(n int) time.Time { return time.Unix(1_000_000+int64(n), 0).UTC() }

// facts is a state as the model has it: also what has expired, for the model
// never sweeps.
type facts map[tuple.Tuple]tuple.Relationship

func (f facts) live(now time.Time) facts {
	live := maps.Clone(f)
	maps.DeleteFunc(live, func(_ tuple.Tuple, r tuple.Relationship) bool { return !r.Expires.IsZero() && !r.Expires.After(now) })
	return live
}

func (f facts) matching(filter tuple.Filter) facts {
	m := maps.Clone(f)
	maps.DeleteFunc(m, func(t tuple.Tuple, _ tuple.Relationship) bool { return !filter.Matches(t) })
	return m
}

func read(t require.TestingT, s *store.State, f tuple.Filter) facts {
	got := facts{}
	for rel, err := range s.Tuples(f) {
		require.NoError(t, err)
		require.NotContains(t, got, rel.Tuple)
		got[rel.Tuple] = rel
	}
	return got
}

var (
	genID     = rapid.SampledFrom([]string{"a", "b", "c"})
	genMember = rapid.Custom(func(t *rapid.T) tuple.Subject {
		return tuple.Subject{Object: tuple.Object{Type: "team", ID: genID.Draw(t, "team")}, Relation: "member"}
	})
	genUser = rapid.Custom(func(t *rapid.T) tuple.Subject {
		return tuple.Subject{Object: tuple.Object{Type: "user", ID: genID.Draw(t, "user")}}
	})
	genInstant = rapid.IntRange(0, 40)

	// genRelationship makes what the schema admits.
	genRelationship = rapid.Custom(func(t *rapid.T) tuple.Relationship {
		team := tuple.Object{Type: "team", ID: genID.Draw(t, "team")}
		document := tuple.Object{Type: "document", ID: genID.Draw(t, "document")}
		until := func() time.Time { return at(genInstant.Draw(t, "until")) }
		context := func() map[string]any {
			return rapid.SampledFrom([]map[string]any{nil, {"n": 1.0}, {"n": 2.0}}).Draw(t, "context")
		}
		switch rapid.IntRange(0, 8).Draw(t, "form") {
		case 0:
			return tuple.New(team, "member", genUser.Draw(t, "subject")).Always()
		case 1:
			return tuple.New(team, "member", genMember.Draw(t, "subject")).Always()
		case 2:
			return tuple.MustParse("document:a#viewer@user:*").Always()
		case 3, 4:
			return tuple.New(document, "viewer", genUser.Draw(t, "subject")).Until(until())
		case 5:
			return tuple.New(document, "viewer", genUser.Draw(t, "subject")).When("c", context())
		case 6:
			r := tuple.New(document, "viewer", genMember.Draw(t, "subject")).Until(until())
			r.Caveat, r.Context = "c", context()
			return r
		case 7:
			return tuple.New(document, "parent", tuple.Object{Type: "document", ID: genID.Draw(t, "parent")}.Subject()).Always()
		}
		return tuple.New(document, "editor", genMember.Draw(t, "subject")).Always()
	})
	genTuple  = rapid.Map(genRelationship, func(r tuple.Relationship) tuple.Tuple { return r.Tuple })
	genFilter = rapid.Custom(func(t *rapid.T) tuple.Filter {
		f := tuple.FilterOf(genTuple.Draw(t, "like"))
		drop := func(what string) bool { return rapid.Bool().Draw(t, "any "+what) }
		if drop("object id") {
			f.ObjectID = ""
			if drop("object type") {
				f.ObjectType = ""
			}
		}
		if drop("relation") {
			f.Relation = ""
		}
		if drop("subject relation") {
			f.SubjectRelation = ""
		}
		if drop("subject id") {
			f.SubjectID = ""
			if drop("subject type") {
				f.SubjectType = ""
			}
		}
		return f
	})
)

// A machine drives a store and the model side by side.
type machine struct {
	s       *store.Store
	clock   time.Time
	facts   facts
	commits []commit // all there ever were
	options store.Options
}

type commit struct {
	rev   store.Revision
	time  time.Time
	facts facts
}

var errRefused = errors.New("refused by the test")

func newMachine(t *rapid.T) *machine {
	m := &machine{clock: at(0), facts: facts{}}
	m.options = store.Options{
		Clock:           func() time.Time { return m.clock },
		HistoryCommits:  rapid.SampledFrom([]int{-1, 0, 1, 3, 10}).Draw(t, "commits"),
		HistoryAge:      time.Duration(rapid.SampledFrom([]int{-1, 0, 3, 10}).Draw(t, "age")) * time.Second,
		HistoryBytes:    rapid.SampledFrom([]int64{-1, 0, 500, 3000}).Draw(t, "bytes"),
		PinEvery:        rapid.SampledFrom([]int{0, 1, 3, 20}).Draw(t, "pin"),
		SweepGrace:      time.Duration(rapid.SampledFrom([]int{-1, 0, 5}).Draw(t, "grace")) * time.Second,
		SweepPerCommit:  rapid.SampledFrom([]int{-1, 0, 1}).Draw(t, "sweep"),
		CompactAt:       rapid.SampledFrom([]int{-1, 0, 1}).Draw(t, "compact"),
		CheckEachCommit: true,
	}
	s, err := store.Open(testSchema, m.options)
	require.NoError(t, err)
	m.s = s
	now, err := s.Now()
	require.NoError(t, err)
	m.commits = []commit{{now.Revision(), now.Time(), facts{}}}
	return m
}

func (m *machine) head() commit { return m.commits[len(m.commits)-1] }

// write runs random operations in tx and on f, and returns the latter.
func write(t *rapid.T, tx *store.Tx, f facts) facts {
	f = maps.Clone(f)
	pending, err := tx.State()
	require.NoError(t, err)
	now := pending.Time()
	for range rapid.IntRange(0, 4).Draw(t, "operations") {
		before, frozen := maps.Clone(f), pending
		switch rapid.IntRange(0, 6).Draw(t, "operation") {
		case 0, 1:
			rels := rapid.SliceOfN(genRelationship, 1, 4).Draw(t, "create")
			seen, exists := facts{}, false
			for _, r := range rels {
				_, stored := f.live(now)[r.Tuple]
				_, twice := seen[r.Tuple]
				exists = exists || stored || twice
				seen[r.Tuple] = r
			}
			if err := tx.Create(rels...); exists {
				require.ErrorIs(t, err, store.ErrExists)
			} else {
				require.NoError(t, err)
				maps.Copy(f, seen)
			}
		case 2:
			rels := rapid.SliceOfN(genRelationship, 0, 4).Draw(t, "touch")
			require.NoError(t, tx.Touch(rels...))
			for _, r := range rels {
				f[r.Tuple] = r
			}
		case 3:
			tuples := rapid.SliceOfN(genTuple, 0, 4).Draw(t, "delete")
			require.NoError(t, tx.Delete(tuples...))
			for _, u := range tuples {
				if _, ok := f.live(now)[u]; ok {
					delete(f, u)
				}
			}
		case 4:
			filter := genFilter.Draw(t, "delete matching")
			gone := f.live(now).matching(filter)
			n, err := tx.DeleteMatching(filter)
			require.NoError(t, err)
			require.Equal(t, len(gone), n)
			maps.DeleteFunc(f, func(u tuple.Tuple, _ tuple.Relationship) bool { _, ok := gone[u]; return ok })
		case 5:
			o := genTuple.Draw(t, "delete object").Object
			gone := f.live(now)
			maps.DeleteFunc(gone, func(u tuple.Tuple, _ tuple.Relationship) bool { return u.Object != o && u.Subject.Object != o })
			n, err := tx.DeleteObject(o)
			require.NoError(t, err)
			require.Equal(t, len(gone), n)
			maps.DeleteFunc(f, func(u tuple.Tuple, _ tuple.Relationship) bool { _, ok := gone[u]; return ok })
		case 6:
			filter := genFilter.Draw(t, "precondition")
			if len(f.live(now).matching(filter)) > 0 {
				require.NoError(t, tx.Require(filter))
			} else {
				require.NoError(t, tx.Forbid(filter))
			}
		}
		pending, err = tx.State()
		require.NoError(t, err)
		require.Equal(t, f.live(now), read(t, pending, tuple.Filter{}))
		require.Equal(t, before.live(now), read(t, frozen, tuple.Filter{}), "a pending state changed")
	}
	return f
}

func (m *machine) update(t *rapid.T) {
	outcome := rapid.SampledFrom([]string{"commit", "commit", "commit", "error", "panic"}).Draw(t, "outcome")
	var after facts
	var now time.Time
	var rev store.Revision
	var err error
	var panicked any
	func() {
		defer func() {
			if panicked = recover(); panicked != nil && panicked != any(errRefused) {
				panic(panicked)
			}
		}()
		rev, err = m.s.Update(context.Background(), func(tx *store.Tx) error {
			pending, err := tx.State()
			require.NoError(t, err)
			now = pending.Time()
			after = write(t, tx, m.facts)
			switch outcome {
			case "error":
				return errRefused
			case "panic":
				panic(errRefused)
			}
			return nil
		})
	}()
	switch outcome {
	case "panic":
		require.Equal(t, any(errRefused), panicked)
		return
	case "error":
		require.Same(t, errRefused, err)
		return
	}
	require.NoError(t, err)
	// What had expired and was written and deleted again is replaced, and so
	// gone; unless it was swept first, which comes to nothing.
	if rev == m.head().rev {
		require.Equal(t, m.facts.live(now), after.live(now))
		return
	}
	if fmt.Sprint(after) == fmt.Sprint(m.facts) { // swept, and written again as it was
		require.NotEqual(t, m.facts.live(now), m.facts)
	}
	require.Equal(t, 1, rev.Compare(m.head().rev))
	m.facts = after
	m.commits = append(m.commits, commit{rev, now, after})
}

// compact gives back ids, which no state notices.
func (m *machine) compact(t *rapid.T) {
	held, err := m.s.Now()
	require.NoError(t, err)
	before := m.s.Stats()
	n, err := m.s.Compact(context.Background())
	require.NoError(t, err)
	after := m.s.Stats()
	require.Equal(t, before.Objects-n, after.Objects)
	if n > 0 {
		require.Zero(t, after.Pinned)
	}
	before.Objects, before.Pinned, before.Bytes = after.Objects, after.Pinned, after.Bytes
	require.Equal(t, before, after)
	requireQueries(t, held, m.facts)
	n, err = m.s.Compact(context.Background())
	require.NoError(t, err)
	require.Zero(t, n, "nothing more can go")
}

// requireHistory asks for every revision there ever was.
func (m *machine) requireHistory(t *rapid.T) {
	stats := m.s.Stats()
	require.Equal(t, m.head().rev, stats.Revision)
	retained := 0
	for _, c := range m.commits {
		s, err := m.s.At(c.rev)
		if c.rev.Compare(stats.Oldest) < 0 {
			require.ErrorIs(t, err, store.ErrRevisionGone)
			require.ErrorContains(t, err, stats.Oldest.String())
			continue
		}
		require.NoError(t, err)
		retained++
		require.Equal(t, c.rev, s.Revision())
		require.Equal(t, c.time, s.Time())
		require.Equal(t, c.facts.live(c.time), read(t, s, tuple.Filter{}))
		m.requireAsOf(t, s, c.facts)
	}
	require.Equal(t, retained, stats.Commits)
	if m.options.HistoryCommits > 0 {
		require.LessOrEqual(t, retained, m.options.HistoryCommits)
	}
	if m.options.HistoryCommits <= 0 && m.options.HistoryBytes <= 0 && m.options.HistoryAge < 0 {
		require.Len(t, m.commits, retained)
	}
}

// requireAsOf judges s at another instant.
func (m *machine) requireAsOf(t *rapid.T, s *store.State, f facts) {
	when := at(genInstant.Draw(t, "as of"))
	other, err := s.AsOf(when)
	if err != nil {
		require.ErrorIs(t, err, store.ErrSwept)
		require.True(t, when.Before(s.Time()))
		return
	}
	require.Equal(t, when, other.Time())
	require.Equal(t, f.live(when), read(t, other, tuple.Filter{}))
}

// requireHypotheses stacks With, Without and AsOf on s.
func (m *machine) requireHypotheses(t *rapid.T, s *store.State, f facts) {
	objects := m.s.Stats().Objects
	for range rapid.IntRange(0, 3).Draw(t, "steps") {
		old, oldFacts := s, f
		f = maps.Clone(f)
		var err error
		if rapid.Bool().Draw(t, "with") {
			rels := rapid.SliceOfN(genRelationship, 0, 4).Draw(t, "rels")
			s, err = s.With(rels...)
			for _, r := range rels {
				f[r.Tuple] = r
			}
		} else {
			tuples := rapid.SliceOfN(genTuple, 0, 4).Draw(t, "tuples")
			s, err = s.Without(tuples...)
			for _, u := range tuples {
				delete(f, u)
			}
		}
		require.NoError(t, err)
		require.False(t, s.Committed())
		requireQueries(t, s, f)
		m.requireAsOf(t, s, f)
		require.Equal(t, oldFacts.live(old.Time()), read(t, old, tuple.Filter{}))
	}
	require.Equal(t, objects, m.s.Stats().Objects)
}

// requireQueries asks s in several ways.
func requireQueries(t *rapid.T, s *store.State, f facts) {
	live := f.live(s.Time())
	require.Equal(t, live, read(t, s, tuple.Filter{}))
	for range 5 {
		filter := genFilter.Draw(t, "filter")
		require.Equal(t, live.matching(filter), read(t, s, filter), filter.String())
		n, err := s.Count(filter)
		require.NoError(t, err)
		require.Equal(t, len(live.matching(filter)), n)
		u := genTuple.Draw(t, "tuple")
		rel, ok, err := s.Get(u)
		require.NoError(t, err)
		want, stored := live[u]
		require.Equal(t, stored, ok)
		require.Equal(t, want, rel)
	}
}

// The store answers as a map with a history does, whatever happens to it.
func TestAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		t.Repeat(map[string]func(*rapid.T){
			"update":  m.update,
			"update2": m.update,
			"clock": func(t *rapid.T) {
				m.clock = m.clock.Add(time.Duration(rapid.IntRange(-3, 8).Draw(t, "s")) * time.Second)
			},
			"sweep": func(t *rapid.T) {
				before := m.s.Stats()
				n, err := m.s.Sweep(context.Background())
				require.NoError(t, err)
				after := m.s.Stats()
				require.Equal(t, before.Stored-n, after.Stored)
				require.Equal(t, before.Tuples, after.Tuples)
				require.Equal(t, before.Revision, after.Revision)
			},
			"compact": m.compact,
			"history": m.requireHistory,
			"hypotheses": func(t *rapid.T) {
				s, err := m.s.Now()
				require.NoError(t, err)
				m.requireHypotheses(t, s, m.facts)
			},
			"": func(t *rapid.T) {
				require.NoError(t, m.s.Check())
				s, err := m.s.Now()
				require.NoError(t, err)
				require.True(t, s.Committed())
				require.Equal(t, m.head().rev, s.Revision())
				require.False(t, s.Time().Before(m.clock))
				require.False(t, s.Time().Before(m.head().time))
				requireQueries(t, s, m.facts)
				stats := m.s.Stats()
				require.Equal(t, len(m.facts.live(s.Time())), stats.Tuples)
				require.LessOrEqual(t, stats.Stored, len(m.facts))
			},
		})
	})
}
