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
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Two writers move pairs of tuples, eight readers look: each must see both
// tuples of a transaction or neither, in each of the two indexes, through
// Check, through usersets and in lists. BAOBAB_RACE_SECONDS makes it longer.
func TestReadersSeeWholeTransactions(t *testing.T) {
	length := time.Second
	if s := os.Getenv("BAOBAB_RACE_SECONDS"); s != "" {
		n, err := strconv.Atoi(s)
		require.NoError(t, err)
		length = time.Duration(n) * time.Second
	}
	eng, err := openEngine(schema.MustParse(`
		definition user {}
		definition room { 
			relation left: user
			relation right: user
			permission both = left & right
			permission torn = left - right
		}`),
		baobab.Options{Store: store.Options{CheckEachCommit: true}})
	require.NoError(t, err)
	defer eng.Close()

	const users = 20
	ctx, cancel := context.WithTimeout(context.Background(), length)
	defer cancel()
	var all sync.WaitGroup
	pair := func(room, user int) [2]tuple.Tuple {
		return [2]tuple.Tuple{
			tuple.MustParse(fmt.Sprintf("room:%d#left@user:%d", room, user)),
			tuple.MustParse(fmt.Sprintf("room:%d#right@user:%d", room, user)),
		}
	}
	for w := range 2 {
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				p := pair(w, i%users)
				_, err := eng.Update(context.Background(), func(tx *baobab.Tx) error {
					if i/users%2 == 0 {
						return tx.Create(p[0].Always(), p[1].Always())
					}
					return tx.Delete(p[0], p[1])
				})
				if err != nil {
					t.Errorf("writer %d, transaction %d: %v", w, i, err)
					return
				}
			}
		})
	}
	for r := range 8 {
		all.Go(func() {
			var last baobab.Revision
			for i := 0; ctx.Err() == nil; i++ {
				view := eng.Now()
				if i%16 == 0 && i > 0 {
					if past, err := eng.At(last); err == nil {
						view = past
					}
				}
				last = view.Revision()
				p := pair(r%2, i%users)
				left, err1 := view.Check(context.Background(), p[0])
				right, err2 := view.Check(context.Background(), p[1])
				torn, err3 := view.Check(context.Background(), tuple.New(p[0].Object, "torn", p[0].Subject))
				if err1 != nil || err2 != nil || err3 != nil || left != right || torn.Allowed() {
					t.Errorf("torn read at %v: %v %v %v, %v %v %v", last, left, right, torn, err1, err2, err3)
					return
				}
				for _, f := range []tuple.Filter{{ObjectType: "room", ObjectID: p[0].Object.ID}, {SubjectType: "user", SubjectID: p[0].Subject.ID}} {
					n := 0
					for _, err := range view.Tuples(f) {
						if err != nil {
							t.Error(err)
							return
						}
						n++
					}
					if n%2 != 0 {
						t.Errorf("torn read at %v: %d tuples of %v", last, n, f)
						return
					}
				}
			}
		})
	}
	all.Wait()
	require.NoError(t, eng.Verify())
}
