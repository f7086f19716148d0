package bolt_test

import (
	"path/filepath"
	"testing"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/bolt"
	"github.com/baobab-authz/baobab/store/logtest"
)

// target returns a log of a new file for the suite.
func target(options bolt.Options) func(testing.TB) logtest.Target {
	return func(t testing.TB) logtest.Target {
		path := filepath.Join(t.TempDir(), "log")
		return logtest.Target{Open: func() (store.Log, error) { return bolt.Open(path, options) }}
	}
}

func TestLog(t *testing.T) { logtest.Run(t, target(bolt.Options{})) }

// TestLogCompacted runs the suite where every Compact writes a state.
func TestLogCompacted(t *testing.T) {
	logtest.Run(t, target(bolt.WithCompactBytes(bolt.Options{}, 1)))
}
