package bolt

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPublishWithoutLinks gives a file its name on a file system that has no links.
func TestPublishWithoutLinks(t *testing.T) {
	link := func(_, _ string) error { return errors.ErrUnsupported }
	dir := t.TempDir()
	temp, path := filepath.Join(dir, "temp"), filepath.Join(dir, "log")
	require.NoError(t, os.WriteFile(temp, []byte("new"), 0o600))
	require.NoError(t, publish(link, temp, path))
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "new", string(got))
	require.NoFileExists(t, temp)

	require.NoError(t, os.WriteFile(temp, []byte("newer"), 0o600))
	require.ErrorIs(t, publish(link, temp, path), fs.ErrExist)
	require.ErrorIs(t, publish(link, temp+".missing", path+".other"), fs.ErrNotExist)
	require.ErrorIs(t, syncDir(filepath.Join(dir, "missing")), fs.ErrNotExist)
}
