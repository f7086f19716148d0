package main

import (
	"context"
	_ "embed"
	"log/slog"
	"time"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/store/postgres"
)

//go:embed schema.zed
var schemaText string

// maxStaleness is after how long without news of the log a server answers nothing any more,
// rather than from a state that may be old.
const maxStaleness = 5 * time.Second

// openShared returns an engine on a store in PostgreSQL that other processes have, too.
func openShared(ctx context.Context, url, schemaText string, o postgres.Options) (*baobab.Engine, error) {
	log, err := postgres.Open(ctx, url, o)
	if err != nil {
		return nil, err
	}
	return openEngine(ctx, log, schemaText, o.Logger)
}

// openEngine returns an engine on a log, which it closes when it is closed, or at once if
// it cannot be opened.
func openEngine(ctx context.Context, log store.Log, schemaText string, logger *slog.Logger) (*baobab.Engine, error) {
	s, err := schema.Parse("schema.zed", schemaText)
	if err != nil {
		_ = log.Close() // the first error says more
		return nil, err
	}
	return baobab.OpenLog(ctx, log, s, baobab.Options{Store: store.Options{MaxStaleness: maxStaleness, Logger: logger}})
}
