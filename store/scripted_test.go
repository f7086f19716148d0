package store_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/memlog"
	"github.com/baobab-authz/baobab/tuple"
)

var errScripted = errors.New("as the script says")

// A scripted log does what a test says, around what a log in memory does. A nil hook is
// no hook.
type scripted struct {
	store.Log
	mu       sync.Mutex
	append   func(commits []store.Commit, do func() error) error
	head     func(ctx context.Context, do func() (store.Revision, error)) (store.Revision, error)
	snapshot func(ctx context.Context, do func() (*store.Snapshot, error)) (*store.Snapshot, error)
	tail     func(ctx context.Context, after store.Revision, do iter.Seq2[store.Commit, error]) iter.Seq2[store.Commit, error]
	compact  func(do func() error) error
}

// on changes the script.
func (l *scripted) on(change func(l *scripted)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
}

func (l *scripted) Append(ctx context.Context, commits []store.Commit) error {
	do := func() error { return l.Log.Append(ctx, commits) }
	l.mu.Lock()
	f := l.append
	l.mu.Unlock()
	if f != nil {
		return f(commits, do)
	}
	return do()
}

func (l *scripted) Head(ctx context.Context) (store.Revision, error) {
	do := func() (store.Revision, error) { return l.Log.Head(ctx) }
	l.mu.Lock()
	f := l.head
	l.mu.Unlock()
	if f != nil {
		return f(ctx, do)
	}
	return do()
}

func (l *scripted) Snapshot(ctx context.Context) (*store.Snapshot, error) {
	do := func() (*store.Snapshot, error) { return l.Log.Snapshot(ctx) }
	l.mu.Lock()
	f := l.snapshot
	l.mu.Unlock()
	if f != nil {
		return f(ctx, do)
	}
	return do()
}

func (l *scripted) Tail(ctx context.Context, after store.Revision) iter.Seq2[store.Commit, error] {
	do := l.Log.Tail(ctx, after)
	l.mu.Lock()
	f := l.tail
	l.mu.Unlock()
	if f != nil {
		return f(ctx, after, do)
	}
	return do
}

func (l *scripted) Compact(ctx context.Context, keep uint64) error {
	do := func() error { return l.Log.Compact(ctx, keep) }
	l.mu.Lock()
	f := l.compact
	l.mu.Unlock()
	if f != nil {
		return f(do)
	}
	return do()
}

// An exclusive log is one that no one else appends to, as it says.
type exclusive struct{ *scripted }

func (exclusive) Exclusive() {}

// A stop is where those who come wait until the test lets them go on.
type stop chan struct{}

func newStop() stop { return make(stop) }

func (s stop) wait() { <-s }

// waitOr is wait until a context ends.
func (s stop) waitOr(ctx context.Context) error {
	select {
	case <-s:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s stop) open() { close(s) }

// append lets nobody append until the stop opens.
func (s stop) append(_ []store.Commit, do func() error) error {
	s.wait()
	return do()
}

// bubble runs a test in a bubble, with a log in memory.
func bubble(t *testing.T, test func(t *testing.T, truth *memlog.Log)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, memlog.New()) })
}

// A logbook keeps what a store tells its logger.
type logbook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logbook) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// openScripted returns a store of a log that is shared, and its script.
func openScripted(t testing.TB, truth *memlog.Log, o store.Options) (*store.Store, *scripted) {
	script := &scripted{Log: truth.Open()}
	o.CheckEachCommit = true
	if o.Logger == nil {
		o.Logger = new(logbook).logger()
	}
	return openLog(t, script, o), script
}

// An outcome is what a call came to that may take its time.
type outcome struct {
	rev  store.Revision
	err  error
	done chan struct{}
}

// begin calls f in another goroutine.
func begin(f func() (store.Revision, error)) *outcome {
	o := &outcome{done: make(chan struct{})}
	go func() {
		defer close(o.done)
		o.rev, o.err = f()
	}()
	return o
}

func (o *outcome) wait() (store.Revision, error) {
	<-o.done
	return o.rev, o.err
}

func (o *outcome) over() bool {
	select {
	case <-o.done:
		return true
	default:
		return false
	}
}

// await returns what comes, or fails if nothing does. It is for tests outside of a bubble.
func await[T any](t testing.TB, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(time.Minute):
		require.Fail(t, "nothing has come")
	}
	return v
}

// adding is the function of a transaction that creates tuples of the document plan, one
// for each user.
func adding(users ...string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		for _, u := range users {
			if err := tx.Create(viewer("plan", u).Always()); err != nil {
				return err
			}
		}
		return nil
	}
}

func add(ctx context.Context, s *store.Store, users ...string) (store.Revision, error) {
	return s.Update(ctx, adding(users...))
}

func mustAdd(t testing.TB, s *store.Store, users ...string) store.Revision {
	rev, err := add(bg, s, users...)
	require.NoError(t, err)
	return rev
}

// users returns those of the document plan, sorted.
func users(t testing.TB, st *store.State, err error) []string {
	require.NoError(t, err)
	list := []string{}
	for r, err := range st.Tuples(tuple.Filter{ObjectType: "document", ObjectID: "plan"}) {
		require.NoError(t, err)
		list = append(list, r.Subject.ID)
	}
	slices.Sort(list)
	return list
}

func usersNow(t testing.TB, s *store.Store) []string {
	st, err := s.Now()
	return users(t, st, err)
}

func usersLatest(t testing.TB, s *store.Store) []string {
	st, err := s.Latest(bg)
	return users(t, st, err)
}
