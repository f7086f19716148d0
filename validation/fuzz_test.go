package validation_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/validation"
)

// seeds are the files that a pattern names.
func seeds(f *testing.F, pattern string) {
	names, err := filepath.Glob(filepath.Join("testdata", pattern))
	require.NoError(f, err)
	require.NotEmpty(f, names)
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(data)
	}
}

// filesBeside returns the files that a pattern names, which a test file can name.
func filesBeside(f *testing.F, pattern string) fstest.MapFS {
	names, err := filepath.Glob(filepath.Join("testdata", pattern))
	require.NoError(f, err)
	files := fstest.MapFS{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		files[filepath.Base(name)] = &fstest.MapFile{Data: data}
	}
	return files
}

// aliases is a file whose aliases make more values than there is memory for.
const aliases = "schema: definition user {}\na: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nassertions: {assertTrue: &c [*b, *c]}\n"

// Whatever the file: no panic; errors that name a file; and of a file that is right
// a report with an entry for each assertion, the same each time.
func fuzzFile(t *testing.T, beside fstest.MapFS, name string, data []byte) {
	files := maps.Clone(beside)
	files[name] = &fstest.MapFile{Data: data}
	f, err := validation.Read(files, name)
	if err != nil {
		errorsOnly(t, err)
		return
	}
	asserted := 0
	for _, c := range f.Cases {
		asserted += len(c.Assertions)
	}
	if asserted > 200 || len(f.Relationships) > 200 {
		return
	}
	r, err := f.Run(t.Context(), validation.Options{At: instant})
	if err != nil {
		errorsOnly(t, err)
		return
	}
	if len(r.Entries) != asserted {
		t.Fatalf("%d entries for %d assertions", len(r.Entries), asserted)
	}
	lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 1
	for _, e := range r.Entries {
		if e.File != name || e.Line < 1 || e.Line > lines || e.Text == "" || e.Want == "" || e.Got == "" {
			t.Fatalf("%#v", e)
		}
	}
	again, err := f.Run(t.Context(), validation.Options{At: instant})
	if err != nil || again.String() != r.String() {
		t.Fatalf("%v\n%v\n%v", err, r, again)
	}
}

// errorsOnly checks that an error is of the files, and says where it is.
func errorsOnly(t *testing.T, err error) {
	t.Helper()
	var all validation.Errors
	if !errors.As(err, &all) || len(all) == 0 || len(all) > 101 {
		t.Fatalf("%T: %v", err, err)
	}
	for _, e := range all {
		if e.File == "" || e.Line < 0 || e.Err == nil || e.Error() == "" {
			t.Fatalf("%#v", e)
		}
	}
}

func FuzzSpiceDBFile(f *testing.F) {
	seeds(f, "spicedb/*.yaml")
	f.Add([]byte(aliases))
	beside := filesBeside(f, "spicedb/*.zed")
	f.Fuzz(func(t *testing.T, data []byte) { fuzzFile(t, beside, "file.yaml", data) })
}

func FuzzOpenFGAFile(f *testing.F) {
	seeds(f, "openfga/*.yaml")
	f.Add([]byte(strings.ReplaceAll(aliases, "schema", "model")))
	beside := filesBeside(f, "openfga/*")
	f.Fuzz(func(t *testing.T, data []byte) { fuzzFile(t, beside, "file.fga.yaml", data) })
}

// fuzzTuples checks that a reader of tuples gives well-formed ones, with their lines.
func fuzzTuples(t *testing.T, data []byte, read func(string, []byte) ([]validation.Relationship, error)) {
	rels, err := read("tuples", data)
	if err != nil {
		errorsOnly(t, err)
	}
	lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 1
	for _, r := range rels {
		if err := r.Validate(); err != nil || r.File != "tuples" || r.Line < 1 || r.Line > lines {
			t.Fatalf("%v: %#v", err, r)
		}
	}
}

func FuzzTuplesCSV(f *testing.F) {
	seeds(f, "openfga/*.csv")
	f.Fuzz(func(t *testing.T, data []byte) { fuzzTuples(t, data, validation.ReadTuplesCSV) })
}

func FuzzTuplesJSON(f *testing.F) {
	seeds(f, "openfga/*.json*")
	f.Fuzz(func(t *testing.T, data []byte) { fuzzTuples(t, data, validation.ReadTuplesJSON) })
}

func FuzzTuplesYAML(f *testing.F) {
	seeds(f, "openfga/tuples.yaml")
	f.Add([]byte("- &a {user: user:ann, relation: viewer, object: document:1, condition: {name: c, context: {a: &b [1, *b]}}}\n- *a\n"))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzTuples(t, data, validation.ReadTuplesYAML) })
}
