//go:build unix

package bolt_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/bolt"
)

// TestFileCutWhileOpen takes the pages away that are mapped into memory, so that reading them is a
// fault of the processor: it is an error, whoever reads.
func TestFileCutWhileOpen(t *testing.T) {
	s := newSample(t)
	for name, use := range map[string]func(log *bolt.Log, at store.Revision) error{
		"Append": func(log *bolt.Log, at store.Revision) error {
			return log.Append(t.Context(), []store.Commit{numbered(at)})
		},
		"Snapshot": func(log *bolt.Log, _ store.Revision) error {
			snapshot, err := log.Snapshot(t.Context())
			if err == nil {
				for _, err = range snapshot.Tuples {
				}
			}
			return err
		},
		"Tail": func(log *bolt.Log, _ store.Revision) error {
			for _, err := range log.Tail(t.Context(), s.base) {
				return err
			}
			return nil
		},
		"Compact": func(log *bolt.Log, _ store.Revision) error { return log.Compact(t.Context(), 0) },
		"Backup":  func(log *bolt.Log, _ store.Revision) error { return log.Backup(io.Discard) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			require.NoError(t, os.WriteFile(path, s.file, 0o600))
			log := must(t, path, bolt.WithCompactBytes(bolt.Options{}, 1))
			at := head(t, log)
			require.NoError(t, os.Truncate(path, 8192)) // the meta pages are left
			require.ErrorIs(t, use(log, at), store.ErrCorruptLog)
			err := log.Append(t.Context(), []store.Commit{numbered(at)})
			require.Error(t, err)
			require.NoError(t, log.Close(), "and it does not hang")
			_, err = bolt.Open(path, bolt.Options{})
			require.ErrorIs(t, err, store.ErrCorruptLog)
		})
	}
}
