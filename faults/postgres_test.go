package faults

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
)

// A fleet is nodes on one store of a database, each behind a proxy of its own.
type fleet struct {
	url     string // of the database, past the proxies
	origin  store.Revision
	places  []*place
	proxies []*proxy
	load    *load
}

// newFleet starts nodes. Those who set up the log are done when it returns.
func newFleet(t *testing.T, connection string, nodes int, s setup) *fleet {
	t.Helper()
	if s.Store == "" {
		s.Store = "faults_" + strings.ToLower(rand.Text())
	}
	if s.Timeout == 0 {
		s.Timeout = time.Second
	}
	f := &fleet{url: connection, load: &load{history: newHistory()}}
	ctx := context.Background()
	log := f.open(t, connection, s.Store)
	var err error
	f.origin, err = log.Head(ctx)
	require.NoError(t, err)
	require.NoError(t, log.Close())
	for i := range nodes {
		p, through := proxied(t, connection)
		s.Postgres = through
		f.proxies = append(f.proxies, p)
		place := newPlace(t, fmt.Sprintf("node%d", i), s)
		f.places = append(f.places, place)
		f.load.targets = append(f.load.targets, place)
	}
	return f
}

func (f *fleet) open(t *testing.T, connection, name string) *postgres.Log {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	log, err := postgres.Open(ctx, connection, postgres.Options{Store: name})
	require.NoError(t, err)
	return log
}

// commits reads the whole log.
func (f *fleet) commits(t *testing.T, connection string) []store.Commit {
	t.Helper()
	log := f.open(t, connection, f.places[0].setup.Store)
	defer log.Close()
	return commitsOf(t, log, f.origin)
}

// finish ends the load and judges what there was. At the end all nodes agree with the log.
func (f *fleet) finish(t *testing.T) []record {
	t.Helper()
	f.load.advances(t, 0) // so that there is something to judge
	records := f.load.end(t)
	f.load.settled(t)
	records = append(records, f.load.history.take()...)
	j := newJudge(f.origin)
	j.staleness = int64(f.places[0].setup.MaxStaleness)
	judged(t, j, f.commits(t, f.url), records)
	return records
}

func TestWritersAndReplicas(t *testing.T) {
	t.Parallel()
	f := newFleet(t, shared.Common(t), 6, setup{Verify: !long(), Timeout: 10 * time.Second})
	f.load.readers, f.load.clients, f.load.pause = []int{3, 4, 5}, 3, 5*time.Millisecond
	f.load.begin()
	time.Sleep(form(time.Second, time.Minute))
	records := f.finish(t)
	for i := range records {
		require.NotEqual(t, failed, records[i].Result.Outcome, "%+v", records[i])
	}
}

func TestNodesAreKilled(t *testing.T) {
	t.Parallel()
	f := newFleet(t, shared.Common(t), form(4, 6), setup{})
	f.load.readers, f.load.pause = []int{3, 4, 5}, 2*time.Millisecond
	f.load.begin()
	for n := 0; n < form(5, 200) || n < 200 && f.load.history.unknown() == 0; n++ {
		time.Sleep(mathrand.N(200 * time.Millisecond))
		require.NoError(t, f.places[mathrand.IntN(len(f.places))].restart())
	}
	records := f.finish(t)
	require.Positive(t, tally(records)["write unknown"])
}

func TestConnectionsBreakAtACommit(t *testing.T) {
	t.Parallel()
	f := newFleet(t, shared.Common(t), 3, setup{Timeout: 300 * time.Millisecond})
	f.load.pause = time.Millisecond
	var appends atomic.Int64
	for _, p := range f.proxies {
		p.harm(func() fault {
			n := appends.Add(1)
			if n%6 > 0 {
				return none
			}
			return []fault{cutAnswer, cutRequest, freezeAnswer, cutBehind, cutAnswer}[n/6%5]
		})
	}
	f.load.begin()
	time.Sleep(form(2*time.Second, time.Minute))
	require.Eventually(t, func() bool { return appends.Load() >= 30 }, patience, time.Millisecond, "each fault is met")
	for _, p := range f.proxies {
		p.harm(nil)
	}
	f.finish(t)
	met := map[fault]int{}
	for _, p := range f.proxies {
		for v, n := range p.met {
			met[v] += n
		}
	}
	t.Logf("faults: %v", met)
	for v := cutRequest; v <= freezeAnswer; v++ {
		require.Positive(t, met[v], "fault %d", v)
	}
}
