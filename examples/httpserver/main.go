package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/baobab-authz/baobab/tuple"
)

func main() {
	addr := flag.String("addr", "localhost:8080", "where to listen")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := serve(ctx, *addr); err != nil {
		log.Fatal(err)
	}
}

// serve listens until the context ends, and then lets requests finish.
func serve(ctx context.Context, addr string) error {
	eng, err := openEngine()
	if err != nil {
		return err
	}
	defer eng.Close()
	if _, err := eng.Write(ctx, tuple.MustParseRelationship("document:plan#owner@user:ann")); err != nil {
		return err
	}
	srv := &http.Server{Addr: addr, Handler: newHandler(eng), ReadHeaderTimeout: 5 * time.Second}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		stopped <- srv.Shutdown(last)
	})
	defer stop()
	log.Print("listening on ", addr)
	if err := srv.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
