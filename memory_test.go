package baobab_test

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// However many objects are written and deleted, each another one, memory stays
// bounded: ids are given back, and nothing keeps what they were of. BAOBAB_OBJECTS
// says how many, and the store has its defaults then.
func TestMemoryOfDeletedObjects(t *testing.T) {
	objects, o := 300_000, store.Options{CompactAt: 10_000, HistoryBytes: 1 << 20}
	if n := os.Getenv("BAOBAB_OBJECTS"); n != "" {
		var err error
		objects, err = strconv.Atoi(n)
		require.NoError(t, err)
		o = store.Options{}
	}
	s := schema.MustParse(`
		definition user {}
		definition group { relation member: user }
		definition document {
			relation viewer: user | group#member
			permission view = viewer
		}`)
	before := heap()
	eng, err := baobab.Open(s, baobab.Options{Store: o})
	require.NoError(t, err)
	defer eng.Close()
	stays := tuple.MustParse("document:stays#viewer@user:stays")
	_, err = eng.Write(ctx, stays.Always())
	require.NoError(t, err)

	const batch = 500 // of 3 objects each
	greatest, most := 0, 0
	for from, round := 0, 0; from < objects; from, round = from+3*batch, round+1 {
		var rels []tuple.Relationship
		var gone []tuple.Tuple
		for i := range batch {
			n := strconv.Itoa(from + 3*i)
			group := tuple.Object{Type: "group", ID: "group-" + n}
			user := tuple.Object{Type: "user", ID: "user-" + n}.Subject()
			rels = append(rels, tuple.New(group, "member", user).Always(),
				tuple.New(tuple.Object{Type: "document", ID: "document-" + n}, "viewer", group.Userset("member")).Always())
		}
		for _, r := range rels {
			gone = append(gone, r.Tuple)
		}
		_, err := eng.Write(ctx, rels...)
		require.NoError(t, err)
		for i := 0; i < len(rels); i += 100 { // evaluators remember some of it
			d, err := eng.Check(ctx, tuple.New(rels[i+1].Object, "view", rels[i].Subject))
			require.NoError(t, err)
			require.True(t, d.Allowed())
		}
		_, err = eng.Delete(ctx, gone...)
		require.NoError(t, err)
		most = max(most, eng.Stats().Objects)
		if round%50 == 0 {
			greatest = max(greatest, heap()-before)
		}
	}
	d, err := eng.Check(ctx, tuple.New(stays.Object, "view", stays.Subject))
	require.NoError(t, err)
	require.True(t, d.Allowed())
	greatest = max(greatest, heap()-before)
	t.Logf("%d objects, at most %d had an id at a time, %d MB of heap at most, %s", objects, most, greatest>>20, fmt.Sprintf("%+v", eng.Stats()))
	require.Equal(t, 1, eng.Stats().Tuples)
	if objects == 300_000 {
		require.Less(t, most, 100_000)
		require.Less(t, greatest, 24<<20)
	} else {
		require.Less(t, most, 5_000_000)
		require.Less(t, greatest, 512<<20)
	}
}

// heap returns the bytes in use after a collection.
func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
