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

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
)

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
			synctest.Wait() // the follower has asked for the tail as it was
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
			require.ErrorIs(t, watchError(s, old), store.ErrForeignRevision)
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
		time.Sleep(time.Minute) // it may have begun to build anew before there was another epoch, and try again
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
