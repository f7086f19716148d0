package logtest_test

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
)

type yieldCommit = func(store.Commit, error) bool

// onTail changes what a Tail hands out: f gets each item and hands out what it likes.
func onTail(f func(c store.Commit, err error, yield yieldCommit) bool) func(*memlog.Log, *altered) {
	return func(_ *memlog.Log, a *altered) {
		a.tail = func(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
			return func(yield func(store.Commit, error) bool) {
				for c, err := range a.Log.Tail(ctx, after) {
					if !f(c, err, yield) {
						return
					}
				}
			}
		}
	}
}

// tailAfter begins a Tail somewhere else.
func tailAfter(a *altered, f func(context.Context, store.Revision) store.Revision) {
	a.tail = func(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
		return a.Log.Tail(ctx, f(ctx, after))
	}
}

// atPosition returns the revision that a log has at a position, or another if it has none there.
func atPosition(ctx context.Context, log store.Log, rev store.Revision) store.Revision {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	head, err := log.Head(ctx)
	if err != nil || head.Position() <= rev.Position() {
		return head
	}
	snap := memlog.New().Open()
	defer func() { _ = snap.Close() }()
	for c, err := range log.Tail(ctx, start(ctx, log)) {
		if err != nil || c.Parent.Position() == rev.Position() {
			return c.Parent
		}
	}
	return rev
}

// start returns position 0 of a log that was not compacted.
func start(ctx context.Context, log store.Log) store.Revision {
	if o, ok := log.(*originator); ok {
		return o.start
	}
	head, _ := log.Head(ctx)
	return head
}

// An originator is a log that knows its revision at position 0.
type originator struct {
	store.Log
	start store.Revision
}

// starts remembers the first revision of each truth.
type starts struct {
	mu sync.Mutex
	of map[*memlog.Log]store.Revision
}

// open makes a an originator.
func (s *starts) open(truth *memlog.Log, a *altered) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[*memlog.Log]store.Revision{}
	}
	if _, ok := s.of[truth]; !ok {
		s.of[truth], _ = a.Log.Head(context.Background())
	}
	a.Log = &originator{a.Log, s.of[truth]}
}

// brokenTails do not hand out what was appended.
func brokenTails() []broken {
	var origins starts
	return []broken{
		{"skips commits in Tail", []string{"TailFromEveryRevision", "TailWaits", "TailsAtOnce", "TailIsResumed", "ConcurrentAppends", random}, "Tail",
			onTail(func(c store.Commit, err error, yield yieldCommit) bool {
				return err == nil && c.Revision.Position()%5 == 4 || yield(c, err)
			})},
		{"delivers twice", []string{"TailFromEveryRevision", "TailsAtOnce", "ConcurrentAppends", "ConcurrentFollowers"}, "",
			onTail(func(c store.Commit, err error, yield yieldCommit) bool {
				return yield(c, err) && (err != nil || c.Revision.Position()%5 != 4 || yield(c, nil))
			})},
		{"ends where it should wait", []string{"TailWaits", "TailOfEmptyLogWaits", "TailEndsWithContext", "SnapshotThenTail", "CloseEndsTails"}, "Tail ends without an error", endsAtHead},
		{"never wakes", []string{"TailWaits", "TailOfEmptyLogWaits", "TailsAtOnce"}, "does not hand out the commit after position", neverWakes},
		{"does not say why it ends", []string{"TailEndsWithContext", "CloseEndsTails", "AppendOne"}, "Tail ends without an error",
			onTail(func(c store.Commit, err error, yield yieldCommit) bool { return err == nil && yield(c, err) })},
		{"says another reason why it ends", []string{"TailEndsWithContext"}, "whose context was cancelled",
			onTail(func(c store.Commit, err error, yield yieldCommit) bool {
				if errors.Is(err, context.Canceled) {
					err = errors.New("interrupted")
				}
				return yield(c, err)
			})},
		{"goes on after an error", []string{"TailEndsWithContext"}, "goes on after its error", onTail(func(c store.Commit, err error, yield yieldCommit) bool {
			return yield(c, err) && (err == nil || yield(c, err))
		})},
		{"takes every deadline for a cancellation", []string{"TailEndsWithContext"}, "has passed its deadline",
			onTail(func(c store.Commit, err error, yield yieldCommit) bool {
				if errors.Is(err, context.DeadlineExceeded) {
					err = context.Canceled
				}
				return yield(c, err)
			})},
		{"always begins at the beginning", []string{"TailIsResumed", "TailFromEveryRevision", "CompactBeneathTails"}, "", func(truth *memlog.Log, a *altered) {
			origins.open(truth, a)
			tailAfter(a, func(ctx context.Context, _ store.Revision) store.Revision { return start(ctx, a.Log) })
		}},
		{"has one place for all Tails", []string{"TailsAtOnce"}, "", oneCursor},
		{"never diverges", []string{"TailOfStrangersDiverges", "TailOfReplacedCommitsDiverges", random, "HeadOfNewLogs"}, "", func(truth *memlog.Log, a *altered) {
			origins.open(truth, a)
			tailAfter(a, func(ctx context.Context, after store.Revision) store.Revision { return atPosition(ctx, a.Log, after) })
		}},
		{"takes the diverged for compacted", []string{"TailOfStrangersDiverges", "TailOfReplacedCommitsDiverges"}, "Tail after a revision that is", onTail(func(c store.Commit, err error, yield yieldCommit) bool {
			if errors.Is(err, store.ErrDiverged) {
				err = store.ErrCompacted
			}
			return yield(c, err)
		})},
		{"hands out no notes", []string{"TailHandsOutWhatWasAppended", "LargeCommit"}, "note", onTail(func(c store.Commit, err error, yield yieldCommit) bool {
			c.Note = ""
			return yield(c, err)
		})},
		{"hands out no actors", []string{"TailHandsOutWhatWasAppended", "LargeCommit"}, "actor", onTail(func(c store.Commit, err error, yield yieldCommit) bool {
			c.Actor.ID = ""
			return yield(c, err)
		})},
		{"hands out no schemas", []string{"TailHandsOutWhatWasAppended", "SnapshotCarriesSchema"}, "schema", onTail(func(c store.Commit, err error, yield yieldCommit) bool {
			c.Schema = ""
			return yield(c, err)
		})},
		{"hands out what is aside as if it were not", []string{"TailHandsOutWhatWasAppended", "SnapshotOfAside"}, "tuple", onTail(func(c store.Commit, err error, yield yieldCommit) bool {
			c.Added = append([]store.Stored(nil), c.Added...)
			for i := range c.Added {
				c.Added[i].Aside = false
			}
			return yield(c, err)
		})},
		{"hands out removed tuples bare", []string{"TailHandsOutWhatWasAppended", "SnapshotOfTouched"}, "removed", onTail(func(c store.Commit, err error, yield yieldCommit) bool {
			c.Removed = append([]store.Stored(nil), c.Removed...)
			for i := range c.Removed {
				c.Removed[i].Relationship = c.Removed[i].Tuple.Always()
			}
			return yield(c, err)
		})},
		{"hands out the time in seconds", []string{"TailHandsOutWhatWasAppended"}, "its time", onTail(func(c store.Commit, err error, yield yieldCommit) bool {
			c.Time = c.Time.Truncate(1e9)
			return yield(c, err)
		})},
		{"is the same log as any other", []string{"HeadOfNewLogs"}, "the same history", func() func(*memlog.Log, *altered) {
			rev := store.NewHistory()
			return func(_ *memlog.Log, a *altered) {
				a.head = func(ctx context.Context) (store.Revision, error) {
					head, err := a.Log.Head(ctx)
					if err == nil && head.Position() == 0 {
						head = rev
					}
					return head, err
				}
			}
		}()},
	}
}

// endsAtHead makes a Tail end at what was the head when it began.
func endsAtHead(_ *memlog.Log, a *altered) {
	a.tail = func(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
		return func(yield func(store.Commit, error) bool) {
			head, err := a.Log.Head(ctx)
			if err != nil || head == after {
				return
			}
			for c, err := range a.Log.Tail(ctx, after) {
				if !yield(c, err) || c.Revision == head {
					return
				}
			}
		}
	}
}

// neverWakes makes a Tail that has come to the head stay there.
func neverWakes(_ *memlog.Log, a *altered) {
	a.tail = func(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
		return func(yield func(store.Commit, error) bool) {
			endless := after
			if head, err := a.Log.Head(ctx); err == nil && head != after {
				for c, err := range a.Log.Tail(ctx, after) {
					if !yield(c, err) || err != nil {
						return
					}
					if endless = c.Revision; endless == head {
						break
					}
				}
			}
			<-ctx.Done()
			yield(store.Commit{}, ctx.Err())
		}
	}
}

// oneCursor makes all Tails of a handle share the place where they are.
func oneCursor(_ *memlog.Log, a *altered) {
	var mu sync.Mutex
	var at store.Revision
	a.tail = func(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
		return func(yield func(store.Commit, error) bool) {
			mu.Lock()
			if at.Position() < after.Position() || at.IsZero() {
				at = after
			}
			from := at
			mu.Unlock()
			for c, err := range a.Log.Tail(ctx, from) {
				if err == nil {
					mu.Lock()
					at = c.Revision
					mu.Unlock()
				}
				if !yield(c, err) {
					return
				}
			}
		}
	}
}
