package differential

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/conformance/fga"
)

// OpenFGA and baobab answer alike about random models, or differ as the table in
// docs/SEMANTICS.md says. Set BAOBAB_MODELS for a longer run.
func TestDifferential(t *testing.T) {
	models := os.Getenv("BAOBAB_MODELS")
	if models == "" {
		models = "100"
	}
	require.NoError(t, flag.Set("rapid.checks", models))
	classes := map[class]int{}
	asked, compared, questions, refused := 0, 0, 0, 0
	they := newServer()
	defer func() { they.Close() }()
	rapid.Check(t, func(t *rapid.T) {
		if asked++; asked%200 == 0 { // stores pile up
			they.Close()
			they = newServer()
		}
		c := Draw(t)
		x, err := compare(t.Context(), ours{fga.NewClient()}, they, c)
		if errors.Is(err, errRefused) {
			refused++
			t.Skip("not a model of OpenFGA") // and it is not counted
		}
		if err != nil {
			t.Fatalf("%v\n\n%s", err, c)
		}
		compared++
		questions += x.questions
		for k, n := range x.classes {
			classes[k] += n
		}
	})
	var found strings.Builder
	for _, k := range slices.Sorted(maps.Keys(classes)) {
		fmt.Fprintf(&found, "\n%8d  %s", classes[k], k)
	}
	t.Logf("%d questions about %d models, %d others refused by OpenFGA; they differ in%s", questions, compared, refused, &found)
}
