package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Two write pairs of tuples, eight read: whoever reads sees both or none, in
// the newest state, in older ones, through both trees, under hypotheses and in
// the history.
func TestNoTornReads(t *testing.T) {
	duration := 2 * time.Second
	if testing.Short() {
		duration = 200 * time.Millisecond
	}
	s := open(t, store.Options{HistoryCommits: 30, PinEvery: 7, SweepGrace: -1})
	pair := func(n int) (a, b tuple.Tuple) {
		return tuple.MustParse(fmt.Sprintf("document:%d#viewer@user:%d", n, n)), tuple.MustParse(fmt.Sprintf("document:x%d#viewer@user:%d", n, n))
	}
	var stop atomic.Bool
	var commits atomic.Int64
	var all sync.WaitGroup
	work := func(n int, step func(i int)) {
		for range n {
			all.Go(func() {
				for i := 0; !stop.Load() && !t.Failed(); i++ {
					step(i)
				}
			})
		}
	}
	check := func(st *store.State, n int) {
		a, b := pair(n)
		_, one, err := st.Get(a)
		if err != nil {
			t.Error(err)
		}
		_, two, _ := st.Get(b)
		count, _ := st.Count(tuple.Filter{SubjectType: "user", SubjectID: fmt.Sprint(n)})
		if one != two || count != map[bool]int{true: 2}[one] {
			t.Errorf("torn at %v: %t, %t, %d", st.Revision(), one, two, count)
		}
	}
	work(2, func(i int) {
		a, b := pair(i % 20)
		_, err := s.Update(bg, func(tx *store.Tx) error {
			if _, ok, _ := must(tx.State()).Get(a); ok && i%3 > 0 {
				return tx.Delete(a, b)
			}
			until := time.Now().Add(time.Hour)
			if i%5 == 0 {
				until = time.Now().Add(time.Millisecond)
			}
			return tx.Touch(a.Until(until), b.Until(until))
		})
		if err != nil {
			t.Error(err)
		}
		commits.Add(1)
	})
	work(6, func(i int) {
		st, err := s.Now()
		if err != nil {
			t.Error(err)
			return
		}
		check(st, i%20)
		a, b := pair(i % 20)
		with, err := st.With(a.Always(), b.Always())
		if err != nil {
			t.Error(err)
			return
		}
		check(with, i%20)
		if later, err := s.AtLeast(bg, st.Revision()); err != nil || later.Revision().Compare(st.Revision()) < 0 {
			t.Error("AtLeast", err)
		}
	})
	work(2, func(i int) {
		stats := s.Stats()
		for _, rev := range []store.Revision{stats.Oldest, store.Next(stats.Oldest)} {
			if st, err := s.At(rev); err == nil {
				check(st, i%20)
			}
		}
		if i%10 == 0 {
			if _, err := s.Sweep(bg); err != nil {
				t.Error(err)
			}
		}
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	})
	time.Sleep(duration)
	stop.Store(true)
	all.Wait()
	require.NoError(t, s.Check())
	t.Logf("%d transactions", commits.Load())
}
