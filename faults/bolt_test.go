package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/bolt"
)

const boltWriters = 64

// An engine on a file is killed under load, again and again. What it has acknowledged is there
// whenever it is opened again, and of what it has not, at most what was asked of it just then.
func TestKilledOnAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	origin := boltOrigin(t, path)
	node := newPlace(t, "node", setup{Bolt: path, CompactEvery: 30 * time.Millisecond, Keep: 20_000})
	judge := newJudge(origin)
	load := &load{history: newHistory(), targets: []target{node}, clients: boltWriters + 4, writes: 94, cells: 16, turnover: time.Hour}
	var commits, acknowledged, more, most int
	for round := 0; round < form(15, 1000) || more == 0 && round < 200; round++ {
		if round > 0 {
			require.NoError(t, node.restart())
		}
		load.name = fmt.Sprintf("%d-", round)
		load.stopped.Store(false)
		load.begin()
		time.Sleep(30*time.Millisecond + rand.N(70*time.Millisecond))
		load.stopped.Store(true) // so that nobody waits for a node that does not come
		node.stop()
		records := load.end(t)
		log := openBolt(t, path)
		news := commitsOf(t, log, judge.revision)
		require.NoError(t, log.Close())
		require.NoError(t, judge.extend(news, records), "round %d", round)
		require.NoError(t, judge.check(records), "round %d", round)
		require.NoError(t, judge.linearizable(records), "round %d", round)
		open := unacknowledged(t, judge, records)
		commits, more, most = commits+len(news), more+open, max(most, open)
		acknowledged += tally(records)["write done"]
		judge.forget()
	}
	require.Equal(t, commits, acknowledged+more+1) // and the schema
	t.Logf("%d commits, %d of them acknowledged; at a kill at most %d more than that", commits, acknowledged, most)
	require.Positive(t, more)
	_, err := bolt.Verify(path)
	require.NoError(t, err)
}

// unacknowledged returns how many commits nobody was told of, which may only be what was
// being appended when the node was killed, or just had been.
func unacknowledged(t *testing.T, j *judge, records []record) int {
	n := 0
	for i := range records {
		c, ok := j.commits[records[i].Op.ID]
		if !ok || records[i].Result.Outcome == done {
			continue
		}
		n++
		require.Greater(t, c.position+2*boltWriters, j.revision.Position())
	}
	require.LessOrEqual(t, n, boltWriters+4)
	return n
}

func openBolt(t *testing.T, path string) *bolt.Log {
	t.Helper()
	log, err := bolt.Open(path, bolt.Options{Timeout: patience})
	require.NoError(t, err)
	return log
}

// boltOrigin makes a log, and returns its position 0.
func boltOrigin(t *testing.T, path string) store.Revision {
	t.Helper()
	log := openBolt(t, path)
	origin, err := log.Head(context.Background())
	require.NoError(t, err)
	require.NoError(t, log.Close())
	return origin
}
