package store

import (
	"log/slog"
	"time"

	"github.com/baobab-authz/baobab/schema"
)

// Options say how a store keeps time and how much it remembers. The zero
// Options are useful.
type Options struct {
	// Clock returns the current time. It is called by many goroutines, and must
	// not call the store. Default: time.Now.
	Clock func() time.Time

	// HistoryCommits is how many commits are retained, the newest included,
	// which always is. Default: 10,000. Negative: as many as there are.
	HistoryCommits int
	// HistoryAge is how long a state is retained after the next commit has
	// replaced it. Default: one hour. Negative: forever.
	HistoryAge time.Duration
	// HistoryBytes bounds the estimated memory of the retained commits and of
	// the pinned snapshots between them. Default: 32 MiB, enough for 10,000 commits
	// of one tuple, or for an import of 800,000. Negative: no bound.
	HistoryBytes int64
	// PinEvery is after how many changed tuples and commits a snapshot is kept in
	// the history, from which states are reconstructed. Less makes [Store.At]
	// faster and takes more memory: up to 3 KB a change. Default: 4,096.
	PinEvery int

	// SweepGrace is how long after its expiry a tuple is swept at the earliest.
	// Default: one hour. Negative: none.
	SweepGrace time.Duration
	// SweepPerCommit is how many expired tuples a commit sweeps at most.
	// Default: 64. Negative: none, so that only [Store.Sweep] sweeps.
	SweepPerCommit int

	// CompactAt is how many objects have an id before the ids of those that nothing
	// names any more are given back. Then it happens whenever they have doubled and
	// at least half can go, as part of a commit: see [Store.Compact] for what it
	// costs. Default: 100,000. Negative: only Compact does it.
	CompactAt int

	// LogCommits is how many commits a log keeps beside the tuples that they made, for
	// those who follow and watch it; every now and then the store tells the log to forget those
	// before ([Log.Compact]). Default: 100,000. Negative: it never does.
	LogCommits int
	// MaxStaleness is for a log that processes share: when nothing has been heard of it for
	// so long, every question and every write is [ErrStale] until it is heard again.
	// It asks for the log's head every quarter of that time. Default: 0, no bound.
	MaxStaleness time.Duration
	// Bind completes a schema that was read from a log, with what evaluates its
	// caveats. Default: none, so that caveats are not evaluated.
	Bind func(*schema.Schema) (*schema.Schema, error)
	// Logger is told what an operator may want to know about a log: that it does not
	// answer, or that the index is built anew. Default: slog.Default().
	Logger *slog.Logger

	// CheckEachCommit makes every commit verify the whole index before it is
	// published, and refuses it with [ErrCorrupt] if that fails. It is for tests:
	// a commit then costs as much as reading all tuples twice. Default: off.
	CheckEachCommit bool
}

const (
	defaultHistoryCommits = 10_000
	defaultHistoryAge     = time.Hour
	defaultHistoryBytes   = 32 << 20
	defaultPinEvery       = 4096
	defaultSweepGrace     = time.Hour
	defaultSweepPerCommit = 64
	defaultCompactAt      = 100_000
	defaultLogCommits     = 100_000
)

// withDefaults returns o with the defaults where it says nothing.
func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.HistoryCommits == 0 {
		o.HistoryCommits = defaultHistoryCommits
	}
	if o.HistoryAge == 0 {
		o.HistoryAge = defaultHistoryAge
	}
	if o.HistoryBytes == 0 {
		o.HistoryBytes = defaultHistoryBytes
	}
	if o.PinEvery <= 0 {
		o.PinEvery = defaultPinEvery
	}
	if o.SweepGrace == 0 {
		o.SweepGrace = defaultSweepGrace
	}
	o.SweepGrace = max(0, o.SweepGrace)
	if o.SweepPerCommit == 0 {
		o.SweepPerCommit = defaultSweepPerCommit
	}
	o.SweepPerCommit = max(0, o.SweepPerCommit)
	if o.LogCommits == 0 {
		o.LogCommits = defaultLogCommits
	}
	if o.CompactAt == 0 {
		o.CompactAt = defaultCompactAt
	}
	return o
}
