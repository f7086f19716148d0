package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// until goes through a watch of what is there, and returns it and the error
// with which the watch ends.
func until(s *store.Store, from store.Revision, n int) (list []store.Change, err error) {
	for c, err := range s.Watch(bg, from) {
		if err != nil {
			return list, err
		}
		if list = append(list, c); len(list) == n {
			break
		}
	}
	return list, nil
}

// watchError returns the error with which a watch begins.
func watchError(s *store.Store, from store.Revision) error {
	for _, err := range s.Watch(bg, from) {
		return err
	}
	return nil
}

func TestWatch(t *testing.T) {
	clock := at(0)
	s := open(t, store.Options{Clock: func() time.Time { return clock }, SweepGrace: -1})
	first := now(t, s).Revision()
	a, b := tuple.MustParse("document:a#viewer@user:a"), tuple.MustParse("document:b#viewer@user:b")
	var revs []store.Revision
	update := func(fn func(tx *store.Tx)) {
		rev, err := s.Update(bg, func(tx *store.Tx) error { fn(tx); return nil })
		require.NoError(t, err)
		revs = append(revs, rev)
	}
	update(func(tx *store.Tx) {
		require.NoError(t, tx.Create(a.Until(at(10)), b.Always()))
		require.NoError(t, tx.By(tuple.MustParseSubject("user:x")))
		require.NoError(t, tx.Note("why"))
	})
	clock = at(1)
	update(func(tx *store.Tx) { require.NoError(t, tx.Touch(b.When("c", map[string]any{"n": 1.0}))) })
	clock = at(10)
	update(func(tx *store.Tx) { require.NoError(t, tx.Create(a.Until(at(20)))) })
	clock = at(30)
	require.Equal(t, 1, must(s.Sweep(bg)))
	update(func(tx *store.Tx) { require.NoError(t, tx.Delete(b)) })
	update(func(tx *store.Tx) { require.NoError(t, tx.Create(b.Until(at(29)))) })

	c := b.When("c", map[string]any{"n": 1.0})
	want := []store.Change{
		{Revision: revs[0], Time: at(0), Added: []tuple.Relationship{a.Until(at(10)), b.Always()}, Actor: tuple.MustParseSubject("user:x"), Note: "why"},
		{Revision: revs[1], Time: at(1), Added: []tuple.Relationship{c}, Removed: []tuple.Relationship{b.Always()}},
		{Revision: revs[2], Time: at(10), Added: []tuple.Relationship{a.Until(at(20))}},
		{Revision: revs[3], Time: at(30), Removed: []tuple.Relationship{c}},
		{Revision: revs[4], Time: at(30)}, // written after its end
	}
	for i, from := range append([]store.Revision{first}, revs[:4]...) {
		got, err := until(s, from, len(want)-i)
		require.NoError(t, err)
		require.Equal(t, want[i:], got)
	}
}

func TestWatchOfASchema(t *testing.T) {
	s := open(t, store.Options{})
	first := now(t, s).Revision()
	create(t, s, "document:a#viewer@user:a")
	other := schema.MustParse(testSchema.String())
	changed := store.ChangeSchema(s, other)
	create(t, s, "document:b#viewer@user:a")
	for i, from := range []store.Revision{first, store.Next(first), changed} {
		list, err := until(s, from, 3-i)
		require.NoError(t, err)
		for _, c := range list {
			if c.Revision == changed {
				require.Same(t, other, c.Schema)
			} else {
				require.Nil(t, c.Schema)
			}
		}
	}
	require.NoError(t, s.Check())
}

func TestWatchOfManyCommits(t *testing.T) {
	s := open(t, store.Options{})
	first := now(t, s).Revision()
	for i := range 600 {
		create(t, s, fmt.Sprintf("document:%d#viewer@user:a", i))
	}
	list, err := until(s, first, 600)
	require.NoError(t, err)
	for i, c := range list {
		require.Equal(t, fmt.Sprintf("[document:%d#viewer@user:a]", i), fmt.Sprint(c.Added))
	}
}

func TestWatchErrors(t *testing.T) {
	s := open(t, store.Options{HistoryCommits: 2})
	var revs []store.Revision
	for i := range 3 {
		revs = append(revs, create(t, s, fmt.Sprintf("document:%d#viewer@user:a", i)))
	}
	require.ErrorIs(t, watchError(s, now(t, open(t, store.Options{})).Revision()), store.ErrForeignRevision)
	require.ErrorIs(t, watchError(s, store.Next(revs[2])), store.ErrFutureRevision)
	err := watchError(s, revs[0])
	require.ErrorIs(t, err, store.ErrLagged)
	require.ErrorIs(t, err, store.ErrRevisionGone)
	require.ErrorContains(t, err, "the oldest retained is "+revs[1].String())
	got, err := until(s, revs[1], 1)
	require.NoError(t, err)
	require.Equal(t, revs[2], got[0].Revision)

	ctx, cancel := context.WithCancel(bg)
	cancel()
	for _, err := range s.Watch(ctx, revs[1]) {
		require.ErrorIs(t, err, context.Canceled)
	}
	_, err = s.Update(bg, func(tx *store.Tx) error {
		n := 0
		for c, err := range s.Watch(bg, revs[1]) {
			if n++; n == 1 {
				require.Equal(t, revs[2], c.Revision)
				continue
			}
			require.ErrorIs(t, err, store.ErrReentrant)
		}
		require.Equal(t, 2, n)
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.ErrorIs(t, watchError(s, revs[2]), store.ErrClosed)
	require.ErrorIs(t, watchError(s, store.Revision{}), store.ErrClosed)
}

func TestWatchEndsWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, store.Options{HistoryCommits: 1})
		ended := make(chan error)
		ctx, cancel := context.WithCancel(bg)
		watch := func(changes iterSeq, want ...store.Revision) {
			for c, err := range changes {
				if err != nil {
					ended <- err
					return
				}
				if len(want) == 0 || c.Revision != want[0] {
					t.Errorf("got %v, want %v", c.Revision, want)
				}
				want = want[1:]
			}
		}
		next := store.Next(now(t, s).Revision())
		changes := s.Watch(ctx, store.Revision{}) // from now on, and not from the first step
		require.Equal(t, next, create(t, s, "document:a#viewer@user:a"))
		require.ErrorIs(t, func() error {
			for _, err := range changes {
				return err
			}
			return nil
		}(), store.ErrLagged, "the revision at the call is not retained")
		go watch(s.Watch(ctx, store.Revision{}), store.Next(next), store.Next(store.Next(next)))
		go watch(s.Watch(bg, store.Revision{}), store.Next(next), store.Next(store.Next(next)))
		synctest.Wait()
		create(t, s, "document:b#viewer@user:a")
		synctest.Wait()
		create(t, s, "document:c#viewer@user:a")
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-ended, store.ErrClosed)
	})
}

type iterSeq = func(func(store.Change, error) bool)

func TestWatcherLags(t *testing.T) {
	s := open(t, store.Options{HistoryCommits: 5})
	rev := create(t, s, "document:1#viewer@user:a")
	create(t, s, "document:2#viewer@user:a")
	n := 0
	var last error
	for _, err := range s.Watch(bg, rev) {
		if n++; n == 1 {
			for i := range 10 {
				create(t, s, fmt.Sprintf("document:later%d#viewer@user:a", i))
			}
		}
		last = err
	}
	require.Equal(t, 2, n)
	require.ErrorIs(t, last, store.ErrLagged)
	require.ErrorContains(t, last, "the oldest retained is "+s.Stats().Oldest.String())
}

// A commit that is larger than what may be retained at all leaves no changes.
func TestWatchOfWhatIsTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, store.Options{HistoryBytes: 1})
		ended := make(chan error)
		go func() {
			for _, err := range s.Watch(bg, store.Revision{}) {
				ended <- err
			}
		}()
		synctest.Wait()
		rev := create(t, s, "document:a#viewer@user:a")
		err := <-ended
		require.ErrorIs(t, err, store.ErrLagged)
		require.ErrorContains(t, err, "the oldest retained is "+rev.String())
	})
}

func TestNoteAndBy(t *testing.T) {
	s := open(t, store.Options{})
	ann := tuple.MustParseSubject("user:ann")
	var kept *store.Tx
	_, err := s.Update(bg, func(tx *store.Tx) error {
		kept = tx
		require.ErrorIs(t, tx.Note(strings.Repeat("x", store.MaxNote+1)), store.ErrNote)
		require.ErrorIs(t, tx.Note("\xff"), store.ErrNote)
		require.NoError(t, tx.Note(strings.Repeat("x", store.MaxNote)))
		require.ErrorIs(t, tx.By(tuple.MustParseSubject("user:*")), store.ErrActor)
		require.ErrorIs(t, tx.By(tuple.Subject{}), store.ErrActor)
		return tx.By(ann)
	})
	require.NoError(t, err)
	require.ErrorIs(t, kept.Note(""), store.ErrTxDone)
	require.ErrorIs(t, kept.By(ann), store.ErrTxDone)
	allow := func(context.Context, *store.State, tuple.Tuple) (bool, error) { return true, nil }
	_, err = s.UpdateAs(bg, store.Actor{Subject: ann, Judge: allow}, func(tx *store.Tx) error {
		err := tx.By(tuple.MustParseSubject("user:bob"))
		require.EqualError(t, err, "not an actor: user:bob in a transaction on behalf of user:ann")
		return nil
	})
	require.NoError(t, err)
}

func TestWatchNamesTheActor(t *testing.T) {
	s := guardedStore(t)
	require.NoError(t, touch(s, "workspace:a#assign_holder@user:ann"))
	rev := now(t, s).Revision()
	require.NoError(t, as(s, &desk{}, both(touching("workspace:a#admin@user:bob"), func(tx *store.Tx) error { return tx.Note("hired") })))
	got, err := until(s, rev, 1)
	require.NoError(t, err)
	require.Equal(t, tuple.MustParseSubject("user:ann"), got[0].Actor)
	require.Equal(t, "hired", got[0].Note)
}

// Two write, several watch: each sees every commit once and in order, or is
// told that it lags; what it was told comes to the state.
func TestWatchersAndWriters(t *testing.T) {
	commits := 1000
	if testing.Short() {
		commits = 200
	}
	s := open(t, store.Options{HistoryCommits: 64, HistoryBytes: -1})
	start := now(t, s).Revision()
	var writers, watchers sync.WaitGroup
	ctx, cancel := context.WithCancel(bg)
	var lagged sync.Map
	for w := range 4 {
		watchers.Go(func() {
			mirror := map[tuple.Tuple]bool{}
			at := start
			for {
				var err error
				var c store.Change
				for c, err = range s.Watch(ctx, at) {
					if err != nil {
						break
					}
					if c.Revision != store.Next(at) {
						t.Errorf("watcher %d: %v does not follow %v", w, c.Revision, at)
					}
					at = c.Revision
					for _, r := range c.Removed {
						if !mirror[r.Tuple] {
							t.Errorf("%s was removed and not there", r)
						}
						delete(mirror, r.Tuple)
					}
					for _, r := range c.Added {
						mirror[r.Tuple] = true
					}
					if w == 3 {
						time.Sleep(100 * time.Microsecond) // so that it may lag
					}
				}
				if ctx.Err() != nil {
					break
				}
				lagged.Store(w, true)
				st, _ := s.Now()
				at, mirror = st.Revision(), map[tuple.Tuple]bool{}
				for r := range st.Tuples(tuple.Filter{}) {
					mirror[r.Tuple] = true
				}
			}
			st, _ := s.At(at)
			if st == nil {
				return // it lagged in the end
			}
			n, _ := st.Count(tuple.Filter{})
			if n != len(mirror) {
				t.Errorf("watcher %d has %d tuples, the state %d", w, len(mirror), n)
			}
		})
	}
	for w := range 2 {
		writers.Go(func() {
			for i := range commits {
				text := fmt.Sprintf("document:%d#viewer@user:%d", i%7, w)
				_, err := s.Update(bg, func(tx *store.Tx) error {
					u := tuple.MustParse(text)
					if _, ok, _ := must(tx.State()).Get(u); ok && i%3 == 0 {
						return tx.Delete(u)
					}
					return tx.Touch(u.When("c", map[string]any{"n": float64(i)}))
				})
				if err != nil {
					t.Error(err)
				}
				if i%50 == 0 {
					_, _ = s.Sweep(bg)
				}
			}
		})
	}
	writers.Wait()
	time.Sleep(10 * time.Millisecond)
	cancel()
	watchers.Wait()
	var who []int
	lagged.Range(func(w, _ any) bool { who = append(who, w.(int)); return true })
	slices.Sort(who)
	t.Logf("lagged: %v", who)
}
