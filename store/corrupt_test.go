package store

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

var smallSchema = schema.MustParse("definition user {}\n\ndefinition document { relation viewer: user }\n")

// small opens a store with three commits of a tuple each.
func small(t *testing.T) *Store {
	s, err := Open(smallSchema, Options{CheckEachCommit: true, PinEvery: 1})
	require.NoError(t, err)
	for _, text := range []string{"document:a#viewer@user:a", "document:a#viewer@user:b", "document:a#viewer@user:c"} {
		_, err := s.Update(context.Background(), func(tx *Tx) error { return tx.Create(tuple.MustParse(text).Always()) })
		require.NoError(t, err)
	}
	require.NoError(t, s.Check())
	return s
}

// Every disagreement of history and state that Check looks for is found.
func TestCheckFindsCorruption(t *testing.T) {
	for name, corrupt := range map[string]func(s *Store){
		"a commit lost": func(s *Store) {
			h := &s.history
			h.entries = append(h.entries[:2:2], h.entries[3:]...)
		},
		"another newest": func(s *Store) { s.head.Store(s.history.pins[1].snap) },
		"another pin":    func(s *Store) { s.history.pins[1].snap = s.history.pins[0].snap },
		"time runs backwards": func(s *Store) {
			e := *s.history.entries[1]
			e.meta.Time = s.history.entries[0].meta.Time - 1
			s.history.entries[1] = &e
		},
		"a change of nothing": func(s *Store) {
			e := *s.history.entries[2]
			c := e.changes[0]
			c.Had, c.Has = true, false
			e.changes = []index.Change{c}
			s.history.entries[2], s.history.pins = &e, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := small(t)
			corrupt(s)
			require.ErrorIs(t, s.Check(), ErrCorrupt)
		})
	}
}

// A commit whose changes do not lead from the state before is refused.
func TestCheckEachCommit(t *testing.T) {
	s := small(t)
	head := s.head.Load()
	k := index.Key{Object: 1, Subject: 2, Relation: 3}
	lost := &entry{meta: head.Meta, changes: []index.Change{{Key: k, Has: true}}}
	require.ErrorIs(t, s.verify(head, head, lost), ErrCorrupt)
	_, err := s.Update(context.Background(), func(tx *Tx) error {
		require.NoError(t, tx.Create(tuple.MustParse("document:b#viewer@user:a").Always()))
		tx.changes[0].Key = k // a defect
		return nil
	})
	require.ErrorIs(t, err, ErrCorrupt)
	require.Same(t, head, s.head.Load())
	s.options.CheckEachCommit = false
	require.NoError(t, s.verify(head, head, lost))
}

func TestHistoryOfAClosedStore(t *testing.T) {
	s := small(t)
	s.history.forget() // between the question whether it is closed and the lock
	_, err := s.At(s.revision(1))
	require.ErrorIs(t, err, ErrClosed)
	require.ErrorIs(t, s.Check(), ErrClosed)
	s.history.remember(1, s.head.Load())
	require.Nil(t, s.history.memo.snap)
}

// Who has had the turn is not taken for who has it.
func TestHolderIsForgotten(t *testing.T) {
	s := small(t)
	_, err := s.Update(context.Background(), func(tx *Tx) error {
		require.True(t, s.reentered())
		return ErrNoFunction // any
	})
	require.ErrorIs(t, err, ErrNoFunction)
	require.False(t, s.reentered())
}

func TestTakeAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := small(t)
		s.turn <- struct{}{}
		taken := make(chan error)
		go func() { taken <- s.take(context.Background()) }()
		synctest.Wait()
		s.closed.Store(true) // but those who wait have not been told yet
		<-s.turn
		require.ErrorIs(t, <-taken, ErrClosed)
		require.Empty(t, s.turn)
	})
}

func TestGoroutineID(t *testing.T) {
	here := goroutineID()
	require.NotZero(t, here)
	require.Equal(t, here, goroutineID())
	other := make(chan uint64)
	go func() { other <- goroutineID() }()
	require.NotEqual(t, here, <-other)
}

// When ids or records are used up, a write is refused and changes nothing.
func TestFull(t *testing.T) {
	s, err := Open(schema.MustParse("caveat c(n int) { n > 0 }\n\ndefinition user {}\n\ndefinition document { relation viewer: user | user with c }\n"),
		Options{CheckEachCommit: true})
	require.NoError(t, err)
	s.dict.Limit(4, 2)
	create := func(texts ...string) error {
		_, err := s.Update(context.Background(), func(tx *Tx) error {
			var rels []tuple.Relationship
			for _, text := range texts {
				rels = append(rels, tuple.MustParseRelationship(text))
			}
			err := tx.Create(rels...)
			require.Equal(t, err != nil, len(tx.changes) == 0)
			return err
		})
		return err
	}
	require.NoError(t, create("document:a#viewer@user:a[c]", "document:a#viewer@user:b[c]"))
	require.ErrorIs(t, create("document:a#viewer@user:c[c]"), ErrFull)
	require.NoError(t, create("document:a#viewer@user:c"))
	require.ErrorIs(t, create("document:a#viewer@user:d"), ErrFull)
	require.ErrorIs(t, create("document:d#viewer@user:a"), ErrFull)
	require.Equal(t, 3, s.Stats().Stored)
	require.NoError(t, s.Check())

	_, err = s.Update(context.Background(), func(tx *Tx) error { _, err := tx.DeleteMatching(tuple.Filter{}); return err })
	require.NoError(t, err)
	s.dict.Limit(4, 1) // so that the past cannot be made again
	_, err = s.At(s.revision(2))
	require.ErrorIs(t, err, ErrFull)
	require.ErrorIs(t, s.Check(), ErrFull)
}
