package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
	"github.com/baobab-authz/baobab/tuple"
)

// The schema of a log is given to the first who opens it, and is the same for all others.
func TestOpenLogSchema(t *testing.T) {
	truth := memlog.New()
	for _, sch := range []*schema.Schema{nil, {}} {
		_, err := store.OpenLog(bg, truth.Open(), sch, store.Options{})
		require.ErrorIs(t, err, store.ErrNoSchema)
	}
	first := openLog(t, truth.Open(), store.Options{})
	rev := mustAdd(t, first, "ann")
	for _, sch := range []*schema.Schema{nil, testSchema, schema.MustParse(testSchema.String())} {
		s, err := store.OpenLog(bg, truth.Open(), sch, store.Options{})
		require.NoError(t, err)
		require.Equal(t, rev, newest(t, s))
		require.Equal(t, []string{"ann"}, usersNow(t, s))
		st, err := s.Now()
		require.NoError(t, err)
		require.Equal(t, testSchema.String(), st.Schema().String())
		require.NoError(t, s.Close())
	}
	closes := 0
	other := &closing{Log: truth.Open(), n: &closes}
	_, err := store.OpenLog(bg, other, schema.MustParse("definition user {}"), store.Options{})
	var differs *store.SchemaDiffersError
	require.ErrorAs(t, err, &differs)
	require.ErrorIs(t, err, store.ErrSchemaDiffers)
	require.NotEmpty(t, differs.Changes)
	require.ErrorContains(t, err, "team")
	require.Equal(t, 1, closes, "it closes the log")
	require.Equal(t, rev, newest(t, first))
}

// A closing log counts how often it is closed.
type closing struct {
	store.Log
	n *int
}

func (l *closing) Close() error {
	*l.n++
	return l.Log.Close()
}

// Of several who open a new log at once one makes the first commit.
func TestOpenLogAtOnce(t *testing.T) {
	truth := memlog.New()
	var all sync.WaitGroup
	revs := make([]store.Revision, 8)
	for i := range revs {
		all.Go(func() {
			s, err := store.OpenLog(bg, truth.Open(), testSchema, store.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			revs[i] = s.Stats().Revision
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, rev := range revs {
		require.Equal(t, revs[0], rev)
		require.EqualValues(t, 1, rev.Position())
	}
}

// A first commit that another came before with, and even compacted, is no error.
func TestOpenLogIsOvertaken(t *testing.T) {
	for _, err := range []error{store.ErrConflict, store.ErrCompacted} {
		truth := memlog.New()
		script := &scripted{Log: truth.Open()}
		script.append = func([]store.Commit, func() error) error {
			require.NoError(t, openLog(t, truth.Open(), store.Options{}).Close())
			return err
		}
		s := openLog(t, script, store.Options{})
		require.EqualValues(t, 1, newest(t, s).Position())
	}
}

func TestOpenLogFails(t *testing.T) {
	truth := memlog.New()
	stores := openLog(t, truth.Open(), store.Options{})
	mustAdd(t, stores, "ann")
	whole := func(change func(*store.Snapshot)) func(context.Context, func() (*store.Snapshot, error)) (*store.Snapshot, error) {
		return func(_ context.Context, do func() (*store.Snapshot, error)) (*store.Snapshot, error) {
			snap, err := do()
			if err == nil {
				change(snap)
			}
			return snap, err
		}
	}
	list := func(all ...store.Stored) func(*store.Snapshot) {
		return func(s *store.Snapshot) {
			s.Tuples = func(yield func(store.Stored, error) bool) {
				for _, x := range all {
					if !yield(x, nil) {
						return
					}
				}
			}
		}
	}
	ann := store.Stored{Relationship: viewer("plan", "ann").Always()}
	for name, test := range map[string]struct {
		snapshot func(context.Context, func() (*store.Snapshot, error)) (*store.Snapshot, error)
		err      error
	}{
		"snapshot": {func(context.Context, func() (*store.Snapshot, error)) (*store.Snapshot, error) {
			return nil, errScripted
		}, errScripted},
		"tuples": {whole(func(s *store.Snapshot) {
			s.Tuples = func(yield func(store.Stored, error) bool) { yield(store.Stored{}, errScripted) }
		}), errScripted},
		"a schema that is none":  {whole(func(s *store.Snapshot) { s.Schema = "{" }), schema.ErrSchema},
		"a tuple twice":          {whole(list(ann, ann)), store.ErrCorruptLog},
		"a tuple of another":     {whole(list(store.Stored{Relationship: rel("doc:a#viewer@user:ann")})), store.ErrCorruptLog},
		"a schema of many names": {whole(func(s *store.Snapshot) { text, _ := manyNames().MarshalJSON(); s.Schema = string(text) }), store.ErrFull},
	} {
		t.Run(name, func(t *testing.T) {
			script := &scripted{Log: truth.Open(), snapshot: test.snapshot}
			_, err := store.OpenLog(bg, script, nil, store.Options{})
			require.ErrorIs(t, err, test.err)
		})
	}
	t.Run("the first commit", func(t *testing.T) {
		script := &scripted{Log: memlog.New().Open(), append: func([]store.Commit, func() error) error { return errScripted }}
		_, err := store.OpenLog(bg, script, testSchema, store.Options{})
		require.ErrorIs(t, err, errScripted)
	})
	t.Run("context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(bg)
		script := &scripted{Log: truth.Open(), snapshot: whole(func(*store.Snapshot) { cancel() })}
		_, err := store.OpenLog(ctx, script, nil, store.Options{})
		require.ErrorIs(t, err, context.Canceled)
	})
}

// Who does not read the tuples of a snapshot ends the context that it came with.
func TestSnapshotsAreNotKept(t *testing.T) {
	truth := memlog.New()
	var contexts []context.Context
	script := &scripted{Log: truth.Open(), snapshot: func(ctx context.Context, do func() (*store.Snapshot, error)) (*store.Snapshot, error) {
		contexts = append(contexts, ctx)
		return do()
	}}
	script.append = func(_ []store.Commit, do func() error) error {
		require.Error(t, contexts[0].Err(), "before anything is appended")
		return do()
	}
	openLog(t, script, store.Options{})
	require.Len(t, contexts, 2)
	for _, ctx := range contexts {
		require.Error(t, ctx.Err())
	}
}

// What is set aside stays so when the log is opened again, and what has expired is not
// looked at, though the schema has no place for it any more.
func TestReopenAfterSchemas(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		now := at(0)
		o := store.Options{Clock: func() time.Time { return now }, CheckEachCommit: true, SweepPerCommit: -1}
		writer := openLog(t, truth.Open(), o)
		replica := openLog(t, truth.Open(), o)
		_, err := writer.Update(bg, func(tx *store.Tx) error {
			return tx.Create(viewer("plan", "ann").Always(), viewer("plan", "bob").Until(at(10)), viewer("plan", "cat").Until(at(100)),
				rel("document:plan#editor@user:dan"), rel(`document:plan#viewer@user:eve[c:{"n":1}]`))
		})
		require.NoError(t, err)
		synctest.Wait()
		now = at(20)
		narrow := schema.MustParse("definition user {}\ndefinition document { relation viewer: user }")
		_, err = writer.SetSchema(bg, narrow, store.SchemaOptions{SetAside: true})
		require.NoError(t, err)
		require.Equal(t, []string{"ann"}, usersLatest(t, replica))
		require.Equal(t, 3, replica.Stats().Aside)
		require.Equal(t, 1, replica.Stats().Stored, "bob has expired, and nothing could be said about him")

		again, err := store.OpenLog(bg, truth.Open(), nil, o)
		require.NoError(t, err)
		require.Equal(t, []string{"ann"}, usersNow(t, again))
		require.Equal(t, 3, again.Stats().Aside)
		require.NoError(t, again.Check())

		now = at(30)
		_, err = replica.SetSchema(bg, testSchema, store.SchemaOptions{})
		require.NoError(t, err)
		for _, s := range []*store.Store{writer, replica, again} {
			require.Equal(t, []string{"ann", "cat", "dan", "eve"}, usersLatest(t, s))
			require.Zero(t, s.Stats().Aside)
			require.NoError(t, s.Check())
		}
		now = at(200)
		mustAdd(t, writer, "zoe")
		late, err := store.OpenLog(bg, truth.Open(), nil, o)
		require.NoError(t, err)
		require.Equal(t, []string{"ann", "dan", "eve", "zoe"}, usersNow(t, late))
		st, err := late.Now()
		require.NoError(t, err)
		_, err = st.AsOf(at(50))
		require.ErrorIs(t, err, store.ErrSwept, "it does not know who had not expired then")
		rev, err := writer.Update(bg, func(tx *store.Tx) error { return tx.Touch(viewer("plan", "cat").Until(at(300))) })
		require.NoError(t, err)
		for _, s := range []*store.Store{writer, again, late} { // the last of which has never heard of cat
			st, err := s.AtLeast(bg, rev)
			require.Equal(t, []string{"ann", "cat", "dan", "eve", "zoe"}, users(t, st, err))
			require.NoError(t, s.Check())
		}
		for _, s := range []*store.Store{again, late} {
			require.NoError(t, s.Close())
		}
	})
}

// A process whose clock is behind sees what another one's has expired until that commits.
func TestClocksThatDiffer(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		ahead, behind := at(10_000), at(0)
		b := openLog(t, truth.Open(), store.Options{Clock: func() time.Time { return behind }, CheckEachCommit: true, SweepGrace: -1})
		a := openLog(t, truth.Open(), store.Options{Clock: func() time.Time { return ahead }, CheckEachCommit: true, SweepGrace: -1})
		_, err := b.Update(bg, func(tx *store.Tx) error { return tx.Create(viewer("plan", "ann").Until(at(100))) })
		require.NoError(t, err)
		require.Equal(t, []string{"ann"}, usersLatest(t, b))
		require.Empty(t, usersLatest(t, a))
		_, err = a.Sweep(bg)
		require.NoError(t, err)
		_, err = b.Update(bg, func(tx *store.Tx) error { return tx.Delete(viewer("plan", "ann")) })
		require.NoError(t, err)
		_, err = b.Update(bg, func(tx *store.Tx) error { return tx.Create(viewer("plan", "ann").Until(at(100))) })
		require.NoError(t, err)
		require.Empty(t, usersLatest(t, a))
		rev, err := a.Update(bg, func(tx *store.Tx) error { return tx.Create(viewer("plan", "ann").Until(at(20_000))) })
		require.NoError(t, err, "which has expired there")
		for _, s := range []*store.Store{a, b} {
			st, err := s.AtLeast(bg, rev)
			require.Equal(t, []string{"ann"}, users(t, st, err))
			got, ok, err := st.Get(viewer("plan", "ann"))
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, at(20_000), got.Expires)
			require.False(t, st.Time().Before(at(10_000)), "no state is before its commit")
			require.NoError(t, s.Check())
		}
		ahead = at(-5_000) // and back again
		require.Equal(t, []string{"ann"}, usersLatest(t, a))
		mustAdd(t, a, "bob")
		require.Equal(t, []string{"ann", "bob"}, usersLatest(t, b))
		require.NoError(t, a.Check())
		require.NoError(t, b.Check())
	})
}

// A commit that the schema in force does not admit, as no store makes, is not applied;
// what the log then has as a whole is.
func TestCommitThatCannotBeApplied(t *testing.T) {
	tooMany, err := manyNames().MarshalJSON()
	require.NoError(t, err)
	for name, c := range map[string]store.Commit{
		"tuple":  {Added: []store.Stored{{Relationship: rel("doc:a#viewer@user:ann")}}},
		"schema": {Schema: "{"},
		"names":  {Schema: string(tooMany)},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, truth *memlog.Log) {
				book := new(logbook)
				s, _ := openScripted(t, truth, store.Options{Logger: book.logger()})
				mustAdd(t, s, "ann")
				c := c
				c.Parent, c.ID, c.Time = newest(t, s), store.NewCommitID(), at(0)
				c.Seal()
				require.NoError(t, truth.Open().Append(bg, []store.Commit{c}))
				time.Sleep(time.Millisecond)
				_, err := s.Now()
				require.Error(t, err)
				_, err = add(bg, s, "bob")
				require.Error(t, err)
				require.Contains(t, book.String(), "a commit of the log, ")

				text, err := testSchema.MarshalJSON()
				require.NoError(t, err)
				good := store.Commit{Parent: c.Revision, ID: store.NewCommitID(), Time: at(0), Schema: string(text), Removed: c.Added}
				good.Seal()
				require.NoError(t, truth.Open().Append(bg, []store.Commit{good}))
				time.Sleep(2 * time.Second)
				require.Equal(t, []string{"ann"}, usersNow(t, s))
				require.NoError(t, s.Check())
			})
		})
	}
}

// A prepared commit is one that somebody else appends, on the very head.
func TestPrepare(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{})
		other := openLog(t, truth.Open(), store.Options{})
		log := truth.Open()
		head := mustAdd(t, s, "ann")
		before := head

		none, err := s.Prepare(bg, head, func(*store.Tx) error { return nil })
		require.NoError(t, err)
		require.Equal(t, store.Commit{}, none)
		_, err = s.Prepare(bg, head, func(*store.Tx) error { return errScripted })
		require.ErrorIs(t, err, errScripted)
		_, err = s.Prepare(bg, head, nil)
		require.ErrorIs(t, err, store.ErrNoFunction)
		_, err = s.Prepare(bg, store.NewRevision(1, 0, 2), adding("bob"))
		require.ErrorIs(t, err, store.ErrForeignRevision)

		given, err := s.Prepare(bg, head, adding("gus"))
		require.NoError(t, err)
		c, err := s.Prepare(bg, head, adding("bob"))
		require.NoError(t, err)
		require.NotEqual(t, given.ID, c.ID)
		require.Equal(t, head, c.Parent)
		require.Equal(t, []string{"ann"}, usersLatest(t, s))
		require.NoError(t, log.Append(bg, []store.Commit{c}))
		st, err := s.AtLeast(bg, c.Revision)
		require.Equal(t, []string{"ann", "bob"}, users(t, st, err))
		require.ErrorIs(t, log.Append(bg, []store.Commit{given}), store.ErrConflict)

		_, err = s.Prepare(bg, head, adding("cat"))
		require.ErrorIs(t, err, store.ErrConflict)
		head = mustAdd(t, other, "cat")
		c, err = s.Prepare(bg, head, adding("dan"))
		require.NoError(t, err, "it waits for the head")
		require.NoError(t, log.Append(bg, []store.Commit{c}))

		ctx, cancel := context.WithTimeout(bg, time.Minute)
		defer cancel()
		_, err = s.Prepare(ctx, store.Next(c.Revision), adding("eve"))
		require.ErrorIs(t, err, store.ErrStale)

		// It is made on what is published, though the store is appending something itself.
		stopped := newStop()
		script.on(func(l *scripted) { l.append = stopped.append })
		a := begin(func() (store.Revision, error) { return add(bg, s, "fay") })
		synctest.Wait()
		c, err = s.Prepare(bg, c.Revision, adding("eve"))
		require.NoError(t, err)
		require.NoError(t, log.Append(bg, []store.Commit{c}))
		stopped.open()
		_, err = a.wait()
		require.NoError(t, err)
		require.Equal(t, []string{"ann", "bob", "cat", "dan", "eve", "fay"}, usersLatest(t, s))

		held := begin(func() (store.Revision, error) {
			return s.Update(bg, func(*store.Tx) error {
				time.Sleep(time.Hour)
				return nil
			})
		})
		synctest.Wait()
		_, err = s.Prepare(ctx, newest(t, s), adding("gus"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = held.wait()
		require.NoError(t, err)
		require.NoError(t, s.Close())
		_, err = s.Prepare(bg, before, adding("gus"))
		require.ErrorIs(t, err, store.ErrClosed)
	})
	memory := open(t, store.Options{})
	_, err := memory.Prepare(bg, newest(t, memory), adding("ann"))
	require.ErrorIs(t, err, store.ErrNoLog)
}

// Guards apply to what is prepared on someone's behalf.
func TestPrepareAs(t *testing.T) {
	sch, err := schema.New(schema.Define("user"), schema.Define("doc", schema.Rel("owner", user).GrantedBy("share"), schema.Perm("share", schema.Ref("owner"))))
	require.NoError(t, err)
	s, err := store.OpenLog(bg, memlog.New().Open(), sch, store.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	head, err := s.Update(bg, func(tx *store.Tx) error { return tx.Create(rel("doc:a#owner@user:ann")) })
	require.NoError(t, err)
	judge := func(_ context.Context, st *store.State, t tuple.Tuple) (bool, error) {
		if !st.Committed() {
			return false, errors.New("it is not the state before")
		}
		t.Relation = "owner"
		_, ok, err := st.Get(t)
		return ok, err
	}
	for who, want := range map[string]error{"user:ann": nil, "user:bob": store.ErrGuard} {
		c, err := s.PrepareAs(bg, head, store.Actor{Subject: tuple.MustParseSubject(who), Judge: judge}, func(tx *store.Tx) error {
			return tx.Create(rel("doc:a#owner@user:cat"))
		})
		require.ErrorIs(t, err, want)
		if want == nil {
			require.Equal(t, who, c.Actor.String())
		}
	}
}

// The state before a guarded transaction may never be that of a commit, and then nothing
// that is found out of it may be kept.
func TestGuardsBeforeAStateThatMayNotBe(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		sch, err := schema.New(schema.Define("user"), schema.Define("doc", schema.Rel("owner", user).GrantedBy("share"), schema.Perm("share", schema.Ref("owner"))))
		require.NoError(t, err)
		script := &scripted{Log: truth.Open()}
		s, err := store.OpenLog(bg, script, sch, store.Options{})
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Close()) }()
		stopped := newStop()
		script.on(func(l *scripted) { l.append = stopped.append })
		a := begin(func() (store.Revision, error) {
			return s.Update(bg, func(tx *store.Tx) error { return tx.Create(rel("doc:a#owner@user:ann")) })
		})
		synctest.Wait()
		var committed []bool
		b := begin(func() (store.Revision, error) {
			judge := func(_ context.Context, st *store.State, _ tuple.Tuple) (bool, error) {
				derived, err := st.AsOf(st.Time())
				committed = append(committed, st.Committed(), derived.Committed())
				return err == nil, err
			}
			return s.UpdateAs(bg, store.Actor{Subject: tuple.MustParseSubject("user:ann"), Judge: judge}, func(tx *store.Tx) error {
				return tx.Create(rel("doc:a#owner@user:bob"))
			})
		})
		synctest.Wait()
		require.Equal(t, []bool{false, false}, committed)
		stopped.open()
		for _, o := range []*outcome{a, b} {
			_, err := o.wait()
			require.NoError(t, err)
		}
	})
}
