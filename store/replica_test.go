package store_test

import (
	"context"
	"errors"
	"iter"
	"strings"
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
		current, err := s.Current()
		require.NoError(t, err)
		for name, err := range map[string]error{
			"Now":     errOf(s.Now()),
			"Current": current.Err(),
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
