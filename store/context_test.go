package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// The pairs of a few tuples can be many: the context ends their checking.
func TestCheckingEndsWithTheContext(t *testing.T) {
	s := openWith(t, store.Options{}, schema.Define("folder"), schema.Define("doc",
		schema.Rel("parent", schema.Type("folder")),
		schema.Rel("pin", user).Counted(schema.Count{Max: 5, PerSubject: true, In: "parent"})))
	write := func(ctx context.Context) error {
		_, err := s.Update(ctx, func(tx *store.Tx) error {
			var rels []tuple.Relationship
			for i := range 100 {
				rels = append(rels, rel(fmt.Sprintf("doc:x#parent@folder:%d", i)), rel(fmt.Sprintf("doc:x#pin@user:%d", i)))
			}
			return tx.Touch(rels...)
		})
		return err
	}
	err := write(&countdown{Context: bg, left: 3})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "while the rules of the schema were checked")
	require.Zero(t, s.Stats().Stored)
	require.NoError(t, write(bg))
	strict := schema.MustNew(schema.Define("user"), schema.Define("folder"), schema.Define("doc",
		schema.Rel("parent", schema.Type("folder")),
		schema.Rel("pin", user).Counted(schema.Count{Max: 1, PerSubject: true, In: "parent"})))
	_, err = s.SetSchema(&countdown{Context: bg, left: 3}, strict, store.SchemaOptions{})
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.SetSchema(bg, strict, store.SchemaOptions{})
	require.NoError(t, err)
}

// A group that is large to count is counted no longer than the context lasts.
func TestCountingEndsWithTheContext(t *testing.T) {
	s := openWith(t, store.Options{}, schema.Define("doc", schema.Rel("viewer", user).Counted(schema.Count{Max: 100_000})))
	_, err := s.Update(&countdown{Context: bg, left: 4}, func(tx *store.Tx) error {
		var rels []tuple.Relationship
		for i := range 3000 {
			rels = append(rels, rel(fmt.Sprintf("doc:x#viewer@user:%d", i)))
		}
		return tx.Touch(rels...)
	})
	require.ErrorIs(t, err, context.Canceled)
}
