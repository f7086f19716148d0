package baobab_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

func allowed(t testing.TB, v baobab.View, question string) bool {
	t.Helper()
	d, err := v.Check(ctx, tuple.MustParse(question))
	require.NoError(t, err)
	return d.Allowed()
}

func TestUpdateIsWholeOrNothing(t *testing.T) {
	eng := openDocuments(t)
	before := text(t, eng.Now())
	rev := eng.Now().Revision()
	change := func(tx *baobab.Tx) {
		require.NoError(t, tx.Delete(tuple.MustParse("document:plan#owner@user:ann")))
		require.NoError(t, tx.Create(tuple.MustParseRelationship("document:plan#owner@user:zoe")))
	}
	_, err := eng.Update(ctx, func(tx *baobab.Tx) error { change(tx); return errDenied })
	require.ErrorIs(t, err, errDenied)
	assert.PanicsWithValue(t, "no", func() {
		eng.Update(ctx, func(tx *baobab.Tx) error { change(tx); panic("no") })
	})
	assert.Equal(t, before, text(t, eng.Now()))
	assert.Equal(t, rev, eng.Now().Revision())
	same, err := eng.Update(ctx, func(*baobab.Tx) error { return nil })
	require.NoError(t, err)
	assert.Equal(t, rev, same)
	next, err := eng.Update(ctx, func(tx *baobab.Tx) error { change(tx); return nil })
	require.NoError(t, err)
	assert.Equal(t, 1, next.Compare(rev))
	assert.False(t, allowed(t, eng.Now(), "document:plan#owner@user:ann"))
	assert.True(t, allowed(t, eng.Now(), "document:plan#owner@user:zoe"))
}

var errDenied = errors.New("denied")

// A transaction's questions see what it wrote; nobody else does until it is
// committed.
func TestPendingState(t *testing.T) {
	eng := openDocuments(t)
	q := tuple.MustParse("document:plan#view@user:new")
	var kept *baobab.Tx
	var pending baobab.View
	_, err := eng.Update(ctx, func(tx *baobab.Tx) error {
		kept, pending = tx, tx.View()
		require.NoError(t, tx.Touch(tuple.MustParseRelationship("team:eng#member@team:new#member"), tuple.MustParseRelationship("team:new#member@user:new")))
		d, err := tx.Check(ctx, q)
		require.NoError(t, err)
		assert.True(t, d.Allowed())
		ds, err := tx.CheckAll(ctx, []tuple.Tuple{q})
		require.NoError(t, err)
		assert.True(t, ds[0].Allowed())
		why, err := tx.Explain(ctx, q)
		require.NoError(t, err)
		assert.Len(t, why.Proof(), 3)
		n := 0
		for _, err := range tx.Tuples(tuple.MustParseFilter("team")) {
			require.NoError(t, err)
			n++
		}
		assert.Equal(t, 3, n)
		assert.False(t, allowed(t, pending, q.String()), "a view does not show later writes")
		assert.False(t, allowed(t, eng.Now(), q.String()), "nobody else sees them")
		pending = tx.View()
		assert.True(t, allowed(t, pending.Without(tuple.MustParse("document:plan#owner@user:ann")), q.String()))
		n, err = tx.DeleteObject(tuple.MustParseObject("team:new"))
		require.NoError(t, err)
		assert.Equal(t, 2, n)
		assert.True(t, allowed(t, pending, q.String()))
		assert.False(t, allowed(t, tx.View(), q.String()))
		n, err = tx.DeleteMatching(tuple.MustParseFilter("document:plan"))
		require.NoError(t, err)
		assert.Equal(t, 2, n)
		return nil
	})
	require.NoError(t, err)
	_, err = kept.Check(ctx, q)
	require.ErrorIs(t, err, store.ErrTxDone)
	_, err = pending.Check(ctx, q)
	require.ErrorIs(t, err, store.ErrTxDone)
	require.ErrorIs(t, kept.Touch(q.Always()), store.ErrTxDone)
	assert.Equal(t, "team:eng#member@user:bob\n", text(t, eng.Now()))
}

func TestPreconditions(t *testing.T) {
	eng := openDocuments(t)
	for name, require1 := range map[string]func(*baobab.Tx) error{
		"Require": func(tx *baobab.Tx) error { return tx.Require(tuple.MustParseFilter("document:none#owner")) },
		"Forbid":  func(tx *baobab.Tx) error { return tx.Forbid(tuple.MustParseFilter("document:plan#owner")) },
	} {
		before := text(t, eng.Now())
		for _, swallow := range []bool{false, true} {
			_, err := eng.Update(ctx, func(tx *baobab.Tx) error {
				err := require1(tx)
				require.ErrorIs(t, err, store.ErrPrecondition, name)
				require.NoError(t, tx.Delete(tuple.MustParse("document:plan#owner@user:ann")))
				if swallow {
					return nil
				}
				return err
			})
			require.ErrorIs(t, err, store.ErrPrecondition, name)
			assert.Contains(t, err.Error(), "#owner", name)
			assert.Equal(t, before, text(t, eng.Now()), name)
		}
	}
}

// Whatever waits for the turn to write is refused within a transaction, and
// questions are not.
func TestReentrant(t *testing.T) {
	eng, other := openDocuments(t), openDocuments(t)
	r := tuple.MustParseRelationship("document:x#owner@user:ann")
	_, err := eng.Update(ctx, func(tx *baobab.Tx) error {
		_, err := eng.Write(ctx, r)
		require.ErrorIs(t, err, store.ErrReentrant)
		_, err = eng.Delete(ctx, r.Tuple)
		require.ErrorIs(t, err, store.ErrReentrant)
		_, err = eng.Import(ctx, tuple.ReadLines(strings.NewReader(r.String())))
		require.ErrorIs(t, err, store.ErrReentrant)
		require.ErrorIs(t, eng.Close(), store.ErrReentrant)
		_, err = other.Write(ctx, r)
		require.NoError(t, err, "another engine is another matter")
		_, err = eng.Check(ctx, r.Tuple)
		require.NoError(t, err)
		_, err = eng.At(eng.Now().Revision())
		require.NoError(t, err)
		return tx.Touch(r)
	})
	require.NoError(t, err)
	assert.True(t, allowed(t, eng.Now(), r.Tuple.String()))
}

func TestRevisions(t *testing.T) {
	eng := openDocuments(t)
	rev1 := eng.Now().Revision()
	rev2, err := eng.Write(ctx, tuple.MustParseRelationship("document:plan#owner@user:zoe"))
	require.NoError(t, err)
	parsed, err := store.ParseRevision(rev2.String())
	require.NoError(t, err)
	assert.Equal(t, rev2, parsed)

	old, err := eng.At(rev1)
	require.NoError(t, err)
	assert.False(t, allowed(t, old, "document:plan#owner@user:zoe"))
	assert.Equal(t, rev1, old.Revision())
	for _, wait := range []func() (baobab.View, error){
		func() (baobab.View, error) { return eng.AtLeast(ctx, rev2) },
		func() (baobab.View, error) { return eng.AtLeast(ctx, baobab.Revision{}) },
		func() (baobab.View, error) { return eng.Latest(ctx) },
	} {
		v, err := wait()
		require.NoError(t, err)
		assert.True(t, allowed(t, v, "document:plan#owner@user:zoe"))
	}
	foreign := openDocuments(t).Now().Revision()
	v, err := eng.At(foreign)
	require.ErrorIs(t, err, store.ErrForeignRevision)
	require.ErrorIs(t, v.Err(), store.ErrForeignRevision)
	assert.True(t, v.Revision().IsZero())
	assert.True(t, v.Time().IsZero())
	assert.Nil(t, v.Schema())
	_, err = eng.AtLeast(ctx, foreign)
	require.ErrorIs(t, err, store.ErrForeignRevision)
}

func TestHistoryIsBounded(t *testing.T) {
	eng, err := openEngine(schema.MustParse(documents), baobab.Options{Store: store.Options{HistoryCommits: 3}})
	require.NoError(t, err)
	defer eng.Close()
	first := eng.Now().Revision()
	held := eng.Now()
	for _, id := range []string{"a", "b", "c", "d"} {
		_, err := eng.Write(ctx, tuple.New(tuple.Object{Type: "document", ID: id}, "owner", tuple.MustParseSubject("user:ann")).Always())
		require.NoError(t, err)
	}
	_, err = eng.At(first)
	require.ErrorIs(t, err, store.ErrRevisionGone)
	assert.Empty(t, text(t, held), "a held view is still what it was")
	assert.Equal(t, 3, eng.Stats().Commits)
}

func TestAtLeastWaits(t *testing.T) {
	eng := openDocuments(t)
	seen := make(chan baobab.Revision, 1)
	go func() {
		defer close(seen)
		rev, err := eng.Write(ctx, tuple.MustParseRelationship("document:x#owner@user:ann"))
		if err == nil {
			seen <- rev
		}
	}()
	rev, ok := <-seen
	require.True(t, ok)
	v, err := eng.AtLeast(ctx, rev)
	require.NoError(t, err)
	assert.True(t, allowed(t, v, "document:x#owner@user:ann"))
}

func TestExpiryByTheClock(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	clock := noon
	eng, err := openEngine(schema.MustParse(documents), baobab.Options{Store: store.Options{Clock: func() time.Time { return clock }}})
	require.NoError(t, err)
	defer eng.Close()
	guest := tuple.MustParse("document:plan#guest@user:ann")
	rev, err := eng.Write(ctx, guest.Until(noon.Add(time.Hour)))
	require.NoError(t, err)
	before := eng.Now()
	assert.True(t, allowed(t, before, "document:plan#view@user:ann"))
	clock = noon.Add(time.Hour)
	assert.False(t, allowed(t, eng.Now(), "document:plan#view@user:ann"), "from that instant on")
	assert.Empty(t, text(t, eng.Now()))
	assert.True(t, allowed(t, before, "document:plan#view@user:ann"), "a view's instant stays")
	assert.Equal(t, noon, before.Time())
	assert.True(t, allowed(t, eng.Now().AsOf(noon.Add(time.Hour-time.Microsecond)), "document:plan#view@user:ann"))
	past, err := eng.At(rev)
	require.NoError(t, err)
	assert.True(t, allowed(t, past, "document:plan#view@user:ann"), "a revision is judged at its own time")
	_, err = eng.Update(ctx, func(tx *baobab.Tx) error { return tx.Create(guest.Until(noon.Add(2 * time.Hour))) })
	require.NoError(t, err, "what has expired can be created again")

	clock = noon.Add(4 * time.Hour)
	rev = eng.Now().Revision()
	assert.Equal(t, 1, eng.Stats().Stored)
	swept, err := eng.Sweep(ctx)
	require.NoError(t, err)
	assert.Equal(t, 1, swept)
	assert.Zero(t, eng.Stats().Stored)
	assert.Equal(t, rev, eng.Now().Revision(), "nothing that exists has changed")
	require.ErrorIs(t, eng.Now().AsOf(noon).Err(), store.ErrSwept)
}

func TestHypotheticalViews(t *testing.T) {
	eng := openDocuments(t)
	stats := eng.Stats().Stats
	now := eng.Now()
	team := now.With(tuple.MustParseRelationship("document:new#viewer@team:new#member"), tuple.MustParseRelationship("team:new#member@team:eng#member"))
	assert.True(t, allowed(t, team, "document:new#view@user:bob"))
	assert.False(t, allowed(t, now, "document:new#view@user:bob"))
	gone := team.Without(tuple.MustParse("team:eng#member@user:bob"))
	assert.False(t, allowed(t, gone, "document:new#view@user:bob"))
	assert.True(t, allowed(t, team, "document:new#view@user:bob"))
	tree, err := gone.Expand(ctx, tuple.MustParseObject("document:new"), "view", expand.Options{})
	require.NoError(t, err)
	assert.Contains(t, tree.String(), "team:new#member")
	stats.Time = eng.Stats().Time
	assert.Equal(t, stats, eng.Stats().Stats, "nothing is stored, nor given an id")
}

func TestPrincipal(t *testing.T) {
	eng := openDocuments(t)
	bob := eng.Now().As(tuple.MustParseSubject("user:bob"))
	assert.Equal(t, "user:bob", bob.Subject().String())
	assert.Equal(t, eng.Now().Revision(), bob.View().Revision())
	plan, other := tuple.MustParseObject("document:plan"), tuple.MustParseObject("document:other")
	d, err := bob.Check(ctx, plan, "view")
	require.NoError(t, err)
	assert.True(t, d.Allowed())
	ds, err := bob.CheckAll(ctx, []tuple.Object{plan, other}, "view")
	require.NoError(t, err)
	assert.True(t, ds[0].Allowed())
	assert.True(t, ds[1].Denied())
}

func TestShorthands(t *testing.T) {
	eng := openDocuments(t)
	q := tuple.MustParse("document:plan#view@user:bob")
	d, err := eng.Check(ctx, q)
	require.NoError(t, err)
	assert.True(t, d.Allowed())
	ds, err := eng.CheckAll(ctx, []tuple.Tuple{q})
	require.NoError(t, err)
	assert.Equal(t, []baobab.Decision{d}, ds)
	why, err := eng.Explain(ctx, q)
	require.NoError(t, err)
	assert.Len(t, why.Proof(), 2)
	tree, err := eng.Expand(ctx, q.Object, q.Relation, expand.Options{})
	require.NoError(t, err)
	assert.NotEmpty(t, tree.String())
	n := 0
	for _, err := range eng.Tuples(tuple.Filter{}) {
		require.NoError(t, err)
		n++
	}
	assert.Equal(t, eng.Stats().Tuples, n)
	rev, err := eng.Delete(ctx, tuple.MustParse("document:none#owner@user:zoe"), tuple.MustParse("team:eng#member@user:bob"))
	require.NoError(t, err)
	assert.Equal(t, rev, eng.Now().Revision())
	assert.False(t, allowed(t, eng.Now(), q.String()))
	assert.NotNil(t, eng.Now().Schema().Definition("document"))
}

func TestExportImports(t *testing.T) {
	eng := openDocuments(t)
	_, err := eng.Write(ctx, tuple.MustParseRelationship("document:plan#guest@user:eve[expiration:2100-01-01T00:00:00.5Z]"))
	require.NoError(t, err)
	out := text(t, eng.Now())
	again, err := openEngine(eng.Now().Schema(), baobab.Options{})
	require.NoError(t, err)
	defer again.Close()
	_, err = again.Import(ctx, tuple.ReadLines(strings.NewReader(out)))
	require.NoError(t, err)
	assert.ElementsMatch(t, strings.Split(out, "\n"), strings.Split(text(t, again.Now()), "\n"))

	_, err = again.Import(ctx, tuple.ReadLines(strings.NewReader("document:new#owner@user:ann\ndocument:new\n")))
	var line *tuple.LineError
	require.ErrorAs(t, err, &line)
	assert.Equal(t, 2, line.Line)
	assert.False(t, allowed(t, again.Now(), "document:new#owner@user:ann"))
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = again.Import(cancelled, tuple.ReadLines(strings.NewReader(out)))
	require.ErrorIs(t, err, context.Canceled)
}
