package memlog_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/logtest"
	"github.com/baobab-authz/baobab/store/memlog"
	"github.com/baobab-authz/baobab/tuple"
)

var ctx = context.Background()

func TestLog(t *testing.T) {
	logtest.Run(t, func(testing.TB) logtest.Target {
		truth := memlog.New()
		return logtest.Target{Open: func() (store.Log, error) { return truth.Open(), nil }}
	})
}

// ends returns the error that a Tail begins with.
func ends(t *testing.T, log store.Log, after store.Revision) error {
	t.Helper()
	for _, err := range log.Tail(ctx, after) {
		return err
	}
	t.Fatal("Tail ends without an error")
	return nil
}

// fill appends n commits of a tuple each, and returns them.
func fill(t *testing.T, log store.Log, name string, n int) []store.Commit {
	t.Helper()
	parent, err := log.Head(ctx)
	require.NoError(t, err)
	var commits []store.Commit
	for i := range n {
		a := tuple.MustParse(fmt.Sprintf("document:%s-%d#viewer@user:a", name, i)).Always()
		c := store.Commit{Parent: parent, ID: store.NewCommitID(), Time: time.UnixMicro(int64(i)), Added: []store.Stored{{Relationship: a}}}
		c.Seal()
		commits, parent = append(commits, c), c.Revision
	}
	require.NoError(t, log.Append(ctx, commits))
	return commits
}

// tuples returns how many tuples a snapshot has, and of which revision it is.
func tuples(t *testing.T, log store.Log) (int, store.Revision) {
	t.Helper()
	snap, err := log.Snapshot(ctx)
	require.NoError(t, err)
	n := 0
	for _, err := range snap.Tuples {
		require.NoError(t, err)
		n++
	}
	return n, snap.Revision
}

// await returns what comes, or fails if nothing does.
func await[T any](t *testing.T, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(time.Minute):
		require.Fail(t, "nothing has come")
	}
	return v
}

// TestLose takes commits away that others have seen.
func TestLose(t *testing.T) {
	truth := memlog.New()
	log, other := truth.Open(), truth.Open()
	commits := fill(t, log, "a", 5)

	seen := make(chan store.Commit)
	ended := make(chan error, 1)
	go func() {
		for c, err := range other.Tail(ctx, commits[2].Revision) {
			if err != nil {
				ended <- err
				return
			}
			seen <- c
		}
	}()
	require.Equal(t, commits[3].Revision, await(t, seen).Revision)
	require.Equal(t, commits[4].Revision, await(t, seen).Revision)

	require.Equal(t, 2, truth.Lose(2))
	require.ErrorIs(t, await(t, ended), store.ErrDiverged, "it has handed out what is lost")
	head, err := other.Head(ctx)
	require.NoError(t, err)
	require.Equal(t, commits[2].Revision, head)
	n, at := tuples(t, other)
	require.Equal(t, 3, n)
	require.Equal(t, head, at)
	require.ErrorIs(t, log.Append(ctx, commits[3:]), nil, "they can be appended again")
	require.Equal(t, 2, truth.Lose(2))

	others := fill(t, other, "b", 3)
	require.ErrorIs(t, ends(t, log, commits[3].Revision), store.ErrDiverged)
	require.ErrorIs(t, ends(t, log, commits[4].Revision), store.ErrDiverged)
	require.NoError(t, ends(t, log, commits[2].Revision))
	require.ErrorIs(t, log.Append(ctx, commits[3:]), store.ErrConflict)
	require.True(t, others[0].Revision.SameHistory(commits[0].Revision))
	require.Equal(t, others[0].Revision.Position(), commits[3].Revision.Position())
}

// TestLoseAll loses no more than there is, and nothing that is compacted.
func TestLoseAll(t *testing.T) {
	truth := memlog.New()
	log := truth.Open()
	require.Zero(t, truth.Lose(1))
	commits := fill(t, log, "a", 5)
	require.Zero(t, truth.Lose(-1))
	require.Zero(t, truth.Lose(0))
	require.NoError(t, log.Compact(ctx, 2))
	require.Equal(t, 2, truth.Lose(100))
	n, at := tuples(t, log)
	require.Equal(t, 3, n)
	require.Equal(t, commits[2].Revision, at)
	require.ErrorIs(t, ends(t, log, commits[1].Revision), store.ErrCompacted)
}

// TestCompactForgetsExpired forgets what has expired by the last commit that it cannot lose.
func TestCompactForgetsExpired(t *testing.T) {
	truth := memlog.New()
	log := truth.Open()
	parent, err := log.Head(ctx)
	require.NoError(t, err)
	for i := range 4 {
		c := store.Commit{Parent: parent, ID: store.NewCommitID(), Time: time.UnixMicro(int64(10 * i))}
		r := tuple.MustParse(fmt.Sprintf("document:%d#viewer@user:a", i)).Until(time.UnixMicro(int64(10*i + 10)))
		c.Added = []store.Stored{{Relationship: r}}
		c.Seal()
		require.NoError(t, log.Append(ctx, []store.Commit{c}))
		parent = c.Revision
	}
	require.NoError(t, log.Compact(ctx, 2))
	n, _ := tuples(t, log)
	require.Equal(t, 3, n, "the head is later than what two of them expire at")
	require.Equal(t, 2, truth.Lose(2))
	n, _ = tuples(t, log)
	require.Equal(t, 1, n, "that of the second commit, which is the head, and has it live")
	require.NoError(t, log.Compact(ctx, 0))
	n, _ = tuples(t, log)
	require.Equal(t, 1, n)
}

// TestFork begins another epoch: all of before is another history, and the tuples stay.
func TestFork(t *testing.T) {
	truth := memlog.New()
	log := truth.Open()
	commits := fill(t, log, "a", 4)
	ended := make(chan error, 1)
	go func() { ended <- ends(t, truth.Open(), commits[3].Revision) }()
	require.Equal(t, 1, truth.Lose(1))
	truth.Fork()
	require.ErrorIs(t, await(t, ended), store.ErrDiverged)

	head, err := log.Head(ctx)
	require.NoError(t, err)
	require.Equal(t, uint64(3), head.Position())
	require.False(t, head.SameHistory(commits[2].Revision))
	n, at := tuples(t, log)
	require.Equal(t, 3, n)
	require.Equal(t, head, at)
	for _, c := range commits {
		require.ErrorIs(t, ends(t, log, c.Revision), store.ErrDiverged)
		require.ErrorIs(t, ends(t, log, c.Parent), store.ErrDiverged)
	}
	require.ErrorIs(t, log.Append(ctx, commits[3:]), store.ErrConflict)
	require.ErrorIs(t, log.Append(ctx, commits[:1]), store.ErrCompacted, "whether it was before the copy cannot be told")

	more := fill(t, log, "b", 2)
	require.Equal(t, head, more[0].Parent)
	require.NoError(t, ends(t, log, head))
	require.NoError(t, log.Append(ctx, more))
}

// TestForks of one copy are two histories.
func TestForks(t *testing.T) {
	truth := memlog.New()
	log := truth.Open()
	fill(t, log, "a", 1)
	seen := map[store.Revision]bool{}
	for range 10 {
		truth.Fork()
		head, err := log.Head(ctx)
		require.NoError(t, err)
		require.False(t, seen[head])
		seen[head] = true
		n, _ := tuples(t, log)
		require.Equal(t, 1, n)
	}
}

// TestCorrupt has a commit that is not what a store would append: whoever reads it is
// told, and nothing of it is believed.
func TestCorrupt(t *testing.T) {
	truth := memlog.New()
	log := truth.Open()
	good := fill(t, log, "a", 1)[0]
	bad := store.Commit{Parent: good.Revision, Added: []store.Stored{{Relationship: tuple.Relationship{Tuple: tuple.Tuple{Relation: "#"}}}}}
	bad.Seal()
	require.ErrorIs(t, log.Append(ctx, []store.Commit{bad}), store.ErrCorruptLog)
	head, err := log.Head(ctx)
	require.NoError(t, err)
	require.Equal(t, good.Revision, head)
}

// TestClosed: each handle has an end of its own.
func TestClosed(t *testing.T) {
	truth := memlog.New()
	log, other := truth.Open(), truth.Open()
	require.NoError(t, log.Close())
	require.NoError(t, log.Close())
	_, err := log.Head(ctx)
	require.ErrorIs(t, err, memlog.ErrClosed)
	require.ErrorIs(t, ends(t, log, store.Revision{}), memlog.ErrClosed)
	fill(t, other, "a", 1)
}

func Example() {
	truth := memlog.New()
	one, other := truth.Open(), truth.Open()
	defer func() { _, _ = one.Close(), other.Close() }()

	head, _ := one.Head(ctx)
	commit := store.Commit{Parent: head, ID: store.NewCommitID(), Note: "hello"}
	commit.Seal()
	fmt.Println(one.Append(ctx, []store.Commit{commit}))
	for c, err := range other.Tail(ctx, head) {
		fmt.Println(c.Revision.Position(), c.Note, err)
		break // it would wait for more
	}
	// Output:
	// <nil>
	// 1 hello <nil>
}
