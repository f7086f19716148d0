package logtest_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
	"github.com/baobab-authz/baobab/tuple"
)

// onlyTuples leaves tuples out of a snapshot; keep is told how many there were before.
func onlyTuples(snap *store.Snapshot, keep func(n int, s store.Stored) bool) *store.Snapshot {
	if snap == nil {
		return nil
	}
	only, tuples, n := *snap, snap.Tuples, 0
	only.Tuples = func(yield func(store.Stored, error) bool) {
		for s, err := range tuples {
			n++
			if (err != nil || keep(n-1, s)) && !yield(s, err) {
				return
			}
		}
	}
	return &only
}

// onSnapshot changes each snapshot.
func onSnapshot(f func(snap *store.Snapshot)) func(*memlog.Log, *altered) {
	return func(_ *memlog.Log, a *altered) {
		a.snapshot = func(ctx context.Context) (*store.Snapshot, error) {
			snap, err := a.Log.Snapshot(ctx)
			if err == nil {
				f(snap)
			}
			return snap, err
		}
	}
}

// onTuple changes each tuple of a snapshot.
func onTuple(f func(*store.Stored)) func(*memlog.Log, *altered) {
	return onSnapshot(func(snap *store.Snapshot) {
		tuples := snap.Tuples
		snap.Tuples = func(yield func(store.Stored, error) bool) {
			for s, err := range tuples {
				f(&s)
				if !yield(s, err) {
					return
				}
			}
		}
	})
}

// brokenSnapshots are not those of their revisions.
func brokenSnapshots() []broken {
	return []broken{
		{"has no snapshot of an empty log", []string{"SnapshotOfEmptyLog", "CompactNothing"}, "nothing here", func(_ *memlog.Log, a *altered) {
			a.snapshot = func(ctx context.Context) (*store.Snapshot, error) {
				snap, err := a.Log.Snapshot(ctx)
				if err == nil && snap.Revision.Position() == 0 {
					return nil, errors.New("nothing here")
				}
				return snap, err
			}
		}},
		{"gives an empty log a time", []string{"SnapshotOfEmptyLog"}, "the time of a snapshot at position 0", onSnapshot(func(snap *store.Snapshot) {
			if snap.Time.IsZero() {
				snap.Time = time.UnixMicro(0)
			}
		})},
		{"removes what is the same to the letter", []string{"SnapshotOfRemoved"}, "should not be there", removesToTheLetter},
		{"gives snapshots no time", []string{"SnapshotAgreesWithModel"}, "the time of the snapshot", onSnapshot(func(snap *store.Snapshot) { snap.Time = time.Time{} })},
		{"is ahead of its revision", []string{"SnapshotAgreesWithModel", "SnapshotOfTouched"}, "snapshot", snapshotAhead},
		{"is ahead of its revision in a rush", []string{"ConcurrentSnapshots"}, "the tuples of a snapshot", snapshotAheadInRush},
		{"hands out old snapshots", []string{"SnapshotThenTail", "SnapshotAgreesWithModel", random}, "snapshot", oldSnapshot},
		{"hands out old snapshots in a rush", []string{"ConcurrentSnapshots"}, "one that was acknowledged before", oldSnapshot},
		{"forgets the schema", []string{"SnapshotCarriesSchema", "CompactKeepsTuples"}, "the schema of the snapshot", forgetsSchema},
		{"reads snapshots later", []string{"SnapshotStaysAsItIs", "SnapshotThenTail"}, "the tuples of the snapshot", readsLater},
		{"ends snapshots that are cancelled", []string{"SnapshotIsLeft"}, "whose context has ended", func(_ *memlog.Log, a *altered) {
			a.snapshot = func(ctx context.Context) (*store.Snapshot, error) {
				snap, err := a.Log.Snapshot(context.WithoutCancel(ctx))
				return onlyTuples(snap, func(int, store.Stored) bool { return ctx.Err() == nil }), err
			}
		}},
		{"wants snapshots to be read", []string{"SnapshotIsLeft"}, "deadline exceeded", wantsToBeRead},
		{"ends snapshots that are closed", []string{"CloseBesideSnapshot"}, "whose log was closed", endsWhenClosed},
		{"names a head that it does not have", []string{"CancelledBefore"}, "Head without an error", func(_ *memlog.Log, a *altered) {
			a.head = func(ctx context.Context) (store.Revision, error) {
				head, err := a.Log.Head(ctx)
				if errors.Is(err, context.Canceled) {
					return head, nil
				}
				return head, err
			}
		}},
	}
}

// removesToTheLetter keeps tuples of which a commit removes another form.
func removesToTheLetter(_ *memlog.Log, a *altered) {
	has, kept := map[tuple.Tuple]string{}, []store.Stored(nil)
	a.append = func(ctx context.Context, commits []store.Commit) error {
		for _, c := range commits {
			for _, s := range c.Added {
				has[s.Tuple] = s.String()
			}
			for _, s := range c.Removed {
				if has[s.Tuple] != s.String() {
					kept = append(kept, s)
				}
			}
		}
		return a.Log.Append(ctx, commits)
	}
	a.snapshot = func(ctx context.Context) (*store.Snapshot, error) {
		snap, err := a.Log.Snapshot(ctx)
		if err != nil {
			return nil, err
		}
		tuples := snap.Tuples
		snap.Tuples = func(yield func(store.Stored, error) bool) {
			for s, err := range tuples {
				if !yield(s, err) {
					return
				}
			}
			for _, s := range kept {
				if !yield(s, nil) {
					return
				}
			}
		}
		return snap, nil
	}
}

// snapshotAhead says that a snapshot is of the revision before.
func snapshotAhead(_ *memlog.Log, a *altered) {
	var mu sync.Mutex
	var heads []store.Revision
	a.append = func(ctx context.Context, commits []store.Commit) error {
		head, _ := a.Log.Head(ctx)
		err := a.Log.Append(ctx, commits)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			heads = append(heads, head)
		}
		return err
	}
	a.snapshot = func(ctx context.Context) (*store.Snapshot, error) {
		snap, err := a.Log.Snapshot(ctx)
		mu.Lock()
		defer mu.Unlock()
		if err == nil && len(heads) > 0 {
			snap.Revision = heads[len(heads)-1]
		}
		return snap, err
	}
}

// snapshotAheadInRush asks for the head, and then for the tuples, not in one step.
func snapshotAheadInRush(_ *memlog.Log, a *altered) {
	a.snapshot = func(ctx context.Context) (*store.Snapshot, error) {
		head, err := a.Log.Head(ctx)
		if err != nil {
			return nil, err
		}
		for range 1000 {
			if now, err := a.Log.Head(ctx); err != nil || now != head {
				break
			}
			runtime.Gosched()
		}
		snap, err := a.Log.Snapshot(ctx)
		if err == nil {
			snap.Revision = head
		}
		return snap, err
	}
}

// oldSnapshot hands out the first one again and again.
func oldSnapshot(truth *memlog.Log, a *altered) {
	first, err := a.Log.Snapshot(context.Background())
	a.snapshot = func(context.Context) (*store.Snapshot, error) { return first, err }
}

// forgetsSchema has a schema only if the newest commit brought it.
func forgetsSchema(_ *memlog.Log, a *altered) {
	newest := ""
	a.append = func(ctx context.Context, commits []store.Commit) error {
		if len(commits) > 0 {
			newest = commits[len(commits)-1].Schema
		}
		return a.Log.Append(ctx, commits)
	}
	a.snapshot = func(ctx context.Context) (*store.Snapshot, error) {
		snap, err := a.Log.Snapshot(ctx)
		if err == nil {
			snap.Schema = newest
		}
		return snap, err
	}
}

// readsLater reads the tuples when they are gone through.
func readsLater(_ *memlog.Log, a *altered) {
	a.snapshot = func(ctx context.Context) (*store.Snapshot, error) {
		snap, err := a.Log.Snapshot(ctx)
		if err != nil {
			return nil, err
		}
		snap.Tuples = func(yield func(store.Stored, error) bool) {
			for n := 0; ; n++ {
				later, err := a.Log.Snapshot(ctx)
				if err != nil {
					yield(store.Stored{}, err)
					return
				}
				if !nth(later, n, yield) {
					return
				}
			}
		}
		return snap, nil
	}
}

// nth hands out the n-th tuple of a snapshot by its text, and reports whether there is one.
func nth(snap *store.Snapshot, n int, yield func(store.Stored, error) bool) bool {
	var all []store.Stored
	for s, err := range snap.Tuples {
		if err != nil {
			return false
		}
		all = append(all, s)
	}
	if n >= len(all) {
		return false
	}
	least := all[0]
	for i := 0; i <= n; i++ {
		for j := i + 1; j < len(all); j++ {
			if all[j].String() < all[i].String() {
				all[i], all[j] = all[j], all[i]
			}
		}
		least = all[i]
	}
	return yield(least, nil)
}

// wantsToBeRead locks the log until a snapshot is read to its end.
func wantsToBeRead(_ *memlog.Log, a *altered) {
	reading := make(chan struct{}, 1)
	a.snapshot = func(ctx context.Context) (*store.Snapshot, error) {
		select {
		case reading <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		snap, err := a.Log.Snapshot(ctx)
		if err != nil {
			return nil, err
		}
		tuples := snap.Tuples
		snap.Tuples = func(yield func(store.Stored, error) bool) {
			for s, err := range tuples {
				if !yield(s, err) {
					return
				}
			}
			<-reading
		}
		return snap, nil
	}
}

// endsWhenClosed waits with the second half of a snapshot, and leaves it out if the log
// is closed in the meantime.
func endsWhenClosed(_ *memlog.Log, a *altered) {
	closed := make(chan struct{})
	a.close = func() error {
		select {
		case <-closed:
		default:
			close(closed)
		}
		return a.Log.Close()
	}
	a.snapshot = func(ctx context.Context) (*store.Snapshot, error) {
		snap, err := a.Log.Snapshot(ctx)
		return onlyTuples(snap, func(n int, _ store.Stored) bool {
			if n > 5 {
				<-closed
			}
			return n <= 5
		}), err
	}
}

// brokenTuples lose something of a tuple.
func brokenTuples() []broken {
	const differ = "the tuples of the snapshot"
	ids := func(f func(string) string) func(*memlog.Log, *altered) {
		return onTuple(func(s *store.Stored) { s.Object.ID, s.Subject.ID = f(s.Object.ID), f(s.Subject.ID) })
	}
	return []broken{
		{"drops caveats", []string{"SnapshotOfEveryTuple", "SnapshotOfTouched", "SnapshotAgreesWithModel"}, differ, onTuple(func(s *store.Stored) { s.Caveat, s.Context = "", nil })},
		{"drops contexts", []string{"SnapshotOfEveryTuple", "SnapshotOfTouched"}, differ, onTuple(func(s *store.Stored) { s.Context = nil })},
		{"drops expiries", []string{"SnapshotOfEveryTuple", "SnapshotOfTouched"}, differ, onTuple(func(s *store.Stored) { s.Expires = time.Time{} })},
		{"rounds expiries", []string{"SnapshotOfEveryTuple"}, differ, onTuple(func(s *store.Stored) { s.Expires = s.Expires.Truncate(time.Millisecond) })},
		{"drops what has expired", []string{"SnapshotOfEveryTuple"}, differ, onSnapshot(func(snap *store.Snapshot) {
			*snap = *onlyTuples(snap, func(_ int, s store.Stored) bool { return s.Expires.IsZero() || s.Expires.After(time.Unix(0, 0)) })
		})},
		{"does not know what is aside", []string{"SnapshotOfAside", "LargeCommit"}, differ, onTuple(func(s *store.Stored) { s.Aside = false })},
		{"drops what is aside", []string{"SnapshotOfAside"}, differ, onSnapshot(func(snap *store.Snapshot) {
			*snap = *onlyTuples(snap, func(_ int, s store.Stored) bool { return !s.Aside })
		})},
		{"drops wildcards", []string{"SnapshotOfEveryTuple"}, differ, onSnapshot(func(snap *store.Snapshot) {
			*snap = *onlyTuples(snap, func(_ int, s store.Stored) bool { return s.Subject.ID != tuple.Wildcard })
		})},
		{"drops the relations of subjects", []string{"SnapshotOfEveryTuple"}, differ, onTuple(func(s *store.Stored) { s.Subject.Relation = "" })},
		{"makes ids small", []string{"SnapshotOfEveryTuple"}, differ, ids(strings.ToLower)},
		{"makes names small", []string{"SnapshotOfEveryTuple"}, differ, onTuple(func(s *store.Stored) { s.Tuple.Relation = strings.ToLower(s.Tuple.Relation) })},
		{"cuts ids", []string{"SnapshotOfEveryTuple"}, differ, ids(func(id string) string { return id[:min(len(id), tuple.MaxID-1)] })},
		{"cuts ids at a backslash", []string{"SnapshotOfEveryTuple"}, differ, ids(func(id string) string { return strings.TrimPrefix(id, `\`) })},
		{"composes characters", []string{"SnapshotOfEveryTuple"}, differ, ids(func(id string) string { return strings.ReplaceAll(id, "e\u0301", "é") })},
		{"drops invisible characters", []string{"SnapshotOfEveryTuple"}, differ, ids(func(id string) string { return strings.ReplaceAll(id, "\ufeff", "") })},
		{"hands out a tuple twice", []string{"SnapshotOfEveryTuple"}, "is there twice", onSnapshot(func(snap *store.Snapshot) {
			tuples := snap.Tuples
			snap.Tuples = func(yield func(store.Stored, error) bool) {
				for s, err := range tuples {
					if !yield(s, err) || s.Object.ID == "A" && !yield(s, err) {
						return
					}
				}
			}
		})},
		{"hands out tuples after an error", []string{"SnapshotIsLeft"}, "", func(_ *memlog.Log, a *altered) {
			a.snapshot = func(ctx context.Context) (*store.Snapshot, error) {
				snap, err := a.Log.Snapshot(context.WithoutCancel(ctx))
				return onlyTuples(snap, func(n int, _ store.Stored) bool { return n%2 == 0 || ctx.Err() == nil }), err
			}
		}},
	}
}
