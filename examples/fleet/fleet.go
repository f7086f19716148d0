package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// A fleet is several servers on one log. Methods may be called by any number of
// goroutines, but those that start, kill and stop by one at a time.
type fleet struct {
	url, store string
	sabotage   sabotage
	http       *http.Client
	since      time.Time // when the clock of the fleet was 0

	mu      sync.RWMutex
	servers []*process // nil for one that was never started
}

// newFleet starts no server yet.
func newFleet(url, store string, servers int, s sabotage) *fleet {
	transport := &http.Transport{MaxIdleConnsPerHost: 100}
	return &fleet{
		url: url, store: store, sabotage: s, since: time.Now(), servers: make([]*process, servers),
		http: &http.Client{Transport: transport, Timeout: 2 * requestWait},
	}
}

// now is the time on the clock of the fleet.
func (f *fleet) now() time.Duration { return time.Since(f.since) }

// addr returns where a server listens, or last did.
func (f *fleet) addr(server int) string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.servers[server].addr
}

// started is what a server said when it was ready.
type started struct {
	after  time.Duration
	addr   string
	health health
}

// start starts a server, again or for the first time, and returns when it is healthy.
func (f *fleet) start(ctx context.Context, server int) (started, error) {
	from := time.Now()
	args := []string{"-addr", "127.0.0.1:0", "-store", f.store}
	if f.sabotage != noSabotage {
		args = append(args, "-sabotage", string(f.sabotage))
	}
	p, err := startProcess(ctx, f.url, args...)
	if err != nil {
		return started{}, fmt.Errorf("server %d: %w", server+1, err)
	}
	f.mu.Lock()
	f.servers[server] = p
	f.mu.Unlock()
	is, err := f.health(ctx, p.addr)
	return started{time.Since(from), p.addr, is}, err
}

func (f *fleet) health(ctx context.Context, addr string) (health, error) {
	var is health
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/healthz", nil)
	if err != nil {
		return is, err
	}
	resp, err := f.http.Do(req)
	if err != nil {
		return is, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return is, fmt.Errorf("GET /healthz: %s", resp.Status)
	}
	return is, json.NewDecoder(resp.Body).Decode(&is)
}

// kill ends a server without a warning.
func (f *fleet) kill(server int) { f.servers[server].kill() }

// stop ends all servers, and returns the errors that they ended with.
func (f *fleet) stop() error {
	f.http.CloseIdleConnections()
	errs := make([]error, len(f.servers))
	var all sync.WaitGroup
	for i, p := range f.servers {
		if p != nil {
			all.Go(func() { errs[i] = p.stop() })
		}
	}
	all.Wait()
	for i, err := range errs {
		if err != nil {
			errs[i] = fmt.Errorf("server %d: %w", i+1, err)
		}
	}
	return errors.Join(errs...)
}
