package fga_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/conformance/fga"
)

// TestYAML runs every assertion of the YAML files, each once on stored tuples and
// once on contextual ones. OpenFGA's own runners leave some out: for want of a
// feature of theirs, or of contextual tuples in numbers and over several stages.
func TestYAML(t *testing.T) {
	for _, file := range []string{"consolidated_1_1_tests.yaml", "abac_tests.yaml"} {
		cases, err := fga.Cases(file)
		require.NoError(t, err)
		require.NotEmpty(t, cases)
		for _, c := range cases {
			t.Run("stored/"+c.Name, func(t *testing.T) { runCase(t, c, false) })
			t.Run("contextual/"+c.Name, func(t *testing.T) { runCase(t, c, true) })
		}
	}
}

func runCase(t *testing.T, c fga.Case, contextual bool) {
	run := &fga.Run{Client: fga.NewClient(), Contextual: contextual}
	for i, stage := range c.Stages {
		require.NoError(t, run.Begin(t.Context(), stage), "stage %d", i)
		for j, a := range stage.Checks {
			t.Run(fmt.Sprintf("stage_%d/check_%d", i, j), func(t *testing.T) {
				require.NoError(t, run.Check(t.Context(), a).Err())
			})
		}
		for j, a := range stage.ListObjects {
			t.Run(fmt.Sprintf("stage_%d/list_objects_%d", i, j), func(t *testing.T) {
				require.NoError(t, run.ListObjects(t.Context(), a).Err())
			})
		}
		for j, a := range stage.ListUsers {
			t.Run(fmt.Sprintf("stage_%d/list_users_%d", i, j), func(t *testing.T) {
				require.NoError(t, run.ListUsers(t.Context(), a).Err())
			})
		}
	}
}
