package store_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
	"github.com/baobab-authz/baobab/tuple"
)

// A store is closed at any stage of a commit, and everybody gets an answer.
func TestCloseWithALog(t *testing.T) {
	t.Run("appending", func(t *testing.T) {
		bubble(t, func(t *testing.T, truth *memlog.Log) {
			s, script := openScripted(t, truth, store.Options{})
			stopped := newStop()
			script.on(func(l *scripted) { l.append = stopped.append })
			a := begin(func() (store.Revision, error) { return add(bg, s, "ann") })
			synctest.Wait()
			b := begin(func() (store.Revision, error) { return add(bg, s, "bob") })
			synctest.Wait()
			closing := begin(func() (store.Revision, error) { return store.Revision{}, s.Close() })
			again := begin(func() (store.Revision, error) { return store.Revision{}, s.Close() })
			synctest.Wait()
			require.False(t, closing.over() || again.over() || a.over())
			_, err := s.Now()
			require.ErrorIs(t, err, store.ErrClosed)
			_, err = s.Latest(bg)
			require.ErrorIs(t, err, store.ErrClosed)
			stopped.open()
			for _, o := range []*outcome{a, b, closing, again} {
				_, err := o.wait()
				require.NoError(t, err)
			}
			other := openLog(t, truth.Open(), store.Options{})
			require.Equal(t, []string{"ann", "bob"}, usersNow(t, other), "what was acknowledged is in the log")
		})
	})
	t.Run("in doubt", func(t *testing.T) {
		bubble(t, func(t *testing.T, truth *memlog.Log) {
			s, script := openScripted(t, truth, store.Options{})
			script.on(func(l *scripted) {
				l.append = func([]store.Commit, func() error) error { return errScripted }
			})
			a := begin(func() (store.Revision, error) { return add(bg, s, "ann") })
			time.Sleep(time.Hour)
			b := begin(func() (store.Revision, error) { return add(bg, s, "bob") })
			synctest.Wait()
			require.NoError(t, s.Close())
			_, err := a.wait()
			require.ErrorIs(t, err, store.ErrUnknown)
			require.ErrorIs(t, err, errScripted)
			require.ErrorIs(t, err, store.ErrClosed)
			_, err = b.wait()
			require.ErrorIs(t, err, store.ErrClosed)
			require.NotErrorIs(t, err, store.ErrUnknown)
		})
	})
	t.Run("between validation and the queue", func(t *testing.T) {
		bubble(t, func(t *testing.T, truth *memlog.Log) {
			sch, err := schema.New(schema.Define("user"), schema.Define("doc", schema.Rel("owner", user).GrantedBy("share"), schema.Perm("share", schema.Ref("owner"))))
			require.NoError(t, err)
			s, err := store.OpenLog(bg, truth.Open(), sch, store.Options{})
			require.NoError(t, err)
			_, err = s.Update(bg, func(tx *store.Tx) error { return tx.Create(rel("doc:a#owner@user:ann")) })
			require.NoError(t, err)
			var closing *outcome
			judge := func(context.Context, *store.State, tuple.Tuple) (bool, error) {
				closing = begin(func() (store.Revision, error) { return store.Revision{}, s.Close() })
				synctest.Wait()
				return true, nil
			}
			_, err = s.UpdateAs(bg, store.Actor{Subject: tuple.MustParseSubject("user:ann"), Judge: judge}, func(tx *store.Tx) error {
				return tx.Create(rel("doc:a#owner@user:bob"))
			})
			require.ErrorIs(t, err, store.ErrClosed)
			_, err = closing.wait()
			require.NoError(t, err)
		})
	})
	t.Run("waiting for the line", func(t *testing.T) {
		bubble(t, func(t *testing.T, truth *memlog.Log) {
			s, script := openScripted(t, truth, store.Options{})
			stopped := newStop()
			script.on(func(l *scripted) { l.append = stopped.append })
			a := begin(func() (store.Revision, error) { return add(bg, s, "ann") })
			synctest.Wait()
			b := begin(func() (store.Revision, error) { _, err := s.Sweep(bg); return store.Revision{}, err })
			synctest.Wait()
			c := begin(func() (store.Revision, error) { return add(bg, s, "cat") })
			d := begin(func() (store.Revision, error) {
				_, err := s.AtLeast(bg, store.Next(newest(t, s)))
				return store.Revision{}, err
			})
			synctest.Wait()
			closing := begin(func() (store.Revision, error) { return store.Revision{}, s.Close() })
			for _, o := range []*outcome{b, c, d} {
				_, err := o.wait()
				require.ErrorIs(t, err, store.ErrClosed)
			}
			stopped.open()
			for _, o := range []*outcome{a, closing} {
				_, err := o.wait()
				require.NoError(t, err)
			}
		})
	})
	t.Run("building anew", func(t *testing.T) {
		for _, flying := range []bool{true, false} {
			bubble(t, func(t *testing.T, truth *memlog.Log) {
				s, script := openScripted(t, truth, store.Options{})
				mustAdd(t, s, "ann")
				stopped := newStop()
				script.on(func(l *scripted) {
					l.snapshot = func(ctx context.Context, do func() (*store.Snapshot, error)) (*store.Snapshot, error) {
						if err := stopped.waitOr(ctx); err != nil {
							return nil, err
						}
						return do()
					}
					l.append = func(_ []store.Commit, do func() error) error {
						stopped.wait()
						return do()
					}
				})
				var a *outcome
				if flying {
					a = begin(func() (store.Revision, error) { return add(bg, s, "bob") })
				}
				synctest.Wait() // the follower has been handed out what is lost
				truth.Lose(1)
				synctest.Wait()
				closing := begin(func() (store.Revision, error) { return store.Revision{}, s.Close() })
				synctest.Wait()
				stopped.open()
				_, err := closing.wait()
				require.NoError(t, err)
				if flying {
					_, err = a.wait()
					require.Error(t, err)
				}
			})
		}
	})
	t.Run("log fails", func(t *testing.T) {
		script := &scripted{Log: failing{memlog.New().Open()}}
		s, err := store.OpenLog(bg, script, testSchema, store.Options{})
		require.NoError(t, err)
		require.ErrorIs(t, s.Close(), errScripted)
		require.NoError(t, s.Close())
	})
}

// A failing log fails to close.
type failing struct{ store.Log }

func (l failing) Close() error { return errors.Join(l.Log.Close(), errScripted) }
