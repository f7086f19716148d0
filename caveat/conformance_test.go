package caveat_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// What SpiceDB's own validation files assert holds here. BAOBAB_CONFORMANCE
// names the folder that has them.
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
			eng, err := baobab.Open(s, baobab.Options{Caveats: caveat.New(caveat.Options{})})
			require.NoError(t, err)
			defer eng.Close()
			_, err = eng.Import(t.Context(), tuple.ReadLines(strings.NewReader(f.relationships)))
			require.NoError(t, err)
			for want, questions := range f.asserted {
				for _, q := range questions {
					question, given, _ := strings.Cut(q, " with ")
					d, err := eng.Now().Given(readContext(t, given)).Check(t.Context(), tuple.MustParse(question))
					require.NoError(t, err, q)
					got := map[bool]string{true: "assertTrue", false: "assertFalse"}[d.Allowed()]
					if d.Conditional() {
						got = "assertCaveated"
					}
					require.Equal(t, want, got, q)
					asserted++
				}
			}
		})
	}
	t.Logf("%d assertions of %d files hold", asserted, len(files))
	require.Greater(t, asserted, 200)
}

// readContext reads the JSON of a context, which is written as that of a caveat.
func readContext(t *testing.T, json string) map[string]any {
	if json == "" {
		return nil
	}
	r, err := tuple.ParseRelationship("a:b#c@d:e[f:" + json + "]")
	require.NoError(t, err)
	return r.Context
}

type validationFile struct {
	schema, relationships string
	asserted              map[string][]string // by the name of the list
}

// readValidationFile reads the little of YAML that these files are written in:
// blocks of text, and lists of quoted strings.
func readValidationFile(t *testing.T, name string) validationFile {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	f := validationFile{asserted: map[string][]string{}}
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
			list = strings.TrimSuffix(word, ":")
		case key == "assertions" && strings.HasPrefix(word, "- "):
			f.asserted[list] = append(f.asserted[list], strings.Trim(strings.TrimPrefix(word, "- "), `"'`))
		}
	}
	require.NotEmpty(t, f.schema)
	return f
}
