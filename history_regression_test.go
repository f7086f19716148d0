package baobab_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// A change of more tuples than are noted one by one is noted for everybody, also for
// those who come first and last in it.
func TestGroupsFollowABulkLoad(t *testing.T) {
	eng, err := openEngine(schema.MustParse(`
		definition user {}
		definition team { relation member: user | team#member }
		definition doc { relation viewer: user | team#member }`), baobab.Options{})
	require.NoError(t, err)
	defer eng.Close()
	write := func(lines ...string) {
		var rels []tuple.Relationship
		for _, line := range lines {
			rels = append(rels, tuple.MustParse(line).Always())
		}
		_, err := eng.Write(ctx, rels...)
		require.NoError(t, err)
	}
	write("doc:1#viewer@team:top#member", "team:0#member@user:a", "team:z#member@user:b")
	questions := []string{"doc:1#viewer@user:a", "doc:1#viewer@user:b", "doc:1#viewer@user:nobody", "doc:1#viewer@team:0#member"}
	asked := func(want bool) {
		for _, q := range questions {
			for range 2 {
				assert.Equal(t, want, allowed(t, eng.Now(), q), q)
			}
		}
	}
	asked(false)
	var bulk []string
	for i := range 5000 {
		bulk = append(bulk, fmt.Sprintf("team:more#member@user:%d", i))
	}
	write(append(bulk, "team:top#member@team:0#member", "team:top#member@team:z#member", "team:top#member@user:nobody")...)
	asked(true)
	_, err = eng.Update(ctx, func(tx *baobab.Tx) error { _, err := tx.DeleteObject(tuple.MustParseObject("team:top")); return err })
	require.NoError(t, err)
	asked(false)
	write("doc:1#viewer@team:top#member", "team:top#member@team:0#member", "team:top#member@team:z#member", "team:top#member@user:nobody")
	asked(true)
}
