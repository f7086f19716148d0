//go:build unix

package bolt_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestKilled kills a process that appends and compacts, with signal 9, at a random moment, and
// opens its log; and again, with the same log. Every acknowledged commit is there, and at
// most one group more. BAOBAB_KILLS says how often.
func TestKilled(t *testing.T) {
	rounds := 5
	if s := os.Getenv("BAOBAB_KILLS"); s != "" {
		n, err := strconv.Atoi(s)
		require.NoError(t, err)
		rounds = n
	}
	path := filepath.Join(t.TempDir(), "log")
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 1))
	var last told
	early, more := 0, 0
	for i := range rounds {
		r := last
		cmd := command(t, t.Context(), path, []string{childSeed + "=" + fmt.Sprint(seed+uint64(i))})
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		kill := time.AfterFunc(time.Duration(chance.IntN(60_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		r.listen(t, out)
		kill.Stop()
		require.Error(t, cmd.Wait(), "it ends by the signal only")
		require.Empty(t, r.failed)
		if _, err := os.Stat(path); err != nil {
			require.Zero(t, r.try, "no file, and commits: %v", err)
			early++
			continue
		}
		if r.acknowledged == last.acknowledged {
			early++
		}
		at, err := kept(path, r)
		require.NoError(t, err)
		last = told{acknowledged: at}
		if last.acknowledged != r.acknowledged {
			more++
		}
	}
	t.Logf("%d kills, %d before a commit; %d commits kept; in %d rounds the group that was on its way is there too", rounds, early, last.acknowledged.Position(), more)
}
