//go:build !baobab_graph && !baobab_both

package baobab_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// A check allocates nothing, whatever operators stand on the way, once the subject was
// seen: strings in, through Engine.Check and through a prepared principal. The
// exceptions are what has no bound beforehand: caveats, cycles, and arrows over all.
func TestChecksAllocateNothing(t *testing.T) {
	eng, err := baobab.Open(schema.MustParse(`
		use self
		use expiration
		definition user {}
		definition group { relation member: user | group#member }
		definition folder {
			relation parent: folder
			relation reader: user | user:* | group#member
			relation guest: user with expiration
			relation banned: user | group#member
			permission direct = reader
			permission union = reader + banned + guest
			permission intersection = reader & banned
			permission exclusion = reader - banned
			permission nested = (reader & (banned + guest)) - (guest - banned)
			permission arrow = parent->reader
			permission up = reader + parent->up
			permission itself = self
			permission none = nil
		}`), baobab.Options{})
	require.NoError(t, err)
	defer eng.Close()
	write := func(format string, args ...any) {
		_, err := eng.Write(ctx, tuple.MustParseRelationship(fmt.Sprintf(format, args...)))
		require.NoError(t, err)
	}
	for i := range 20 {
		write("group:g%d#member@group:g%d#member", i, i+1)
		write("folder:f%d#parent@folder:f%d", i, i+1)
	}
	write("group:g20#member@user:ann")
	write("folder:f0#reader@group:g0#member")
	write("folder:f0#banned@user:bob")
	write("folder:f0#guest@user:ann[expiration:2999-01-01T00:00:00Z]")
	write("folder:f5#banned@group:g3#member")
	write("folder:f20#reader@user:*")
	for i := range 300 { // a wide relation
		write("folder:wide#reader@user:u%d", i)
		write("folder:wide#banned@group:x%d#member", i)
	}
	allowed := 0
	for _, o := range []string{"f0", "f5", "f20", "wide", "unknown"} {
		for _, p := range []string{"direct", "union", "intersection", "exclusion", "nested", "arrow", "up", "itself", "none", "reader", "parent"} {
			for _, s := range []string{"user:ann", "user:bob", "user:u7", "user:stranger", "user:*", "group:g5#member", "folder:f0"} {
				q := tuple.MustParse(fmt.Sprintf("folder:%s#%s@%s", o, p, s))
				d, err := eng.Check(ctx, q)
				require.NoError(t, err)
				if d.Allowed() {
					allowed++
				}
				require.Zero(t, testing.AllocsPerRun(10, func() { _, _ = eng.Check(ctx, q) }), q)
				who := eng.Now().As(q.Subject)
				require.Zero(t, testing.AllocsPerRun(10, func() { _, _ = who.Check(ctx, q.Object, q.Relation) }), q)
			}
		}
	}
	require.Greater(t, allowed, 50)
}
