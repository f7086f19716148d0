package baobab_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// What SpiceDB's own validation files assert, the engine decides. They are not
// part of the project; BAOBAB_CONFORMANCE names the folder that has them.
func TestSpiceDBAsserts(t *testing.T) {
	dir := os.Getenv("BAOBAB_CONFORMANCE")
	if dir == "" {
		t.Skip("set BAOBAB_CONFORMANCE to a folder with SpiceDB's validation files in spicedb/*.yaml")
	}
	files, err := filepath.Glob(filepath.Join(dir, "spicedb", "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	asserted := 0
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			f := readValidationFile(t, file)
			s, err := schema.Parse(filepath.Base(file), f.schema)
			require.NoError(t, err)
			eng, err := baobab.Open(s, baobab.Options{})
			if len(s.Caveats()) > 0 {
				require.ErrorIs(t, err, schema.ErrNoEvaluator)
				t.Skip("it declares caveats, which the module caveat evaluates: its own test reads this file")
			}
			require.NoError(t, err)
			defer eng.Close()
			_, err = eng.Import(ctx, tuple.ReadLines(strings.NewReader(f.relationships)))
			require.NoError(t, err)
			for want, questions := range map[bool][]string{true: f.holds, false: f.fails} {
				for _, q := range questions {
					d, err := eng.Check(ctx, tuple.MustParse(q))
					require.NoError(t, err, q)
					require.Equal(t, want, d.Allowed(), q)
					asserted++
				}
			}
		})
	}
	t.Logf("%d assertions hold", asserted)
	require.Greater(t, asserted, 150)
}

type validationFile struct {
	schema, relationships string
	holds, fails          []string
}

// readValidationFile reads the little of YAML that these files are written in:
// blocks of text, and lists of quoted strings.
func readValidationFile(t *testing.T, name string) (f validationFile) {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	var key, list string
	for _, line := range strings.Split(string(text), "\n") {
		word := strings.TrimSpace(line)
		if line != "" && line == word && strings.Contains(line, ":") {
			key, _, _ = strings.Cut(line, ":")
			continue
		}
		switch {
		case key == "schema":
			f.schema += line + "\n"
		case key == "relationships":
			f.relationships += line + "\n"
		case key == "assertions" && strings.HasSuffix(word, ":"):
			list = word
		case key == "assertions" && strings.HasPrefix(word, "- "):
			q := strings.Trim(strings.TrimPrefix(word, "- "), `"'`)
			switch list {
			case "assertTrue:":
				f.holds = append(f.holds, q)
			case "assertFalse:":
				f.fails = append(f.fails, q)
			}
		}
	}
	require.NotEmpty(t, f.schema)
	return f
}
