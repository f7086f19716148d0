package store_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
	"github.com/baobab-authz/baobab/tuple"
)

// A hushed log hands out nothing until it hears, and then as ever.
type hushed struct {
	store.Log
	hears  chan struct{}
	nudged func()
	head   error // what Head returns, if not nil
}

func (d *hushed) Tail(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		select {
		case <-d.hears:
		case <-ctx.Done():
		}
		d.Log.Tail(ctx, after)(yield)
	}
}

func (d *hushed) Nudge() { d.nudged() }

func (d *hushed) Head(ctx context.Context) (store.Revision, error) {
	if d.head != nil {
		return store.Revision{}, d.head
	}
	return d.Log.Head(ctx)
}

// A transaction that finds nothing to do, because this process has not heard of it, has to
// hear of it.
func TestUpdateWithoutACommitHasSeenAllThatWasAcknowledged(t *testing.T) {
	ctx := context.Background()
	plan := viewer("plan", "ann")
	for _, test := range []struct {
		name string
		fn   func(*store.Tx) error
		err  error
		left int
	}{
		{"a tuple is to be deleted that is not here yet", func(tx *store.Tx) error { return tx.Delete(plan) }, nil, 0},
		{"and by a filter", func(tx *store.Tx) error {
			_, err := tx.DeleteMatching(tuple.Filter{ObjectType: "document", ObjectID: "plan"})
			return err
		}, nil, 0},
		{"and by its object", func(tx *store.Tx) error { _, err := tx.DeleteObject(plan.Object); return err }, nil, 0},
		{"a precondition is met that is not met here yet", func(tx *store.Tx) error { return tx.Require(filterOf(plan)) }, nil, 1},
		{"a precondition is not met that is met here", func(tx *store.Tx) error {
			if err := tx.Forbid(filterOf(plan)); err != nil {
				return err
			}
			return tx.Touch(viewer("other", "ann").Always())
		}, store.ErrPrecondition, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			truth := memlog.New()
			a := openLog(t, truth.Open(), store.Options{})
			log := &hushed{Log: truth.Open(), hears: make(chan struct{})}
			runs, waits := 0, make(chan struct{}, 10)
			log.nudged = func() { waits <- struct{}{} }
			b := openLog(t, log, store.Options{})
			written, err := a.Update(ctx, func(tx *store.Tx) error { return tx.Create(plan.Always()) })
			require.NoError(t, err)
			result := make(chan error, 1)
			go func() {
				rev, err := b.Update(ctx, func(tx *store.Tx) error { runs++; return test.fn(tx) })
				if err == nil && rev.Compare(written) < 0 {
					err = errors.New("the revision is one before the tuple was written")
				}
				result <- err
			}()
			select {
			case <-waits: // until it hears
			case err := <-result:
				require.Fail(t, "it did not wait for the log", "%v", err)
			case <-time.After(time.Minute):
				require.Fail(t, "it neither waits nor returns")
			}
			close(log.hears)
			require.ErrorIs(t, await(t, result), test.err)
			require.Greater(t, runs, 1)
			st, err := a.Latest(ctx)
			require.NoError(t, err)
			n, err := st.Count(tuple.Filter{})
			require.NoError(t, err)
			require.Equal(t, test.left, n)
		})
	}
}

func filterOf(x tuple.Tuple) tuple.Filter {
	return tuple.Filter{ObjectType: x.Object.Type, ObjectID: x.Object.ID, Relation: x.Relation, SubjectType: x.Subject.Type, SubjectID: x.Subject.ID}
}

// If that cannot be found out the transaction has failed, whatever it found.
func TestUpdateWithoutACommitNeedsTheLog(t *testing.T) {
	ctx := context.Background()
	truth := memlog.New()
	a := openLog(t, truth.Open(), store.Options{})
	silent := errors.New("no answer")
	log := &hushed{Log: truth.Open(), hears: make(chan struct{}), nudged: func() {}}
	b := openLog(t, log, store.Options{})
	log.head = silent
	nothing := func(*store.Tx) error { return nil }
	_, err := b.Update(ctx, nothing)
	require.ErrorIs(t, err, store.ErrStale)
	require.ErrorIs(t, err, silent)
	log.head = nil
	_, err = b.Update(ctx, nothing) // nothing has come since
	require.NoError(t, err)
	_, err = a.Update(ctx, func(tx *store.Tx) error { return tx.Create(viewer("plan", "ann").Always()) })
	require.NoError(t, err)
	ending, cancel := context.WithCancel(ctx)
	log.nudged = cancel // when it begins to wait for what it has not heard of
	_, err = b.Update(ending, nothing)
	require.ErrorIs(t, err, store.ErrStale)
	require.ErrorIs(t, err, context.Canceled)
	close(log.hears)
	_, err = b.Update(ctx, nothing)
	require.NoError(t, err)
	truth.Lose(1)
	_, err = b.Update(ctx, nothing)
	require.Condition(t, func() bool { return err == nil || errors.Is(err, store.ErrDiverged) }, "%v", err)
	deadline := time.Now().Add(time.Minute)
	for st, err := b.Latest(ctx); err != nil || st.Revision().Position() != 1; st, err = b.Latest(ctx) {
		require.True(t, time.Now().Before(deadline), "it does not notice: %v", err)
		require.Condition(t, func() bool { return err == nil || errors.Is(err, store.ErrDiverged) }, "%v", err)
	}
}

// A log that is this store's alone need not be asked.
func TestUpdateWithoutACommitOnALogOfItsOwn(t *testing.T) {
	ctx := context.Background()
	log := &scripted{Log: memlog.New().Open()}
	s := openLog(t, exclusive{log}, store.Options{})
	log.on(func(l *scripted) {
		l.head = func(context.Context, func() (store.Revision, error)) (store.Revision, error) {
			return store.Revision{}, errScripted
		}
	})
	_, err := s.Update(ctx, func(*store.Tx) error { return nil })
	require.NoError(t, err)
	_, err = s.Update(ctx, func(*store.Tx) error { return errors.New("no") })
	require.EqualError(t, err, "no")
}

// A log that takes longer to answer than a state may be old says nothing about the newest.
func TestLatestFromALogThatIsSlowerThanTheBound(t *testing.T) {
	log := &scripted{Log: memlog.New().Open()}
	const bound = 20 * time.Millisecond
	log.head = func(ctx context.Context, do func() (store.Revision, error)) (store.Revision, error) {
		rev, err := do()
		time.Sleep(3 * bound)
		return rev, err
	}
	s := openLog(t, log, store.Options{MaxStaleness: bound})
	_, err := s.Latest(context.Background())
	require.ErrorIs(t, err, store.ErrStale)
}
