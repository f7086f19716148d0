package store_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
)

// deaf makes a log hand out nothing.
func deaf(l *scripted) {
	l.tail = func(ctx context.Context, _ store.Revision, _ iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
		return func(yield func(store.Commit, error) bool) {
			<-ctx.Done()
			yield(store.Commit{}, ctx.Err())
		}
	}
}

// Whether a commit is in the log of which that is not known is found out by appending it
// again; it is there once.
func TestUnknownOutcomeIsSettledByRepeating(t *testing.T) {
	for _, appended := range []bool{true, false} {
		for _, follows := range []bool{true, false} {
			bubble(t, func(t *testing.T, truth *memlog.Log) {
				s, script := openScripted(t, truth, store.Options{})
				n, runs := 0, 0
				script.on(func(l *scripted) {
					if !follows {
						deaf(l)
					}
					l.append = func(_ []store.Commit, do func() error) error {
						if n++; n > 3 {
							return do()
						}
						if appended {
							_ = do()
						}
						return errScripted
					}
				})
				rev, err := s.Update(bg, func(tx *store.Tx) error {
					runs++
					return tx.Create(viewer("plan", "ann").Always())
				})
				require.NoError(t, err)
				require.Equal(t, 1, runs)
				st, err := s.Now()
				require.NoError(t, err)
				require.Equal(t, rev, st.Revision())
				head, err := truth.Open().Head(bg)
				require.NoError(t, err)
				require.Equal(t, head, rev)
				mustAdd(t, s, "bob")
				require.Equal(t, []string{"ann", "bob"}, usersNow(t, s))
			})
		}
	}
}

// One that is not in the log, because another came first, runs again.
func TestUnknownOutcomeBecomesConflict(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{})
		other := openLog(t, truth.Open(), store.Options{})
		n := 0
		script.on(func(l *scripted) {
			l.append = func(_ []store.Commit, do func() error) error {
				if n++; n == 1 {
					mustAdd(t, other, "bob")
					return errScripted
				}
				return do()
			}
		})
		mustAdd(t, s, "ann")
		require.Equal(t, []string{"ann", "bob"}, usersNow(t, s))
	})
}

// The follower may meet a group's commits one by one before the outcome is known.
func TestPartOfAGroupIsMetByTheFollower(t *testing.T) {
	for _, ends := range []string{"repeated", "refused", "closed", "lost"} {
		t.Run(ends, func(t *testing.T) {
			bubble(t, func(t *testing.T, truth *memlog.Log) {
				s, script := openScripted(t, truth, store.Options{})
				first, second := newStop(), newStop()
				n, handed := 0, 0
				script.on(func(l *scripted) {
					l.append = func(_ []store.Commit, do func() error) error {
						switch n++; {
						case n == 1:
							first.wait()
							return do()
						case n == 2:
							_ = do()
							second.wait()
							return errScripted
						case ends == "refused" && n == 3:
							return store.ErrReadOnly
						case ends == "closed" || ends == "lost" && n < 10:
							return errScripted
						}
						return do()
					}
					l.tail = func(ctx context.Context, _ store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
						return func(yield func(store.Commit, error) bool) {
							for c, err := range do {
								if handed++; handed == 3 {
									<-ctx.Done() // it never says more
									return
								}
								if !yield(c, err) {
									return
								}
							}
						}
					}
				})
				interrupt(t, s, script) // the tail that was open has no script
				handed = 0
				a := begin(func() (store.Revision, error) { return add(bg, s, "ann") })
				synctest.Wait()
				b := begin(func() (store.Revision, error) { return add(bg, s, "bob") })
				synctest.Wait()
				c := begin(func() (store.Revision, error) { return add(bg, s, "cat") })
				synctest.Wait()
				first.open() // ann is appended, and then bob and cat as one group
				_, err := a.wait()
				require.NoError(t, err)
				synctest.Wait()
				require.Equal(t, []string{"ann", "bob"}, usersNow(t, s), "the follower has met bob, and not cat")
				require.False(t, b.over(), "that it is durable, only who appends it is told")
				require.False(t, c.over())
				d := begin(func() (store.Revision, error) { return add(bg, s, "dan") })
				synctest.Wait()
				second.open()
				synctest.Wait()
				if ends == "closed" {
					require.NoError(t, s.Close())
				}
				_, met := b.wait()
				_, err = c.wait()
				switch ends {
				case "refused", "closed":
					require.ErrorIs(t, met, store.ErrUnknown)
					require.ErrorIs(t, err, store.ErrUnknown)
					require.NoError(t, s.Close())
					_, err = d.wait() // which had cat before it, and has nothing of that
					require.ErrorIs(t, err, store.ErrClosed)
				default:
					require.NoError(t, met)
					require.NoError(t, err)
					_, err = d.wait()
					require.NoError(t, err)
					require.Equal(t, []string{"ann", "bob", "cat", "dan"}, usersNow(t, s))
				}
			})
		})
	}
}

// interrupt makes a store open its tail again.
func interrupt(t testing.TB, s *store.Store, script *scripted) {
	var before func(context.Context, func() (store.Revision, error)) (store.Revision, error)
	script.on(func(l *scripted) {
		before = l.head
		l.head = func(context.Context, func() (store.Revision, error)) (store.Revision, error) {
			return store.NewHistory(), nil
		}
	})
	_, err := s.Latest(bg)
	require.ErrorIs(t, err, store.ErrDiverged)
	script.on(func(l *scripted) { l.head = before })
	synctest.Wait()
}

// A log that only says that another came first is asked what it has, so that there is
// something to wait for.
func TestConflictWithoutHead(t *testing.T) {
	for _, knows := range []bool{true, false} {
		bubble(t, func(t *testing.T, truth *memlog.Log) {
			s, script := openScripted(t, truth, store.Options{})
			other := openLog(t, truth.Open(), store.Options{})
			synctest.Wait()
			appends := 0
			handOut := newStop()
			script.on(func(l *scripted) {
				l.tail = func(ctx context.Context, _ store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
					return func(yield func(store.Commit, error) bool) {
						for c, err := range do {
							if err == nil && handOut.waitOr(ctx) != nil {
								return
							}
							if !yield(c, err) {
								return
							}
						}
					}
				}
				l.append = func(_ []store.Commit, do func() error) error {
					appends++
					if err := do(); errors.Is(err, store.ErrConflict) {
						return store.ErrConflict
					} else {
						return err
					}
				}
				if !knows {
					l.head = func(context.Context, func() (store.Revision, error)) (store.Revision, error) {
						return store.Revision{}, errScripted
					}
				}
			})
			interrupt(t, s, script) // so that the tail is the one of the script
			mustAdd(t, other, "bob")
			a := begin(func() (store.Revision, error) { return add(bg, s, "ann") })
			time.Sleep(time.Second)
			synctest.Wait()
			if knows {
				require.LessOrEqual(t, appends, 2)
			} else {
				require.LessOrEqual(t, appends, int(time.Second/(5*time.Millisecond))+2)
			}
			handOut.open()
			_, err := a.wait()
			require.NoError(t, err)
			require.Equal(t, []string{"ann", "bob"}, usersNow(t, s))
		})
	}
}

// A conflict with what has the place of the newest commit makes the store look whether
// that is still in the log, though the tail says nothing.
func TestConflictAtTheSamePosition(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		book := new(logbook)
		s, script := openScripted(t, truth, store.Options{Logger: book.logger()})
		mustAdd(t, s, "ann")
		quiet := true
		script.on(func(l *scripted) {
			l.tail = func(ctx context.Context, after store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
				return func(yield func(store.Commit, error) bool) {
					if quiet { // as one that polls for what comes after
						quiet = false
						<-ctx.Done()
						yield(store.Commit{}, ctx.Err())
						return
					}
					do(yield)
				}
			}
		})
		interrupt(t, s, script)
		require.Equal(t, 1, truth.Lose(1))
		other := openLog(t, truth.Open(), store.Options{})
		_, err := other.Update(bg, func(tx *store.Tx) error { return tx.Create(viewer("other", "else").Always()) })
		require.NoError(t, err)
		require.Equal(t, newest(t, s).Position(), newest(t, other).Position())
		_, err = add(bg, s, "bob")
		for errors.Is(err, store.ErrDiverged) {
			_, err = add(bg, s, "bob")
		}
		require.NoError(t, err)
		require.Equal(t, []string{"bob"}, usersNow(t, s), "ann is lost")
		require.Equal(t, usersLatest(t, other), usersNow(t, s))
		require.Contains(t, book.String(), "anew")
	})
}

func newest(t testing.TB, s *store.Store) store.Revision {
	st, err := s.Now()
	require.NoError(t, err)
	return st.Revision()
}

// What was compacted away cannot be told any more: not whether a commit is among it.
func TestUnknownOutcomeIsCompacted(t *testing.T) {
	for _, appended := range []bool{true, false} {
		bubble(t, func(t *testing.T, truth *memlog.Log) {
			s, script := openScripted(t, truth, store.Options{})
			other := openLog(t, truth.Open(), store.Options{})
			n := 0
			script.on(func(l *scripted) {
				deaf(l)
				l.append = func(_ []store.Commit, do func() error) error {
					if n++; n == 1 {
						if appended {
							_ = do()
						}
						_, err := other.Latest(bg)
						require.NoError(t, err)
						mustAdd(t, other, "bob", "cat")
						require.NoError(t, truth.Open().Compact(bg, 0))
						return errScripted
					}
					return do()
				}
			})
			interrupt(t, s, script)
			_, err := add(bg, s, "ann")
			require.ErrorIs(t, err, store.ErrUnknown)
			require.ErrorIs(t, err, store.ErrCompacted)
			require.ErrorIs(t, err, errScripted)
		})
	}
}

// If the first attempt finds it compacted, the commit is not in the log.
func TestCompactedBeforeTheFirstAttempt(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{})
		other := openLog(t, truth.Open(), store.Options{})
		n := 0
		script.on(func(l *scripted) {
			l.append = func(_ []store.Commit, do func() error) error {
				if n++; n == 1 {
					mustAdd(t, other, "bob")
					mustAdd(t, other, "cat")
					require.NoError(t, truth.Open().Compact(bg, 0))
				}
				return do()
			}
		})
		mustAdd(t, s, "ann")
		require.ElementsMatch(t, []string{"ann", "bob", "cat"}, usersNow(t, s))
		require.NoError(t, s.Check())
	})
}

// Building the index anew does not run a transaction twice that the log has taken.
func TestRebuildWithCommitsInFlight(t *testing.T) {
	for _, answers := range []bool{true, false} {
		bubble(t, func(t *testing.T, truth *memlog.Log) {
			s, script := openScripted(t, truth, store.Options{})
			other := openLog(t, truth.Open(), store.Options{})
			taken, heard := newStop(), newStop()
			runs, n := 0, 0
			script.on(func(l *scripted) {
				l.tail = func(ctx context.Context, _ store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
					return func(yield func(store.Commit, error) bool) {
						if heard.waitOr(ctx) != nil {
							return
						}
						do(yield)
					}
				}
				l.append = func(_ []store.Commit, do func() error) error {
					if n++; n > 1 {
						return do()
					}
					err := do()
					taken.wait()
					return err
				}
			})
			interrupt(t, s, script)
			a := begin(func() (store.Revision, error) {
				return s.Update(bg, func(tx *store.Tx) error {
					runs++
					return tx.Create(viewer("plan", "ann").Always())
				})
			})
			synctest.Wait()
			b := begin(func() (store.Revision, error) { return add(bg, s, "bob") })
			synctest.Wait()
			require.Equal(t, []string{"ann"}, usersLatest(t, other))
			mustAdd(t, other, "cat")
			mustAdd(t, other, "dan")
			require.NoError(t, truth.Open().Compact(bg, 0))
			heard.open() // and finds that it is compacted
			synctest.Wait()
			if answers {
				taken.open()
				_, err := a.wait()
				require.NoError(t, err)
			} else {
				_, err := a.wait()
				require.ErrorIs(t, err, store.ErrUnknown)
				require.ErrorIs(t, err, store.ErrCompacted)
				taken.open()
			}
			require.Equal(t, 1, runs)
			_, err := b.wait()
			require.NoError(t, err)
			require.ElementsMatch(t, []string{"ann", "bob", "cat", "dan"}, usersLatest(t, s))
			require.NoError(t, s.Check())
		})
	}
}

// Of a log that is the store's alone everything is decided by appending.
func TestExclusiveLog(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		script := &scripted{Log: truth.Open()}
		script.on(func(l *scripted) {
			l.tail = func(context.Context, store.Revision, iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
				panic("nobody follows it")
			}
			l.head = func(context.Context, func() (store.Revision, error)) (store.Revision, error) {
				panic("nobody asks it")
			}
		})
		s := openLog(t, exclusive{script}, store.Options{CheckEachCommit: true, MaxStaleness: time.Second})
		rev := mustAdd(t, s, "ann")
		time.Sleep(time.Hour)
		st, err := s.Latest(bg)
		require.Equal(t, []string{"ann"}, users(t, st, err))
		require.Equal(t, rev, st.Revision())
		n := 0
		script.on(func(l *scripted) {
			l.append = func(_ []store.Commit, do func() error) error {
				if n++; n < 5 {
					return errScripted
				}
				return do()
			}
		})
		rev = mustAdd(t, s, "bob")
		require.Equal(t, []string{"ann", "bob"}, usersNow(t, s))
		got, err := s.Update(bg, func(*store.Tx) error { return nil })
		require.NoError(t, err)
		require.Equal(t, rev, got)
	})
}
