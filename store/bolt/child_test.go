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
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	berrors "go.etcd.io/bbolt/errors"

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

// large returns the commit that follows, of about so many bytes.
func large(parent store.Revision, size int) store.Commit {
	c := numbered(parent)
	c = store.Commit{Parent: parent, ID: c.ID, Time: c.Time, Added: c.Added, Removed: c.Removed, Note: strings.Repeat("n", size)}
	c.Seal()
	return c
}

// child appends groups, and compacts meanwhile. It prints "try" and the position before, and
// "ok" and the revision after each Append that has returned nil, and "error" and what it is if
// one has not. It returns 3 if the log cannot be opened, 4 if it broke a promise.
func child(path string) int {
	runtime.LockOSThread() // strace counts the calls of each thread
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
		if i == 20 { // the file has to grow
			group[0] = large(at, 500_000)
		}
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
	if err := hasWindow(log, acknowledged); err != nil && !errors.Is(err, berrors.ErrInvalidMapping) {
		return fail("%v", err)
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

// listen reads whole lines until the child is gone.
func (r *told) listen(t testing.TB, out io.Reader) {
	t.Helper()
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		r.line(t, strings.TrimSuffix(line, "\n"))
	}
}

// command returns one that runs a child, perhaps by way of another program.
func command(t testing.TB, ctx context.Context, path string, env []string, by ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	args := append(by, self)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(append(os.Environ(), childPath+"="+path), env...)
	return cmd
}

// kept checks a log in which something was acknowledged before a fault: it has that, and at most the
// group that was on its way; and the tuples are those of its head, which it returns.
func kept(path string, r told) (store.Revision, error) {
	ctx := context.Background()
	report, err := bolt.Verify(path)
	if err != nil {
		return store.Revision{}, err
	}
	log, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return store.Revision{}, err
	}
	defer log.Close()
	at, err := log.Head(ctx)
	switch {
	case err != nil:
		return at, err
	case report.Head != at:
		return at, fmt.Errorf("the head is %s, and Verify said %s", at, report.Head)
	case at == r.acknowledged:
	case r.acknowledged.Position() > at.Position():
		return at, fmt.Errorf("lost: the head has position %d, and %d was acknowledged", at.Position(), r.acknowledged.Position())
	case at.Position() > 0 && at.Position() != r.try:
		return at, fmt.Errorf("the head has position %d; %d was acknowledged, and %d on its way", at.Position(), r.acknowledged.Position(), r.try)
	case !r.acknowledged.IsZero():
		for c, err := range log.Tail(ctx, r.acknowledged) {
			if err != nil {
				return at, err
			}
			if c.Revision == at {
				break
			}
		}
	}
	return at, hasWindow(log, at)
}

// hasWindow checks that the tuples at a revision are those that numbered commits leave.
func hasWindow(log *bolt.Log, at store.Revision) error {
	snapshot, err := log.Snapshot(context.Background())
	if err == nil && snapshot.Revision != at {
		err = fmt.Errorf("the snapshot is of %s, and the head %s", snapshot.Revision, at)
	}
	if err != nil {
		return err
	}
	return isWindow(snapshot)
}

func isWindow(snapshot *store.Snapshot) error {
	at := snapshot.Revision.Position()
	found := map[string]bool{}
	for s, err := range snapshot.Tuples {
		if err != nil {
			return err
		}
		found[s.Object.ID] = true
	}
	for n := at; n > 0 && n+window > at; n-- {
		if !found[strconv.FormatUint(n, 10)] {
			return fmt.Errorf("the tuple of commit %d is missing at %d", n, at)
		}
	}
	if want := min(window, at); uint64(len(found)) != want {
		return fmt.Errorf("%d tuples at %d, and there should be %d", len(found), at, want)
	}
	return nil
}
