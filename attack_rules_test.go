package baobab_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

func openText(t testing.TB, text string, tuples ...string) *baobab.Engine {
	t.Helper()
	s, err := schema.Parse("attack.zed", text)
	require.NoError(t, err)
	e, err := openEngine(s, baobab.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	_, err = e.Update(ctx, func(tx *baobab.Tx) error {
		for _, text := range tuples {
			if err := tx.Create(tuple.MustParseRelationship(text)); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	return e
}

// An account that invoices name cannot be deleted: on-delete refuse. Whoever may
// delete accounts and nothing else must not get around it by removing the
// invoices' tuples in the same transaction: their guards were asked for by nobody.
// Rules for writes, granted-by: "a net change of a tuple needs every guard"; the
// exception for DeleteObject is about what DeleteObject removes, and it "removes
// every tuple that names p, except those of relations with refuse".
func TestRefusalIsNotDeletedAway(t *testing.T) {
	e := openText(t, `
definition user {}
//baobab:deleted-by owner
definition account {
	//baobab:granted-by owner
	relation owner: user
}
definition invoice {
	//baobab:granted-by clerk
	relation clerk: user
	//baobab:granted-by clerk
	//baobab:on-delete refuse
	relation account: account
}`, "account:a#owner@user:mal", "invoice:1#clerk@user:ann", "invoice:1#account@account:a")
	mal := tuple.MustParseSubject("user:mal")
	remove := func(tx *baobab.Tx) error { return tx.Delete(tuple.MustParse("invoice:1#account@account:a")) }
	_, err := e.UpdateAs(ctx, mal, nil, remove)
	require.ErrorIs(t, err, store.ErrGuard)
	_, err = e.UpdateAs(ctx, mal, nil, func(tx *baobab.Tx) error {
		_, err := tx.DeleteObject(tuple.MustParseObject("account:a"))
		return errors.Join(err, remove(tx))
	})
	require.Error(t, err)
}

// A type without deleted-by cannot be deleted on an actor's behalf, and count 1
// keeps its last owner. A tuple that is there only within the transaction, so
// that no guard is asked about it, must not make it be deleted by a cascade.
// Rules for writes, deleted-by and count: the lower bound gives way to DeleteObject alone.
func TestCascadeByATransientTupleLiftsNoLowerBound(t *testing.T) {
	e := openText(t, `
definition user {}
//baobab:deleted-by owner
definition scratch {
	//baobab:granted-by owner
	relation owner: user
}
definition vault {
	//baobab:count 1..*
	//baobab:granted-by owner
	relation owner: user
	relation nothing: user
	//baobab:on-delete cascade
	relation parent: scratch
}`, "scratch:s#owner@user:mal", "vault:v#owner@user:mal")
	mal := tuple.MustParseSubject("user:mal")
	_, err := e.UpdateAs(ctx, mal, nil, func(tx *baobab.Tx) error {
		return tx.Delete(tuple.MustParse("vault:v#owner@user:mal"))
	})
	require.ErrorIs(t, err, store.ErrConstraint)
	_, err = e.UpdateAs(ctx, mal, nil, func(tx *baobab.Tx) error {
		_, err := tx.DeleteObject(tuple.MustParseObject("vault:v"))
		return err
	})
	require.ErrorIs(t, err, store.ErrGuard)
	_, err = e.UpdateAs(ctx, mal, nil, func(tx *baobab.Tx) error {
		if err := tx.Create(tuple.MustParse("vault:v#parent@scratch:s").Always()); err != nil {
			return err
		}
		_, err := tx.DeleteObject(tuple.MustParseObject("scratch:s"))
		return err
	})
	require.Error(t, err)
}

// A count in a relation is of each container once, however many tuples of one
// object change: 3,000 times 3,000 must not be 9 million looks into the trees.
func TestManyTuplesInManyContainers(t *testing.T) {
	const n = 3000
	e := openText(t, `
definition user {}
definition folder {}
definition doc {
	relation parent: folder
	//baobab:count 0..1000000 in parent
	relation viewer: user
}`)
	obj := tuple.MustParseObject("doc:x")
	_, err := e.Update(ctx, func(tx *baobab.Tx) error {
		var rels []tuple.Relationship
		for i := range n {
			rels = append(rels, tuple.New(obj, "parent", tuple.MustParseSubject(fmt.Sprintf("folder:%d", i))).Always())
		}
		return tx.Create(rels...)
	})
	require.NoError(t, err)
	asked := &asking{Context: ctx}
	_, err = e.Update(asked, func(tx *baobab.Tx) error {
		var rels []tuple.Relationship
		for i := range n {
			rels = append(rels, tuple.New(obj, "viewer", tuple.MustParseSubject(fmt.Sprintf("user:%d", i))).Always())
		}
		return tx.Create(rels...)
	})
	require.NoError(t, err)
	require.Less(t, asked.times, 12_000_000/1024, "at every 1,024th step: 9 million to count, and as few to find what to count")
}

// An asking context counts how often it is asked whether it has ended.
type asking struct {
	context.Context
	times int
}

func (a *asking) Err() error {
	a.times++
	return a.Context.Err()
}

// Update says that a commit counts its groups up to their bounds. A folder with
// many documents, at most 3 of which are pinned, must not be gone through for
// each document that comes: that would be quadratic. Nor must the tuples that a
// subject has in relations of the same name of other types.
func TestNamingALargeGroupCountsNothing(t *testing.T) {
	e := openText(t, `
definition user {}
definition folder {
	//baobab:count 0..10 per subject
	relation viewer: user
}
definition doc {
	relation parent: folder
	relation viewer: user
	//baobab:count 0..3 in parent
	relation pinned: user
}`)
	const n = 100_000
	_, err := e.Update(ctx, func(tx *baobab.Tx) error {
		rels := make([]tuple.Relationship, 0, 2*n)
		for i := range n {
			o := tuple.Object{Type: "doc", ID: fmt.Sprint(i)}
			rels = append(rels, tuple.New(o, "parent", tuple.MustParseSubject("folder:f")).Always(),
				tuple.New(o, "viewer", tuple.MustParseSubject("user:bot")).Always())
		}
		return tx.Create(rels...)
	})
	require.NoError(t, err)
	asked := &asking{Context: ctx}
	for i := range 200 {
		o := tuple.Object{Type: "doc", ID: fmt.Sprint("new", i)}
		_, err := e.Write(asked, tuple.New(o, "parent", tuple.MustParseSubject("folder:f")).Always(),
			tuple.New(o, "viewer", tuple.MustParseSubject("user:bot")).Always())
		require.NoError(t, err)
	}
	require.LessOrEqual(t, asked.times, 200, "once before each commit, and no thousand steps of checking in any")
	for i := range 4 {
		_, err = e.Write(ctx, tuple.MustParse(fmt.Sprintf("doc:%d#pinned@user:ann", i)).Always())
	}
	require.ErrorIs(t, err, store.ErrConstraint)
	_, err = e.Write(ctx, tuple.MustParse("doc:out#pinned@user:ann").Always())
	require.NoError(t, err)
	_, err = e.Write(ctx, tuple.MustParse("doc:out#parent@folder:f").Always())
	require.ErrorIs(t, err, store.ErrConstraint)
}
