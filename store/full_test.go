package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

var qualifiedSchema = schema.MustParse(`
use expiration

caveat c(n int) { n > 0 }

definition user {}

definition document { relation viewer: user | user with c | user with expiration }
`)

// When ids or records are used up, a write is refused and changes nothing.
func TestFull(t *testing.T) {
	s, err := Open(qualifiedSchema, Options{CheckEachCommit: true})
	require.NoError(t, err)
	s.dict.Limit(4, 2)
	create := func(texts ...string) error {
		_, err := s.Update(context.Background(), func(tx *Tx) error {
			var rels []tuple.Relationship
			for _, text := range texts {
				rels = append(rels, tuple.MustParseRelationship(text))
			}
			err := tx.Create(rels...)
			require.Equal(t, err != nil, len(tx.changes) == 0)
			return err
		})
		return err
	}
	require.NoError(t, create("document:a#viewer@user:a[c]", "document:a#viewer@user:b[c]"))
	require.ErrorIs(t, create("document:a#viewer@user:c[c]"), ErrFull)
	require.NoError(t, create("document:a#viewer@user:c"))
	require.ErrorIs(t, create("document:a#viewer@user:d"), ErrFull)
	require.ErrorIs(t, create("document:d#viewer@user:a"), ErrFull)
	require.Equal(t, 3, s.Stats().Stored)
	require.NoError(t, s.Check())

	_, err = s.Update(context.Background(), func(tx *Tx) error { _, err := tx.DeleteMatching(tuple.Filter{}); return err })
	require.NoError(t, err)
	s.dict.Limit(4, 1) // so that the past cannot be made again
	_, err = s.At(Revision{store: s.id, position: 2})
	require.ErrorIs(t, err, ErrFull)
	require.ErrorIs(t, s.Check(), ErrFull)
}

// update commits what fn writes.
func update(t *testing.T, s *Store, fn func(tx *Tx) error) Revision {
	rev, err := s.Update(context.Background(), fn)
	require.NoError(t, err)
	return rev
}

// almostFull opens a store that has room for one record. It has no tuples, but
// knows the users a and b in this order, which is that of their changes.
func almostFull(t *testing.T, o Options) *Store {
	s, err := Open(qualifiedSchema, o)
	require.NoError(t, err)
	for _, id := range []string{"a", "b"} {
		u := tuple.MustParse("document:a#viewer@user:" + id)
		update(t, s, func(tx *Tx) error { return tx.Create(u.Always()) })
		update(t, s, func(tx *Tx) error { return tx.Delete(u) })
	}
	s.dict.Limit(100, 1)
	return s
}

// Changes are made again and taken back in the order of their tuples, which may
// take a record more than there is room for. That is an error, and no wrong answer.
func TestFullPast(t *testing.T) {
	a, b := tuple.MustParse("document:a#viewer@user:a").When("c", nil), tuple.MustParse("document:a#viewer@user:b").When("c", nil)
	replace := func(old, new tuple.Relationship) func(tx *Tx) error {
		return func(tx *Tx) error {
			require.NoError(t, tx.Delete(old.Tuple))
			return tx.Create(new)
		}
	}
	t.Run("made again", func(t *testing.T) {
		s := almostFull(t, Options{})
		before := update(t, s, func(tx *Tx) error { return tx.Create(b) })
		after := update(t, s, replace(b, a))
		for i := range 10 { // so that the way from before is the shorter one
			far := tuple.MustParse(fmt.Sprintf("document:b#viewer@user:%d", i))
			update(t, s, func(tx *Tx) error { return tx.Create(far.Always()) })
		}
		_, err := s.At(before)
		require.NoError(t, err)
		_, err = s.At(after)
		require.ErrorIs(t, err, ErrFull)
		require.ErrorIs(t, s.Check(), ErrFull)
	})
	t.Run("taken back", func(t *testing.T) {
		s := almostFull(t, Options{CheckEachCommit: true})
		update(t, s, func(tx *Tx) error { return tx.Create(a) })
		head := s.head.Load()
		_, err := s.Update(context.Background(), replace(a, b))
		require.ErrorIs(t, err, ErrFull)
		require.Same(t, head, s.head.Load())
	})
}

// A sweep is verified like a commit.
func TestFullSweep(t *testing.T) {
	clock := time.Unix(1_000_000, 0)
	s := almostFull(t, Options{Clock: func() time.Time { return clock }, CheckEachCommit: true, SweepGrace: -1})
	update(t, s, func(tx *Tx) error {
		return tx.Create(tuple.MustParse("document:a#viewer@user:a").Until(clock.Add(time.Second)))
	})
	clock = clock.Add(time.Minute)
	head := s.head.Load()
	s.dict.Limit(100, 0) // so that the sweep cannot be taken back
	_, err := s.Sweep(context.Background())
	require.ErrorIs(t, err, ErrFull)
	require.Same(t, head, s.head.Load())
}

// When names, ids or records are used up, the schema stays as it is.
func TestSchemaFull(t *testing.T) {
	ctx := context.Background()
	open := func(text string, tuples ...string) *Store {
		s, err := Open(schema.MustParse(text), Options{CheckEachCommit: true})
		require.NoError(t, err)
		update(t, s, func(tx *Tx) error {
			for _, r := range tuples {
				if err := tx.Create(tuple.MustParseRelationship(r)); err != nil {
					return err
				}
			}
			return nil
		})
		return s
	}
	wide, narrow := "definition user {} definition document { relation viewer: user | user:* }", "definition user {} definition document { relation viewer: user }"
	s := open(wide, "document:a#viewer@user:a")
	before := s.Stats().Revision
	var names strings.Builder
	for i := range 1 << 16 {
		fmt.Fprintf(&names, "definition t%d {}\n", i)
	}
	_, err := s.SetSchema(ctx, schema.MustParse(wide+names.String()), SchemaOptions{})
	require.ErrorIs(t, err, ErrFull)

	// A rename gives objects new ids.
	renamed := "definition person {} definition document { relation viewer: person | person:* }"
	s.dict.Limit(2, 10)
	_, err = s.SetSchema(ctx, schema.MustParse(renamed), SchemaOptions{Renames: schema.Renames{{Type: "user", To: "person"}}})
	require.ErrorIs(t, err, ErrFull)
	require.Equal(t, before, s.Stats().Revision)

	// So does what is set aside and renamed, and what comes back.
	s = open(wide, "document:a#viewer@user:*")
	rename := SchemaOptions{SetAside: true, Renames: schema.Renames{{Type: "user", To: "person"}}}
	s.dict.Limit(2, 10)
	only := "definition person {} definition document { relation viewer: person }"
	_, err = s.SetSchema(ctx, schema.MustParse(only), rename)
	require.ErrorIs(t, err, ErrFull)
	_, err = s.SetSchema(ctx, schema.MustParse(narrow), SchemaOptions{SetAside: true})
	require.NoError(t, err)
	require.Equal(t, 1, s.Stats().Aside)
	_, err = s.SetSchema(ctx, schema.MustParse(renamed), rename)
	require.ErrorIs(t, err, ErrFull)
	s.dict.Limit(10, 10)
	_, err = s.SetSchema(ctx, schema.MustParse(renamed), rename)
	require.NoError(t, err)
	require.Zero(t, s.Stats().Aside)
	now, err := s.Now()
	require.NoError(t, err)
	_, ok, err := now.Get(tuple.MustParse("document:a#viewer@person:*"))
	require.NoError(t, err)
	require.True(t, ok)
	require.NoError(t, s.Check())
}

// What comes back takes records again.
func TestRestoreFull(t *testing.T) {
	ctx := context.Background()
	s, err := Open(qualifiedSchema, Options{CheckEachCommit: true})
	require.NoError(t, err)
	update(t, s, func(tx *Tx) error {
		return tx.Create(tuple.MustParseRelationship("document:a#viewer@user:a[c]"), tuple.MustParseRelationship("document:a#viewer@user:b[c]"))
	})
	plain := schema.MustParse("definition user {} definition document { relation viewer: user }")
	_, err = s.SetSchema(ctx, plain, SchemaOptions{SetAside: true})
	require.NoError(t, err)
	s.dict.Limit(10, 1)
	_, err = s.SetSchema(ctx, qualifiedSchema, SchemaOptions{})
	require.ErrorIs(t, err, ErrFull)
	require.Equal(t, 2, s.Stats().Aside)
	require.Same(t, plain, s.now().Schema())
}
