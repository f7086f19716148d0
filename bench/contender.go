package main

import (
	"context"
	"math"

	"github.com/baobab-authz/baobab/bench/engine"
)

// contenders returns the engines that there are.
func contenders() []contender {
	return []contender{
		{"baobab", math.MaxInt, func(context.Context) (engine.Engine, error) { return engine.NewBaobab() }},
		{"cedar-go", math.MaxInt, func(context.Context) (engine.Engine, error) { return engine.NewCedar() }},
		{"casbin", 2_000, func(context.Context) (engine.Engine, error) { return engine.NewCasbin(false, false), nil }},
		{"casbin-cached", 2_000, func(context.Context) (engine.Engine, error) { return engine.NewCasbin(true, false), nil }},
		{"openfga", 200, func(ctx context.Context) (engine.Engine, error) { return engine.NewOpenFGA(ctx, false) }},
		{"openfga-cached", 200, func(ctx context.Context) (engine.Engine, error) { return engine.NewOpenFGA(ctx, true) }},
		{"casbin-one", 0, func(context.Context) (engine.Engine, error) { return engine.NewCasbin(false, true), nil }},
	}
}
