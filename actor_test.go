package baobab_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// workspaces is a schema with rules for writes.
var workspaces = schema.MustNew(
	schema.Define("user"),
	schema.Define("workspace",
		schema.DeletedBy("manage"),
		schema.Rel("owner", schema.Type("user")).Counted(schema.Count{Min: 1, Max: 1}).GrantedBy("manage"),
		schema.Rel("admin", schema.Type("user")).GrantedBy("manage"),
		schema.Rel("banned", schema.Type("user")),
		schema.Perm("manage", schema.Or(schema.Ref("owner"), schema.Ref("admin"))),
	),
	schema.Define("document",
		schema.Rel("workspace", schema.Type("workspace")).GrantedOnSubject("manage").OnDelete(schema.Cascade),
		schema.Rel("reader", schema.Type("user")).GrantedBy("share"),
		schema.Perm("share", schema.Arrow("workspace", "manage")),
	),
)

func openWorkspaces(t testing.TB) *baobab.Engine {
	e, err := openEngine(workspaces, baobab.Options{Store: store.Options{CheckEachCommit: true}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	_, err = e.Write(ctx, tuple.MustParse("workspace:acme#owner@user:ann").Always())
	require.NoError(t, err)
	return e
}

func TestUpdateAs(t *testing.T) {
	e := openWorkspaces(t)
	ann, bob := tuple.MustParseSubject("user:ann"), tuple.MustParseSubject("user:bob")
	touch := func(actor tuple.Subject, texts ...string) error {
		_, err := e.UpdateAs(ctx, actor, map[string]any{"day": "monday"}, func(tx *baobab.Tx) error {
			for _, text := range texts {
				if err := tx.Touch(tuple.MustParse(text).Always()); err != nil {
					return err
				}
			}
			_, err := tx.Check(ctx, tuple.MustParse(texts[0]))
			return err
		})
		return err
	}
	require.NoError(t, touch(ann, "document:plan#workspace@workspace:acme", "document:plan#reader@user:bob"), "by the arrow in the pending state")
	require.NoError(t, touch(ann, "document:plan#reader@user:cat"))
	require.NoError(t, touch(ann, "workspace:acme#admin@user:bob"))
	require.NoError(t, touch(bob, "document:plan#reader@user:dan"))
	require.ErrorIs(t, touch(tuple.MustParseSubject("user:cat"), "document:plan#reader@user:eve"), store.ErrGuard)
	require.ErrorIs(t, touch(bob, "workspace:acme#owner@user:bob"), store.ErrConstraint)
	require.ErrorIs(t, touch(ann, "workspace:acme#banned@user:bob"), store.ErrGuard)

	_, err := e.UpdateAs(ctx, tuple.MustParseSubject("user:*"), nil, func(*baobab.Tx) error { return nil })
	require.ErrorIs(t, err, store.ErrActor)
	_, err = e.UpdateAs(ctx, tuple.MustParseSubject("robot:r2"), nil, func(*baobab.Tx) error { return nil })
	require.ErrorIs(t, err, store.ErrActor)
	require.ErrorIs(t, err, schema.ErrUnknownType)
	_, err = e.UpdateAs(ctx, ann, nil, nil)
	require.ErrorIs(t, err, store.ErrNoFunction)

	_, err = e.UpdateAs(ctx, tuple.MustParseSubject("user:cat"), nil, func(tx *baobab.Tx) error {
		_, err := tx.DeleteObject(tuple.MustParseObject("workspace:acme"))
		return err
	})
	require.ErrorIs(t, err, store.ErrGuard)
	_, err = e.UpdateAs(ctx, bob, nil, func(tx *baobab.Tx) error {
		n, err := tx.DeleteObject(tuple.MustParseObject("workspace:acme"))
		require.Equal(t, 6, n)
		return err
	})
	require.NoError(t, err)
	require.Zero(t, e.Stats().Tuples)
}

// What a guard cannot be decided by refuses, and says why.
func TestUpdateAsWithoutAnswer(t *testing.T) {
	odd := schema.MustNew(schema.Define("user"), schema.Define("document",
		schema.Rel("admin", schema.Type("user")),
		schema.Perm("odd", schema.Minus(schema.Ref("admin"), schema.Ref("odd"))),
		schema.Rel("reader", schema.Type("user")).GrantedBy("odd")))
	e, err := openEngine(odd, baobab.Options{})
	require.NoError(t, err)
	defer e.Close()
	_, err = e.Write(ctx, tuple.MustParse("document:plan#admin@user:ann").Always())
	require.NoError(t, err)
	write := func(ctx context.Context) error {
		_, err := e.UpdateAs(ctx, tuple.MustParseSubject("user:ann"), nil, func(tx *baobab.Tx) error {
			return tx.Create(tuple.MustParse("document:plan#reader@user:bob").Always())
		})
		return err
	}
	err = write(ctx)
	require.ErrorIs(t, err, store.ErrGuard)
	require.ErrorIs(t, err, check.ErrCycle)

	ended, cancel := context.WithCancel(ctx)
	_, err = e.UpdateAs(ended, tuple.MustParseSubject("user:ann"), nil, func(tx *baobab.Tx) error {
		cancel()
		return tx.Create(tuple.MustParse("document:plan#reader@user:bob").Always())
	})
	if !errors.Is(err, store.ErrStale) { // a log was asked in vain whether there is something newer
		require.ErrorIs(t, err, store.ErrGuard)
	}
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, write(ended), context.Canceled)
}

func TestEngineWatch(t *testing.T) {
	e := openWorkspaces(t)
	from := e.Now().Revision()
	rev, err := e.UpdateAs(ctx, tuple.MustParseSubject("user:ann"), nil, func(tx *baobab.Tx) error {
		require.NoError(t, tx.Note("a colleague"))
		return tx.Create(tuple.MustParse("workspace:acme#admin@user:bob").Always())
	})
	require.NoError(t, err)
	until, cancel := context.WithCancel(ctx)
	defer cancel()
	n := 0
	for c, err := range e.Watch(until, from) {
		if n++; n == 2 {
			require.ErrorIs(t, err, context.Canceled)
			continue
		}
		time.AfterFunc(20*time.Millisecond, cancel) // while it waits for more
		require.NoError(t, err)
		require.Equal(t, rev, c.Revision)
		require.Equal(t, "user:ann", c.Actor.String())
		require.Equal(t, "a colleague", c.Note)
		require.Len(t, c.Added, 1)
	}
	require.Equal(t, 2, n)
}
