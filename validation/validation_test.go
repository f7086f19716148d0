package validation_test

import (
	"io/fs"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/validation"
)

// What SpiceDB's own validation files assert holds here.
func TestSpiceDBFiles(t *testing.T) {
	dir := os.Getenv("BAOBAB_CONFORMANCE")
	if dir == "" {
		t.Skip("set BAOBAB_CONFORMANCE to a folder with SpiceDB's validation files in spicedb/*.yaml")
	}
	files := os.DirFS(dir)
	names, err := fs.Glob(files, "spicedb/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	asserted := 0
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			f, err := validation.Read(files, name)
			require.NoError(t, err)
			r, err := f.Run(t.Context(), validation.Options{})
			require.NoError(t, err)
			require.Zero(t, r.Failed(), r.String())
			asserted += r.Passed()
		})
	}
	t.Logf("%d assertions of %d files hold", asserted, len(names))
	require.Greater(t, asserted, 200)
}
