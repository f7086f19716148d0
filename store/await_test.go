package store

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// An outcome that is known is told, though the context has ended as well: of the two
// either may be noticed first.
func TestAwaitPrefersTheOutcome(t *testing.T) {
	s := &Store{line: new(line)}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	p := &proposal{done: make(chan struct{})}
	p.end(nil)
	for range 100 {
		require.NoError(t, s.await(ended, p))
	}
}

func TestBackoffEndsBeforeTheFirstAttempt(t *testing.T) {
	done := make(chan struct{})
	wait := newBackoff()
	close(done)
	require.False(t, wait.again(done))
}

// A watcher that asks the history of a store that has been closed meanwhile.
func TestWatcherOfAClosedStore(t *testing.T) {
	s := small(t)
	w := watcher{store: s, at: s.newest()}
	s.history.forget()
	_, _, err := w.batch()
	require.ErrorIs(t, err, ErrClosed)
}
