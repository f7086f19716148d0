package store_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

var bg = context.Background()

func open(t testing.TB, o store.Options) *store.Store {
	o.CheckEachCommit = true
	s, err := store.Open(testSchema, o)
	require.NoError(t, err)
	return s
}

func rel(text string) tuple.Relationship { return tuple.MustParseRelationship(text) }

// create stores the relationships in a commit.
func create(t testing.TB, s *store.Store, texts ...string) store.Revision {
	rev, err := s.Update(bg, func(tx *store.Tx) error {
		for _, text := range texts {
			if err := tx.Create(rel(text)); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	return rev
}

// texts returns all relationships of the state.
func texts(t testing.TB, s *store.State) []string {
	list := []string{}
	for r, err := range s.Tuples(tuple.Filter{}) {
		require.NoError(t, err)
		list = append(list, r.String())
	}
	return list
}

func now(t testing.TB, s *store.Store) *store.State {
	st, err := s.Now()
	require.NoError(t, err)
	return st
}

func TestOpenNeedsASchema(t *testing.T) {
	for _, s := range []*schema.Schema{nil, {}} {
		_, err := store.Open(s, store.Options{})
		require.ErrorIs(t, err, store.ErrNoSchema)
	}
}

func TestOpenNamesFull(t *testing.T) {
	var b strings.Builder
	for i := range 66_000 {
		fmt.Fprintf(&b, "definition t%d {}\n", i)
	}
	_, err := store.Open(schema.MustParse(b.String()), store.Options{})
	require.ErrorIs(t, err, store.ErrFull)
	require.ErrorContains(t, err, "65535")
}

func TestSchemaOfManyDefinitions(t *testing.T) {
	var b strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&b, "definition t%d { relation r: t%d }\n", i, i)
	}
	s, err := store.Open(schema.MustParse(b.String()), store.Options{CheckEachCommit: true})
	require.NoError(t, err)
	create(t, s, "t9999:a#r@t9999:b")
	require.Equal(t, 10_001, s.Stats().Names)
}

// Each refused write says what is wrong and with which tuple, and changes nothing.
func TestWritesAreValidated(t *testing.T) {
	s := open(t, store.Options{})
	base := create(t, s, "document:a#viewer@user:a")
	long := strings.Repeat("x", tuple.MaxID+1)
	user := func(id string) tuple.Relationship {
		return tuple.New(tuple.Object{Type: "document", ID: "a"}, "viewer", tuple.Object{Type: "user", ID: id}.Subject()).Always()
	}
	tests := []struct {
		name  string
		rel   tuple.Relationship
		is    error
		names string
	}{
		{"malformed", user(""), tuple.ErrSyntax, "document:a#viewer@user:"},
		{"too long", user(long), tuple.ErrTooLong, "xxx"},
		{"not UTF-8", user("\xff"), tuple.ErrUTF8, "0xff"},
		{"zero", tuple.Relationship{}, tuple.ErrSyntax, ""},
		{"undefined type", rel("folder:a#viewer@user:a"), schema.ErrUnknownType, "folder:a#viewer@user:a"},
		{"undefined relation", rel("document:a#owner@user:a"), schema.ErrUnknownRelation, "document:a#owner@user:a"},
		{"undefined subject type", rel("document:a#viewer@robot:a"), schema.ErrUnknownType, "document:a#viewer@robot:a"},
		{"undefined subject relation", rel("document:a#viewer@team:a#boss"), schema.ErrUnknownRelation, "document:a#viewer@team:a#boss"},
		{"a permission", rel("document:a#view@user:a"), schema.ErrNotStored, "document:a#view@user:a"},
		{"subject not admitted", rel("document:a#parent@user:a"), schema.ErrSubjectNotAllowed, "document:a#parent@user:a"},
		{"wildcard not admitted", rel("document:a#editor@user:*"), schema.ErrWildcardNotAllowed, "document:a#editor@user:*"},
		{"caveat not admitted", rel("document:a#editor@user:a[c]"), schema.ErrCaveatNotAllowed, "document:a#editor@user:a"},
		{"expiry not admitted", rel("document:a#editor@user:a[expiration:2027-01-01T00:00:00Z]"), schema.ErrExpirationNotAllowed, "document:a#editor@user:a"},
	}
	good := rel("document:a#viewer@user:good")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			refuse := func(err error) {
				t.Helper()
				require.ErrorIs(t, err, test.is)
				require.ErrorContains(t, err, test.names)
			}
			rev, err := s.Update(bg, func(tx *store.Tx) error {
				refuse(tx.Create(good, test.rel))
				refuse(tx.Touch(good, test.rel))
				return nil
			})
			require.NoError(t, err)
			require.Equal(t, base, rev, "nothing was to commit")
			_, err = now(t, s).With(good, test.rel)
			refuse(err)
			require.Equal(t, []string{"document:a#viewer@user:a"}, texts(t, now(t, s)))
		})
	}
}

func TestDeleteAndWithoutAreValidated(t *testing.T) {
	s := open(t, store.Options{})
	base := create(t, s, "document:a#viewer@user:a")
	good := tuple.MustParse("document:a#viewer@user:a")
	for text, is := range map[string]error{
		"folder:a#viewer@user:a":       schema.ErrUnknownType,
		"document:a#owner@user:a":      schema.ErrUnknownRelation,
		"document:a#viewer@robot:a":    schema.ErrUnknownType,
		"document:a#viewer@team:a#off": schema.ErrUnknownRelation,
	} {
		bad := tuple.MustParse(text)
		rev, err := s.Update(bg, func(tx *store.Tx) error {
			err := tx.Delete(good, bad)
			require.ErrorIs(t, err, is)
			require.ErrorContains(t, err, text)
			require.ErrorIs(t, tx.Delete(good, tuple.Tuple{}), tuple.ErrSyntax)
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, base, rev)
		_, err = now(t, s).Without(good, bad)
		require.ErrorIs(t, err, is)
		_, _, err = now(t, s).Get(bad)
		require.ErrorIs(t, err, is)
	}
	_, err := s.Update(bg, func(tx *store.Tx) error {
		_, err := tx.DeleteObject(tuple.Object{Type: "folder", ID: "a"})
		require.ErrorIs(t, err, schema.ErrUnknownType)
		_, err = tx.DeleteObject(tuple.Object{Type: "user", ID: "*"})
		require.ErrorIs(t, err, tuple.ErrSyntax)
		for _, f := range []tuple.Filter{{ObjectID: "a"}, {ObjectType: "no type"}} {
			_, err = tx.DeleteMatching(f)
			require.ErrorIs(t, err, tuple.ErrSyntax)
			require.ErrorIs(t, tx.Require(f), tuple.ErrSyntax)
		}
		_, err = tx.DeleteMatching(tuple.Filter{Relation: "owner"})
		require.ErrorIs(t, err, schema.ErrUnknownRelation)
		return nil
	})
	require.NoError(t, err)
	for _, err := range now(t, s).Tuples(tuple.Filter{ObjectType: "folder"}) {
		require.ErrorIs(t, err, schema.ErrUnknownType)
	}
	_, err = now(t, s).Count(tuple.Filter{ObjectType: "folder"})
	require.ErrorIs(t, err, schema.ErrUnknownType)
	require.Equal(t, []string{"document:a#viewer@user:a"}, texts(t, now(t, s)))
}

func TestCreateNamesWhatExists(t *testing.T) {
	s := open(t, store.Options{})
	create(t, s, "document:a#viewer@user:a")
	_, err := s.Update(bg, func(tx *store.Tx) error {
		return tx.Create(rel("document:a#viewer@user:b"), rel(`document:a#viewer@user:a[c:{"n":1}]`))
	})
	require.ErrorIs(t, err, store.ErrExists)
	require.ErrorContains(t, err, "document:a#viewer@user:a")
	_, err = s.Update(bg, func(tx *store.Tx) error {
		return tx.Create(rel("document:a#viewer@user:b"), rel("document:a#viewer@user:c"), rel("document:a#viewer@user:b[c]"))
	})
	require.ErrorIs(t, err, store.ErrExists)
	require.ErrorContains(t, err, "document:a#viewer@user:b")
	require.Len(t, texts(t, now(t, s)), 1)
}

func TestCanonicalOnWrite(t *testing.T) {
	s := open(t, store.Options{})
	r := rel("document:a#viewer@user:a").When("c", map[string]any{"n": 1})
	_, err := s.Update(bg, func(tx *store.Tx) error { return tx.Create(r) })
	require.NoError(t, err)
	r.Context["n"] = 99 // the store has its own
	got, ok, err := now(t, s).Get(r.Tuple)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, map[string]any{"n": 1.0}, got.Context)
	before := now(t, s).Revision()
	rev, err := s.Update(bg, func(tx *store.Tx) error { return tx.Touch(r.When("c", map[string]any{"n": 1.0})) })
	require.NoError(t, err)
	require.Equal(t, before, rev, "touched with what it had")
}

func TestPreconditions(t *testing.T) {
	s := open(t, store.Options{})
	base := create(t, s, "document:a#viewer@user:a")
	a, b := tuple.MustParseFilter("document:a"), tuple.MustParseFilter("document:b#viewer")
	for name, fn := range map[string]func(tx *store.Tx) error{
		"require": func(tx *store.Tx) error { return tx.Require(b) },
		"forbid":  func(tx *store.Tx) error { return tx.Forbid(a) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, swallow := range []bool{false, true} {
				rev, err := s.Update(bg, func(tx *store.Tx) error {
					require.NoError(t, tx.Require(a))
					require.NoError(t, tx.Forbid(b))
					err := fn(tx)
					require.ErrorIs(t, err, store.ErrPrecondition)
					require.NoError(t, tx.Create(rel("document:b#viewer@user:b")))
					require.NoError(t, tx.Require(b), "judged on the pending state")
					if swallow {
						return nil
					}
					return err
				})
				require.ErrorIs(t, err, store.ErrPrecondition)
				require.ErrorContains(t, err, map[string]string{"require": "document:b#viewer", "forbid": "document:a#viewer@user:a"}[name])
				require.Zero(t, rev)
				require.Equal(t, base, now(t, s).Revision())
			}
		})
	}
}

// What a transaction creates and deletes again, or changes back, does not happen.
func TestNoTrace(t *testing.T) {
	clock := at(0)
	s := open(t, store.Options{Clock: func() time.Time { return clock }})
	base := create(t, s, "document:a#viewer@user:a", "document:a#viewer@user:x[expiration:1970-01-12T13:46:45Z]")
	clock = at(10)
	x := tuple.MustParse("document:a#viewer@user:x")
	rev, err := s.Update(bg, func(tx *store.Tx) error {
		require.NoError(t, tx.Create(rel("document:b#viewer@user:b")))
		require.NoError(t, tx.Touch(rel("document:a#viewer@user:a[c]")))
		require.NoError(t, tx.Touch(rel("document:a#viewer@user:a")))
		require.NoError(t, tx.Delete(tuple.MustParse("document:b#viewer@user:b")))
		require.NoError(t, tx.Create(x.Always())) // it has expired
		return tx.Delete(x)
	})
	require.NoError(t, err)
	require.Equal(t, base, rev)

	_, err = s.Update(bg, func(tx *store.Tx) error {
		require.NoError(t, tx.Create(x.Always()))
		require.NoError(t, tx.Delete(x))
		return tx.Create(rel("document:c#viewer@user:c"))
	})
	require.NoError(t, err)
	before, err := now(t, s).AsOf(at(1))
	require.NoError(t, err)
	_, ok, err := before.Get(x)
	require.NoError(t, err)
	require.True(t, ok, "as it was before it expired")
	require.NoError(t, s.Check())
}

func TestExpiryIsExact(t *testing.T) {
	clock := at(0)
	s := open(t, store.Options{Clock: func() time.Time { return clock }})
	r := rel("document:a#viewer@user:a")
	r.Expires = at(10)
	create(t, s, r.String())
	clock = at(10).Add(-1)
	held := now(t, s)
	require.Len(t, texts(t, held), 1)
	clock = at(10)
	require.Empty(t, texts(t, now(t, s)))
	require.Len(t, texts(t, held), 1, "the instant is that of the state")
	next, ok := held.Reader().NextExpiry()
	require.True(t, ok)
	require.Equal(t, at(10).UnixNano(), next)
	_, err := s.Update(bg, func(tx *store.Tx) error { return tx.Create(r.Always()) })
	require.NoError(t, err, "an expired tuple does not exist")

	clock = at(-100) // a clock that runs backwards
	st := now(t, s)
	require.Equal(t, at(10), st.Time())
	require.Len(t, texts(t, st), 1)
	_, err = s.Update(bg, func(tx *store.Tx) error { return tx.Delete(r.Tuple) })
	require.NoError(t, err)
	require.Equal(t, at(10), now(t, s).Time(), "commit times do not run backwards")
}

func TestSweep(t *testing.T) {
	clock := at(0)
	s := open(t, store.Options{Clock: func() time.Time { return clock }, SweepGrace: 5 * time.Second, SweepPerCommit: 1})
	var revs []store.Revision
	for i := range 4 {
		r := tuple.MustParse(fmt.Sprintf("document:a#viewer@user:%d", i)).Until(at(10 + i))
		revs = append(revs, create(t, s, r.String()))
	}
	clock = at(14)
	n, err := s.Sweep(bg)
	require.NoError(t, err)
	require.Zero(t, n, "the time of grace")
	clock = at(17)
	last := create(t, s, "document:b#viewer@user:b")
	require.Equal(t, 4, s.Stats().Stored, "a commit sweeps one")
	require.Equal(t, 1, s.Stats().Tuples)
	n, err = s.Sweep(bg)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, last, now(t, s).Revision())

	_, err = now(t, s).AsOf(at(11))
	require.ErrorIs(t, err, store.ErrSwept)
	require.ErrorContains(t, err, at(12).Format(time.RFC3339))
	st, err := now(t, s).AsOf(at(12))
	require.NoError(t, err)
	require.Len(t, texts(t, st), 2)
	clock = at(1)
	require.Equal(t, at(17), now(t, s).Time())

	st, err = s.At(revs[2])
	require.NoError(t, err)
	require.Len(t, texts(t, st), 3, "the history has what was swept")
	st, err = s.At(last)
	require.NoError(t, err)
	require.Len(t, texts(t, must(st.AsOf(at(11)))), 3, "the commit swept the first before it")
	require.NoError(t, s.Check())
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestSweptStaysGone(t *testing.T) {
	clock := at(0)
	s := open(t, store.Options{Clock: func() time.Time { return clock }, SweepGrace: -1})
	create(t, s, tuple.MustParse("document:a#viewer@user:a").Until(at(10)).String())
	clock = at(20)
	require.Equal(t, 1, must(s.Sweep(bg)))
	clock = at(5)
	require.Equal(t, at(10), now(t, s).Time(), "never before what was swept")
	require.Empty(t, texts(t, now(t, s)))
}

func TestClockWithoutInstant(t *testing.T) {
	s := open(t, store.Options{Clock: func() time.Time { return time.Time{} }})
	create(t, s, "document:a#viewer@user:a")
	require.Zero(t, must(s.Sweep(bg)))
	require.Len(t, texts(t, now(t, s)), 1)
	_, err := now(t, s).AsOf(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
}

func TestTxDone(t *testing.T) {
	s := open(t, store.Options{})
	var kept *store.Tx
	var pending, hypothetical *store.State
	create(t, s, "document:a#viewer@user:a")
	_, err := s.Update(bg, func(tx *store.Tx) error {
		kept = tx
		pending = must(tx.State())
		hypothetical = must(pending.With(rel("document:a#viewer@user:b")))
		require.False(t, pending.Committed())
		require.NoError(t, pending.Err())
		for range pending.Tuples(tuple.Filter{}) { // writing while going through it
			require.NoError(t, tx.Create(rel("document:c#viewer@user:c")))
		}
		return tx.Touch(rel("document:b#viewer@user:b"))
	})
	require.NoError(t, err)
	u := tuple.MustParse("document:a#viewer@user:a")
	require.ErrorIs(t, kept.Create(u.Always()), store.ErrTxDone)
	require.ErrorIs(t, kept.Touch(u.Always()), store.ErrTxDone)
	require.ErrorIs(t, kept.Delete(u), store.ErrTxDone)
	_, err = kept.DeleteMatching(tuple.Filter{})
	require.ErrorIs(t, err, store.ErrTxDone)
	_, err = kept.DeleteObject(u.Object)
	require.ErrorIs(t, err, store.ErrTxDone)
	require.ErrorIs(t, kept.Require(tuple.Filter{}), store.ErrTxDone)
	require.ErrorIs(t, kept.Forbid(tuple.Filter{}), store.ErrTxDone)
	_, err = kept.State()
	require.ErrorIs(t, err, store.ErrTxDone)
	for _, st := range []*store.State{pending, hypothetical} {
		requireGone(t, st, store.ErrTxDone)
	}
}

// requireGone asks st everything and wants the error each time.
func requireGone(t *testing.T, st *store.State, is error) {
	t.Helper()
	u := tuple.MustParse("document:a#viewer@user:a")
	require.ErrorIs(t, st.Err(), is)
	_, err := st.With(u.Always())
	require.ErrorIs(t, err, is)
	_, err = st.Without(u)
	require.ErrorIs(t, err, is)
	_, err = st.AsOf(time.Now())
	require.ErrorIs(t, err, is)
	_, _, err = st.Get(u)
	require.ErrorIs(t, err, is)
	_, err = st.Count(tuple.Filter{})
	require.ErrorIs(t, err, is)
	n := 0
	for r, err := range st.Tuples(tuple.Filter{}) {
		require.ErrorIs(t, err, is)
		require.Zero(t, r)
		n++
	}
	require.Equal(t, 1, n)
}

func TestClosed(t *testing.T) {
	s := open(t, store.Options{})
	rev := create(t, s, "document:a#viewer@user:a", "document:a#viewer@user:b")
	held := now(t, s)
	n := 0
	for _, err := range held.Tuples(tuple.Filter{}) { // closed in the middle
		if n++; n == 1 {
			require.NoError(t, err)
			require.NoError(t, s.Close())
		} else {
			require.ErrorIs(t, err, store.ErrClosed)
		}
	}
	require.Equal(t, 2, n)
	require.NoError(t, s.Close(), "a second time does nothing")
	requireGone(t, held, store.ErrClosed)
	for _, err := range []error{
		second(s.Now()), second(s.At(rev)), second(s.AtLeast(bg, rev)), second(s.Latest(bg)), second(s.Sweep(bg)), s.Check(),
		second(s.Update(bg, func(*store.Tx) error { return nil })),
	} {
		require.ErrorIs(t, err, store.ErrClosed)
	}
	require.Zero(t, s.Stats())
	require.Equal(t, rev, held.Revision(), "what it is can still be told")
}

func second[T any](_ T, err error) error { return err }

func TestCloseDuringUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, store.Options{})
		started, closed := make(chan struct{}), make(chan struct{})
		go func() {
			<-started
			require.NoError(t, s.Close())
			close(closed)
		}()
		waiting := make(chan error)
		_, err := s.Update(bg, func(tx *store.Tx) error {
			require.NoError(t, tx.Create(rel("document:a#viewer@user:a")))
			go func() { waiting <- second(s.Update(bg, func(*store.Tx) error { return nil })) }()
			synctest.Wait()
			close(started)
			synctest.Wait()
			require.ErrorIs(t, tx.Create(rel("document:a#viewer@user:b")), store.ErrClosed)
			require.ErrorIs(t, <-waiting, store.ErrClosed)
			select {
			case <-closed:
				t.Error("Close did not wait for the transaction")
			default:
			}
			return nil
		})
		require.ErrorIs(t, err, store.ErrClosed)
		<-closed
	})
}

func TestUpdateRollsBack(t *testing.T) {
	s := open(t, store.Options{})
	base := create(t, s, "document:a#viewer@user:a")
	require.PanicsWithValue(t, "boom", func() {
		_, _ = s.Update(bg, func(tx *store.Tx) error {
			require.NoError(t, tx.Create(rel("document:a#viewer@user:b")))
			panic("boom")
		})
	})
	left := make(chan struct{})
	go func() { // as t.FailNow does
		defer close(left)
		_, _ = s.Update(bg, func(tx *store.Tx) error {
			require.NoError(t, tx.Create(rel("document:a#viewer@user:b")))
			runtime.Goexit()
			return nil
		})
	}()
	<-left
	boom := errors.New("boom")
	rev, err := s.Update(bg, func(tx *store.Tx) error { return boom })
	require.Same(t, boom, err)
	require.Zero(t, rev)
	_, err = s.Update(bg, nil)
	require.ErrorIs(t, err, store.ErrNoFunction)
	require.Equal(t, base, now(t, s).Revision())
	require.Len(t, texts(t, now(t, s)), 1)
	create(t, s, "document:a#viewer@user:b")
}

func TestReentrant(t *testing.T) {
	s, other := open(t, store.Options{}), open(t, store.Options{})
	_, err := s.Update(bg, func(tx *store.Tx) error {
		require.ErrorIs(t, second(s.Update(bg, func(*store.Tx) error { return nil })), store.ErrReentrant)
		require.ErrorIs(t, second(s.Sweep(bg)), store.ErrReentrant)
		require.ErrorIs(t, s.Close(), store.ErrReentrant)
		st := now(t, s)
		next := store.Next(st.Revision())
		require.ErrorIs(t, second(s.AtLeast(bg, next)), store.ErrReentrant)
		require.NoError(t, second(s.AtLeast(bg, st.Revision())))
		// Another store is another matter, and so is another goroutine.
		create(t, other, "document:a#viewer@user:a")
		ctx, cancel := context.WithCancel(bg)
		result := make(chan error)
		go func() { result <- second(s.Update(ctx, func(*store.Tx) error { return nil })) }()
		time.Sleep(time.Millisecond)
		cancel()
		require.ErrorIs(t, <-result, context.Canceled)
		return tx.Create(rel("document:a#viewer@user:a"))
	})
	require.NoError(t, err)
	require.Len(t, texts(t, now(t, s)), 1)
}

func TestCancelledContext(t *testing.T) {
	s := open(t, store.Options{})
	ctx, cancel := context.WithCancel(bg)
	cancel()
	require.ErrorIs(t, second(s.Update(ctx, func(*store.Tx) error { return nil })), context.Canceled)
	require.ErrorIs(t, second(s.Sweep(ctx)), context.Canceled)
	for _, err := range []error{second(s.Latest(ctx)), second(s.AtLeast(ctx, now(t, s).Revision()))} {
		require.ErrorIs(t, err, store.ErrStale)
		require.ErrorIs(t, err, context.Canceled)
	}
	_, err := s.Update(bg, func(tx *store.Tx) error {
		cancel()
		return tx.Create(rel("document:a#viewer@user:a"))
	})
	require.NoError(t, err)
}

func TestAtLeast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, store.Options{})
		first := now(t, s).Revision()
		next := store.Next(store.Next(first))
		require.Equal(t, first, must(s.AtLeast(bg, store.Revision{})).Revision())
		require.Equal(t, first, must(s.AtLeast(bg, first)).Revision())
		require.Equal(t, first, must(s.Latest(bg)).Revision())
		require.ErrorIs(t, second(s.At(next)), store.ErrFutureRevision)

		got := make(chan store.Revision)
		for range 3 {
			go func() { got <- must(s.AtLeast(bg, next)).Revision() }()
		}
		synctest.Wait()
		create(t, s, "document:a#viewer@user:a")
		synctest.Wait()
		select {
		case <-got:
			t.Fatal("answered early")
		default:
		}
		require.Equal(t, next, create(t, s, "document:a#viewer@user:b"))
		for range 3 {
			require.Equal(t, next, <-got)
		}

		ctx, cancel := context.WithTimeout(bg, time.Second)
		defer cancel()
		_, err := s.AtLeast(ctx, store.Next(next))
		require.ErrorIs(t, err, store.ErrStale)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		failed := make(chan error)
		go func() { failed <- second(s.AtLeast(bg, store.Next(next))) }()
		synctest.Wait()
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-failed, store.ErrClosed)
	})
}

func TestForeignRevisions(t *testing.T) {
	s := open(t, store.Options{})
	for _, rev := range []store.Revision{aRevision(t), store.OtherEpoch(now(t, s).Revision())} {
		require.ErrorIs(t, second(s.At(rev)), store.ErrForeignRevision)
		require.ErrorIs(t, second(s.AtLeast(bg, rev)), store.ErrForeignRevision)
	}
	require.ErrorIs(t, second(s.At(store.Revision{})), store.ErrForeignRevision)
}

func TestHistoryAge(t *testing.T) {
	clock := at(0)
	s := open(t, store.Options{Clock: func() time.Time { return clock }, HistoryAge: 10 * time.Second})
	first := now(t, s).Revision()
	clock = at(100)
	second_ := create(t, s, "document:a#viewer@user:a")
	require.NoError(t, second(s.At(first)), "replaced only now")
	clock = at(110)
	create(t, s, "document:a#viewer@user:b")
	require.NoError(t, second(s.At(first)))
	clock = at(111)
	create(t, s, "document:a#viewer@user:c")
	err := second(s.At(first))
	require.ErrorIs(t, err, store.ErrRevisionGone)
	require.ErrorContains(t, err, second_.String())
	require.NoError(t, second(s.At(second_)))
}

// One commit that is larger than the history may be is retained without its changes.
func TestHistoryBytes(t *testing.T) {
	s := open(t, store.Options{HistoryBytes: 2000, PinEvery: 10})
	var rels []tuple.Relationship
	for i := range 1000 {
		rels = append(rels, rel(fmt.Sprintf("document:a#viewer@user:%d", i)))
	}
	rev, err := s.Update(bg, func(tx *store.Tx) error { return tx.Create(rels...) })
	require.NoError(t, err)
	stats := s.Stats()
	require.Equal(t, rev, stats.Oldest)
	require.Equal(t, 1, stats.Commits)
	create(t, s, "document:b#viewer@user:b")
	require.NoError(t, s.Check())
	require.Len(t, texts(t, must(s.At(now(t, s).Revision()))), 1001)
}

func TestHistoryPins(t *testing.T) {
	s := open(t, store.Options{PinEvery: 8, HistoryCommits: 40})
	var revs []store.Revision
	for i := range 100 {
		revs = append(revs, create(t, s, fmt.Sprintf("document:a#viewer@user:%d", i)))
	}
	stats := s.Stats()
	require.Equal(t, 40, stats.Commits)
	require.InDelta(t, 10, stats.Pinned, 2)
	require.Equal(t, revs[60], stats.Oldest)
	for i := 60; i < 100; i++ {
		require.Len(t, texts(t, must(s.At(revs[i]))), i+1)
	}
	for i := 99; i >= 60; i-- {
		require.Len(t, texts(t, must(s.At(revs[i]))), i+1)
	}
	require.ErrorIs(t, second(s.At(revs[59])), store.ErrRevisionGone)
	require.NoError(t, s.Check())
}

func TestBetween(t *testing.T) {
	s := open(t, store.Options{})
	for i := range 300 {
		create(t, s, fmt.Sprintf("document:a#viewer@user:%d", i))
	}
	create(t, s, "team:t#member@user:150", "document:a#editor@user:150", "document:a#viewer@user:*", "document:a#viewer@team:t#member")
	count := func(filter string) int { return must(now(t, s).Count(tuple.MustParseFilter(filter))) }
	require.Equal(t, 2, count("document:a#@user:150"))
	require.Equal(t, 1, count("document:a#viewer@user:150"))
	require.Equal(t, 1, count("document:a#viewer@user:*"))
	require.Equal(t, 1, count("document:a#@team:t"))
	require.Equal(t, 1, count("document:a#viewer@team:t#member"))
	require.Equal(t, 0, count("document:a#viewer@team:t#..."))
	require.Equal(t, 302, count("document:a#viewer"))
	require.Equal(t, 303, count("document:a"))
	require.Equal(t, 301, count("document:a#viewer@user#..."))
	require.Equal(t, 3, count("@user:150#..."))
	require.Equal(t, 2, count("document#@user:150"))
	require.Equal(t, 0, count("document:unknown"))
	for range now(t, s).Tuples(tuple.MustParseFilter("document:a#@user:150")) {
		break
	}
}

func TestSchemaAndReader(t *testing.T) {
	s := open(t, store.Options{})
	st := now(t, s)
	require.Same(t, testSchema, st.Schema())
	require.Same(t, st.Reader(), st.Reader())
}

func TestStats(t *testing.T) {
	clock := at(0)
	s := open(t, store.Options{Clock: func() time.Time { return clock }})
	rev := create(t, s, "document:a#viewer@user:a[c]", tuple.MustParse("document:a#viewer@user:b").Until(at(5)).String())
	clock = at(6)
	stats := s.Stats()
	require.Positive(t, stats.Bytes)
	require.Equal(t, 1, stats.Oldest.Compare(store.Revision{}))
	stats.Bytes, stats.Oldest = 0, store.Revision{}
	require.Equal(t, store.Stats{Revision: rev, Time: at(0), Tuples: 1, Stored: 2, Qualified: 2, Expiring: 1,
		Objects: 3, Names: 8, Commits: 2}, stats)
}
