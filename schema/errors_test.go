package schema_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
)

var update = flag.Bool("update", false, "rewrite the expected messages in testdata")

// TestErrors compares the whole message of each schema in testdata/errors with
// the file beside it.
func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*.zed")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			s, err := schema.Parse(filepath.Base(file), string(text))
			require.Nil(t, s)
			require.ErrorIs(t, err, schema.ErrSchema)
			expected := strings.TrimSuffix(file, ".zed") + ".txt"
			if *update {
				require.NoError(t, os.WriteFile(expected, []byte(err.Error()+"\n"), 0o644))
			}
			want, readErr := os.ReadFile(expected)
			require.NoError(t, readErr)
			require.Equal(t, string(want), err.Error()+"\n")
		})
	}
}
