package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/baobab-authz/baobab/store/postgres/pgtest"
)

// What the command exits with.
const (
	exitRight     = 0 // nothing was seen that must not be
	exitViolation = 1
	exitError     = 2 // nothing can be said
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the command: it returns what to exit with.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	code, err := dispatch(ctx, args, stdin, stdout, stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(stderr, "fleet:", err)
	}
	return code
}

func dispatch(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (int, error) {
	if len(args) > 0 && args[0] == "serve" {
		if err := runServe(ctx, args[1:], stdin, stdout, stderr); err != nil {
			return exitError, err
		}
		return exitRight, nil
	}
	d := drill{url: os.Getenv(pgtest.EnvURL), out: stdout}
	flags := flag.NewFlagSet("fleet", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.DurationVar(&d.duration, "duration", 6*time.Second, "how long clients work")
	flags.IntVar(&d.servers, "servers", 3, "how many `servers` there are, at least 2")
	flags.IntVar(&d.clients, "clients", 8, "how many `clients` share and revoke; others read, and race")
	flags.Uint64Var(&d.seed, "seed", 1, "of what clients choose to do; when they do it is up to the machine")
	flags.Var(&d.sabotage, "sabotage", "break all servers in one `way` (token, latest, ack or rules), to see it found")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitRight, err
		}
		return exitError, err
	}
	switch {
	case flags.NArg() > 0:
		return exitError, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case d.servers < 2:
		return exitError, errors.New("-servers: to look on another server there have to be 2")
	case d.clients < 1:
		return exitError, errors.New("-clients: at least 1 has to share something")
	}
	return d.run(ctx)
}

// runServe is one server of the fleet, or one by itself:
//
//	BAOBAB_POSTGRES_URL=postgres://… fleet serve -addr localhost:8080
func runServe(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	o := serving{url: os.Getenv(pgtest.EnvURL)}
	flags := flag.NewFlagSet("fleet serve", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.addr, "addr", "localhost:8080", "where to listen")
	flags.StringVar(&o.store, "store", "fleet", "the `name` of the store in the database")
	flags.Var(&o.sabotage, "sabotage", "be wrong in one `way`")
	untilEOF := flags.Bool("until-eof", false, "end when the standard input does")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if o.url == "" {
		return errors.New("serve: the environment variable " + pgtest.EnvURL + " names no database")
	}
	if *untilEOF {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		go func() { // ends with the process
			_, _ = io.Copy(io.Discard, stdin)
			cancel()
		}()
	}
	return o.serve(ctx, stdout, slog.New(slog.NewTextHandler(stderr, nil)))
}
