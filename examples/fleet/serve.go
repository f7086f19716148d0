package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/baobab-authz/baobab/store/postgres"
)

// What a server waits for.
const (
	requestWait  = 3 * time.Second // see server.wait
	shutdownWait = 5 * time.Second // until the requests in progress are done
)

// A serving is what the command serve was told.
type serving struct {
	addr, url, store string
	sabotage         sabotage
}

// serve opens the engine and serves it until the context ends; then it lets the requests
// in progress finish, and closes the log. When it can answer it prints where.
func (o serving) serve(ctx context.Context, stdout io.Writer, logger *slog.Logger) (err error) {
	eng, err := openShared(ctx, o.url, o.sabotage.schema(schemaText), o.sabotage.options(postgres.Options{Store: o.store, Logger: logger}))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	l, err := net.Listen("tcp", o.addr)
	if err != nil {
		return err
	}
	srv := &http.Server{
		Handler:           o.sabotage.wrap(eng, newHandler(eng, requestWait, logger)),
		ReadHeaderTimeout: 5 * time.Second,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownWait)
		defer cancel()
		stopped <- srv.Shutdown(last)
	})
	defer stop()
	if _, err := fmt.Fprintln(stdout, l.Addr()); err != nil {
		return errors.Join(err, l.Close())
	}
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
