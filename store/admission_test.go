package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// What a transaction has admitted before admits nothing that is not.
func TestAdmissionRemembersForms(t *testing.T) {
	s := open(t, store.Options{})
	_, err := s.Update(bg, func(tx *store.Tx) error {
		require.NoError(t, tx.Touch(rel("document:a#viewer@user:a"), rel("document:a#viewer@user:*")))
		for _, malformed := range []tuple.Tuple{
			{Object: tuple.Object{Type: "document", ID: "a b"}, Relation: "viewer", Subject: tuple.Subject{Object: tuple.Object{Type: "user", ID: "a"}}},
			{Object: tuple.Object{Type: "document", ID: "*"}, Relation: "viewer", Subject: tuple.Subject{Object: tuple.Object{Type: "user", ID: "a"}}},
			{Object: tuple.Object{Type: "document", ID: "a"}, Relation: "viewer", Subject: tuple.Subject{Object: tuple.Object{Type: "user", ID: ""}}},
		} {
			require.ErrorIs(t, tx.Touch(malformed.Always()), tuple.ErrSyntax)
			require.ErrorIs(t, tx.Delete(malformed), tuple.ErrSyntax)
		}
		// A relation that can store a tuple of that form, qualified, does not store it plain.
		require.NoError(t, tx.Delete(tuple.MustParse("document:a#viewer@team:a#member"), tuple.MustParse("document:a#editor@user:*")))
		require.NoError(t, tx.Touch(rel("document:a#viewer@team:a#member")))
		require.ErrorIs(t, tx.Touch(rel("document:a#editor@user:*")), schema.ErrWildcardNotAllowed)
		require.ErrorIs(t, tx.Touch(rel("document:a#editor@user:a[c]")), schema.ErrCaveatNotAllowed)
		require.NoError(t, tx.Touch(rel("document:a#editor@user:a")))
		require.ErrorIs(t, tx.Touch(rel("document:a#editor@user:a[c]")), schema.ErrCaveatNotAllowed, "remembered plain")
		require.ErrorIs(t, tx.Create(rel("document:a#view@user:a")), schema.ErrNotStored)
		require.ErrorIs(t, tx.Delete(tuple.MustParse("document:a#view@user:a")), schema.ErrNotStored)
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, s.Check())
	require.Len(t, texts(t, now(t, s)), 4)
}

// More forms than are remembered, in turn, and tuples about the same object.
func TestAdmissionOfManyForms(t *testing.T) {
	text := "definition user {}\n"
	for i := range 40 {
		text += fmt.Sprintf("definition t%d { relation r%d: user | t%d#r%d }\n", i, i, i, i)
	}
	s, err := store.Open(schema.MustParse(text), store.Options{CheckEachCommit: true})
	require.NoError(t, err)
	var want []string
	var rels []tuple.Relationship
	for n := range 3 {
		for i := range 40 {
			for _, subject := range []string{fmt.Sprint("user:u", n), fmt.Sprint("user:v", n), fmt.Sprintf("t%d:a#r%d", i, i)} {
				want = append(want, fmt.Sprintf("t%d:o%d#r%d@%s", i, n, i, subject))
				rels = append(rels, rel(want[len(want)-1]))
			}
		}
	}
	_, err = s.Update(bg, func(tx *store.Tx) error { return tx.Create(rels...) })
	require.NoError(t, err)
	require.ElementsMatch(t, want, texts(t, now(t, s)))
	_, err = s.Update(bg, func(tx *store.Tx) error {
		for _, r := range rels {
			if err := tx.Touch(r); err != nil {
				return err
			}
		}
		for _, r := range rels[1:] {
			if err := tx.Delete(r.Tuple); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, want[:1], texts(t, now(t, s)))
}
