package faults

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/bolt"
	"github.com/baobab-authz/baobab/store/postgres"
)

// A setup says what engine a node has, on what log.
type setup struct {
	Postgres     string // the URL of a database, or
	Bolt         string // the path of a file
	Store        string // in the database
	Timeout      time.Duration
	MaxStaleness time.Duration
	CompactEvery time.Duration // of a file; 0 is never
	Keep         uint64        // of the commits then
	Verify       bool          // the index at each commit
}

// envNode makes the test binary a node.
const envNode = "BAOBAB_FAULTS_NODE"

// open opens the log.
func (s setup) open(ctx context.Context) (store.Log, error) {
	if s.Bolt != "" {
		return bolt.Open(s.Bolt, bolt.Options{Timeout: 10 * time.Second})
	}
	return postgres.Open(ctx, s.Postgres, postgres.Options{Store: s.Store, Timeout: s.Timeout,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))})
}

// engine opens the engine, which makes the schema's commit if the log is new.
func (s setup) engine(ctx context.Context, log store.Log) (*baobab.Engine, error) {
	return baobab.OpenLog(ctx, log, schemaOf(), baobab.Options{Store: store.Options{
		MaxStaleness: s.MaxStaleness, CheckEachCommit: s.Verify,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}})
}

// begin opens the log and the engine. A server that does not answer within the node's timeout, as on a busy
// machine, is asked again.
func (s setup) begin(ctx context.Context) (store.Log, *baobab.Engine, error) {
	for {
		log, err := s.open(ctx)
		if err == nil {
			var engine *baobab.Engine
			if engine, err = s.engine(ctx, log); err == nil {
				return log, engine, nil
			}
			_ = log.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			return nil, nil, err
		}
		fmt.Fprintln(os.Stderr, "opening:", err)
	}
}

// serve is a node: it answers what it reads until there is nothing more to read.
func serve(config string, in io.Reader, out io.Writer) error {
	var s setup
	if err := json.Unmarshal([]byte(config), &s); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	opening, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	log, engine, err := s.begin(opening)
	if err != nil {
		return err
	}
	if s.CompactEvery > 0 {
		go compactNowAndThen(ctx, log, s)
	}
	answers := &answerer{to: json.NewEncoder(out)}
	answers.send(result{Revision: engine.Now().Revision().String()})
	lines := bufio.NewScanner(in)
	var running sync.WaitGroup
	for lines.Scan() {
		var o op
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return err
		}
		running.Go(func() { answers.send(perform(engine, o)) })
	}
	running.Wait()
	return engine.Close()
}

func compactNowAndThen(ctx context.Context, log store.Log, s setup) {
	for ctx.Err() == nil {
		time.Sleep(s.CompactEvery)
		if err := log.Compact(ctx, s.Keep); err != nil {
			fmt.Fprintln(os.Stderr, "compacting:", err)
			return
		}
	}
}

// An answerer writes one answer at a time.
type answerer struct {
	mu sync.Mutex
	to *json.Encoder
}

func (a *answerer) send(r result) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_ = a.to.Encode(r) // if it cannot, the driver has gone
}
