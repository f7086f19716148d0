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
	}
}
