package caveat_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// The caveats of SpiceDB's own validation files compile, and take the values
// that the files store. BAOBAB_CONFORMANCE names the folder that has them.
func TestSpiceDBCaveats(t *testing.T) {
	dir := os.Getenv("BAOBAB_CONFORMANCE")
	if dir == "" {
		t.Skip("set BAOBAB_CONFORMANCE to a folder with SpiceDB's validation files in spicedb/*.yaml")
	}
	files, err := filepath.Glob(filepath.Join(dir, "spicedb", "*.yaml"))
	require.NoError(t, err)
	bound, stored := 0, 0
	for _, file := range files {
		text, relationships := readSchema(t, file)
		s, err := schema.Parse(filepath.Base(file), text)
		require.NoError(t, err)
		s, err = s.Bind(caveat.New(caveat.Options{}))
		require.NoError(t, err)
		for _, c := range s.Caveats() {
			v, err := c.Condition().Evaluate(nil, nil)
			require.NoError(t, err)
			require.NotEmpty(t, v.Missing, "%s: %s", file, c.Name)
			for _, name := range v.Missing {
				require.Contains(t, c.Expression, name)
			}
			bound++
		}
		for r, err := range tuple.ReadLines(strings.NewReader(relationships)) {
			require.NoError(t, err)
			if r.Caveat == "" {
				continue
			}
			condition := s.Caveat(r.Caveat).Condition()
			require.NoError(t, condition.Validate(r.Context), "%s: %v", file, r)
			_, err := condition.Evaluate(r.Context, nil)
			require.NoError(t, err, "%s: %v", file, r)
			stored++
		}
	}
	t.Logf("%d caveats, %d relationships with one", bound, stored)
	require.Greater(t, bound, 8)
	require.Greater(t, stored, 8)
}

// readSchema reads the blocks of a file that are the schema and the relationships.
func readSchema(t *testing.T, name string) (schema, relationships string) {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	blocks := map[string]string{}
	var key string
	for _, line := range strings.Split(string(text), "\n") {
		if line != "" && line == strings.TrimSpace(line) && strings.Contains(line, ":") {
			key, _, _ = strings.Cut(line, ":")
			continue
		}
		blocks[key] += line + "\n"
	}
	require.NotEmpty(t, blocks["schema"])
	return blocks["schema"], blocks["relationships"]
}
