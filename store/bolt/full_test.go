//go:build linux

package bolt_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/bolt"
)

// smallDisk returns a directory with room for so much, or skips the test.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a small file system cannot be mounted, which takes root: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return dir
}

// TestFullDisk appends until the disk is full. The log is read-only then, and complete; it
// is so too when it is opened again, and goes on when there is room.
func TestFullDisk(t *testing.T) {
	dir := smallDisk(t, "512k")
	path := filepath.Join(dir, "log")
	log := must(t, path, bolt.Options{})
	at := head(t, log)
	var err error
	for err == nil {
		c := large(at, 10_000)
		if err = log.Append(t.Context(), []store.Commit{c}); err == nil {
			at = c.Revision
		}
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NotErrorIs(t, err, store.ErrReadOnly, "its outcome is not known")
	require.Greater(t, at.Position(), uint64(10))
	err = log.Append(t.Context(), []store.Commit{numbered(at)})
	require.ErrorIs(t, err, store.ErrReadOnly)
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.ErrorIs(t, log.Compact(t.Context(), 0), store.ErrReadOnly)
	require.Equal(t, at, head(t, log))
	require.NoError(t, hasWindow(log, at))
	require.NoError(t, log.Close())
	_, err = kept(path, told{acknowledged: at})
	require.NoError(t, err)

	require.NoError(t, syscall.Mount("", dir, "", syscall.MS_REMOUNT, "size=2m"))
	log = must(t, path, bolt.Options{})
	appendTo(t, log, numbered(at))
}

// TestFullDiskCompact compacts where there is no room for another state: that is no harm.
func TestFullDiskCompact(t *testing.T) {
	dir := smallDisk(t, "1m")
	log := must(t, filepath.Join(dir, "log"), bolt.WithCompactBytes(bolt.Options{}, 1))
	at := head(t, log)
	c := commitOf(at, 0, 9000) // 300 KB of state, 400 KB of commit
	appendTo(t, log, c)
	at = c.Revision
	require.NoError(t, log.Compact(t.Context(), 0))
	var err error
	for err == nil {
		c := commitOf(at, int(at.Position())*9000, 2500)
		at = appendTo(t, log, c)
		err = log.Compact(t.Context(), 0)
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NotErrorIs(t, err, store.ErrReadOnly)
	at = appendTo(t, log, numbered(at))
	require.NoError(t, log.Close())
	log = must(t, filepath.Join(dir, "log"), bolt.Options{})
	require.Equal(t, at, head(t, log))
}
