package store

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

var errEnough = errors.New("enough")

// in runs fn in a transaction of each store, one within the other, and so many
// calls deeper.
func in(t *testing.T, depth int, fn func(), stores ...*Store) {
	if len(stores) == 0 {
		deeper(depth, fn)
		return
	}
	_, err := stores[0].Update(context.Background(), func(*Tx) error {
		in(t, depth, fn, stores[1:]...)
		return errEnough
	})
	require.ErrorIs(t, err, errEnough)
}

func deeper(depth int, fn func()) {
	if depth == 0 {
		fn()
		return
	}
	deeper(depth-1, fn)
}

// Whoever is within a transaction of a store is found to be, and nobody else.
func TestReentered(t *testing.T) {
	s, other, third := small(t), small(t), small(t)
	require.False(t, s.reentered())
	for _, depth := range []int{0, 10, 300, 10_000} {
		in(t, depth, func() { require.True(t, s.reentered()) }, s)
		in(t, depth, func() { require.True(t, s.reentered() && other.reentered()) }, s, other)
		in(t, depth, func() { require.True(t, s.reentered() && other.reentered()) }, other, s)
		in(t, depth, func() { require.False(t, s.reentered()) }, other)
	}
	require.False(t, s.reentered())

	held, leave := make(chan struct{}), make(chan struct{})
	go func() {
		_ = s.take(context.Background())
		_, _ = transact(s.mark, s.begin(context.Background()), nil, func(*Tx) error {
			close(held)
			<-leave
			return errEnough
		})
		s.release()
	}()
	<-held
	require.False(t, s.reentered(), "another goroutine is within a transaction")
	in(t, 0, func() {
		require.False(t, s.reentered(), "and this one is in that of another store")
		require.True(t, other.reentered())
	}, other)
	in(t, 10, func() { require.False(t, s.reentered()) }, other, third)
	reentered := false
	deeper(300, func() { in(t, 300, func() { reentered = s.reentered() }, other) })
	require.True(t, reentered, "the transaction is in the middle of a stack of which not all is printed")
	close(leave)
}

// What cannot be read is taken for the store's own transaction.
func TestUnreadableStack(t *testing.T) {
	s, other := small(t), small(t)
	begin := transactName() + "("
	require.True(t, s.among(1, ""))
	require.True(t, s.among(1, begin+"...)"))
	require.True(t, s.among(1, begin+s.mark.String()+", …)"))
	require.False(t, s.among(1, begin+"{0x1, 0x2}, …)"))
	require.False(t, s.among(1, begin+other.mark.String()+", …)"))
	require.True(t, s.among(2, begin+other.mark.String()+", …)"))
	require.True(t, s.among(2, begin+other.mark.String()+", …)\n"+begin+s.mark.String()+", …)"))
	require.Equal(t, "{0x0, 0xff}", mark{0, 255}.String())
}
