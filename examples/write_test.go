package main

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// The rules that are about writing: what is asked, and what is written, is one
// transaction.

func openSystem(t *testing.T, name string) *baobab.Engine {
	s, err := loadSystem(context.Background(), embedded, name)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Engine.Close() })
	return s.Engine
}

func allowed(t *testing.T, eng *baobab.Engine, q string) bool {
	t.Helper()
	d, err := eng.Check(context.Background(), tuple.MustParse(q))
	require.NoError(t, err)
	return d.Allowed()
}

var errDenied = errors.New("denied")

// demand fails a transaction unless all of the tuples hold in it.
func demand(ctx context.Context, tx *baobab.Tx, questions ...tuple.Tuple) error {
	for _, q := range questions {
		if d, err := tx.Check(ctx, q); err != nil {
			return err
		} else if !d.Allowed() {
			return fmt.Errorf("%w: %v", errDenied, q)
		}
	}
	return nil
}

// deploy: a workspace is deleted only when it holds no resource, and the test
// and the deletion are one write.
func TestDeleteWorkspace(t *testing.T) {
	eng := openSystem(t, "deploy")
	ctx := context.Background()
	remove := func(by, workspace string) error {
		w := tuple.MustParseObject(workspace)
		_, err := eng.Update(ctx, func(tx *baobab.Tx) error {
			if err := demand(ctx, tx, tuple.New(w, "delete_workspace", tuple.MustParseSubject(by))); err != nil {
				return err
			}
			if err := tx.Forbid(tuple.Filter{SubjectType: w.Type, SubjectID: w.ID}); err != nil {
				return err
			}
			_, err := tx.DeleteObject(w)
			return err
		})
		return err
	}
	before := eng.Now().Revision()
	require.ErrorIs(t, remove("user:search-owner", "workspace:search"), store.ErrPrecondition)
	require.ErrorIs(t, remove("user:ann", "workspace:acme-default"), errDenied, "it is the default one")
	require.ErrorIs(t, remove("user:carla", "workspace:dev"), errDenied, "she does not own it")
	require.Equal(t, before, eng.Now().Revision())

	require.ErrorIs(t, remove("user:bob", "workspace:dev"), store.ErrPrecondition)
	_, err := eng.Delete(ctx, tuple.MustParse("deployment:api-dev#workspace@workspace:dev"), tuple.MustParse("secret:db-dev#workspace@workspace:dev"))
	require.NoError(t, err)
	require.NoError(t, remove("user:bob", "workspace:dev"))
	require.False(t, allowed(t, eng, "workspace:dev#view@user:bob"))
	require.True(t, allowed(t, eng, "deployment:api-staging#manage@user:bob"))
}
