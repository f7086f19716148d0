package logtest_test

import (
	"context"
	"errors"
	"iter"
	"math"
	"sync"
	"sync/atomic"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
)

// brokenCompactions lose what they should keep.
func brokenCompactions() []broken {
	return []broken{
		{"keeps one commit less", []string{"CompactKeepsNewest", "RepeatedAfterCompaction", random}, "", func(_ *memlog.Log, a *altered) {
			a.compact = func(ctx context.Context, keep uint64) error { return a.Log.Compact(ctx, max(keep, 1)-1) }
		}},
		{"takes many for none", []string{"CompactNothing"}, "compacted", func(_ *memlog.Log, a *altered) {
			a.compact = func(ctx context.Context, keep uint64) error {
				if keep > math.MaxInt64 {
					keep = 0
				}
				return a.Log.Compact(ctx, keep)
			}
		}},
		{"loses what compacted commits made", []string{"CompactKeepsTuples", random}, "the tuples of the snapshot", losesCompacted},
		{"begins anew when all is compacted", []string{"CompactAll", "CompactKeepsNewest"}, "", func(_ *memlog.Log, a *altered) {
			first, err := a.Log.Head(context.Background())
			none := false
			a.compact = func(ctx context.Context, keep uint64) error {
				none = keep == 0
				return a.Log.Compact(ctx, keep)
			}
			a.head = func(ctx context.Context) (store.Revision, error) {
				if none {
					return first, err
				}
				return a.Log.Head(ctx)
			}
		}},
		{"leaps over compacted commits", []string{"CompactKeepsNewest", "CompactBeneathTails", "ConcurrentFollowers"}, "", leaps},
		{"diverges where it is compacted", []string{"CompactKeepsNewest", "ConcurrentFollowers", random}, "", onTail(func(c store.Commit, err error, yield yieldCommit) bool {
			if errors.Is(err, store.ErrCompacted) {
				err = store.ErrDiverged
			}
			return yield(c, err)
		})},
		{"compacts for one that is cancelled", []string{"CancelledBefore"}, "Compact", func(_ *memlog.Log, a *altered) {
			a.compact = func(ctx context.Context, keep uint64) error {
				if ctx.Err() != nil {
					return errors.New("interrupted")
				}
				return a.Log.Compact(ctx, keep)
			}
		}},
	}
}

// losesCompacted leaves out of a snapshot what a compaction found in the log.
func losesCompacted(_ *memlog.Log, a *altered) {
	lost := map[string]bool{}
	a.compact = func(ctx context.Context, keep uint64) error {
		snap, err := a.Log.Snapshot(ctx)
		if err != nil {
			return err
		}
		for s := range snap.Tuples {
			lost[s.String()] = true
		}
		return a.Log.Compact(ctx, keep)
	}
	a.snapshot = func(ctx context.Context) (*store.Snapshot, error) {
		snap, err := a.Log.Snapshot(ctx)
		return onlyTuples(snap, func(_ int, s store.Stored) bool { return !lost[s.String()] }), err
	}
}

// leaps goes on at the head where commits are compacted.
func leaps(_ *memlog.Log, a *altered) {
	a.tail = func(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
		return func(yield func(store.Commit, error) bool) {
			for {
				for c, err := range a.Log.Tail(ctx, after) {
					if errors.Is(err, store.ErrCompacted) {
						break
					}
					if !yield(c, err) || err != nil {
						return
					}
				}
				head, err := a.Log.Head(ctx)
				if err != nil {
					yield(store.Commit{}, err)
					return
				}
				after = head
			}
		}
	}
}

// brokenEnds do not end as they should.
func brokenEnds() []broken {
	return []broken{
		{"cannot be closed", []string{"CloseEndsCalls", "CloseTwice"}, "after Close", func(_ *memlog.Log, a *altered) {
			a.close = func() error { return nil }
		}},
		{"leaves Tails when it is closed", []string{"CloseEndsTails"}, "does not hand out the commit after position", func(truth *memlog.Log, a *altered) {
			a.tail = func(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
				return truth.Open().Tail(ctx, after)
			}
		}},
		{"says that a closed log has diverged", []string{"CloseEndsCalls", "CloseEndsTails", "CloseTwice"}, "in the history of the log", onTail(func(c store.Commit, err error, yield yieldCommit) bool {
			if errors.Is(err, memlog.ErrClosed) {
				err = store.ErrDiverged
			}
			return yield(c, err)
		})},
		{"fails to close", []string{"CloseEndsCalls", "CloseTwice", "CloseEndsTails"}, "not now", func(_ *memlog.Log, a *altered) {
			a.close = func() error { return errors.Join(errors.New("not now"), a.Log.Close()) }
		}},
		{"hangs when it is closed twice", []string{"CloseTwice"}, "a second Close does not return", func(_ *memlog.Log, a *altered) {
			var closed atomic.Bool
			a.close = func() error {
				if closed.Swap(true) {
					select {}
				}
				return a.Log.Close()
			}
		}},
		{"is closed for all", []string{"CloseOfOneHandle"}, "closed", closedForAll},
		{"closes before an Append is over", []string{"CloseWaitsForAppend"}, "the head after Close", appendsLater},
		{"loses the last commit when it is closed", []string{"ReopenedAgainAndAgain", "CloseWaitsForAppend", "CloseEndsCalls", "CloseTwice", random}, "", func(truth *memlog.Log, a *altered) {
			var closed atomic.Bool
			a.close = func() error {
				if !closed.Swap(true) {
					truth.Lose(1)
				}
				return a.Log.Close()
			}
		}},
	}
}

// closedForAll closes all handles with one of them.
var closedForAll = func() func(*memlog.Log, *altered) {
	var mu sync.Mutex
	handles := map[*memlog.Log][]store.Log{}
	return func(truth *memlog.Log, a *altered) {
		mu.Lock()
		defer mu.Unlock()
		handles[truth] = append(handles[truth], a.Log)
		a.close = func() error {
			mu.Lock()
			defer mu.Unlock()
			for _, h := range handles[truth] {
				_ = h.Close()
			}
			return nil
		}
	}
}()

// appendsLater carries the fifth Append out when the log has been closed, and opened
// again, and has said what its head is.
var appendsLater = func() func(*memlog.Log, *altered) {
	var mu sync.Mutex
	asked := map[*memlog.Log]chan struct{}{}
	return func(truth *memlog.Log, a *altered) {
		mu.Lock()
		defer mu.Unlock()
		if again, ok := asked[truth]; ok {
			answersOnce(a, again)
			return
		}
		again := make(chan struct{})
		asked[truth] = again
		appendsWhen(truth, a, again)
	}
}()

// answersOnce closes a channel when the log has said what its head is.
func answersOnce(a *altered, said chan struct{}) {
	var once sync.Once
	a.head = func(ctx context.Context) (store.Revision, error) {
		head, err := a.Log.Head(ctx)
		once.Do(func() { close(said) })
		return head, err
	}
}

// appendsWhen waits with the fifth Append until a channel is closed.
func appendsWhen(truth *memlog.Log, a *altered, due <-chan struct{}) {
	var n atomic.Int64
	a.append = func(ctx context.Context, commits []store.Commit) error {
		if n.Add(1) != 5 {
			return a.Log.Append(ctx, commits)
		}
		select {
		case <-due:
		case <-ctx.Done():
			return ctx.Err()
		}
		late := &altered{Log: truth.Open()}
		_ = late.rebase(ctx, commits)
		return memlog.ErrClosed
	}
}
