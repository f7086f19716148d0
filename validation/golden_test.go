package validation_test

import (
	"flag"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/validation"
)

var update = flag.Bool("update", false, "write what the files of testdata come to into their .golden files")

// The instant at which the files of testdata are judged.
var instant = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// outcome returns what a file comes to: its report, or what is wrong with it.
func outcome(t *testing.T, fsys fs.FS, name string) string {
	f, err := validation.Read(fsys, name)
	if err == nil {
		var r *validation.Report
		if r, err = f.Run(t.Context(), validation.Options{At: instant}); err == nil {
			return r.String()
		}
	}
	var all validation.Errors
	require.ErrorAs(t, err, &all)
	for _, e := range all {
		require.NotEmpty(t, e.File)
		require.NotErrorIs(t, e, fs.ErrInvalid, "a path is looked at before it is opened")
	}
	return err.Error() + "\n"
}

// testFiles returns the test files of testdata.
func testFiles(t *testing.T) []string {
	var all []string
	for _, pattern := range []string{"spicedb/*.yaml", "openfga/*.fga.yaml"} {
		names, err := fs.Glob(os.DirFS("testdata"), pattern)
		require.NoError(t, err)
		require.NotEmpty(t, names)
		all = append(all, names...)
	}
	return all
}

// What each file of testdata comes to, word for word.
func TestGolden(t *testing.T) {
	files := os.DirFS("testdata")
	for _, name := range testFiles(t) {
		t.Run(name, func(t *testing.T) {
			got := outcome(t, files, name)
			golden := path.Join("testdata", strings.TrimSuffix(name, path.Ext(name))+".golden")
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

// The files whose names say so are right, and fail with every kind of assertion.
func TestKinds(t *testing.T) {
	files := os.DirFS("testdata")
	run := func(name string) *validation.Report {
		f, err := validation.Read(files, name)
		require.NoError(t, err)
		r, err := f.Run(t.Context(), validation.Options{At: instant})
		require.NoError(t, err)
		return r
	}
	failed := map[validation.Kind]bool{}
	for _, name := range []string{"spicedb/fails.yaml", "openfga/fails.fga.yaml"} {
		for _, e := range run(name).Entries {
			if !e.Pass {
				failed[e.Kind] = true
				require.NotEqual(t, e.Want, e.Got)
			}
		}
	}
	require.Len(t, failed, 7)
	for _, name := range []string{"spicedb/right.yaml", "spicedb/folded.yaml", "openfga/right.fga.yaml"} {
		r := run(name)
		require.Zero(t, r.Failed(), r.String())
		require.Positive(t, r.Passed())
	}
}
