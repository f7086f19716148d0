package store_test

import (
	"context"
	"fmt"
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

// A log that does not forget is told to by and by; the store goes on.
func TestCompactionFails(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		book, tries := new(logbook), 0
		script := &scripted{Log: truth.Open(), compact: func(func() error) error { tries++; return errScripted }}
		s := openLog(t, script, store.Options{Logger: book.logger(), LogCommits: 2})
		synctest.Wait()
		require.Equal(t, 1, tries)
		require.Contains(t, book.String(), errScripted.Error())
		mustAdd(t, s, "ann")
		synctest.Wait()
		require.Equal(t, 2, tries)
		require.Equal(t, []string{"ann"}, usersLatest(t, s))
	})
}

// What a store learns when it is closed while it asks the log is that it is closed.
func TestCloseWhileTheLogIsAsked(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{})
		mustAdd(t, s, "ann")
		script.on(func(l *scripted) {
			l.head = func(_ context.Context, do func() (store.Revision, error)) (store.Revision, error) {
				rev, err := do()
				require.NoError(t, s.Close())
				return rev, err
			}
		})
		require.ErrorIs(t, errOf(s.Latest(bg)), store.ErrClosed)
	})
}

// closeInTurn closes a store while a transaction has the turn, which ends then.
func closeInTurn(t *testing.T, s *store.Store, meanwhile func()) {
	held := newStop()
	writer := begin(func() (store.Revision, error) {
		return s.Update(bg, func(*store.Tx) error { held.wait(); return nil })
	})
	synctest.Wait()
	meanwhile()
	synctest.Wait() // the follower waits for the turn
	closing := begin(func() (store.Revision, error) { return store.Revision{}, s.Close() })
	synctest.Wait()
	held.open()
	require.ErrorIs(t, errOf(writer.wait()), store.ErrClosed)
	require.NoError(t, errOf(closing.wait()))
}

// Who follows the log does not wait for the turn of a store that is closed: neither with
// a commit that has come, nor to begin anew.
func TestCloseWhileTheFollowerWaits(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, _ := openScripted(t, truth, store.Options{})
		other := openLog(t, truth.Open(), store.Options{})
		closeInTurn(t, s, func() { mustAdd(t, other, "ann") })
		require.Equal(t, []string{"ann"}, usersLatest(t, other))
	})
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, _ := openScripted(t, truth, store.Options{})
		mustAdd(t, s, "ann")
		closeInTurn(t, s, func() { truth.Lose(1) })
	})
}

// A store that is closed stays so, whatever is found out about its log then.
func TestCloseWhileBuildingAnewFails(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{})
		mustAdd(t, s, "ann")
		elsewhere := memlog.New()
		openLog(t, elsewhere.Open(), store.Options{})
		var closing *outcome
		script.on(func(l *scripted) {
			l.snapshot = func(ctx context.Context, _ func() (*store.Snapshot, error)) (*store.Snapshot, error) {
				closing = begin(func() (store.Revision, error) { return store.Revision{}, s.Close() })
				<-ctx.Done()
				return elsewhere.Open().Snapshot(bg)
			}
		})
		synctest.Wait() // the follower has been handed out what is lost
		truth.Lose(1)
		synctest.Wait()
		require.NoError(t, errOf(closing.wait()))
		require.ErrorIs(t, errOf(s.Now()), store.ErrClosed)
	})
}

// Ids and records that are used up keep a commit from being applied, and the index from
// being built anew; there is no answer until there is room.
func TestFullWithALog(t *testing.T) {
	qualified := func(n int) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			for i := range n {
				if err := tx.Touch(viewer("plan", fmt.Sprint("u", i)).When("c", nil)); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for name, limit := range map[string]int{
		"no room for what comes":                 2,
		"no room to take back what came, either": 0,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, truth *memlog.Log) {
				book := new(logbook)
				s, _ := openScripted(t, truth, store.Options{Logger: book.logger()})
				other := openLog(t, truth.Open(), store.Options{})
				_, err := other.Update(bg, qualified(2))
				require.NoError(t, err)
				before := usersLatest(t, s)
				require.Equal(t, []string{"u0", "u1"}, before)

				synctest.Wait()
				store.Limit(s, 100, limit)
				if limit == 0 {
					_, err = other.Update(bg, func(tx *store.Tx) error { return tx.Delete(viewer("plan", "u0")) })
				} else {
					_, err = other.Update(bg, qualified(3))
				}
				require.NoError(t, err)
				time.Sleep(time.Minute)
				require.ErrorIs(t, errOf(s.Now()), store.ErrFull)
				require.Contains(t, book.String(), "qualified tuples")
				synctest.Wait()
				store.Limit(s, 100, 100)
				time.Sleep(time.Minute)
				require.Equal(t, usersLatest(t, other), usersNow(t, s))
				require.NoError(t, s.Check())
			})
		})
	}
}

// Tuples that are set aside can have names that no schema has; those are used up as well.
func TestNamesOfTuplesSetAsideAreUsedUp(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, _ := openScripted(t, truth, store.Options{})
		var text strings.Builder
		text.WriteString(testSchema.String())
		for i := range 65_500 { // of 65,535
			fmt.Fprintf(&text, "\ndefinition n%d {}", i)
		}
		wide, err := schema.MustParse(text.String()).MarshalJSON()
		require.NoError(t, err)
		c := store.Commit{Parent: newest(t, s), ID: store.NewCommitID(), Time: at(0), Schema: string(wide)}
		for i := range 10 {
			text := fmt.Sprintf("t%d:a#r%d@s%d:b#q%d", i, i, i, i)
			c.Added = append(c.Added, store.Stored{Relationship: rel(text), Aside: true})
		}
		c.Seal()
		require.NoError(t, truth.Open().Append(bg, []store.Commit{c}))
		synctest.Wait()
		require.ErrorIs(t, errOf(s.Now()), store.ErrFull)
	})
}

// A history that a defect has torn is not compacted, and whoever finds it is told.
func TestReclaimCorruptWithALog(t *testing.T) {
	log := exclusive{&scripted{Log: memlog.New().Open()}}
	s := openLog(t, log, store.Options{CheckEachCommit: true, CompactAt: 20})
	for _, u := range []string{"ann", "bob", "cat"} {
		mustAdd(t, s, u)
	}
	store.LoseCommit(s)
	_, err := s.Update(bg, func(tx *store.Tx) error {
		for i := range 40 {
			require.NoError(t, tx.Create(viewer("plan", fmt.Sprint("u", i)).Always()))
		}
		return errScripted
	})
	require.ErrorIs(t, err, store.ErrCorrupt)
}

// A log that cannot tell what of the past it has lost is asked again, by building anew
// once more.
func TestTrailFails(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		book := new(logbook)
		s, script := openScripted(t, truth, store.Options{Logger: book.logger()})
		mustAdd(t, s, "ann")
		lost := mustAdd(t, s, "bob")
		var broken atomic.Bool
		script.on(func(l *scripted) {
			l.tail = func(_ context.Context, after store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
				return func(yield func(store.Commit, error) bool) {
					if broken.Load() && after != lost {
						yield(store.Commit{}, errScripted)
						return
					}
					do(yield)
				}
			}
		})
		interrupt(t, s, script)
		broken.Store(true)
		truth.Lose(1)
		other := openLog(t, truth.Open(), store.Options{})
		mustAdd(t, other, "cat")
		time.Sleep(time.Minute)
		require.ErrorIs(t, errOf(s.Now()), store.ErrDiverged)
		require.Contains(t, book.String(), errScripted.Error())
		broken.Store(false)
		time.Sleep(time.Minute)
		require.Equal(t, []string{"ann", "cat"}, usersNow(t, s))
		require.ErrorIs(t, errOf(s.AtLeast(bg, lost)), store.ErrDiverged)
	})
}

// The trail ends where the log has compacted it away in the meantime.
func TestTrailIsCompactedMeanwhile(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{})
		rev := mustAdd(t, s, "ann")
		lost := mustAdd(t, s, "bob")
		var asked atomic.Int32
		written := newStop()
		script.on(func(l *scripted) {
			l.tail = func(_ context.Context, after store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
				return func(yield func(store.Commit, error) bool) {
					if after == rev {
						if asked.Add(1) == 2 { // first whether the log has it, then what came after it
							require.NoError(t, truth.Open().Compact(bg, 1))
						}
					}
					do(yield)
				}
			}
			l.snapshot = func(_ context.Context, do func() (*store.Snapshot, error)) (*store.Snapshot, error) {
				written.wait()
				return do()
			}
		})
		interrupt(t, s, script)
		truth.Lose(1)
		other := openLog(t, truth.Open(), store.Options{})
		mustAdd(t, other, "cat")
		mustAdd(t, other, "dan")
		written.open()
		time.Sleep(time.Minute)
		require.GreaterOrEqual(t, asked.Load(), int32(2))
		require.Equal(t, []string{"ann", "cat", "dan"}, usersNow(t, s))
		_, err := s.AtLeast(bg, lost)
		require.NoError(t, err, "it is not known any more")
	})
}

// After more commits than are worth reading the trail has those before alone.
func TestTrailIsCutOff(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		s, script := openScripted(t, truth, store.Options{})
		mustAdd(t, s, "ann")
		lost := mustAdd(t, s, "bob")
		script.on(deaf)
		interrupt(t, s, script)
		truth.Lose(1)
		log := truth.Open()
		head, err := log.Head(bg)
		require.NoError(t, err)
		var commits []store.Commit
		for i := range 10_010 {
			c := store.Commit{Parent: head, ID: store.NewCommitID(), Time: at(i)}
			if i == 0 {
				c.Added = []store.Stored{{Relationship: viewer("plan", "cat").Always()}}
			}
			c.Seal()
			head, commits = c.Revision, append(commits, c)
		}
		require.NoError(t, log.Append(bg, commits))
		script.on(func(l *scripted) { l.tail = nil })
		interrupt(t, s, script)
		st, err := s.AtLeast(bg, head)
		require.Equal(t, []string{"ann", "cat"}, users(t, st, err))
		_, err = s.AtLeast(bg, lost)
		require.NoError(t, err, "that something else has its place is not known")
	})
}

// A tail that ends without saying why is no end of a watch.
func TestWatchGoesOnWhenATailEnds(t *testing.T) {
	bubble(t, func(t *testing.T, truth *memlog.Log) {
		ctx, cancel := context.WithCancel(bg)
		defer cancel()
		writer := openLog(t, truth.Open(), store.Options{})
		from := newest(t, writer)
		for _, u := range []string{"ann", "bob", "cat"} {
			mustAdd(t, writer, u)
		}
		s, script := openScripted(t, truth, store.Options{})
		script.on(func(l *scripted) {
			l.tail = func(_ context.Context, _ store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
				return func(yield func(store.Commit, error) bool) {
					for c, err := range do {
						yield(c, err)
						return
					}
				}
			}
		})
		var got []string
		watchAll(ctx, s, from, &got)
		synctest.Wait()
		require.Equal(t, []string{"+ann", "+bob", "+cat"}, got)
		cancel()
		synctest.Wait()
	})
}
