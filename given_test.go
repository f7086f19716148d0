//go:build caveats

package baobab_test

import (
	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/internal/oracle"
)

// caveats says that the engine evaluates caveats.
const caveats = true

func evaluating(o baobab.Options) baobab.Options {
	o.Caveats = oracle.Conditions{}
	return o
}

func given(v baobab.View, context map[string]any) baobab.View { return v.Given(context) }
