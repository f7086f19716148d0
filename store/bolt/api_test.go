package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/bolt"
	"github.com/baobab-authz/baobab/tuple"
)

func TestOpenMustExist(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	_, err := bolt.Open(path, bolt.Options{MustExist: true})
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoFileExists(t, path)
	require.NoError(t, must(t, path, bolt.Options{}).Close())
	must(t, path, bolt.Options{MustExist: true})
}

func TestOpenNoDirectory(t *testing.T) {
	_, err := bolt.Open(filepath.Join(t.TempDir(), "missing", "log"), bolt.Options{})
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = bolt.Open(t.TempDir(), bolt.Options{})
	require.Error(t, err, "a directory")
}

// TestOpenNewLeavesNothing makes a file with its mode, and none beside it.
func TestOpenNewLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	must(t, filepath.Join(dir, "a"), bolt.Options{})
	must(t, filepath.Join(dir, "b"), bolt.Options{Mode: 0o640})
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	if runtime.GOOS == "windows" {
		return // which has no such modes
	}
	for i, mode := range []fs.FileMode{0o600, 0o640} {
		info, err := entries[i].Info()
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode())
	}
}

func TestOpenTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log := must(t, path, bolt.Options{})
	for _, timeout := range []time.Duration{0, 30 * time.Millisecond} {
		_, err := bolt.Open(path, bolt.Options{Timeout: timeout})
		require.ErrorIs(t, err, bolt.ErrInUse)
		require.ErrorContains(t, err, path)
	}
	_, err := bolt.Verify(path)
	require.ErrorIs(t, err, bolt.ErrInUse)
	_, err = bolt.Repair(path, path+".repaired", bolt.Options{})
	require.ErrorIs(t, err, bolt.ErrInUse)

	var second sync.WaitGroup
	second.Go(func() {
		log, err := bolt.Open(path, bolt.Options{Timeout: time.Minute})
		if err == nil {
			err = log.Close()
		}
		if err != nil {
			t.Error(err)
		}
	})
	require.NoError(t, log.Close())
	second.Wait()
}

// TestOpenNewAtOnce opens a file that is not there from many goroutines: it is made once.
func TestOpenNewAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	heads := make(chan store.Revision, 8)
	var all sync.WaitGroup
	for range cap(heads) {
		all.Go(func() {
			log, err := bolt.Open(path, bolt.Options{Timeout: time.Minute})
			if err != nil {
				t.Error(err)
				return
			}
			at, _ := log.Head(context.Background())
			heads <- at
			if err := log.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	close(heads)
	first := <-heads
	for at := range heads {
		require.Equal(t, first, at)
	}
}

func TestClosed(t *testing.T) {
	ctx := context.Background()
	log := must(t, filepath.Join(t.TempDir(), "log"), bolt.Options{})
	at := appendTo(t, log, numbered(head(t, log)))
	snapshot, err := log.Snapshot(ctx)
	require.NoError(t, err)
	require.NoError(t, log.Close())
	require.NoError(t, log.Close(), "again")
	_, err = log.Head(ctx)
	require.ErrorIs(t, err, bolt.ErrClosed)
	require.ErrorIs(t, err, store.ErrClosed)
	require.ErrorIs(t, log.Append(ctx, []store.Commit{numbered(at)}), bolt.ErrClosed)
	require.ErrorIs(t, log.Compact(ctx, 0), bolt.ErrClosed)
	require.ErrorIs(t, log.Backup(io.Discard), bolt.ErrClosed)
	_, err = log.Snapshot(ctx)
	require.ErrorIs(t, err, bolt.ErrClosed)
	for range snapshot.Tuples { // of which nothing is in the file
	}
}

// filledSample opens the sample.
func filledSample(t testing.TB, options bolt.Options) (*bolt.Log, sample) {
	t.Helper()
	s := newSample(t)
	path := filepath.Join(t.TempDir(), "log")
	require.NoError(t, os.WriteFile(path, s.file, 0o600))
	return must(t, path, options), s
}

func TestSnapshotOnce(t *testing.T) {
	log, _ := filledSample(t, bolt.Options{})
	snapshot, err := log.Snapshot(t.Context())
	require.NoError(t, err)
	for range snapshot.Tuples {
		break
	}
	for _, err := range snapshot.Tuples {
		require.ErrorContains(t, err, "once")
	}
}

func TestSnapshotContextEnds(t *testing.T) {
	log, _ := filledSample(t, bolt.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	snapshot, err := log.Snapshot(ctx)
	require.NoError(t, err)
	cancel()
	for _, err := range snapshot.Tuples {
		require.ErrorIs(t, err, context.Canceled)
	}
	_, err = log.Snapshot(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, log.Compact(ctx, 0), context.Canceled)
}

// tuples collects those of a snapshot.
func tuples(t testing.TB, snapshot *store.Snapshot) map[tuple.Tuple]bool {
	t.Helper()
	all := map[tuple.Tuple]bool{}
	for s, err := range snapshot.Tuples {
		require.NoError(t, err)
		require.False(t, all[s.Tuple], "%s is there twice", s.Tuple)
		all[s.Tuple] = true
	}
	return all
}

// TestSnapshotWhileCompacted goes through a snapshot while the log is compacted again and again,
// and grows: it stays what it was, and what it needed is deleted afterwards.
func TestSnapshotWhileCompacted(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "log")
	log := must(t, path, bolt.WithCompactBytes(bolt.Options{}, 1))
	at := appendTo(t, log, commitOf(head(t, log), 0, 5000))
	require.NoError(t, log.Compact(ctx, 0))
	at = appendTo(t, log, commitOf(at, 5000, 100))
	snapshot, err := log.Snapshot(ctx)
	require.NoError(t, err)
	n := 0
	for _, err := range snapshot.Tuples {
		require.NoError(t, err)
		if n++; n%1000 == 0 {
			at = appendTo(t, log, commitOf(at, 10_000+n*10, 5000))
			require.NoError(t, log.Compact(ctx, 0))
		}
	}
	require.Equal(t, 5100, n)
	now, err := log.Snapshot(ctx)
	require.NoError(t, err)
	require.Len(t, tuples(t, now), 5100+5*5000)
	require.NoError(t, log.Compact(ctx, 0))
	require.NoError(t, log.Close())
	require.Equal(t, 1, generations(t, path))
}

// generations counts those in a file.
func generations(t testing.TB, path string) (n int) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	require.NoError(t, err)
	require.NoError(t, db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
			if strings.HasPrefix(string(name), "state-") {
				n++
			}
			return nil
		})
	}))
	require.NoError(t, db.Close())
	return n
}

// TestCompactPays does nothing that costs more than it is worth, and in the end as much
// as is asked for.
func TestCompactPays(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "log")
	log := must(t, path, bolt.Options{})
	start := head(t, log)
	at := appendTo(t, log, commitOf(start, 0, 100))
	require.NoError(t, log.Compact(ctx, 0))
	require.NoError(t, firstOf(log.Tail(ctx, start)), "too little for a state")
	at = appendTo(t, log, commitOf(at, 100, 20_000))
	require.NoError(t, log.Compact(ctx, 1))
	require.ErrorIs(t, firstOf(log.Tail(ctx, start)), store.ErrCompacted)
	var many []store.Commit
	for i := range 5000 { // more than one transaction drops
		many = append(many, commitOf(at, 1_000_000+i, 1))
		at = many[i].Revision
	}
	appendTo(t, log, many...)
	require.NoError(t, log.Compact(ctx, 2))
	require.NoError(t, log.Close())
	report, err := bolt.Verify(path)
	require.NoError(t, err)
	require.EqualValues(t, 2, report.Commits)
	require.EqualValues(t, 25_100, report.StateTuples)
	require.Equal(t, at, report.State)
}

func firstOf(tail func(func(store.Commit, error) bool)) (first error) {
	tail(func(_ store.Commit, err error) bool {
		first = err
		return false
	})
	return first
}

func TestBackup(t *testing.T) {
	ctx := t.Context()
	log, s := filledSample(t, bolt.Options{})
	want, err := log.Snapshot(ctx)
	require.NoError(t, err)
	var copied bytes.Buffer
	require.NoError(t, log.Backup(&copied))
	path := filepath.Join(t.TempDir(), "restored")
	require.NoError(t, bolt.Restore(iotest.OneByteReader(bytes.NewReader(copied.Bytes())), path, bolt.Options{Mode: 0o640}))

	restored := must(t, path, bolt.Options{})
	got, err := restored.Snapshot(ctx)
	require.NoError(t, err)
	require.Equal(t, head(t, restored), got.Revision)
	require.Equal(t, want.Revision.Position(), got.Revision.Position())
	require.False(t, want.Revision.SameHistory(got.Revision), "another epoch")
	require.Equal(t, want.Time, got.Time)
	require.Equal(t, want.Schema, got.Schema)
	require.Equal(t, tuples(t, want), tuples(t, got))
	require.ErrorIs(t, firstOf(restored.Tail(ctx, want.Revision)), store.ErrDiverged)
	require.ErrorIs(t, firstOf(restored.Tail(ctx, s.base)), store.ErrDiverged)
	require.ErrorIs(t, restored.Append(ctx, []store.Commit{numbered(want.Revision)}), store.ErrConflict)
	appendTo(t, restored, numbered(got.Revision))

	require.ErrorIs(t, bolt.Restore(&copied, path, bolt.Options{}), fs.ErrExist)
}

func TestBackupOfNothing(t *testing.T) {
	log := must(t, filepath.Join(t.TempDir(), "log"), bolt.Options{})
	var copied bytes.Buffer
	require.NoError(t, log.Backup(&copied))
	path := filepath.Join(t.TempDir(), "restored")
	require.NoError(t, bolt.Restore(&copied, path, bolt.Options{}))
	restored := must(t, path, bolt.Options{})
	require.Zero(t, head(t, restored).Position())
	snapshot, err := restored.Snapshot(t.Context())
	require.NoError(t, err)
	require.Empty(t, tuples(t, snapshot))
	require.Zero(t, snapshot.Time)
	appendTo(t, restored, numbered(head(t, restored)))
}

// TestRestoreDamaged changes every byte of a backup, and cuts it everywhere: it is refused, and
// leaves no file.
func TestRestoreDamaged(t *testing.T) {
	log, _ := filledSample(t, bolt.Options{})
	var copied bytes.Buffer
	require.NoError(t, log.Backup(&copied))
	dir := t.TempDir()
	refused := func(b []byte, how string) {
		err := bolt.Restore(bytes.NewReader(b), filepath.Join(dir, "restored"), bolt.Options{})
		require.ErrorIs(t, err, bolt.ErrBackup, how)
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, entries, how)
	}
	stride := every("BAOBAB_DAMAGE", 1009)
	for at := 0; at < copied.Len(); at += stride {
		b := bytes.Clone(copied.Bytes())
		b[at] ^= 1 << (at % 8)
		refused(b, fmt.Sprintf("byte %d of %d", at, len(b)))
		refused(copied.Bytes()[:at], fmt.Sprintf("the first %d bytes", at))
	}
	refused(append(copied.Bytes(), 0), "a byte more")
	failed := errors.New("the reader failed")
	err := bolt.Restore(io.MultiReader(bytes.NewReader(copied.Bytes()[:1000]), iotest.ErrReader(failed)), filepath.Join(dir, "restored"), bolt.Options{})
	require.ErrorIs(t, err, failed)
}

type failingWriter struct{ after int }

var errWriter = errors.New("the writer failed")

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.after -= len(p); w.after < 0 {
		return 0, errWriter
	}
	return len(p), nil
}

func TestBackupWriterFails(t *testing.T) {
	log := must(t, filepath.Join(t.TempDir(), "log"), bolt.Options{})
	at := appendTo(t, log, commitOf(head(t, log), 0, 60_000)) // more than is buffered
	for _, after := range []int{0, 1_100_000} {
		require.ErrorIs(t, log.Backup(&failingWriter{after}), errWriter)
	}
	appendTo(t, log, numbered(at))
}

func TestVerify(t *testing.T) {
	log, s := filledSample(t, bolt.Options{})
	at := head(t, log)
	path := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, os.WriteFile(path, s.file, 0o400))
	report, err := bolt.Verify(path)
	require.NoError(t, err)
	require.Equal(t, at, report.Head)
	require.Equal(t, s.base, report.Base)
	require.EqualValues(t, 5, report.Commits)
	require.EqualValues(t, len(s.file), report.Bytes)
	require.EqualValues(t, 20, report.State.Position())
	require.Positive(t, report.StateBytes)
	require.NoError(t, report.Cut)
	_, err = bolt.Verify(path + ".missing")
	require.ErrorIs(t, err, fs.ErrNotExist)
}
