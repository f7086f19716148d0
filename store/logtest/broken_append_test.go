package logtest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
)

// conflictOr returns what other does when the log has a conflict.
func conflictOr(a *altered, other func(context.Context, []store.Commit) error) {
	a.append = func(ctx context.Context, commits []store.Commit) error {
		err := a.Log.Append(ctx, commits)
		if errors.Is(err, store.ErrConflict) {
			return other(ctx, commits)
		}
		return err
	}
}

// brokenAppends do not append what they should.
func brokenAppends() []broken {
	return []broken{
		{"loses the last of a group", []string{"AppendGroup", random, "LargeGroup"}, "head", func(_ *memlog.Log, a *altered) {
			a.append = func(ctx context.Context, commits []store.Commit) error {
				return a.Log.Append(ctx, commits[:max(min(1, len(commits)), len(commits)-1)])
			}
		}},
		{"acknowledges and does nothing", []string{"AppendOne", "CloseOfOneHandle", "SnapshotThenTail", "CompactKeepsTuples"}, "", func(_ *memlog.Log, a *altered) {
			a.append = func(context.Context, []store.Commit) error { return nil }
		}},
		{"appends one by one", []string{"WrongParentInGroup"}, "head", func(_ *memlog.Log, a *altered) {
			a.append = func(ctx context.Context, commits []store.Commit) error {
				for _, c := range commits {
					if err := a.Log.Append(ctx, []store.Commit{c}); err != nil {
						return err
					}
				}
				return nil
			}
		}},
		{"fails without commits", []string{"AppendNothing"}, "nothing to append", func(_ *memlog.Log, a *altered) {
			a.append = func(ctx context.Context, commits []store.Commit) error {
				if len(commits) == 0 {
					return errors.New("nothing to append")
				}
				return a.Log.Append(ctx, commits)
			}
		}},
		{"ignores the parent", []string{"ConflictAtEveryParent", "ConflictWithForeignParent", "ConflictOfGroup", random, "RepeatedConflict", "TailOfReplacedCommitsDiverges"},
			"in the meantime", func(_ *memlog.Log, a *altered) { conflictOr(a, a.rebase) }},
		{"acknowledges a conflict", []string{"ConflictAtEveryParent", "ConflictOfSameContents", "ConcurrentAppends", "HeadOfNewLogs"}, "", func(_ *memlog.Log, a *altered) {
			conflictOr(a, func(context.Context, []store.Commit) error { return nil })
		}},
		{"names another head in a conflict", []string{"ConflictAtEveryParent", "ConflictOfGroup"}, "the head that the ConflictError names", func(_ *memlog.Log, a *altered) {
			conflictOr(a, func(_ context.Context, commits []store.Commit) error {
				return &store.ConflictError{Head: commits[0].Parent}
			})
		}},
		{"has a conflict that is none", []string{"ConflictAtEveryParent"}, "no good", func(_ *memlog.Log, a *altered) {
			conflictOr(a, func(context.Context, []store.Commit) error { return errors.New("no good") })
		}},
		{"keeps the caller's slice", []string{"AppendKeepsNoSlice"}, "the commit that Tail hands out", keepsSlice},
		{"loses every tenth commit of a rush", []string{"ConcurrentAppends", "ConcurrentSnapshots", "ConcurrentFollowers"}, "", func(_ *memlog.Log, a *altered) {
			var n atomic.Int64
			a.append = func(ctx context.Context, commits []store.Commit) error {
				if n.Add(1)%10 == 0 {
					return nil
				}
				return a.Log.Append(ctx, commits)
			}
		}},
		{"is a head behind", []string{"AppendOne", "ConcurrentAppends"}, "head", func(_ *memlog.Log, a *altered) {
			var mu sync.Mutex
			var last store.Revision
			a.head = func(ctx context.Context) (store.Revision, error) {
				mu.Lock()
				defer mu.Unlock()
				head, err := a.Log.Head(ctx)
				if was := last; err == nil {
					last = head
					if !was.IsZero() && head.Position() > 0 {
						return was, nil
					}
				}
				return head, err
			}
		}},
		{"cuts large commits", []string{"LargeCommit"}, "", func(_ *memlog.Log, a *altered) {
			a.snapshot = func(ctx context.Context) (*store.Snapshot, error) {
				snap, err := a.Log.Snapshot(ctx)
				return onlyTuples(snap, func(n int, _ store.Stored) bool { return n < 16_384 }), err
			}
		}},
		{"refuses large groups", []string{"LargeGroup"}, "too many", func(_ *memlog.Log, a *altered) {
			a.append = func(ctx context.Context, commits []store.Commit) error {
				if len(commits) > 1000 {
					return errors.New("too many")
				}
				return a.Log.Append(ctx, commits)
			}
		}},
	}
}

// rebase appends commits to the head, wherever they belong.
func (a *altered) rebase(ctx context.Context, commits []store.Commit) error {
	head, err := a.Log.Head(ctx)
	if err != nil {
		return err
	}
	var moved []store.Commit
	for _, c := range commits {
		m := store.Commit{Parent: head, ID: c.ID, Time: c.Time, Schema: c.Schema, Removed: c.Removed, Added: c.Added, Actor: c.Actor, Note: c.Note}
		m.Seal()
		moved, head = append(moved, m), m.Revision
	}
	return a.Log.Append(ctx, moved)
}

func keepsSlice(_ *memlog.Log, a *altered) {
	var kept []store.Commit
	a.append = func(ctx context.Context, commits []store.Commit) error {
		err := a.Log.Append(ctx, commits)
		if err == nil && len(kept) == 0 {
			kept = commits
		}
		return err
	}
	a.tail = func(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
		return func(yield func(store.Commit, error) bool) {
			for c, err := range a.Log.Tail(ctx, after) {
				if n := c.Revision.Position(); err == nil && n <= uint64(len(kept)) {
					c = kept[n-1]
				}
				if !yield(c, err) {
					return
				}
			}
		}
	}
}

// brokenSettling is what goes wrong when an Append is repeated.
func brokenSettling() []broken {
	return []broken{
		{"forgets ids", []string{"RepeatedAtOnce", "RepeatedAfterOthers", "RepeatedTogether", "CancelledAppendIsSettled", "AppendKeepsNoSlice", random},
			"another commit in the meantime", func(_ *memlog.Log, a *altered) {
				a.append = func(ctx context.Context, commits []store.Commit) error {
					head, err := a.Log.Head(ctx)
					if err == nil && len(commits) > 0 && commits[0].Parent != head {
						err = store.ErrConflict
					}
					if err != nil {
						return err
					}
					return a.Log.Append(ctx, commits)
				}
			}},
		{"knows only the newest again", []string{"RepeatedAfterOthers", "RepeatedInParts"}, "another commit in the meantime", func(_ *memlog.Log, a *altered) {
			a.append = func(ctx context.Context, commits []store.Commit) error {
				head, err := a.Log.Head(ctx)
				if err == nil && len(commits) > 0 && commits[0].Parent != head && commits[len(commits)-1].Revision != head {
					err = &store.ConflictError{Head: head}
				}
				if err != nil {
					return err
				}
				return a.Log.Append(ctx, commits)
			}
		}},
		{"knows only groups as they came", []string{"RepeatedInParts"}, "another commit in the meantime", func(_ *memlog.Log, a *altered) {
			first := map[store.CommitID]int{}
			a.append = func(ctx context.Context, commits []store.Commit) error {
				head, err := a.Log.Head(ctx)
				if err != nil {
					return err
				}
				if commits[0].Parent != head && first[commits[0].ID] != len(commits) {
					return &store.ConflictError{Head: head}
				}
				err = a.Log.Append(ctx, commits)
				if err == nil {
					first[commits[0].ID] = len(commits)
				}
				return err
			}
		}},
		{"forgets ids when it is closed", []string{"RepeatedAfterReopen"}, "another commit in the meantime", func(_ *memlog.Log, a *altered) {
			opened, err := a.Log.Head(context.Background())
			a.append = func(ctx context.Context, commits []store.Commit) error {
				if err == nil && len(commits) > 0 && commits[0].Revision.Position() <= opened.Position() {
					return store.ErrConflict
				}
				return a.Log.Append(ctx, commits)
			}
		}},
		{"knows commits by their positions", []string{"ConflictAtEveryParent", "ConflictOfSameContents", "RepeatedConflict", "RepeatedAfterReopen", random}, "in the meantime",
			func(_ *memlog.Log, a *altered) {
				conflictOr(a, func(ctx context.Context, commits []store.Commit) error {
					head, err := a.Log.Head(ctx)
					if err == nil && commits[len(commits)-1].Revision.Position() > head.Position() {
						err = store.ErrConflict
					}
					return err
				})
			}},
		{"knows groups by the first", []string{"ConflictOfGroup", "LargeGroup", random}, "in the meantime", func(_ *memlog.Log, a *altered) {
			conflictOr(a, func(ctx context.Context, commits []store.Commit) error {
				err := a.Log.Append(ctx, commits[:1])
				if err != nil {
					return fmt.Errorf("the first: %w", err)
				}
				return nil
			})
		}},
		{"takes the compacted for a conflict", []string{"RepeatedAfterCompaction", random}, "compacted these commits away", func(_ *memlog.Log, a *altered) {
			a.append = func(ctx context.Context, commits []store.Commit) error {
				err := a.Log.Append(ctx, commits)
				if errors.Is(err, store.ErrCompacted) {
					return store.ErrConflict
				}
				return err
			}
		}},
		{"takes the compacted for known", []string{"RepeatedAfterCompaction", random}, "in the meantime", func(_ *memlog.Log, a *altered) {
			a.append = func(ctx context.Context, commits []store.Commit) error {
				err := a.Log.Append(ctx, commits)
				if errors.Is(err, store.ErrCompacted) {
					return nil
				}
				return err
			}
		}},
		{"appends half a group when cancelled", []string{"CancelledAppendIsSettled"}, "", func(_ *memlog.Log, a *altered) {
			a.append = func(ctx context.Context, commits []store.Commit) error {
				if ctx.Err() != nil && len(commits) > 1 {
					_ = a.Log.Append(context.Background(), commits[:1])
				}
				return a.Log.Append(ctx, commits)
			}
		}},
		{"takes a cancelled call for a conflict", []string{"CancelledAppendIsSettled"}, "context has ended", func(_ *memlog.Log, a *altered) {
			a.append = func(ctx context.Context, commits []store.Commit) error {
				if ctx.Err() != nil {
					return store.ErrConflict
				}
				return a.Log.Append(ctx, commits)
			}
		}},
	}
}
