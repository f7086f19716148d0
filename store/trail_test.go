package store_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/logtest"
	"github.com/baobab-authz/baobab/store/memlog"
)

// A log that is slow to tell that it has lost commits.
type slowToTell struct {
	store.Log
	mu    sync.Mutex
	tells chan struct{} // closed when it does
}

func (l *slowToTell) gate() chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tells
}

// hold makes it slow until what it returns is called.
func (l *slowToTell) hold() (release func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tells = make(chan struct{})
	return sync.OnceFunc(func() { close(l.gate()) })
}

func (l *slowToTell) Tail(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		for c, err := range l.Log.Tail(ctx, after) {
			if errors.Is(err, store.ErrDiverged) {
				select {
				case <-l.gate():
				case <-ctx.Done():
				}
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// A log loses commits, and has others in their place when a store notices. The store still
// knows which tokens are of the lost ones, whether it had seen them or not.
func TestTokensOfWhatWasLostAreRefused(t *testing.T) {
	for _, test := range []struct {
		name   string
		faults *logtest.Faults
		losses int
		keep   uint64 // how many commits the log has then; 0 is all
		none   bool   // nothing is known of those before
	}{
		{name: "once", losses: 1},
		{name: "twice", losses: 2},
		{name: "by a log that fails", losses: 3, faults: &logtest.Faults{Seed: 1, Break: .2, Head: .1}},
		{name: "and a part is compacted away", losses: 1, keep: 8},
		{name: "and all is compacted away", losses: 1, keep: 1, none: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx := context.Background()
			quiet := store.Options{Logger: slog.New(slog.DiscardHandler)}
			truth := memlog.New()
			handle := truth.Open()
			other := openLog(t, truth.Open(), quiet)
			log := &slowToTell{Log: truth.Open()}
			if test.faults != nil {
				log.Log = logtest.Faulty(log.Log, test.faults)
			}
			s := openLog(t, log, quiet)
			var kept, lost []store.Revision
			write := func(n int) (made []store.Revision) {
				for i := range n {
					user := fmt.Sprintf("u%d", len(kept)+len(lost)+i)
					rev, err := other.Update(ctx, func(tx *store.Tx) error { return tx.Touch(viewer("plan", user).Always()) })
					require.NoError(t, err)
					made = append(made, rev)
				}
				return made
			}
			caughtUp := func(s *store.Store, rev store.Revision) {
				deadline := time.Now().Add(time.Minute)
				for st, err := s.Latest(ctx); err != nil || st.Revision() != rev; st, err = s.Latest(ctx) {
					require.True(t, time.Now().Before(deadline), "it does not catch up: %v", err)
					require.Condition(t, func() bool { return err == nil || errors.Is(err, store.ErrDiverged) || errors.Is(err, store.ErrStale) }, "%v", err)
				}
			}
			for range test.losses {
				kept = append(kept, write(5)...)
				gone := write(3)
				caughtUp(s, gone[2])
				release := log.hold()
				t.Cleanup(release)
				require.Equal(t, 3, truth.Lose(3))
				caughtUp(other, kept[len(kept)-1])
				unseen := write(2) // by s, and lost as well
				require.Equal(t, 2, truth.Lose(2))
				caughtUp(other, kept[len(kept)-1])
				lost = append(append(lost, gone...), unseen...)
				kept = append(kept, write(7)...)
				if test.keep > 0 {
					require.NoError(t, handle.Compact(ctx, test.keep))
				}
				release()
				caughtUp(s, kept[len(kept)-1])
			}
			for i, rev := range lost {
				_, err := s.AtLeast(ctx, rev)
				if test.none {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, store.ErrDiverged, "lost %d", i)
				}
			}
			for i, rev := range kept {
				_, err := s.AtLeast(ctx, rev)
				require.NoError(t, err, "kept %d", i)
			}
		})
	}
}

// What came in place of the lost commits cannot be found out, or only later: then a store
// knows less, but it goes on.
func TestTrailThatCannotBeRead(t *testing.T) {
	ctx := context.Background()
	quiet := store.Options{Logger: slog.New(slog.DiscardHandler)}
	for _, test := range []struct {
		name    string
		many    bool // have come in their place
		tail    func(call int) error
		refused bool // are the tokens of the second loss, as those of the first are if anything is known
		nothing bool // is known
	}{
		{name: "the log fails for a while", refused: true, tail: func(call int) error {
			if call < 8 {
				return errScripted
			}
			return nil
		}},
		{name: "it is compacted meanwhile", nothing: true, tail: func(call int) error {
			if call == 4 { // after three for the newest that it has
				return store.ErrCompacted
			}
			return nil
		}},
		{name: "there are too many", many: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			truth := memlog.New()
			handle := truth.Open()
			script := &scripted{Log: truth.Open()}
			log := &slowToTell{Log: script}
			s := openLog(t, log, quiet)
			head := func() store.Revision {
				rev, err := handle.Head(ctx)
				require.NoError(t, err)
				return rev
			}
			write := func(n int) []store.Revision {
				made, parent := make([]store.Commit, n), head()
				for i := range made {
					made[i] = store.Commit{Parent: parent, ID: store.NewCommitID()}
					made[i].Seal()
					parent = made[i].Revision
				}
				require.NoError(t, handle.Append(ctx, made))
				revisions := make([]store.Revision, n)
				for i, c := range made {
					revisions[i] = c.Revision
				}
				return revisions
			}
			caughtUp := func() {
				deadline := time.Now().Add(time.Minute)
				for st, err := s.Latest(ctx); err != nil || st.Revision() != head(); st, err = s.Latest(ctx) {
					require.True(t, time.Now().Before(deadline), "it does not catch up: %v", err)
				}
			}
			lose := func(then int) (lost []store.Revision) {
				lost = write(2)
				caughtUp()
				release := log.hold()
				require.Equal(t, 2, truth.Lose(2))
				write(then)
				release()
				caughtUp()
				return lost
			}
			first := lose(5)
			for _, rev := range first {
				_, err := s.AtLeast(ctx, rev)
				require.ErrorIs(t, err, store.ErrDiverged)
			}
			calls, began := 0, false
			script.on(func(l *scripted) {
				l.snapshot = func(ctx context.Context, do func() (*store.Snapshot, error)) (*store.Snapshot, error) {
					script.on(func(*scripted) { began = true })
					return do()
				}
				l.tail = func(ctx context.Context, after store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error] {
					return func(yield func(store.Commit, error) bool) {
						var err error
						script.on(func(*scripted) {
							if began && test.tail != nil {
								calls++
								err = test.tail(calls)
							}
						})
						if err != nil {
							yield(store.Commit{}, err)
							return
						}
						do(yield)
					}
				}
			})
			then := 5
			if test.many {
				then = 10_100
			}
			second := lose(then)
			for _, rev := range first {
				_, err := s.AtLeast(ctx, rev)
				if test.nothing {
					require.NoError(t, err)
				} else {
					require.ErrorIs(t, err, store.ErrDiverged)
				}
			}
			for _, rev := range second {
				_, err := s.AtLeast(ctx, rev)
				if test.refused {
					require.ErrorIs(t, err, store.ErrDiverged)
				} else {
					require.NoError(t, err)
				}
			}
		})
	}
}
