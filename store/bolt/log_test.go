package bolt_test

import (
	"flag"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

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

func TestLog(t *testing.T) {
	fewer(t, "40")
	logtest.Run(t, target(bolt.Options{}))
}

// TestLogCompacted runs the suite where every Compact writes a state.
func TestLogCompacted(t *testing.T) {
	fewer(t, "40")
	logtest.Run(t, target(bolt.WithCompactBytes(bolt.Options{}, 1)))
}

// fewer makes rapid draw fewer random sequences, unless -rapid.checks says how many: each is a
// log of its own, of which the suite's own tests draw more.
func fewer(t *testing.T, checks string) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		require.NoError(t, f.Value.Set(checks))
		t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
	}
}
