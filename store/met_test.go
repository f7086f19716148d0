package store_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
)

// What the follower meets of a store's own is seen by all, and acknowledged only when the log has answered. A
// transaction that finds it there and changes nothing waits for that as well.
func TestMetIsNotAcknowledged(t *testing.T) {
	for _, ends := range []string{"durable", "lost", "read-only"} {
		t.Run(ends, func(t *testing.T) {
			bubble(t, func(t *testing.T, truth *memlog.Log) {
				s, script := openScripted(t, truth, store.Options{})
				other := openLog(t, truth.Open(), store.Options{})
				answer := newStop()
				n := 0
				script.on(func(l *scripted) {
					l.append = func(_ []store.Commit, do func() error) error {
						switch n++; {
						case n == 1:
							_ = do()
							return errScripted
						case n == 2:
							answer.wait()
							if ends == "read-only" {
								return store.ErrReadOnly
							}
						}
						return do()
					}
				})
				touch := func(ctx context.Context) func() (store.Revision, error) {
					return func() (store.Revision, error) {
						return s.Update(ctx, func(tx *store.Tx) error { return tx.Touch(viewer("plan", "ann").Always()) })
					}
				}
				first := begin(touch(bg))
				time.Sleep(time.Second)
				require.Equal(t, []string{"ann"}, usersNow(t, s))
				require.Equal(t, []string{"ann"}, usersLatest(t, other))
				second := begin(touch(bg))
				ctx, cancel := context.WithTimeout(bg, time.Minute)
				defer cancel()
				third := begin(touch(ctx))
				_, err := third.wait()
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.NotErrorIs(t, err, store.ErrUnknown, "it has written nothing")
				require.False(t, first.over())
				require.False(t, second.over())
				if ends == "lost" {
					truth.Lose(1)
					synctest.Wait()
					mustAdd(t, other, "bob")
				}
				answer.open()
				rev, err := first.wait()
				switch ends {
				case "durable":
					require.NoError(t, err)
					again, err := second.wait()
					require.NoError(t, err)
					require.Equal(t, rev, again)
				case "lost":
					require.ErrorIs(t, err, store.ErrUnknown)
					require.ErrorIs(t, err, store.ErrConflict)
					require.NoError(t, errOf(second.wait()), "it has run again, and written it")
					require.Equal(t, []string{"ann", "bob"}, usersLatest(t, other))
					require.Equal(t, []string{"ann", "bob"}, usersLatest(t, s))
				default:
					require.ErrorIs(t, err, store.ErrUnknown)
					require.ErrorIs(t, err, store.ErrReadOnly)
					require.NoError(t, errOf(second.wait()), "it is there")
				}
				require.NoError(t, errOf(s.Update(bg, func(*store.Tx) error { return nil })), "nothing is waited for any more")
			})
		})
	}
}
