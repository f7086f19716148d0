package store

import (
	"context"
	"fmt"
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

// unknownObject returns the newest state with a tuple whose subject has no name.
func unknownObject(s *Store) *index.Snapshot {
	b := s.head.Load().Edit()
	_ = b.Put(index.Key{Object: 1, Subject: 99, Relation: 3}, nil) // nothing qualifies it: it cannot fail
	return b.Freeze()
}

// Every disagreement of history and state that Check looks for is found.
func TestCheckFindsCorruption(t *testing.T) {
	for name, corrupt := range map[string]func(s *Store){
		"a commit lost": func(s *Store) {
			h := &s.history
			h.entries = append(h.entries[:2:2], h.entries[3:]...)
		},
		"another newest":    func(s *Store) { s.head.Store(s.history.pins[1].snap) },
		"an unknown object": func(s *Store) { s.head.Store(unknownObject(s)) },
		"an unknown object before": func(s *Store) {
			e := *s.history.entries[2]
			e.changes = []index.Change{{Key: index.Key{Object: 1, Subject: 99, Relation: 3}, Had: true}}
			s.history.entries[2], s.history.pins = &e, nil
		},
		"another oldest pin": func(s *Store) { s.history.pins = []pin{{at: s.history.first, snap: s.head.Load()}} },
		"another pin":        func(s *Store) { s.history.pins[1].snap = s.history.pins[0].snap },
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
	corrupt := unknownObject(s)
	s.head.Store(corrupt)
	_, err = s.Update(context.Background(), func(tx *Tx) error { return tx.Delete(tuple.MustParse("document:a#viewer@user:a")) })
	require.ErrorIs(t, err, ErrCorrupt)
	require.Same(t, corrupt, s.head.Load())
	s.options.CheckEachCommit = false
	require.NoError(t, s.verify(head, head, lost))
}

func TestHistoryOfAClosedStore(t *testing.T) {
	s := small(t)
	s.history.forget() // between the question whether it is closed and the lock
	_, err := s.At(Revision{store: s.id, position: 1})
	require.ErrorIs(t, err, ErrClosed)
	require.ErrorIs(t, s.Check(), ErrClosed)
	s.history.remember(1, s.head.Load())
	require.Nil(t, s.history.memo.snap)
}

func TestTakeAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := small(t)
		s.turn <- struct{}{}
		taken := make(chan error)
		go func() { taken <- s.take(context.Background()) }()
		synctest.Wait()
		s.failure.Store(&failure{ErrClosed}) // but those who wait have not been told yet
		<-s.turn
		require.ErrorIs(t, <-taken, ErrClosed)
		require.Empty(t, s.turn)
	})
}

// What is published between the question whether it is here and the lock is not waited for.
func TestPublishedMeanwhile(t *testing.T) {
	s := small(t)
	asked := 0
	require.Nil(t, s.history.next(func() bool { asked++; return asked > 1 }))
	require.Equal(t, 2, asked)
	require.Nil(t, s.history.wake)
}

// A corrupt history is not taken over into another generation.
func TestCompactCorrupt(t *testing.T) {
	s := small(t)
	for i := range 20 {
		_, err := s.dict.Intern(tuple.Object{Type: "user", ID: fmt.Sprint("unneeded", i)})
		require.NoError(t, err)
	}
	h, dict, head := &s.history, s.dict, s.head.Load()
	right := h.entries
	h.entries = append(h.entries[:2:2], h.entries[3:]...)
	_, err := s.Compact(context.Background())
	require.ErrorIs(t, err, ErrCorrupt)
	s.compactAt = 0
	_, err = s.Update(context.Background(), func(*Tx) error { return nil })
	require.ErrorIs(t, err, ErrCorrupt)
	h.entries = right
	b := head.Edit()
	_ = b.Put(index.Key{Object: 1, Subject: 1, Relation: 99}, nil)
	s.head.Store(b.Freeze())
	_, err = s.Compact(context.Background())
	require.ErrorIs(t, err, ErrCorrupt)
	s.head.Store(head)
	require.Same(t, dict, s.dict)

	n, err := s.Compact(context.Background())
	require.NoError(t, err)
	require.Equal(t, 20, n)
	require.NotSame(t, dict, s.dict)
	h.remember(h.last(), head)
	require.Nil(t, h.memo.snap, "of an earlier generation")
}
