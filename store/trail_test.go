package store_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"testing"

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
				for st, err := s.Latest(ctx); err != nil || st.Revision() != rev; st, err = s.Latest(ctx) {
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
