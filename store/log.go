package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/baobab-authz/baobab/tuple"
)

// A Log is where the truth is kept, when the store is not in memory alone: an
// ordered list of commits that outlives the process, and that several processes may
// share. A store validates each transaction on its own state and appends it only if
// nobody has appended in the meantime, so a log has no rules to enforce; it compares,
// appends, and hands out what it has. Package store/logtest tests whether one does.
//
// Revisions are dense: a log whose newest commit has position n has had n commits,
// and each names the one before as its Parent. Every revision is a hash over all
// commits up to it, so whoever compares two revisions compares two histories.
//
// All methods but Close may be called by any number of goroutines.
type Log interface {
	// Append makes commits durable, all of them or none. Each one's Parent is the
	// Revision of the one before, and that of the first has to be the head, or the
	// error is [ErrConflict] and none of them is in the log or ever will be by this
	// call.
	//
	// If all of them are in the log already, with the same IDs and at the positions
	// that they have, Append does nothing and returns nil, whatever the head is: so
	// one whose outcome is not known is settled by repeating it. If that cannot be
	// told any more because commits after the first one's Parent were compacted, the
	// error is [ErrCompacted].
	//
	// [ErrReadOnly] says that this call appended nothing, and that no other will; what became
	// of an earlier call whose outcome is not known it does not say. After
	// any other error the outcome is not known: the commits may be in the log, or come
	// to be in it until a repeated call has returned.
	Append(ctx context.Context, commits []Commit) error

	// Head returns the newest revision: every commit whose Append has returned,
	// anywhere, before Head was called is that one or before it. Of a log without commits
	// it is one at position 0, which says whose commits these will be.
	Head(ctx context.Context) (Revision, error)

	// Snapshot returns all tuples at one revision, that of some commit since the call or
	// of the head at that time.
	Snapshot(ctx context.Context) (*Snapshot, error)

	// Tail returns every commit after a revision, in order and without a gap, and then
	// waits for more until ctx ends, whose error is the last. It can be resumed after
	// any revision that is not compacted away, and ends with [ErrCompacted] at one that is, and
	// with [ErrDiverged] at one that is not in the log's history. Any other error may pass:
	// resume after the last commit. It may hand out a commit before the commit's Append has returned; that it is
	// durable only Append says.
	Tail(ctx context.Context, after Revision) iter.Seq2[Commit, error]

	// Compact may forget all commits but the newest so many; what they made is
	// in every later Snapshot. It may keep more.
	//
	// It may also forget tuples that have expired: those which [Stored.Expired] reports
	// of the Time of a commit that the log has, at the latest of its head. They are then
	// in no later Snapshot until a commit adds them again. It goes by the log's own
	// commits alone: a caller may know of some that the log has lost, and clocks
	// differ. A tuple that expires later is never forgotten.
	//
	// Nobody misses what is forgotten so. No commit's Time is before its parent's, so that
	// whoever opens a store on the log judges every state at the Time of the Snapshot's
	// commit or later, and passes such a tuple over. For those who have it still it does not
	// exist either, in any state from that commit on; earlier ones they have of their own. A commit may
	// remove a tuple that was forgotten, or put another in its place: removing what is
	// not there is nothing, and adding it is the same whether it is there or not.
	Compact(ctx context.Context, keep uint64) error

	// Close ends the use of the log: Tails end, and later calls fail. It waits for an
	// Append in progress.
	Close() error
}

// A Snapshot is the tuples of a log at one revision.
type Snapshot struct {
	Revision Revision
	Time     time.Time // of the commit; zero at position 0
	Schema   string    // in JSON, as [schema.Schema.MarshalJSON] writes it; empty at position 0

	// Tuples are all tuples, each once, in any order, but for those that had expired and
	// that [Log.Compact] has forgotten. They are gone through once, or
	// not at all if the context of [Log.Snapshot] is ended then. An error is the last
	// element.
	Tuples iter.Seq2[Stored, error]
}

// Stored is a relationship as a log keeps it.
type Stored struct {
	tuple.Relationship
	Aside bool // set aside, see [Store.SetSchema]
}

// Expired reports whether the tuple has expired by the Time of a commit, set aside or not:
// then no state that this commit or a later one makes has it, and [Log.Compact] may forget it.
func (s *Stored) Expired(by time.Time) bool {
	return !s.Expires.IsZero() && !s.Expires.After(by)
}

// An Exclusive log is one to which nothing but the store that it was given to can
// append, as if it were a file that one process has locked. A store does not follow it.
type Exclusive interface{ Exclusive() }

// A Nudger is a log whose Tails look at once, if they have been waiting, whether there
// is something new. A store that has to wait for a commit calls it.
type Nudger interface{ Nudge() }

var (
	// ErrConflict is what [Log.Append] returns if the head is another revision than the
	// one on which a commit was validated. It may be a [*ConflictError].
	ErrConflict = errors.New("the log has had another commit in the meantime")
	// ErrReadOnly is what [Log.Append] returns when the log takes no commits any more.
	ErrReadOnly = errors.New("the log does not take commits any more")
	// ErrCompacted is what a log returns when commits that would be needed have been
	// compacted away.
	ErrCompacted = errors.New("the log has compacted these commits away")
	// ErrDiverged is what is returned for a revision that is not in the log's history:
	// a backup has been restored, or another server took over without the last commits.
	ErrDiverged = errors.New("the revision is not in the history of the log")
	// ErrCorruptLog is what a log returns that cannot vouch for what it has.
	ErrCorruptLog = errors.New("the log is corrupt")
)

// A ConflictError is an [ErrConflict] that tells the head, so that the store knows what
// to wait for before it tries again.
type ConflictError struct{ Head Revision }

// Error names the head.
func (e *ConflictError) Error() string { return fmt.Sprintf("%v: it is at %s", ErrConflict, e.Head) }

// Is reports whether target is [ErrConflict].
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }
