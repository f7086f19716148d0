package store_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
	"github.com/baobab-authz/baobab/tuple"
)

// A transaction sees what is queued before it, and no question does, until it is durable.
// What waits is appended as one group.
func TestTransactionSeesWhatIsQueued(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{})
		stopped := newStop()
		var groups []int
		script.on(func(l *scripted) {
			l.append = func(commits []store.Commit, do func() error) error {
				groups = append(groups, len(commits))
				return stopped.append(commits, do)
			}
		})
		a := begin(func() (store.Revision, error) { return add(bg, s, "ann") })
		synctest.Wait()
		var seen []string
		b := begin(func() (store.Revision, error) {
			return s.Update(bg, func(tx *store.Tx) error {
				st, err := tx.State()
				seen = users(t, st, err)
				require.False(t, st.Committed())
				return tx.Create(viewer("plan", "bob").Always())
			})
		})
		synctest.Wait()
		c := begin(func() (store.Revision, error) { return add(bg, s, "cat") })
		synctest.Wait()
		require.Equal(t, []string{"ann"}, seen)
		require.Empty(t, usersNow(t, s))
		require.False(t, a.over() || b.over() || c.over())

		stopped.open()
		for _, o := range []*outcome{a, b, c} {
			rev, err := o.wait()
			require.NoError(t, err)
			st, err := s.AtLeast(bg, rev)
			require.NoError(t, err)
			require.GreaterOrEqual(t, st.Revision().Position(), rev.Position())
		}
		require.Equal(t, []int{1, 2}, groups)
		require.Equal(t, []string{"ann", "bob", "cat"}, usersNow(t, s))
		require.NoError(t, s.Check())
	})
}

// What is taken back before the log has it has never been, and those who saw it run again.
func TestCancelledInTheQueue(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{})
		stopped := newStop()
		script.on(func(l *scripted) { l.append = stopped.append })
		a := begin(func() (store.Revision, error) { return add(bg, s, "ann") })
		synctest.Wait()
		ctx, cancel := context.WithCancel(bg)
		b := begin(func() (store.Revision, error) { return add(ctx, s, "bob") })
		synctest.Wait()
		var seen [][]string
		c := begin(func() (store.Revision, error) {
			return s.Update(bg, func(tx *store.Tx) error {
				st, err := tx.State()
				seen = append(seen, users(t, st, err))
				return tx.Create(viewer("plan", "cat").Always())
			})
		})
		synctest.Wait()
		cancel()
		_, err := b.wait()
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, store.ErrUnknown)
		synctest.Wait()
		require.Equal(t, [][]string{{"ann", "bob"}, {"ann"}}, seen)
		stopped.open()
		_, err = a.wait()
		require.NoError(t, err)
		_, err = c.wait()
		require.NoError(t, err)
		require.Equal(t, []string{"ann", "cat"}, usersNow(t, s))
	})
}

// If the first of all that is proposed is taken back after what it was made on has been
// published, the next transaction is made on that.
func TestCancelledOnPublished(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{})
		first, second := newStop(), newStop()
		n := 0
		script.on(func(l *scripted) {
			l.append = func(commits []store.Commit, do func() error) error {
				if n++; n == 1 {
					return first.append(commits, do)
				}
				return second.append(commits, do)
			}
		})
		a := begin(func() (store.Revision, error) { return add(bg, s, "ann") })
		synctest.Wait()
		b := begin(func() (store.Revision, error) { return add(bg, s, "bob") })
		synctest.Wait()
		first.open() // ann is published, and bob being appended
		_, err := a.wait()
		require.NoError(t, err)
		synctest.Wait()
		ctx, cancel := context.WithCancel(bg)
		c := begin(func() (store.Revision, error) { return add(ctx, s, "cat") })
		synctest.Wait()
		cancel()
		_, err = c.wait()
		require.ErrorIs(t, err, context.Canceled)
		second.open()
		_, err = b.wait()
		require.NoError(t, err)
		mustAdd(t, s, "dan")
		require.Equal(t, []string{"ann", "bob", "dan"}, usersNow(t, s))
	})
}

// A context that ends while the log appends leaves open what becomes of the transaction,
// and the revision tells.
func TestCancelledInFlight(t *testing.T) {
	for _, appended := range []bool{true, false} {
		bubble(t, func(t *testing.T, truth *memlog.Log) {
			s, script := openScripted(t, truth, store.Options{})
			other := openLog(t, truth.Open(), store.Options{})
			stopped := newStop()
			script.on(func(l *scripted) { l.append = stopped.append })
			ctx, cancel := context.WithCancel(bg)
			a := begin(func() (store.Revision, error) { return add(ctx, s, "ann") })
			synctest.Wait()
			cancel()
			_, err := a.wait()
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, store.ErrUnknown)
			require.ErrorContains(t, err, "not known")
			var unknown *store.UnknownError
			require.ErrorAs(t, err, &unknown)
			at := begin(func() (store.Revision, error) {
				st, err := s.AtLeast(bg, unknown.Revision)
				if err != nil {
					return store.Revision{}, err
				}
				return st.Revision(), nil
			})
			synctest.Wait()
			require.False(t, at.over())
			if !appended {
				mustAdd(t, other, "bob")
			}
			stopped.open()
			rev, err := at.wait()
			if appended {
				require.NoError(t, err)
				require.Equal(t, unknown.Revision, rev)
				require.Equal(t, []string{"ann"}, usersNow(t, s))
				return
			}
			require.ErrorIs(t, err, store.ErrDiverged)
			require.Equal(t, []string{"bob"}, usersLatest(t, s))
		})
	}
}

// The same if the follower has published it, and the log has not answered yet.
func TestCancelledOnWhatTheFollowerPublished(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{})
		stopped := newStop()
		n := 0
		script.on(func(l *scripted) {
			l.append = func(_ []store.Commit, do func() error) error {
				if n++; n > 1 {
					return do()
				}
				stopped.wait()
				_ = do()
				return errScripted
			}
		})
		a := begin(func() (store.Revision, error) { return add(bg, s, "ann") })
		synctest.Wait()
		ctx, cancel := context.WithCancel(bg)
		b := begin(func() (store.Revision, error) { return add(ctx, s, "bob") })
		synctest.Wait()
		stopped.open()
		synctest.Wait()
		require.Equal(t, []string{"ann"}, usersNow(t, s))
		require.False(t, a.over(), "it is not asked again yet")
		require.False(t, b.over())
		cancel()
		_, err := b.wait()
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, store.ErrUnknown)
		require.False(t, a.over())
		require.NoError(t, errOf(a.wait()))
		_, err = s.Update(bg, func(*store.Tx) error { return nil })
		require.NoError(t, err)
		mustAdd(t, s, "cat")
		require.Equal(t, []string{"ann", "cat"}, usersNow(t, s))
	})
}

// What a transaction returns that changes nothing is true only if what it saw is.
func TestReadOnlyWaitsForWhatItSaw(t *testing.T) {
	errSeen := errors.New("it saw ann")
	for _, fails := range []bool{false, true} {
		for _, becomes := range []string{"durable", "overtaken", "refused", "cancelled"} {
			t.Run(becomes, func(t *testing.T) {
				bubble(t, func(t *testing.T, truth *memlog.Log) {
					s, script := openScripted(t, truth, store.Options{})
					other := openLog(t, truth.Open(), store.Options{})
					stopped := newStop()
					script.on(func(l *scripted) {
						l.append = func(commits []store.Commit, do func() error) error {
							stopped.wait()
							if becomes == "refused" {
								return store.ErrReadOnly
							}
							return do()
						}
					})
					a := begin(func() (store.Revision, error) { return add(bg, s, "ann") })
					synctest.Wait()
					ctx, cancel := context.WithCancel(bg)
					defer cancel()
					runs := 0
					b := begin(func() (store.Revision, error) {
						return s.Update(ctx, func(tx *store.Tx) error {
							runs++
							st, err := tx.State()
							if seen := users(t, st, err); fails && len(seen) > 0 && seen[0] == "ann" {
								return errSeen
							}
							return nil
						})
					})
					synctest.Wait()
					require.False(t, b.over())
					require.Equal(t, 1, runs)
					switch becomes {
					case "overtaken":
						mustAdd(t, other, "ann's")
					case "cancelled":
						cancel()
						_, err := b.wait()
						require.ErrorIs(t, err, context.Canceled)
						require.NotErrorIs(t, err, store.ErrUnknown, "it has written nothing")
						synctest.Wait()
						require.False(t, a.over())
					}
					stopped.open()
					rev, err := a.wait()
					if becomes == "refused" {
						require.ErrorIs(t, err, store.ErrReadOnly)
					} else {
						require.NoError(t, err)
					}
					got, err := b.wait()
					switch {
					case becomes == "cancelled":
						return
					case becomes == "durable" && fails:
						require.ErrorIs(t, err, errSeen)
						require.Equal(t, 1, runs)
					case becomes == "durable":
						require.NoError(t, err)
						require.Equal(t, rev, got)
						require.Equal(t, 1, runs)
					case becomes == "refused":
						require.NoError(t, err, "it does not see ann, who never came to be")
						require.Equal(t, 2, runs)
					default:
						require.GreaterOrEqual(t, runs, 2)
					}
				})
			})
		}
	}
}

// A log that takes no more commits says so to each transaction.
func TestReadOnlyLog(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{})
		mustAdd(t, s, "ann")
		stopped := newStop()
		n := 0
		script.on(func(l *scripted) {
			l.append = func([]store.Commit, func() error) error {
				n++
				stopped.wait()
				return store.ErrReadOnly
			}
		})
		var all []*outcome
		for _, u := range []string{"bob", "cat", "dan"} {
			all = append(all, begin(func() (store.Revision, error) { return add(bg, s, u) }))
			synctest.Wait()
		}
		stopped.open()
		for _, o := range all {
			_, err := o.wait()
			require.ErrorIs(t, err, store.ErrReadOnly)
			require.NotErrorIs(t, err, store.ErrUnknown)
		}
		require.GreaterOrEqual(t, n, 2)
		require.Equal(t, []string{"ann"}, usersNow(t, s))
		_, err := s.Update(bg, func(*store.Tx) error { return nil })
		require.NoError(t, err)
	})
}

// While somebody needs the line to be empty no transaction begins, but a commit can be
// prepared: for the one, perhaps, who keeps the log from appending.
func TestWaitingForTheLineKeepsNoTurn(t *testing.T) {
	for name, quiet := range map[string]func(context.Context, *store.Store) (int, error){
		"Sweep":   func(ctx context.Context, s *store.Store) (int, error) { return s.Sweep(ctx) },
		"Compact": func(ctx context.Context, s *store.Store) (int, error) { return s.Compact(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, truth *memlog.Log) {
				s, script := openScripted(t, truth, store.Options{})
				other := openLog(t, truth.Open(), store.Options{})
				head := mustAdd(t, s, "ann")
				stopped := newStop()
				script.on(func(l *scripted) { l.append = stopped.append })
				a := begin(func() (store.Revision, error) { return add(bg, s, "bob") })
				synctest.Wait()
				var quieted, twice *outcome
				quieted = begin(func() (store.Revision, error) { _, err := quiet(bg, s); return store.Revision{}, err })
				twice = begin(func() (store.Revision, error) { _, err := quiet(bg, s); return store.Revision{}, err })
				synctest.Wait()
				ctx, cancel := context.WithCancel(bg)
				given := begin(func() (store.Revision, error) { return add(ctx, s, "never") })
				b := begin(func() (store.Revision, error) { return add(bg, s, "cat") })
				impatient := begin(func() (store.Revision, error) { _, err := quiet(ctx, s); return store.Revision{}, err })
				synctest.Wait()
				require.False(t, quieted.over() || twice.over() || b.over())
				cancel()
				for _, o := range []*outcome{given, impatient} {
					_, err := o.wait()
					require.ErrorIs(t, err, context.Canceled)
					require.NotErrorIs(t, err, store.ErrUnknown)
				}

				c, err := s.Prepare(bg, head, adding("dan"))
				require.NoError(t, err)
				require.NoError(t, script.Log.Append(bg, []store.Commit{c}))
				st, err := s.AtLeast(bg, c.Revision)
				require.Equal(t, []string{"ann", "dan"}, users(t, st, err), "what the log has is applied")
				mustAdd(t, other, "eve")
				stopped.open()
				for _, o := range []*outcome{a, b, quieted, twice} {
					_, err := o.wait()
					require.NoError(t, err)
				}
				require.ElementsMatch(t, []string{"ann", "bob", "cat", "dan", "eve"}, usersLatest(t, s))
				require.NoError(t, s.Check())
			})
		})
	}
}

// Ids are given back as without a log, by who writes and by who follows.
func TestIdsAreGivenBackWithALog(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		o := store.Options{CompactAt: 50, HistoryCommits: 2}
		s, _ := openScripted(t, truth, o)
		replica, _ := openScripted(t, truth, o)
		for range 100 {
			var list []string
			for i := range 10 {
				list = append(list, string(rune('a'+i))+s.Stats().Revision.String())
			}
			mustAdd(t, s, list...)
			_, err := s.Update(bg, func(tx *store.Tx) error {
				_, err := tx.DeleteMatching(tuple.Filter{})
				return err
			})
			require.NoError(t, err)
		}
		rev := mustAdd(t, s, "ann")
		st, err := replica.AtLeast(bg, rev)
		require.Equal(t, []string{"ann"}, users(t, st, err))
		require.Less(t, s.Stats().Objects, 200)
		require.Less(t, replica.Stats().Objects, 200)
		require.NoError(t, s.Check())
		require.NoError(t, replica.Check())
	})
}

// manyErrors cannot be compared.
type manyErrors []error

func (e manyErrors) Error() string { return errors.Join(e...).Error() }

// The function of a transaction may return any error, also one that must not be compared.
func TestErrorsThatCannotBeCompared(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{})
		fail := func() (store.Revision, error) {
			return s.Update(bg, func(*store.Tx) error { return manyErrors{errScripted} })
		}
		_, err := fail()
		require.Equal(t, manyErrors{errScripted}, err)
		stopped := newStop()
		script.on(func(l *scripted) { l.append = stopped.append })
		a := begin(func() (store.Revision, error) { return add(bg, s, "ann") })
		synctest.Wait()
		b := begin(fail)
		synctest.Wait()
		require.False(t, b.over())
		stopped.open()
		_, err = a.wait()
		require.NoError(t, err)
		_, err = b.wait()
		require.Equal(t, manyErrors{errScripted}, err)
	})
}
