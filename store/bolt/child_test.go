package bolt_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/bolt"
	"github.com/baobab-authz/baobab/tuple"
)

// The tests of faults run this test's program once more, as a process that appends to a log
// and says what was acknowledged, and that is killed, or whose system calls fail.
const (
	childPath   = "BAOBAB_BOLT_CHILD"  // the log's file; whoever has this set is such a process
	childGroups = "BAOBAB_BOLT_GROUPS" // how many groups it appends; without end if not set
	childNoSync = "BAOBAB_BOLT_NOSYNC" // it is the control that does not sync
	childSeed   = "BAOBAB_BOLT_SEED"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		os.Exit(child(path))
	}
	os.Exit(m.Run())
}

// window is how many tuples the commits leave.
const window = 50

// numbered returns the commit that follows a revision: it adds one tuple and removes the one that
// was added a while ago. Some are large.
func numbered(parent store.Revision) store.Commit {
	n := parent.Position() + 1
	of := func(n uint64) []store.Stored {
		t := tuple.New(tuple.Object{Type: "document", ID: strconv.FormatUint(n, 10)}, "viewer", tuple.Object{Type: "user", ID: "ann"}.Subject())
		return []store.Stored{{Relationship: t.Always()}}
	}
	c := store.Commit{Parent: parent, ID: store.NewCommitID(), Time: time.UnixMicro(int64(n)).UTC(), Added: of(n)}
	if n > window {
		c.Removed = of(n - window)
	}
	if n%17 == 0 {
		c.Note = strings.Repeat("n", 30_000)
	}
	c.Seal()
	return c
}

// child appends groups, and compacts meanwhile. It prints "try" and the position before, and
// "ok" and the revision after each Append that has returned nil, and "error" and what it is if
// one has not. It returns 3 if the log cannot be opened, 4 if it broke a promise.
func child(path string) int {
	ctx := context.Background()
	options := bolt.WithCompactBytes(bolt.Options{Timeout: 10 * time.Second}, 20_000)
	if os.Getenv(childNoSync) != "" {
		options = bolt.WithNoSync(options)
	}
	seed, _ := strconv.ParseUint(os.Getenv(childSeed), 10, 64)
	chance := rand.New(rand.NewPCG(seed, 2))
	groups, err := strconv.Atoi(os.Getenv(childGroups))
	if err != nil {
		groups = 1 << 40
	}
	log, err := bolt.Open(path, options)
	if err != nil {
		fmt.Println("error", strings.ReplaceAll(err.Error(), "\n", " "))
		return 3
	}
	at, _ := log.Head(ctx)
	var compacting sync.WaitGroup
	for i := range groups {
		group := []store.Commit{numbered(at)}
		for range chance.IntN(4) {
			group = append(group, numbered(group[len(group)-1].Revision))
		}
		last := group[len(group)-1].Revision
		fmt.Println("try", last.Position())
		if err := log.Append(ctx, group); err != nil {
			fmt.Println("error", strings.ReplaceAll(err.Error(), "\n", " "))
			compacting.Wait()
			return promises(log, at, group)
		}
		at = last
		fmt.Println("ok", at)
		if i%8 == 0 {
			compacting.Go(func() { _ = log.Compact(ctx, 5) })
		}
	}
	compacting.Wait()
	if err := log.Close(); err != nil {
		fmt.Println("error", err)
	}
	return 0
}

// promises checks what has to hold after an Append has failed: nothing more is appended, and all
// that was acknowledged, but no more, can be read.
func promises(log *bolt.Log, acknowledged store.Revision, group []store.Commit) int {
	ctx := context.Background()
	fail := func(format string, args ...any) int {
		fmt.Printf("broken: "+format+"\n", args...)
		return 4
	}
	if err := log.Append(ctx, group); !errors.Is(err, store.ErrReadOnly) {
		return fail("the next Append: %v", err)
	}
	if at, err := log.Head(ctx); err != nil || at != acknowledged {
		return fail("the head is %v, %v", at, err)
	}
	tuples := 0
	snapshot, err := log.Snapshot(ctx)
	if err == nil && snapshot.Revision != acknowledged {
		return fail("a snapshot at %v", snapshot.Revision)
	}
	if err == nil {
		for _, err = range snapshot.Tuples {
			tuples++
		}
	}
	switch {
	case err != nil && !strings.Contains(err.Error(), "mapped"): // the map was to be made anew, and could not be
		return fail("the snapshot: %v", err)
	case err == nil && uint64(tuples) != min(window, acknowledged.Position()):
		return fail("%d tuples at %d", tuples, acknowledged.Position())
	}
	_ = log.Close()
	return 0
}

// A told is what a child has said.
type told struct {
	try          uint64
	acknowledged store.Revision
	failed       string
	broken       string
}

func (r *told) line(t testing.TB, line string) {
	t.Helper()
	var err error
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "try":
		r.try, err = strconv.ParseUint(rest, 10, 64)
	case "ok":
		r.acknowledged, err = store.ParseRevision(rest)
	case "error":
		r.failed = rest
	case "broken:":
		r.broken = rest
	}
	require.NoError(t, err, line)
}

// listen reads whole lines until the child is gone; each is also given to heard.
func (r *told) listen(t testing.TB, out io.Reader, heard func()) {
	t.Helper()
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		r.line(t, strings.TrimSuffix(line, "\n"))
		heard()
	}
}

// command returns one that runs a child, perhaps by way of another program.
func command(t testing.TB, path string, env []string, by ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	args := append(by, self)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(append(os.Environ(), childPath+"="+path), env...)
	return cmd
}

// kept checks a log in which something was acknowledged before a fault: it has that, and at most the
// group that was on its way; and the tuples are those of its head.
func kept(t testing.TB, path string, r told) store.Revision {
	t.Helper()
	ctx := context.Background()
	report, err := bolt.Verify(path)
	require.NoError(t, err)
	log, err := bolt.Open(path, bolt.Options{})
	require.NoError(t, err)
	defer log.Close()
	at := head(t, log)
	require.Equal(t, report.Head, at)
	if at != r.acknowledged {
		require.Equal(t, r.try, at.Position(), "the head is neither what was acknowledged, %d, nor the group after", r.acknowledged.Position())
		if !r.acknowledged.IsZero() {
			for c, err := range log.Tail(ctx, r.acknowledged) {
				require.NoError(t, err, "after what was acknowledged")
				if c.Revision == at {
					break
				}
			}
		}
	}
	snapshot, err := log.Snapshot(ctx)
	require.NoError(t, err)
	found := map[string]bool{}
	for s, err := range snapshot.Tuples {
		require.NoError(t, err)
		found[s.Object.ID] = true
	}
	require.Len(t, found, int(min(window, at.Position())))
	for n := at.Position(); n > 0 && n+window > at.Position(); n-- {
		require.True(t, found[strconv.FormatUint(n, 10)], "the tuple of commit %d, at %d", n, at.Position())
	}
	return at
}
