package baobab_test

import (
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

var (
	ann   = tuple.MustParseSubject("user:ann")
	atlas = tuple.MustParseObject("document:atlas")
)

// printed returns the entries of a list that has no errors.
func printed[A interface{ String() string }](t *testing.T, list iter.Seq2[A, error]) []string {
	t.Helper()
	var all []string
	for a, err := range list {
		require.NoError(t, err)
		all = append(all, a.String())
	}
	return all
}

// A transaction lists what it wrote, and the engine does not before it commits.
func TestListsOfPendingState(t *testing.T) {
	eng := shelf()
	defer eng.Close()
	_, err := eng.Update(ctx, func(tx *baobab.Tx) error {
		require.NoError(t, tx.Delete(tuple.MustParse("document:atlas#reader@user:*")))
		require.NoError(t, tx.Create(tuple.MustParseRelationship("document:dance#owner@user:ann")))
		require.Equal(t, []string{"document:atlas", "document:bylaws", "document:cash", "document:dance"}, printed(t, tx.Objects(ctx, ann, "read", "document")))
		require.Equal(t, []string{"user:ann"}, printed(t, tx.Subjects(ctx, atlas, "read", "user")))
		require.Equal(t, []string{"edit", "owner", "read"}, printed(t, tx.Permissions(ctx, ann, atlas)))
		require.Equal(t, []string{"user:* except eve", "user:ann"}, printed(t, eng.Subjects(ctx, atlas, "read", "user")))
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, []string{"user:ann"}, printed(t, eng.Subjects(ctx, atlas, "read", "user")))
	require.Equal(t, []string{"document:atlas", "document:bylaws", "document:cash", "document:dance"}, printed(t, eng.Objects(ctx, ann, "read", "document")))
	require.Equal(t, []string{"edit", "owner", "read"}, printed(t, eng.Permissions(ctx, ann, atlas)))
	require.Equal(t, []string{"document:cash", "document:dance"}, printed(t, eng.Now().As(ann).Objects(ctx, "edit", "document", expand.After(expand.Cursor{Last: "bylaws"}))))
	require.Equal(t, []string{"edit", "owner", "read"}, printed(t, eng.Now().As(ann).Permissions(ctx, atlas)))
}

// A view that cannot answer says so in its lists as well.
func TestListsOfAViewThatFails(t *testing.T) {
	eng := shelf()
	defer eng.Close()
	broken := eng.Now().With(tuple.MustParseRelationship("document:atlas#read@user:ann"))
	for _, v := range []baobab.View{{}, broken} {
		n := 0
		for a, err := range v.Objects(ctx, ann, "read", "document") {
			require.ErrorIs(t, err, v.Err())
			require.Zero(t, a)
			n++
		}
		for a, err := range v.Subjects(ctx, atlas, "read", "user") {
			require.ErrorIs(t, err, v.Err())
			require.Zero(t, a)
			n++
		}
		for a, err := range v.Permissions(ctx, ann, atlas) {
			require.ErrorIs(t, err, v.Err())
			require.Zero(t, a)
			n++
		}
		require.Equal(t, 3, n)
	}
}

// A cursor without a revision goes on in any view; one of a revision only there,
// where Resume leads as long as the revision is retained.
func TestResume(t *testing.T) {
	eng := shelf()
	defer eng.Close()
	now, err := eng.Resume(expand.Cursor{Last: "bylaws"})
	require.NoError(t, err)
	require.Equal(t, eng.Now().Revision(), now.Revision())

	cursor := now.Cursor("atlas")
	_, err = eng.Write(ctx, tuple.MustParseRelationship("document:balance#owner@user:ann"))
	require.NoError(t, err)
	require.Equal(t, []string{"document:balance", "document:bylaws", "document:cash"},
		printed(t, eng.Objects(ctx, ann, "read", "document", expand.After(expand.Cursor{Last: "atlas"}))))
	for _, err := range eng.Objects(ctx, ann, "read", "document", expand.After(cursor)) {
		require.ErrorIs(t, err, expand.ErrCursor)
	}
	then, err := eng.Resume(cursor)
	require.NoError(t, err)
	require.Equal(t, []string{"document:bylaws", "document:cash"}, printed(t, then.Objects(ctx, ann, "read", "document", expand.After(cursor))))
	require.True(t, then.Time().Equal(now.Time().Truncate(time.Microsecond)))

	other := shelf()
	defer other.Close()
	_, err = other.Resume(cursor)
	require.ErrorIs(t, err, store.ErrForeignRevision)
}

// A cursor with a revision and no time was resumed at the earliest instant, at which
// nothing had expired yet.
func TestResumeWithoutATimeRevivesNothing(t *testing.T) {
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	eng, err := openEngine(schema.MustParse(`
		use expiration
		definition user {}
		definition document { relation reader: user with expiration }`),
		baobab.Options{Store: store.Options{Clock: func() time.Time { return clock }}})
	require.NoError(t, err)
	defer eng.Close()
	_, err = eng.Write(ctx, tuple.MustParseRelationship("document:atlas#reader@user:ann[expiration:2026-01-01T01:00:00Z]"))
	require.NoError(t, err)
	clock = clock.Add(time.Hour)
	cursor := expand.Cursor{Revision: eng.Now().Revision()}
	view, err := eng.Resume(cursor)
	require.ErrorIs(t, err, expand.ErrCursor)
	require.ErrorIs(t, view.Err(), expand.ErrCursor)
	for _, err := range view.Objects(ctx, ann, "reader", "document") {
		require.ErrorIs(t, err, expand.ErrCursor)
	}
	for _, err := range eng.Now().Objects(ctx, ann, "reader", "document", expand.After(cursor)) {
		require.ErrorIs(t, err, expand.ErrCursor)
	}
	cursor.Last = "a#b"
	require.ErrorIs(t, cursor.Validate(), expand.ErrCursor)
	require.ErrorIs(t, expand.Cursor{Last: "a#b"}.Validate(), expand.ErrCursor)
	require.NoError(t, expand.Cursor{}.Validate())
	require.NoError(t, eng.Now().Cursor("*").Validate())
}
