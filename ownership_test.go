package baobab_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

const owned = `
definition user {}
definition workspace {
	//baobab:count 1
	//baobab:granted-by transfer_ownership
	relation owner: user
	permission transfer_ownership = owner
}`

// Many try to take a workspace at once: whoever owns it hands it on, everyone
// else takes it without asking, in two writes, or shares it. Every revision has
// one owner. Set BAOBAB_RACE_SECONDS for a longer run.
func TestOneOwnerAtEveryRevision(t *testing.T) {
	const takers = 32
	seconds := 1
	if n, err := strconv.Atoi(os.Getenv("BAOBAB_RACE_SECONDS")); err == nil {
		seconds = n
	}
	eng, err := openEngine(schema.MustParse(owned), baobab.Options{Store: store.Options{HistoryCommits: -1, HistoryAge: -1, HistoryBytes: -1}})
	require.NoError(t, err)
	defer eng.Close()
	workspace := tuple.MustParseObject("workspace:w")
	owner := func(i int) tuple.Tuple {
		return tuple.New(workspace, "owner", tuple.MustParseSubject("user:u"+strconv.Itoa(i)))
	}
	first, err := eng.Write(ctx, owner(0).Always())
	require.NoError(t, err)

	var refused atomic.Int64
	take := func(i int, random *rand.Rand) error {
		me := owner(i).Subject
		other := owner((i + 1 + random.IntN(takers-1)) % takers)
		switch random.IntN(4) {
		case 0: // take it, as if one owned it
			_, err := eng.UpdateAs(ctx, me, nil, func(tx *baobab.Tx) error {
				if _, err := tx.DeleteMatching(tuple.Filter{ObjectType: "workspace", ObjectID: "w", Relation: "owner"}); err != nil {
					return err
				}
				return tx.Touch(owner(i).Always())
			})
			return err
		case 1: // share it, with the server's rights
			_, err := eng.Update(ctx, func(tx *baobab.Tx) error { return tx.Touch(owner(i).Always(), other.Always()) })
			return err
		case 2: // drop it
			_, err := eng.UpdateAs(ctx, me, nil, func(tx *baobab.Tx) error { return tx.Delete(owner(i)) })
			return err
		}
		_, err := eng.UpdateAs(ctx, me, nil, func(tx *baobab.Tx) error {
			if err := tx.Delete(owner(i)); err != nil {
				return err
			}
			return tx.Create(other.Always())
		})
		return err
	}
	begun := time.Now()
	going := func() bool { // and, on a machine or a log that is slow, until there is something to look at
		took := time.Since(begun)
		enough := refused.Load() > takers && eng.Now().Revision().Position() > first.Position()+takers
		return took < time.Duration(seconds)*time.Second || !enough && took < time.Minute
	}
	var wait sync.WaitGroup
	for i := range takers {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(i)))
			for going() {
				switch err := take(i, random); {
				case err == nil:
				case errors.Is(err, store.ErrGuard) || errors.Is(err, store.ErrConstraint) || errors.Is(err, store.ErrExists):
					refused.Add(1)
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()

	commits, owners := 0, map[string]bool{}
	for change, err := range eng.Watch(ctx, first) {
		require.NoError(t, err)
		view, err := eng.At(change.Revision)
		require.NoError(t, err)
		var found []string
		for r, err := range view.Tuples(tuple.Filter{ObjectType: "workspace", ObjectID: "w", Relation: "owner"}) {
			require.NoError(t, err)
			found = append(found, r.Subject.ID)
		}
		require.Len(t, found, 1, "at %s", change.Revision)
		owners[found[0]] = true
		if commits++; change.Revision == eng.Now().Revision() {
			break
		}
	}
	require.Greater(t, commits, takers)
	require.Greater(t, refused.Load(), int64(takers))
	t.Logf("%d commits, one owner in each; %d people owned it, %d attempts were refused", commits, len(owners), refused.Load())
}
