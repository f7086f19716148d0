package baobab_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// Two writers put users into both of two teams or take them out, a third writes what
// nothing depends on, and readers ask what is kept all the time: a view knows
// both memberships or neither, and whoever writes sees at once what he wrote.
// BAOBAB_RACE_SECONDS makes it longer.
func TestWhatIsKeptFollowsWriters(t *testing.T) {
	length := time.Second
	if s := os.Getenv("BAOBAB_RACE_SECONDS"); s != "" {
		n, err := strconv.Atoi(s)
		require.NoError(t, err)
		length = time.Duration(n) * time.Second
	}
	eng, err := openEngine(schema.MustParse(`
		definition user {}
		definition team { relation member: user }
		definition doc {
			relation reviewer: team
			relation other: team
			permission every = reviewer.all(member) + other->member
			permission any = reviewer->member
			permission torn = any - every
		}
		definition note { relation author: user }`),
		baobab.Options{Check: check.Options{CacheBytes: 1 << 16, CacheSteps: 1}})
	require.NoError(t, err)
	defer eng.Close()
	_, err = eng.Write(ctx, tuple.MustParse("doc:1#reviewer@team:a").Always(), tuple.MustParse("doc:1#reviewer@team:b").Always())
	require.NoError(t, err)

	for i := range 130 { // so many that rosters do not have them, and a search goes through them
		_, err = eng.Write(ctx, tuple.MustParse(fmt.Sprintf("doc:1#other@team:empty%d", i)).Always())
		require.NoError(t, err)
	}

	const users = 10
	ending, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var all sync.WaitGroup
	question := func(permission string, user int) tuple.Tuple {
		return tuple.MustParse(fmt.Sprintf("doc:1#%s@user:%d", permission, user))
	}
	for w := range 2 {
		all.Go(func() {
			for i := 0; ending.Err() == nil; i++ {
				user := w*users + i%users
				a, b := tuple.MustParse(fmt.Sprintf("team:a#member@user:%d", user)), tuple.MustParse(fmt.Sprintf("team:b#member@user:%d", user))
				in := i/users%2 == 0
				_, err := eng.Update(ctx, func(tx *baobab.Tx) error {
					if in {
						return tx.Create(a.Always(), b.Always())
					}
					return tx.Delete(a, b)
				})
				d, err2 := eng.Check(ctx, question("every", user))
				if err != nil || err2 != nil || d.Allowed() != in {
					t.Errorf("writer %d, transaction %d: %v after it, %v %v", w, i, d, err, err2)
					return
				}
			}
		})
	}
	all.Go(func() {
		for i := 0; ending.Err() == nil; i++ {
			if _, err := eng.Write(ctx, tuple.MustParse(fmt.Sprintf("note:%d#author@user:1", i)).Always()); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 6 {
		all.Go(func() {
			var last baobab.Revision
			for i := 0; ending.Err() == nil || eng.Stats().Cache.Hits == 0 && i < 10_000; i++ {
				view := eng.Now()
				if i%16 == 0 && i > 0 {
					if past, err := eng.At(last); err == nil {
						view = past
					}
				}
				last = view.Revision()
				user := i / 4 % (2 * users)
				every, err1 := view.Check(ctx, question("every", user))
				anyone, err2 := view.Check(ctx, question("any", user))
				torn, err3 := view.Check(ctx, question("torn", user))
				if err1 != nil || err2 != nil || err3 != nil || every != anyone || torn.Allowed() {
					t.Errorf("torn at %v: %v %v %v, %v %v %v", last, every, anyone, torn, err1, err2, err3)
					return
				}
			}
		})
	}
	all.Wait()
	t.Logf("%+v", eng.Stats().Cache)
	require.NotZero(t, eng.Stats().Cache.Hits)
}
