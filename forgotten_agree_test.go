package baobab_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// What expires decides here for both sides, and by groups too.
const expiring = `
use expiration
definition user {}
definition group {
	relation member: user | user with expiration | group#member | group#member with expiration
}
definition document {
	relation viewer: user with expiration | user:* with expiration | group#member with expiration
	relation banned: user with expiration | group#member with expiration
	permission view = viewer - banned
}`

// A forgetting is an engine on a log whose tuples expire, and are forgotten when it is compacted.
type forgetting struct {
	*testing.T
	*rand.Rand
	truth  truth
	log    store.Log // that of the engine
	engine *baobab.Engine
	clock  atomic.Int64 // in microseconds

	expires map[tuple.Tuple]time.Time // as it was written last, by what was not deleted
	past    map[baobab.Revision][]string
	newest  time.Time // of a commit
	used    int       // expired tuples that were created again
}

// TestAgreeWhenExpiredIsForgotten runs on the log that BAOBAB_LOG names, or in memory. Whenever it has been
// compacted the log has no tuple that has expired, and an engine that is opened on it answers
// every question as the one that has seen them all.
func TestAgreeWhenExpiredIsForgotten(t *testing.T) {
	for seed := range uint64(3) {
		make := truths[cmp.Or(os.Getenv("BAOBAB_LOG"), "memory")]
		require.NotNil(t, make)
		truth, err := make()
		require.NoError(t, err)
		f := &forgetting{T: t, Rand: rand.New(rand.NewPCG(seed, 1)), truth: truth, expires: map[tuple.Tuple]time.Time{}, past: map[baobab.Revision][]string{}}
		f.clock.Store(time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC).UnixMicro())
		f.engine, f.log = f.open(schema.MustParse(expiring))
		for range 4 {
			for range 6 {
				f.commit()
			}
			f.pad()
			f.compacted()
			f.compareOpened()
		}
		require.Greater(t, f.used, 6, "how often a tuple was created that the log had forgotten")
		require.NoError(t, f.engine.Close())
		if truth.end != nil {
			truth.end()
		}
	}
}

func (f *forgetting) open(s *schema.Schema) (*baobab.Engine, store.Log) {
	log, err := f.truth.open()
	require.NoError(f, err)
	e, err := baobab.OpenLog(ctx, log, s, baobab.Options{Store: store.Options{
		Clock: func() time.Time { return time.UnixMicro(f.clock.Load()) }, CheckEachCommit: true, LogCommits: -1, SweepGrace: -1, SweepPerCommit: f.IntN(4) - 1,
	}})
	require.NoError(f, err)
	return e, log
}

func (f *forgetting) now() time.Time { return time.UnixMicro(f.clock.Load()).UTC() }

// draw returns a tuple of few, most of which expire.
func (f *forgetting) draw() tuple.Relationship {
	object, relation := fmt.Sprintf("document:%d", f.IntN(3)), []string{"viewer", "banned"}[f.IntN(2)]
	if f.IntN(3) == 0 {
		object, relation = fmt.Sprintf("group:%d", f.IntN(3)), "member"
	}
	subject := fmt.Sprintf("user:%d", f.IntN(4))
	switch {
	case f.IntN(3) == 0:
		subject = fmt.Sprintf("group:%d#member", f.IntN(3))
	case relation == "viewer" && f.IntN(3) == 0:
		subject = "user:*"
	}
	t := tuple.MustParse(object + "#" + relation + "@" + subject)
	if relation == "member" && f.IntN(2) == 0 {
		return t.Always()
	}
	return t.Until(f.now().Add(time.Duration(f.IntN(40)-4) * time.Minute))
}

// commit makes a commit, after some time, or with a clock that has gone back.
func (f *forgetting) commit() {
	f.clock.Add(int64(f.IntN(6)-1) * time.Minute.Microseconds())
	rev, err := f.engine.Update(ctx, func(tx *baobab.Tx) error {
		for range 1 + f.IntN(8) {
			r := f.draw()
			if f.IntN(6) == 0 {
				if err := tx.Delete(r.Tuple); err != nil {
					return err
				}
				continue // if it has expired, it was not there to be deleted
			}
			if err := tx.Touch(r); err != nil {
				return err
			}
			f.expires[r.Tuple] = r.Expires
		}
		return nil
	})
	require.NoError(f, err)
	view, err := f.engine.At(rev)
	require.NoError(f, err)
	require.False(f, view.Time().Before(f.newest), "no commit is before its parent")
	f.newest = view.Time()
	f.past[rev] = f.answers(view)
}

// pad makes commits that are large, and leave nothing: a log that is a file is compacted when it pays.
func (f *forgetting) pad() {
	var tuples []tuple.Tuple
	for i := range 2000 {
		tuples = append(tuples, tuple.MustParse(fmt.Sprintf("group:pad#member@user:%s-%d", strings.Repeat("pad", 60), i)))
	}
	_, err := f.engine.Update(ctx, func(tx *baobab.Tx) error {
		for _, t := range tuples {
			if err := tx.Touch(t.Always()); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(f, err)
	_, err = f.engine.Delete(ctx, tuples...)
	require.NoError(f, err)
}

// compacted compacts the log, which then has exactly what lives.
func (f *forgetting) compacted() {
	require.NoError(f, f.log.Compact(ctx, 0))
	snap, err := f.log.Snapshot(ctx)
	require.NoError(f, err)
	var has []string
	for x, err := range snap.Tuples {
		require.NoError(f, err)
		require.False(f, x.Expired(snap.Time), "%s, at %s", x, snap.Time)
		has = append(has, x.String())
	}
	slices.Sort(has)
	view, err := f.engine.At(snap.Revision)
	require.NoError(f, err)
	require.Equal(f, snap.Time, view.Time())
	require.Equal(f, f.tuples(view), has)
	for rev, want := range f.past {
		if view, err := f.engine.At(rev); !errors.Is(err, store.ErrRevisionGone) && !errors.Is(err, store.ErrForeignRevision) {
			require.NoError(f, err)
			require.Equal(f, want, f.answers(view), "at a revision of before")
		}
	}
}

// compareOpened opens another engine, beside the one that there is or after that, compares the two, and creates on
// both what had expired. Then it goes on with one of them.
func (f *forgetting) compareOpened() {
	view := f.engine.Now()
	committed, err := f.engine.At(view.Revision())
	require.NoError(f, err)
	at := committed.Time()
	times := []time.Time{at, view.Time(), view.Time().Add(time.Minute), view.Time().Add(20 * time.Minute), view.Time().Add(time.Hour)}
	var want [][]string
	for _, when := range times {
		want = append(want, f.answers(view.AsOf(when)))
	}
	old := f.engine
	if !f.truth.shared {
		require.NoError(f, old.Close())
		old = nil
	}
	opened, log := f.open(nil)
	require.NoError(f, opened.Verify())
	for i, when := range times {
		require.Equal(f, want[i], f.answers(opened.Now().AsOf(when)), "as of %s, and the commit is of %s", when, at)
	}
	require.Equal(f, want[1], f.answers(opened.Now()))
	require.ErrorIs(f, opened.Now().AsOf(at.Add(-time.Microsecond)).Err(), store.ErrSwept, "it does not know what lived then")
	for range 2 {
		f.createAgain(opened, old)
		if old != nil {
			f.createAgain(old, opened)
		}
	}
	if old == nil {
		f.engine, f.log = opened, log
		return
	}
	if f.IntN(2) == 0 { // the one that has seen less goes on
		old, f.engine, f.log = f.engine, opened, log
		require.NoError(f, old.Close())
		return
	}
	require.NoError(f, opened.Close())
}

// createAgain creates a tuple that has expired, and has both engines answer by it.
func (f *forgetting) createAgain(by, other *baobab.Engine) {
	gone := func() (tuple.Tuple, bool) {
		for _, t := range slices.SortedFunc(maps.Keys(f.expires), func(a, b tuple.Tuple) int { return cmp.Compare(a.String(), b.String()) }) {
			if e := f.expires[t]; !e.IsZero() && !e.After(f.newest) {
				return t, true
			}
		}
		return tuple.Tuple{}, false
	}
	t, ok := gone()
	if !ok {
		return
	}
	f.used++
	r := t.Until(f.now().Add(time.Hour))
	rev, err := by.Update(ctx, func(tx *baobab.Tx) error { return tx.Create(r) })
	require.NoError(f, err, "%s expired at %s", t, f.expires[t])
	f.expires[t] = r.Expires
	_, err = by.Update(ctx, func(tx *baobab.Tx) error { return tx.Create(r) })
	require.ErrorIs(f, err, store.ErrExists)
	view, err := by.AtLeast(ctx, rev)
	require.NoError(f, err)
	require.Contains(f, f.tuples(view), r.String())
	if other == nil {
		return
	}
	seen, err := other.AtLeast(ctx, rev)
	require.NoError(f, err)
	require.Equal(f, f.answers(view), f.answers(seen))
	require.NoError(f, other.Verify())
}

// tuples returns those of a view in order.
func (f *forgetting) tuples(view baobab.View) []string {
	var all []string
	for r, err := range view.Tuples(tuple.Filter{}) {
		require.NoError(f, err)
		all = append(all, r.String())
	}
	slices.Sort(all)
	return all
}

// answers returns a view's tuples, and what it says of every question and list.
func (f *forgetting) answers(view baobab.View) []string {
	require.NoError(f, view.Err())
	all := f.tuples(view)
	subjects := []string{"user:*"}
	for i := range 4 {
		subjects = append(subjects, fmt.Sprintf("user:%d", i), fmt.Sprintf("group:%d#member", i))
	}
	for i := range 3 {
		for _, relation := range []string{"document:%d#view", "document:%d#viewer", "document:%d#banned", "group:%d#member"} {
			for _, subject := range subjects {
				q := tuple.MustParse(fmt.Sprintf(relation, i) + "@" + subject)
				d, err := view.Check(ctx, q)
				all = append(all, fmt.Sprint(q, d, err))
			}
		}
		for answer, err := range view.Subjects(ctx, tuple.Object{Type: "document", ID: fmt.Sprint(i)}, "view", "user") {
			all = append(all, fmt.Sprint(i, answer, err))
		}
	}
	for _, subject := range subjects {
		for answer, err := range view.Objects(ctx, tuple.MustParseSubject(subject), "view", "document") {
			all = append(all, fmt.Sprint(subject, answer, err))
		}
	}
	return all
}
