package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store/memlog"
	"github.com/baobab-authz/baobab/store/postgres/pgtest"
)

// fleetRun runs the command, and returns what it exits with and what it prints.
func fleetRun(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(context.Background(), args, strings.NewReader(""), &out, &errs)
	return code, out.String() + errs.String()
}

// The command finds nothing wrong with the fleet, and has done something to find that.
func TestFleet(t *testing.T) {
	t.Setenv(pgtest.EnvURL, shared.Database(t))
	code, out := fleetRun(t, "-duration", "1s", "-clients", "4")
	require.Equal(t, exitRight, code, out)
	require.Contains(t, out, "no violation\n")
	require.Contains(t, out, "is killed (kill -9), and started again", "once at least, twice on a machine that has time")
	for _, o := range slices.Concat(writes, reads) {
		if o == opRemove {
			continue // which is rare
		}
		require.Contains(t, out, "\n"+string(o)+" ")
	}
	require.Contains(t, out, "\nrestart after kill -9 ")
}

// It finds every way in which servers can be wrong on purpose.
func TestFleetFindsSabotage(t *testing.T) {
	url := shared.Database(t)
	for way, rule := range map[sabotage]string{
		sabotageToken:  "VIOLATION (token): ",
		sabotageLatest: "VIOLATION (latest): ",
		sabotageAck:    "VIOLATION (seen at once): ",
		sabotageRules:  "VIOLATION (one winner): ",
	} {
		t.Run(string(way), func(t *testing.T) {
			t.Setenv(pgtest.EnvURL, url)
			code, out := fleetRun(t, "-duration", "150ms", "-clients", "4", "-sabotage", string(way))
			require.Equal(t, exitViolation, code, out)
			require.Contains(t, out, rule)
			require.NotContains(t, out, "no violation")
		})
	}
}

// Without PostgreSQL and without other processes, the clients and what verifies them are the same.
func TestLoadInMemory(t *testing.T) {
	for way, found := range map[sabotage]bool{noSabotage: false, sabotageAck: true, sabotageRules: true} {
		t.Run("sabotage "+string(way), func(t *testing.T) {
			log := memlog.New()
			tail := log.Open()
			begin, err := tail.Head(t.Context())
			require.NoError(t, err)
			all := follow(t.Context(), tail, begin)
			defer all.close()
			f := newFleet("", "", 3, way)
			for i := range f.servers {
				quiet := slog.New(slog.DiscardHandler)
				eng, err := openEngine(t.Context(), log.Open(), way.schema(schemaText), quiet)
				require.NoError(t, err)
				defer eng.Close()
				srv := httptest.NewServer(way.wrap(eng, newHandler(eng, requestWait, quiet)))
				defer srv.Close()
				f.servers[i] = &process{addr: srv.Listener.Addr().String()}
			}
			over := make(chan struct{})
			time.AfterFunc(50*time.Millisecond, func() { close(over) })
			seen, err := (&load{fleet: f, clients: 4, seed: 1, over: over}).run(t.Context())
			require.NoError(t, err)
			head, err := tail.Head(t.Context())
			require.NoError(t, err)
			commits, err := all.upTo(t.Context(), head)
			require.NoError(t, err)
			verify(seen, commits)
			require.NotEmpty(t, seen.acknowledged())
			require.NotEmpty(t, staleness(seen))
			if found {
				require.NotEmpty(t, seen.violations)
			} else {
				require.Empty(t, seen.violations)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	t.Setenv(pgtest.EnvURL, "")
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"-help", exitRight, "-duration"},
		{"-servers 1", exitError, "have to be 2"},
		{"-clients 0", exitError, "at least 1"},
		{"-sabotage engine", exitError, "token, latest, ack and rules"},
		{"-speed 1", exitError, "-speed"},
		{"now", exitError, `"now"`},
		{"serve", exitError, pgtest.EnvURL},
		{"serve -port 1", exitError, "-port"},
	} {
		t.Run(c.args, func(t *testing.T) {
			code, out := fleetRun(t, strings.Fields(c.args)...)
			require.Equal(t, c.code, code)
			require.Contains(t, out, c.says)
		})
	}
	t.Setenv(pgtest.EnvURL, "postgres://127.0.0.1:1/none")
	code, out := fleetRun(t)
	require.Equal(t, exitError, code)
	require.Contains(t, out, "127.0.0.1")
}

// A server that cannot start is an error that says why.
func TestServerThatDoesNotStart(t *testing.T) {
	f := newFleet("postgres://127.0.0.1:1/none", "fleet", 2, noSabotage)
	_, err := f.start(t.Context(), 1)
	require.ErrorContains(t, err, "server 2: the server did not start")
	require.ErrorContains(t, err, "127.0.0.1:1", "what it has printed")
	require.NoError(t, f.stop())
}
