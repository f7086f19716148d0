//go:build linux

package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store/bolt"
)

// A call that fails at its n-th use, in a process that appends and compacts.
type failing struct {
	call, errno string
}

// inject runs a child whose n-th such call on the log's file fails, and checks that it ends in good
// order and that the log has what was acknowledged. It reports whether a call failed at all.
func (f failing) inject(t *testing.T, n int) (failed bool) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	log := must(t, path, bolt.Options{})
	at := head(t, log)
	for range 40 {
		at = appendTo(t, log, numbered(at))
	}
	require.NoError(t, log.Close())
	trace := filepath.Join(t.TempDir(), "trace")
	by := strace(t, "-o", trace, "-P", path, "-e", fmt.Sprintf("inject=%s:error=%s:when=%d", f.call, f.errno, n))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := command(t, ctx, path, []string{childGroups + "=80", childSeed + "=" + fmt.Sprint(n)}, by...)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	require.NoError(t, ctx.Err(), "it hangs; %s", out.String())
	r := told{acknowledged: at}
	r.listen(t, &out)
	require.Empty(t, r.broken, "%s %s at call %d", f.call, f.errno, n)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 3 { // it could not be opened
		require.NotEmpty(t, r.failed)
		err = nil
	}
	require.NoError(t, err, "%s %s at call %d: it crashed: %s", f.call, f.errno, n, stderr.String())
	recorded, err := os.ReadFile(trace)
	require.NoError(t, err)
	failed = strings.Contains(string(recorded), "(INJECTED)")
	if r.failed != "" {
		require.True(t, failed, "an error without a cause: %s", r.failed)
	}
	_, err = kept(path, r)
	require.NoError(t, err, "%s %s at call %d", f.call, f.errno, n)
	return failed
}

// TestFailingCalls lets the n-th call fail, for each n until none does, or for some of them.
func TestFailingCalls(t *testing.T) {
	for _, f := range []failing{
		{"pwrite64", "EIO"}, {"pwrite64", "ENOSPC"}, {"fdatasync", "EIO"}, {"fdatasync", "ENOSPC"}, {"fsync", "EIO"},
		{"ftruncate", "EIO"}, {"ftruncate", "ENOSPC"}, {"mmap", "EIO"}, {"mmap", "ENOMEM"}, {"pread64", "EIO"},
	} {
		t.Run(f.call+"/"+f.errno, func(t *testing.T) {
			failures, n := 0, 1
			for stride := every("BAOBAB_FAULTS", 7); f.inject(t, n); failures++ {
				n = max(n+1, n*stride)
			}
			t.Logf("%d of the calls failed, and none from number %d on", failures, n)
			require.Positive(t, failures)
		})
	}
}
