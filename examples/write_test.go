package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// The rules that are about many tuples, and about the past.

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
