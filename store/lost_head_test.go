package store_test

import (
	"context"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
)

// lateTail is a script whose tails hand out nothing until the stop opens.
func lateTail(s stop) func(l *scripted) {
	return func(l *scripted) {
		l.tail = func(ctx context.Context, _ store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
			return func(yield func(store.Commit, error) bool) {
				if s.waitOr(ctx) == nil {
					do(yield)
				}
			}
		}
	}
}

// behind returns a store that has ann, beside another that has committed bob, which this one hears of when
// listen opens.
func behind(t *testing.T, truth *memlog.Log) (s *store.Store, listen stop) {
	s, script := openScripted(t, truth, store.Options{})
	mustAdd(t, s, "ann")
	listen = newStop()
	script.on(lateTail(listen))
	interrupt(t, s, script)
	mustAdd(t, openLog(t, truth.Open(), store.Options{}), "bob")
	return s, listen
}

// A transaction does not wait for ever for the commit that it had a conflict with, if the log has lost that one before
// the follower met it: then it can never come.
func TestConflictWithWhatIsLost(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, listen := behind(t, truth)
		ctx, cancel := context.WithTimeout(bg, time.Hour)
		defer cancel()
		writer := begin(func() (store.Revision, error) { return add(ctx, s, "cat") })
		synctest.Wait() // it waits for bob
		truth.Lose(1)
		listen.open()
		require.NoError(t, errOf(writer.wait()))
		require.Equal(t, []string{"ann", "cat"}, usersLatest(t, s))
	})
}

// Nor do the others that ask the log how far it is.
func TestHeadIsLost(t *testing.T) {
	for name, ask := range map[string]func(context.Context, *store.Store) error{
		"Latest": func(ctx context.Context, s *store.Store) error { return errOf(s.Latest(ctx)) },
		"Update": func(ctx context.Context, s *store.Store) error {
			return errOf(s.Update(ctx, func(tx *store.Tx) error { return tx.Delete(viewer("plan", "zoe")) }))
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, truth *memlog.Log) {
				s, listen := behind(t, truth)
				ctx, cancel := context.WithTimeout(bg, time.Hour)
				defer cancel()
				asking := begin(func() (store.Revision, error) { return store.Revision{}, ask(ctx, s) })
				synctest.Wait() // it waits for bob
				truth.Lose(1)
				listen.open()
				require.ErrorIs(t, errOf(asking.wait()), store.ErrDiverged)
				require.Equal(t, []string{"ann"}, usersLatest(t, s))
			})
		})
	}
}

// If the log has begun another epoch, and the index cannot be built anew yet, that is what it is told.
func TestConflictBeforeAnotherEpoch(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{})
		mustAdd(t, s, "ann")
		listen, build := newStop(), newStop()
		script.on(lateTail(listen))
		interrupt(t, s, script)
		script.on(func(l *scripted) {
			l.snapshot = func(ctx context.Context, do func() (*store.Snapshot, error)) (*store.Snapshot, error) {
				if err := build.waitOr(ctx); err != nil {
					return nil, err
				}
				return do()
			}
		})
		other := openLog(t, truth.Open(), store.Options{})
		mustAdd(t, other, "bob")
		writer := begin(func() (store.Revision, error) { return add(bg, s, "cat") })
		synctest.Wait() // it waits for bob
		truth.Fork()
		listen.open()
		require.ErrorIs(t, errOf(writer.wait()), store.ErrDiverged)
		build.open()
		synctest.Wait()
		mustAdd(t, s, "cat")
		require.Equal(t, []string{"ann", "bob", "cat"}, usersLatest(t, s))
	})
}

// Who has asked for the head is told that its epoch is over, and not that a revision which he has never seen is of another store.
func TestEpochEndsWhileTheHeadIsAsked(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{})
		mustAdd(t, s, "ann")
		script.on(func(l *scripted) {
			l.head = func(_ context.Context, do func() (store.Revision, error)) (store.Revision, error) {
				rev, err := do()
				truth.Fork()
				time.Sleep(time.Minute) // the index is built anew
				return rev, err
			}
		})
		_, err := s.Latest(bg)
		require.ErrorIs(t, err, store.ErrDiverged)
		require.NotErrorIs(t, err, store.ErrForeignRevision)
		script.on(func(l *scripted) { l.head = nil })
		require.Equal(t, []string{"ann"}, usersLatest(t, s))
	})
}
