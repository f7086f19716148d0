package store_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
)

// held makes a log hand out commits only when the stop is open.
func held(s stop) func(l *scripted) {
	return func(l *scripted) {
		l.tail = func(ctx context.Context, _ store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
			return func(yield func(store.Commit, error) bool) {
				for c, err := range do {
					if err == nil && s.waitOr(ctx) != nil {
						return
					}
					if !yield(c, err) {
						return
					}
				}
			}
		}
	}
}

// AtLeast answers when the revision is here, and neither earlier nor with an older state.
func TestAtLeastIsNeverEarly(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		writer := openLog(t, truth.Open(), store.Options{})
		s, script := openScripted(t, truth, store.Options{})
		come := newStop()
		script.on(held(come))
		interrupt(t, s, script)
		mustAdd(t, writer, "ann")
		rev := mustAdd(t, writer, "bob")

		ctx, cancel := context.WithTimeout(bg, time.Minute)
		defer cancel()
		_, err := s.AtLeast(ctx, rev)
		require.ErrorIs(t, err, store.ErrStale)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = s.Latest(ctx)
		require.ErrorIs(t, err, store.ErrStale)
		require.Empty(t, usersNow(t, s))
		st, err := s.AtLeast(bg, store.Revision{})
		require.Empty(t, users(t, st, err))

		var seen []string
		at := begin(func() (store.Revision, error) {
			st, err := s.AtLeast(bg, rev)
			seen = users(t, st, err)
			return st.Revision(), err
		})
		latest := begin(func() (store.Revision, error) {
			st, err := s.Latest(bg)
			return st.Revision(), err
		})
		synctest.Wait()
		require.False(t, at.over() || latest.over())
		come.open()
		got, err := at.wait()
		require.NoError(t, err)
		require.Equal(t, rev, got)
		require.Equal(t, []string{"ann", "bob"}, seen)
		got, err = latest.wait()
		require.NoError(t, err)
		require.Equal(t, rev, got)

		_, err = s.AtLeast(bg, store.NewRevision(1, 0, 1))
		require.ErrorIs(t, err, store.ErrForeignRevision)
	})
}

// A log that does not answer leaves Latest without one.
func TestLatestAsksTheHead(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{})
		rev := mustAdd(t, s, "ann")
		script.on(func(l *scripted) {
			l.head = func(context.Context, func() (store.Revision, error)) (store.Revision, error) {
				return store.Revision{}, errScripted
			}
		})
		_, err := s.Latest(bg)
		require.ErrorIs(t, err, store.ErrStale)
		require.ErrorIs(t, err, errScripted)
		ctx, cancel := context.WithTimeout(bg, time.Minute)
		defer cancel()
		script.on(func(l *scripted) {
			l.head = func(ctx context.Context, _ func() (store.Revision, error)) (store.Revision, error) {
				<-ctx.Done()
				return store.Revision{}, errScripted
			}
		})
		_, err = s.Latest(ctx)
		require.ErrorIs(t, err, store.ErrStale)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		st, err := s.AtLeast(bg, rev)
		require.Equal(t, []string{"ann"}, users(t, st, err), "which does not ask")
	})
}

// Waiting for the log from within a transaction would be waiting for oneself.
func TestReentrantWithALog(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		other := openLog(t, truth.Open(), store.Options{})
		s, script := openScripted(t, truth, store.Options{})
		come := newStop()
		script.on(held(come))
		interrupt(t, s, script)
		here := newest(t, s)
		rev := mustAdd(t, other, "ann")
		third := openLog(t, memlog.New().Open(), store.Options{})
		ctx, cancel := context.WithTimeout(bg, time.Minute)
		defer cancel()
		_, err := s.Update(ctx, func(tx *store.Tx) error {
			_, err := s.AtLeast(bg, here)
			require.NoError(t, err)
			_, err = s.AtLeast(bg, rev)
			require.ErrorIs(t, err, store.ErrReentrant)
			_, err = s.Latest(bg)
			require.ErrorIs(t, err, store.ErrReentrant)
			_, err = add(bg, s, "bob")
			require.ErrorIs(t, err, store.ErrReentrant)
			_, err = s.Prepare(bg, here, adding("bob"))
			require.ErrorIs(t, err, store.ErrReentrant)
			_, err = s.Sweep(bg)
			require.ErrorIs(t, err, store.ErrReentrant)
			_, err = s.Compact(bg)
			require.ErrorIs(t, err, store.ErrReentrant)
			require.ErrorIs(t, s.Close(), store.ErrReentrant)
			for _, err := range s.Watch(bg, here) {
				require.ErrorIs(t, err, store.ErrReentrant)
			}
			_, err = add(bg, third, "bob")
			require.NoError(t, err)
			return nil
		})
		require.ErrorIs(t, err, store.ErrStale, "it has not seen ann")
		come.open()
		require.Equal(t, []string{"ann"}, usersLatest(t, s))

		runs := 0
		_, err = s.Update(bg, func(tx *store.Tx) error { // by another store of the log: that comes first
			runs++
			if runs < 4 {
				mustAdd(t, other, strings.Repeat("x", runs))
			}
			return tx.Create(viewer("plan", "zoe").Always())
		})
		require.NoError(t, err)
		require.Equal(t, 4, runs)
	})
}

// What has heard nothing of the log for too long answers nothing until it hears again.
func TestMaxStaleness(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{MaxStaleness: time.Second})
		rev := mustAdd(t, s, "ann")
		time.Sleep(time.Hour)
		require.Equal(t, []string{"ann"}, usersNow(t, s))
		kept, err := s.Now()
		require.NoError(t, err)

		script.on(func(l *scripted) {
			l.head = func(ctx context.Context, _ func() (store.Revision, error)) (store.Revision, error) {
				<-ctx.Done()
				return store.Revision{}, ctx.Err()
			}
		})
		time.Sleep(time.Second / 2)
		require.Equal(t, []string{"ann"}, usersNow(t, s))
		time.Sleep(2 * time.Second)
		for name, err := range map[string]error{
			"Now":     errOf(s.Now()),
			"Current": errOf(s.Current()),
			"At":      errOf(s.At(rev)),
			"AtLeast": errOf(s.AtLeast(bg, rev)),
			"Update":  errOf(add(bg, s, "bob")),
			"Sweep":   errOf(s.Sweep(bg)),
			"Prepare": errOf(s.Prepare(bg, rev, adding("bob"))),
			"state":   kept.Err(),
			"Check":   s.Check(),
		} {
			require.ErrorIs(t, err, store.ErrStale, name)
		}
		script.on(func(l *scripted) { l.head = nil })
		st, err := s.Latest(bg)
		require.Equal(t, []string{"ann"}, users(t, st, err), "it asks the log")
		script.on(func(l *scripted) {
			l.head = func(context.Context, func() (store.Revision, error)) (store.Revision, error) {
				return store.Revision{}, errScripted
			}
		})
		time.Sleep(3 * time.Second)
		require.ErrorIs(t, errOf(s.Now()), store.ErrStale)
		script.on(func(l *scripted) { l.head = nil })
		time.Sleep(time.Second)
		require.Equal(t, []string{"ann"}, usersNow(t, s))
		require.NoError(t, kept.Err())
	})
}

func errOf[T any](_ T, err error) error { return err }

// A store that lags behind the head is stale, although the log answers.
func TestMaxStalenessOfTheTail(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		other := openLog(t, truth.Open(), store.Options{})
		s, script := openScripted(t, truth, store.Options{MaxStaleness: time.Second})
		come := newStop()
		script.on(held(come))
		interrupt(t, s, script)
		mustAdd(t, other, "ann")
		time.Sleep(3 * time.Second)
		require.ErrorIs(t, errOf(s.Now()), store.ErrStale)
		come.open()
		time.Sleep(time.Second)
		require.Equal(t, []string{"ann"}, usersNow(t, s))
	})
}

// Commits that the log has lost are noticed. Until the index is built anew nothing is
// answered, and then nothing from a past that was not.
func TestLostCommits(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		book := new(logbook)
		s, script := openScripted(t, truth, store.Options{Logger: book.logger()})
		rev := mustAdd(t, s, "ann")
		lost := mustAdd(t, s, "bob")
		build := newStop()
		var tries atomic.Int32
		script.on(func(l *scripted) {
			l.snapshot = func(ctx context.Context, do func() (*store.Snapshot, error)) (*store.Snapshot, error) {
				if tries.Add(1) < 3 {
					return nil, errScripted
				}
				if err := build.waitOr(ctx); err != nil {
					return nil, err
				}
				return do()
			}
		})
		waits := begin(func() (store.Revision, error) { return store.Revision{}, errOf(s.AtLeast(bg, store.Next(lost))) })
		synctest.Wait()
		truth.Lose(1)
		synctest.Wait()
		require.ErrorIs(t, errOf(waits.wait()), store.ErrDiverged)
		for range 2 {
			for name, err := range map[string]error{
				"Now":     errOf(s.Now()),
				"AtLeast": errOf(s.AtLeast(bg, rev)),
				"Latest":  errOf(s.Latest(bg)),
				"Update":  errOf(add(bg, s, "cat")),
			} {
				require.ErrorIs(t, err, store.ErrDiverged, name)
			}
			time.Sleep(time.Hour)
		}
		require.EqualValues(t, 3, tries.Load())
		build.open()
		synctest.Wait()
		require.Equal(t, []string{"ann"}, usersNow(t, s))
		require.NoError(t, s.Check())
		require.Contains(t, book.String(), "anew")
		_, err := s.At(lost)
		require.ErrorIs(t, err, store.ErrFutureRevision)
		st, err := s.AtLeast(bg, rev)
		require.Equal(t, []string{"ann"}, users(t, st, err))

		again := mustAdd(t, s, "cat")
		require.Equal(t, lost.Position(), again.Position())
		require.ErrorIs(t, errOf(s.AtLeast(bg, lost)), store.ErrDiverged)
		require.ErrorIs(t, errOf(s.At(lost)), store.ErrDiverged)
		require.Equal(t, []string{"ann", "cat"}, usersNow(t, s))
	})
}

// A loss that only the head tells is noticed by who asks it.
func TestLostCommitsAreNoticedByLatest(t *testing.T) {
	for _, more := range []int{0, 1, 2} {
		bubble(t, func(t *testing.T, truth *memlog.Log) {
			s, script := openScripted(t, truth, store.Options{})
			mustAdd(t, s, "ann")
			mustAdd(t, s, "bob")
			n := 0
			script.on(func(l *scripted) {
				l.tail = func(ctx context.Context, _ store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
					return func(yield func(store.Commit, error) bool) {
						if n++; n == 1 {
							<-ctx.Done()
							return
						}
						do(yield)
					}
				}
			})
			interrupt(t, s, script)
			truth.Lose(1)
			other := openLog(t, truth.Open(), store.Options{})
			want := []string{"ann"}
			for range more {
				user := strings.Repeat("x", len(want))
				mustAdd(t, other, user)
				want = append(want, user)
			}
			ctx, cancel := context.WithTimeout(bg, time.Minute)
			defer cancel()
			_, err := s.Latest(ctx)
			require.Error(t, err)
			if more < 2 {
				require.ErrorIs(t, err, store.ErrDiverged)
				synctest.Wait()
				require.Equal(t, want, usersNow(t, s))
			} else {
				require.ErrorIs(t, err, store.ErrStale, "it waits for what comes after, which the tail would have to say")
			}
		})
	}
}

// Another epoch of the log has other revisions.
func TestForkedLog(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, _ := openScripted(t, truth, store.Options{})
		rev := mustAdd(t, s, "ann")
		waits := begin(func() (store.Revision, error) { return store.Revision{}, errOf(s.AtLeast(bg, store.Next(rev))) })
		watched := begin(func() (store.Revision, error) {
			for c, err := range s.Watch(bg, rev) {
				return c.Revision, err
			}
			return store.Revision{}, nil
		})
		synctest.Wait()
		truth.Fork()
		synctest.Wait()
		err := errOf(waits.wait())
		require.True(t, errors.Is(err, store.ErrDiverged) || errors.Is(err, store.ErrForeignRevision), "it is %v", err)
		require.ErrorIs(t, errOf(watched.wait()), store.ErrDiverged)
		for _, old := range []store.Revision{rev, store.Next(rev)} {
			require.ErrorIs(t, errOf(s.AtLeast(bg, old)), store.ErrForeignRevision)
			require.ErrorIs(t, errOf(s.At(old)), store.ErrForeignRevision)
			for _, err := range s.Watch(bg, old) {
				require.ErrorIs(t, err, store.ErrForeignRevision)
			}
		}
		again := mustAdd(t, s, "bob")
		require.False(t, again.SameHistory(rev))
		require.Equal(t, []string{"ann", "bob"}, usersLatest(t, s))
	})
}

// Who waits for a revision of an epoch that ends, and sleeps while all that happens, does
// not take another's place for it.
func TestForkWhileWaiting(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, _ := openScripted(t, truth, store.Options{})
		rev := mustAdd(t, s, "ann")
		truth.Lose(1)
		truth.Fork()
		other := openLog(t, truth.Open(), store.Options{})
		for _, u := range []string{"bob", "cat", "dan"} {
			mustAdd(t, other, u)
		}
		synctest.Wait()
		require.ErrorIs(t, errOf(s.AtLeast(bg, rev)), store.ErrForeignRevision)
		require.Equal(t, []string{"bob", "cat", "dan"}, usersNow(t, s))
	})
}

// A log that becomes another one altogether is not followed.
func TestLogOfAnotherStore(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{})
		mustAdd(t, s, "ann")
		elsewhere := memlog.New()
		openLog(t, elsewhere.Open(), store.Options{})
		log := elsewhere.Open()
		script.on(func(l *scripted) {
			l.tail = func(ctx context.Context, after store.Revision, _ iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
				return log.Tail(ctx, after)
			}
			l.snapshot = func(ctx context.Context, _ func() (*store.Snapshot, error)) (*store.Snapshot, error) {
				return log.Snapshot(ctx)
			}
			l.head = func(ctx context.Context, _ func() (store.Revision, error)) (store.Revision, error) {
				return log.Head(ctx)
			}
		})
		require.ErrorIs(t, errOf(s.Latest(bg)), store.ErrDiverged)
		time.Sleep(time.Minute)
		require.ErrorIs(t, errOf(s.Now()), store.ErrForeignRevision)
		require.ErrorIs(t, errOf(add(bg, s, "bob")), store.ErrForeignRevision)
		script.on(func(l *scripted) { l.tail, l.snapshot, l.head = nil, nil, nil })
		time.Sleep(time.Minute)
		require.Equal(t, []string{"ann"}, usersNow(t, s), "and back again")
	})
}

// A replica that the log has left behind is built anew, and answers all the time: from
// what it had, and then from what there is.
func TestSlowReplica(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		writer := openLog(t, truth.Open(), store.Options{})
		mustAdd(t, writer, "ann")
		s, script := openScripted(t, truth, store.Options{})
		script.on(deaf)
		interrupt(t, s, script)
		build := newStop()
		for _, u := range []string{"bob", "cat", "dan"} {
			mustAdd(t, writer, u)
		}
		rev := mustAdd(t, writer, "eve")
		require.NoError(t, truth.Open().Compact(bg, 0))
		broken := 0
		script.on(func(l *scripted) {
			l.tail = nil
			l.snapshot = func(ctx context.Context, do func() (*store.Snapshot, error)) (*store.Snapshot, error) {
				if err := build.waitOr(ctx); err != nil {
					return nil, err
				}
				snap, err := do()
				if broken++; broken < 3 {
					whole := snap.Tuples
					snap.Tuples = func(yield func(store.Stored, error) bool) {
						for x, err := range whole {
							if yield(x, err) {
								yield(store.Stored{}, errScripted)
							}
							return
						}
					}
				}
				return snap, err
			}
		})
		held, err := s.Now()
		require.NoError(t, err)
		interrupt(t, s, script)
		at := begin(func() (store.Revision, error) {
			st, err := s.AtLeast(bg, rev)
			if err != nil {
				return store.Revision{}, err
			}
			return st.Revision(), nil
		})
		waits := begin(func() (store.Revision, error) { return add(bg, s, "fay") })
		synctest.Wait()
		require.Equal(t, []string{"ann"}, usersNow(t, s))
		require.False(t, at.over() || waits.over())
		build.open()
		synctest.Wait()
		require.Equal(t, []string{"ann"}, usersNow(t, s), "what could not be read just then does not matter")
		got, err := at.wait()
		require.NoError(t, err)
		require.GreaterOrEqual(t, got.Position(), rev.Position())
		_, err = waits.wait()
		require.NoError(t, err)
		require.Equal(t, []string{"ann", "bob", "cat", "dan", "eve", "fay"}, usersNow(t, s))
		require.Equal(t, []string{"ann"}, users(t, held, nil), "who has a view keeps it")
		require.NoError(t, s.Check())
		require.ErrorIs(t, errOf(s.At(held.Revision())), store.ErrRevisionGone)
	})
}

// A schema that cannot be used here closes the store to all questions, until one comes
// that can.
func TestSchemaThatCannotBeUsed(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		errBind := errors.New("no such condition")
		bind := func(sch *schema.Schema) (*schema.Schema, error) {
			if sch.Definition("bad") != nil {
				return nil, errBind
			}
			return sch, nil
		}
		writer := openLog(t, truth.Open(), store.Options{})
		s, _ := openScripted(t, truth, store.Options{Bind: bind})
		mustAdd(t, writer, "ann")
		bad := schema.MustParse(testSchema.String() + "\ndefinition bad {}")
		rev, err := writer.SetSchema(bg, bad, store.SchemaOptions{})
		require.NoError(t, err)
		synctest.Wait()
		for range 2 {
			require.ErrorIs(t, errOf(s.Now()), errBind)
			require.ErrorIs(t, errOf(s.Latest(bg)), errBind)
			require.ErrorIs(t, errOf(s.AtLeast(bg, rev)), errBind)
			require.ErrorIs(t, errOf(add(bg, s, "bob")), errBind)
			mustAdd(t, writer, "cat"+strings.Repeat("x", int(newest(t, writer).Position())))
			time.Sleep(time.Minute)
		}
		_, err = writer.SetSchema(bg, testSchema, store.SchemaOptions{})
		require.NoError(t, err)
		time.Sleep(2 * time.Second)
		require.Equal(t, usersNow(t, writer), usersLatest(t, s))
		require.NoError(t, s.Check())
		mustAdd(t, s, "dan")

		_, err = store.OpenLog(bg, truth.Open(), nil, store.Options{Bind: func(*schema.Schema) (*schema.Schema, error) { return nil, errBind }})
		require.ErrorIs(t, err, errBind)
	})
}

// A log that ends its tails, or breaks them, is followed all the same, and not in haste.
func TestBrokenTails(t *testing.T) {
	for _, broken := range []error{nil, errScripted, store.ErrDiverged, store.ErrCompacted} {
		bubble(t, func(t *testing.T, truth *memlog.Log) {
			writer := openLog(t, truth.Open(), store.Options{})
			s, script := openScripted(t, truth, store.Options{})
			tails := 0
			script.on(func(l *scripted) {
				l.tail = func(context.Context, store.Revision, iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
					return func(yield func(store.Commit, error) bool) {
						tails++
						if broken != nil {
							yield(store.Commit{}, broken)
						}
					}
				}
			})
			interrupt(t, s, script)
			time.Sleep(time.Minute)
			synctest.Wait()
			require.LessOrEqual(t, tails, 100)
			script.on(func(l *scripted) { l.tail = nil })
			time.Sleep(2 * time.Second)
			mustAdd(t, writer, "ann")
			require.Equal(t, []string{"ann"}, usersLatest(t, s))
		})
	}
}

// A commit whose parent is not here, or another than one that is, is of another history.
func TestTailOfAnotherHistory(t *testing.T) {
	for _, what := range []string{"gap", "replaced"} {
		bubble(t, func(t *testing.T, truth *memlog.Log) {
			writer := openLog(t, truth.Open(), store.Options{})
			mustAdd(t, writer, "ann")
			mustAdd(t, writer, "bob")
			book := new(logbook)
			s, script := openScripted(t, truth, store.Options{Logger: book.logger()})
			n := 0
			script.on(func(l *scripted) {
				l.tail = func(_ context.Context, after store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
					return func(yield func(store.Commit, error) bool) {
						if n++; n > 1 {
							do(yield)
							return
						}
						c := store.Commit{Parent: after, ID: store.NewCommitID(), Time: at(0)}
						c.Seal()
						if what == "gap" {
							c = store.Commit{Parent: c.Revision, ID: store.NewCommitID(), Time: at(0)}
							c.Seal()
							yield(c, nil)
							return
						}
						if !yield(c, nil) { // which is applied
							return
						}
						other := store.Commit{Parent: after, ID: store.NewCommitID(), Time: at(1)}
						other.Seal()
						yield(other, nil)
					}
				}
			})
			interrupt(t, s, script)
			time.Sleep(time.Second)
			require.Contains(t, book.String(), store.ErrDiverged.Error())
			require.Equal(t, []string{"ann", "bob"}, usersLatest(t, s))
			require.Equal(t, newest(t, writer), newest(t, s))
		})
	}
}

// watchAll notes what a watcher gets, until its context ends.
func watchAll(ctx context.Context, s *store.Store, from store.Revision, got *[]string) *outcome {
	return begin(func() (store.Revision, error) {
		for c, err := range s.Watch(ctx, from) {
			if err != nil {
				return from, err
			}
			text := ""
			for _, r := range c.Added {
				text += "+" + r.Subject.ID
			}
			for _, r := range c.Removed {
				text += "-" + r.Subject.ID
			}
			if c.Schema != nil {
				text += "schema"
			}
			*got = append(*got, text+c.Note)
		}
		return from, nil
	})
}

// Who watches goes on over a history that is too short, and over a new beginning, by what
// the log has.
func TestWatchGoesOnByTheLog(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		ctx, cancel := context.WithCancel(bg)
		defer cancel()
		writer := openLog(t, truth.Open(), store.Options{})
		from := newest(t, writer)
		mustAdd(t, writer, "ann")
		_, err := writer.Update(bg, func(tx *store.Tx) error {
			require.NoError(t, tx.Note("!"))
			require.NoError(t, tx.Create(rel("document:plan#viewer@user:gone[expiration:1970-01-01T00:00:00Z]")))
			return tx.Delete(viewer("plan", "ann"))
		})
		require.NoError(t, err)
		_, err = writer.SetSchema(bg, schema.MustParse(testSchema.String()+"\ndefinition more {}"), store.SchemaOptions{})
		require.NoError(t, err)
		mustAdd(t, writer, "bob", "cat")

		s, script := openScriptedAs(t, truth, nil, store.Options{HistoryCommits: 2})
		var got []string
		watched := watchAll(ctx, s, from, &got)
		synctest.Wait()
		want := []string{"+ann", "-ann!", "schema", "+bob+cat"}
		require.Equal(t, want, got)

		mustAdd(t, writer, "dan")
		synctest.Wait()
		require.Equal(t, append(want, "+dan"), got, "and then by the history")

		script.on(deaf)
		interrupt(t, s, script)
		mustAdd(t, writer, "eve")
		mustAdd(t, writer, "fay")
		require.NoError(t, truth.Open().Compact(bg, 1))
		script.on(func(l *scripted) { l.tail = nil })
		interrupt(t, s, script)
		synctest.Wait()
		require.ErrorIs(t, errOf(watched.wait()), store.ErrLagged, "that is gone everywhere")
		require.ErrorIs(t, errOf(watched.wait()), store.ErrRevisionGone)
		require.Equal(t, append(want, "+dan"), got)
	})
}

func openScriptedAs(t testing.TB, truth *memlog.Log, sch *schema.Schema, o store.Options) (*store.Store, *scripted) {
	script := &scripted{Log: truth.Open()}
	o.CheckEachCommit = true
	if o.Logger == nil {
		o.Logger = new(logbook).logger()
	}
	s, err := store.OpenLog(bg, script, sch, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s, script
}

// Over a new beginning nothing is missing either, if the log still has it.
func TestWatchOverANewBeginning(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		ctx, cancel := context.WithCancel(bg)
		defer cancel()
		writer := openLog(t, truth.Open(), store.Options{})
		s, script := openScripted(t, truth, store.Options{})
		var got []string
		watched := watchAll(ctx, s, newest(t, s), &got)
		mustAdd(t, writer, "ann")
		synctest.Wait()
		var n atomic.Int32
		script.on(func(l *scripted) {
			l.tail = func(_ context.Context, after store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
				return func(yield func(store.Commit, error) bool) {
					if n.Add(1) == 1 {
						mustAdd(t, writer, "bob")
						mustAdd(t, writer, "cat")
						yield(store.Commit{}, store.ErrCompacted) // as it says
						return
					}
					do(yield)
				}
			}
		})
		interrupt(t, s, script)
		mustAdd(t, writer, "dan")
		synctest.Wait()
		require.Equal(t, []string{"+ann", "+bob", "+cat", "+dan"}, got)
		require.NoError(t, s.Close())
		require.ErrorIs(t, errOf(watched.wait()), store.ErrClosed)
	})
}

// What the log has lost ends a watch, also of who had it from the log.
func TestWatchOverLostCommits(t *testing.T) {
	for _, history := range []int{1, 100} {
		bubble(t, func(t *testing.T, truth *memlog.Log) {
			writer := openLog(t, truth.Open(), store.Options{})
			from := newest(t, writer)
			mustAdd(t, writer, "ann")
			mustAdd(t, writer, "bob")
			s, _ := openScripted(t, truth, store.Options{HistoryCommits: history})
			var got []string
			seen := newStop()
			watched := begin(func() (store.Revision, error) {
				for c, err := range s.Watch(bg, from) {
					if err != nil {
						return store.Revision{}, err
					}
					got = append(got, c.Added[0].Subject.ID)
					if len(got) == 2 {
						seen.wait()
					}
				}
				return store.Revision{}, nil
			})
			synctest.Wait()
			truth.Lose(1)
			synctest.Wait()
			seen.open()
			require.ErrorIs(t, errOf(watched.wait()), store.ErrDiverged)
			require.Equal(t, []string{"ann", "bob"}, got)
		})
	}
}

// A watcher that reads the log ends with the store, with its context, and by leaving.
func TestWatchOfTheLogEnds(t *testing.T) {
	for _, how := range []string{"closed", "cancelled", "left", "broken"} {
		bubble(t, func(t *testing.T, truth *memlog.Log) {
			writer := openLog(t, truth.Open(), store.Options{})
			from := newest(t, writer)
			for _, u := range []string{"ann", "bob", "cat"} {
				mustAdd(t, writer, u)
			}
			ctx, cancel := context.WithCancel(bg)
			defer cancel()
			s, script := openScripted(t, truth, store.Options{})
			if how == "broken" {
				script.on(func(l *scripted) {
					l.tail = func(_ context.Context, after store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
						return func(yield func(store.Commit, error) bool) {
							for c, err := range do {
								if !yield(c, err) {
									return
								}
								if after == from {
									yield(store.Commit{}, errScripted)
									return
								}
							}
						}
					}
				})
			}
			var last error
			n := 0
			for _, err := range s.Watch(ctx, from) {
				if last = err; err != nil {
					break
				}
				n++
				switch how {
				case "closed":
					require.NoError(t, s.Close())
				case "cancelled":
					cancel()
				}
				if how == "left" {
					break
				}
			}
			require.Equal(t, 1, n)
			switch how {
			case "closed":
				require.ErrorIs(t, last, store.ErrClosed)
			case "cancelled":
				require.ErrorIs(t, last, context.Canceled)
			case "left":
				require.NoError(t, last)
			case "broken":
				require.ErrorIs(t, last, errScripted)
			}
		})
	}
}

// A schema in the log that a watcher cannot use ends its watch.
func TestWatchOfABadSchema(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		writer := openLog(t, truth.Open(), store.Options{})
		from := newest(t, writer)
		_, err := writer.SetSchema(bg, schema.MustParse(testSchema.String()+"\ndefinition bad {}"), store.SchemaOptions{})
		require.NoError(t, err)
		_, err = writer.SetSchema(bg, testSchema, store.SchemaOptions{})
		require.NoError(t, err)
		s, _ := openScripted(t, truth, store.Options{Bind: func(sch *schema.Schema) (*schema.Schema, error) {
			if sch.Definition("bad") != nil {
				return nil, errScripted
			}
			return sch, nil
		}})
		for _, err := range s.Watch(bg, from) {
			require.ErrorIs(t, err, errScripted)
		}
	})
}
