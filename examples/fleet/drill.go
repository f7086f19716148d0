package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/baobab-authz/baobab/store/postgres"
	"github.com/baobab-authz/baobab/store/postgres/pgtest"
)

// A drill is one run of the command: a fleet is started, used, killed in part, and verified.
type drill struct {
	url      string // of a database; empty to start a server
	duration time.Duration
	servers  int
	clients  int
	seed     uint64
	sabotage sabotage
	out      io.Writer
}

// afterLoad is how long a drill may go on after its duration.
const afterLoad = 60 * time.Second

// run returns what the command exits with.
func (d *drill) run(ctx context.Context) (int, error) {
	code, err := d.drill(ctx)
	if err != nil && code == exitRight {
		code = exitError // in putting things away
	}
	return code, err
}

func (d *drill) drill(ctx context.Context) (code int, err error) {
	where := "that of " + pgtest.EnvURL
	if d.url == "" {
		where = "started for this run"
		pg, err := pgtest.Start(nil)
		if err != nil {
			return exitError, err
		}
		defer pg.Close()
		d.url = pg.URL("postgres")
	}
	ctx, cancel := context.WithTimeout(ctx, d.duration+afterLoad)
	defer cancel()
	name := "fleet_" + strings.ToLower(rand.Text()[:12])
	log, err := postgres.Open(ctx, d.url, postgres.Options{Store: name})
	if err != nil {
		return exitError, err
	}
	defer func() { err = errors.Join(err, log.Close(), d.drop(context.WithoutCancel(ctx), name)) }()
	begin, err := log.Head(ctx)
	if err != nil {
		return exitError, err
	}
	truth := follow(ctx, log, begin)
	defer truth.close()

	f := newFleet(d.url, name, d.servers, d.sabotage)
	p := reporter{d.out, f}
	fmt.Fprintf(d.out, "%d servers on one PostgreSQL (%s), %d clients, seed %d\n\n", d.servers, where, d.clients, d.seed)
	seen, err := d.use(ctx, f, p)
	err = errors.Join(err, f.stop())
	if err != nil {
		return exitError, err
	}
	p.event("all servers have ended")
	head, err := log.Head(ctx)
	if err != nil {
		return exitError, err
	}
	commits, err := truth.upTo(ctx, head)
	if err != nil {
		return exitError, err
	}
	verify(seen, commits)
	p.table(seen, d.duration)
	p.staleness(staleness(seen))
	p.trouble(seen)
	p.verdict(seen, len(commits))
	if len(seen.violations) > 0 {
		return exitViolation, nil
	}
	return exitRight, nil
}

// drop removes the store. The database may be one that has others.
func (d *drill) drop(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, d.url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{name}.Sanitize()+" CASCADE")
	return errors.Join(err, conn.Close(ctx))
}

// use starts the servers, lets clients use them while one is killed, and asks each of
// them for everything at the end.
func (d *drill) use(ctx context.Context, f *fleet, p reporter) (*history, error) {
	for i := range d.servers {
		is, err := f.start(ctx, i)
		if err != nil {
			return nil, err
		}
		p.event("server %d is ready after %s, at %s", i+1, milliseconds(is.after), is.addr)
	}
	over := make(chan struct{})
	timer := time.AfterFunc(d.duration, func() { close(over) })
	defer timer.Stop()
	l := &load{fleet: f, clients: d.clients, seed: d.seed, over: over}
	p.event("%d clients share and revoke, %d read without a token, %d read the latest, 2 race", d.clients, l.readers(), l.readers())

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var restarts []time.Duration
	disturbed := make(chan error, 1)
	go func() {
		var err error
		if restarts, err = d.disturb(ctx, f, p, over); err != nil {
			cancel(err)
		}
		disturbed <- err
	}()
	seen, err := l.run(ctx)
	if err != nil {
		cancel(err)
	}
	if err := errors.Join(err, <-disturbed); err != nil {
		return nil, err
	}
	seen.restarts = restarts
	p.event("the clients have ended; every server is asked for all documents, in the latest state")
	last := &worker{fleet: f, name: "last"}
	for i := range d.servers {
		for _, document := range l.documents() {
			if _, err := last.look(ctx, i, document); err != nil {
				return nil, err
			}
		}
	}
	seen.merge(&last.seen)
	return seen, nil
}

// disturb kills a server after each third of the time, starts it again, and returns how long
// that took. Servers that are broken already are left alone.
func (d *drill) disturb(ctx context.Context, f *fleet, p reporter, over <-chan struct{}) ([]time.Duration, error) {
	rng := mathrand.New(mathrand.NewPCG(d.seed, 0))
	every := time.NewTicker(d.duration / 3)
	defer every.Stop()
	var restarts []time.Duration
	for d.sabotage == noSabotage && len(restarts) < 2 {
		select {
		case <-every.C:
		case <-over:
			return restarts, nil
		case <-ctx.Done():
			return restarts, nil
		}
		server := rng.IntN(d.servers)
		f.kill(server)
		p.event("server %d is killed (kill -9), and started again", server+1)
		is, err := f.start(ctx, server)
		if err != nil {
			return nil, err
		}
		restarts = append(restarts, is.after)
		p.event("server %d is ready after %s, with %d commits and %d tuples", server+1, milliseconds(is.after), is.health.Commits, is.health.Tuples)
	}
	return restarts, nil
}
