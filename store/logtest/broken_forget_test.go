package logtest_test

import (
	"context"
	"time"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
)

// brokenForgetting forget more than what had expired when they were compacted.
func brokenForgetting() []broken {
	const (
		expired = "CompactForgetsWhatExpired"
		other   = "CompactForgetsNothingElse"
		differ  = "is missing"
	)
	return []broken{
		{"forgets whatever expires", []string{expired, other, "CompactKeepsTuples", random}, differ, forgets(func(s *store.Stored, _ time.Time) bool {
			return !s.Expires.IsZero()
		})},
		{"forgets what expires next", []string{expired, other}, differ, forgets(func(s *store.Stored, head time.Time) bool {
			return s.Expired(head.Add(time.Microsecond))
		})},
		{"forgets by its own clock", []string{expired}, differ, forgets(func(s *store.Stored, _ time.Time) bool {
			return s.Expired(time.Now())
		})},
		{"forgets what never expires", []string{expired, other, "CompactKeepsTuples", random}, differ, forgets(func(s *store.Stored, head time.Time) bool {
			return !s.Expires.After(head)
		})},
		{"goes on forgetting", []string{other}, differ, goesOnForgetting},
		{"forgets for ever", []string{expired, other}, differ, forgetsForEver},
		{"forgets beneath snapshots", []string{other}, differ, forgetsBeneath},
	}
}

// forgets leaves out of snapshots what a compaction finds to be forgotten, given the time of the
// newest commit.
func forgets(forgotten func(s *store.Stored, head time.Time) bool) func(*memlog.Log, *altered) {
	return func(_ *memlog.Log, a *altered) {
		lost := map[string]bool{}
		a.compact = func(ctx context.Context, keep uint64) error {
			err := finds(ctx, a, forgotten, func(s *store.Stored) { lost[s.String()] = true })
			if err != nil {
				return err
			}
			return a.Log.Compact(ctx, keep)
		}
		a.snapshot = func(ctx context.Context) (*store.Snapshot, error) {
			snap, err := a.Log.Snapshot(ctx)
			return onlyTuples(snap, func(_ int, s store.Stored) bool { return !lost[s.String()] }), err
		}
	}
}

// finds tells of the tuples that are to be forgotten.
func finds(ctx context.Context, a *altered, forgotten func(s *store.Stored, head time.Time) bool, found func(*store.Stored)) error {
	snap, err := a.Log.Snapshot(ctx)
	if err != nil {
		return err
	}
	for s, err := range snap.Tuples {
		if err != nil {
			return err
		}
		if forgotten(&s, snap.Time) {
			found(&s)
		}
	}
	return nil
}

func hasExpired(s *store.Stored, head time.Time) bool { return s.Expired(head) }

// goesOnForgetting leaves out, once it was compacted, all that has expired, also what is added then.
func goesOnForgetting(_ *memlog.Log, a *altered) {
	compacted := false
	a.compact = func(ctx context.Context, keep uint64) error {
		compacted = true
		return a.Log.Compact(ctx, keep)
	}
	a.snapshot = func(ctx context.Context) (*store.Snapshot, error) {
		snap, err := a.Log.Snapshot(ctx)
		return onlyTuples(snap, func(_ int, s store.Stored) bool { return !compacted || !s.Expired(snap.Time) }), err
	}
}

// forgetsForEver has no tuple again that it has forgotten once.
func forgetsForEver(_ *memlog.Log, a *altered) {
	lost := map[string]bool{}
	a.compact = func(ctx context.Context, keep uint64) error {
		err := finds(ctx, a, hasExpired, func(s *store.Stored) { lost[s.Tuple.String()] = true })
		if err != nil {
			return err
		}
		return a.Log.Compact(ctx, keep)
	}
	a.snapshot = func(ctx context.Context) (*store.Snapshot, error) {
		snap, err := a.Log.Snapshot(ctx)
		return onlyTuples(snap, func(_ int, s store.Stored) bool { return !lost[s.Tuple.String()] }), err
	}
}

// forgetsBeneath forgets in snapshots that were taken before.
func forgetsBeneath(_ *memlog.Log, a *altered) {
	compactions := 0
	a.compact = func(ctx context.Context, keep uint64) error {
		compactions++
		return a.Log.Compact(ctx, keep)
	}
	a.snapshot = func(ctx context.Context) (*store.Snapshot, error) {
		snap, err := a.Log.Snapshot(ctx)
		before := compactions
		return onlyTuples(snap, func(_ int, s store.Stored) bool { return compactions == before || !s.Expired(snap.Time) }), err
	}
}
