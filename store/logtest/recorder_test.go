package logtest_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store/logtest"
)

// TestMain keeps rapid from writing a file for each broken log that it finds out.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.nofailfile": "true", "rapid.shrinktime": "0s"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// A recorder is a TB for a check that should fail: it notes failures and passes none on.
type recorder struct {
	testing.TB // for what is no verdict

	mu       sync.Mutex
	failed   bool
	said     []string
	cleanups []func()
}

func (r *recorder) note(text string, fails bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said = append(r.said, text)
	r.failed = r.failed || fails
}

func (r *recorder) Helper()                           {}
func (r *recorder) Log(args ...any)                   { r.note(fmt.Sprintln(args...), false) }
func (r *recorder) Logf(format string, args ...any)   { r.note(fmt.Sprintf(format, args...), false) }
func (r *recorder) Error(args ...any)                 { r.note(fmt.Sprintln(args...), true) }
func (r *recorder) Errorf(format string, args ...any) { r.note(fmt.Sprintf(format, args...), true) }
func (r *recorder) Fail()                             { r.note("", true) }
func (r *recorder) FailNow()                          { r.Fail(); runtime.Goexit() }
func (r *recorder) Fatal(args ...any)                 { r.Error(args...); runtime.Goexit() }
func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...); runtime.Goexit() }

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *recorder) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}

// listen runs a check as a test would be run, and returns what it said if it failed.
func listen(t *testing.T, name string, open func(testing.TB) logtest.Target) (said string, failed bool) {
	t.Helper()
	r := &recorder{TB: t}
	run := func(f func()) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			f()
		}()
		<-done
	}
	known := false
	run(func() { known = true; known = logtest.RunCheck(r, name, open) })
	require.True(t, known, "there is no check %s", name)
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		run(r.cleanups[i])
	}
	return strings.Join(r.said, "\n"), r.Failed()
}
