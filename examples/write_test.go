package main

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

// bayt: many invitations are sent in one write, all or none.
func TestBulkInvitations(t *testing.T) {
	eng := openSystem(t, "bayt")
	var invitations []tuple.Relationship
	for i := range 200 {
		invitation := fmt.Sprintf("invitation:bulk-%d", i)
		address := fmt.Sprintf("email:person-%d@example.com", i)
		invitations = append(invitations,
			tuple.MustParse(invitation+"#workspace@workspace:growth").Always(),
			tuple.MustParse(invitation+"#sent_to@"+address).Until(Today().AddDate(0, 0, 7)))
	}
	before := eng.Now().Revision()
	wrong := tuple.MustParseRelationship("invitation:bulk-200#sent_to@user:person-200")
	_, err := eng.Write(context.Background(), append(invitations[:len(invitations):len(invitations)], wrong)...)
	require.ErrorIs(t, err, schema.ErrSubjectNotAllowed)
	require.Equal(t, before, eng.Now().Revision())
	require.False(t, allowed(t, eng, "invitation:bulk-7#revoke@user:growth-admin"))

	_, err = eng.Write(context.Background(), invitations...)
	require.NoError(t, err)
	require.True(t, allowed(t, eng, "invitation:bulk-7#revoke@user:growth-admin"))
	require.False(t, allowed(t, eng, "invitation:bulk-7#accept@user:person-7"), "not verified yet")
	_, err = eng.Write(context.Background(), tuple.MustParseRelationship("email:person-7@example.com#verified_by@user:person-7"))
	require.NoError(t, err)
	require.True(t, allowed(t, eng, "invitation:bulk-7#accept@user:person-7"))
	require.False(t, allowed(t, eng, "invitation:bulk-8#accept@user:person-7"))
}

// bayt: what is revoked is deleted, and does not work from then on, while the
// state before still says that it did.
func TestRevocation(t *testing.T) {
	eng := openSystem(t, "bayt")
	before := eng.Now().Revision()
	for _, c := range []struct{ delete, stops, staysFor string }{
		{"workspace:growth#api_key@api_key:growth-site", "prompt:welcome#serve@api_key:growth-site", "prompt:slogan#serve@api_key:brand-site"},
		{"invitation:for-emil#sent_to@email:emil@example.com", "invitation:for-emil#accept@user:emil", "invitation:for-emil#revoke@user:growth-admin"},
		{"prompt:follow-up#draft_link@user:ann", "prompt:follow-up#view@user:ann", "prompt:follow-up#view@user:growth-viewer"},
	} {
		require.True(t, allowed(t, eng, c.stops))
		_, err := eng.Delete(context.Background(), tuple.MustParse(c.delete))
		require.NoError(t, err)
		require.False(t, allowed(t, eng, c.stops))
		require.True(t, allowed(t, eng, c.staysFor))
		past, err := eng.At(before)
		require.NoError(t, err)
		requireDecision(t, past, tuple.MustParse(c.stops), true)
	}
}
