package spicedb_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/conformance/spicedb"
	"github.com/baobab-authz/baobab/tuple"
	"github.com/baobab-authz/baobab/validation"
)

// files are the validation files of the folder that BAOBAB_CONFORMANCE names.
func files(t *testing.T) map[string]*validation.File {
	t.Helper()
	folder := os.Getenv("BAOBAB_CONFORMANCE")
	if folder == "" {
		t.Skip("set BAOBAB_CONFORMANCE to a folder with SpiceDB's validation files in spicedb/*.yaml")
	}
	folder = filepath.Join(folder, "spicedb")
	names, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, names)
	all := map[string]*validation.File{}
	for _, name := range names {
		base := filepath.Base(name)
		f, err := validation.Read(os.DirFS(folder), base)
		require.NoError(t, err, name)
		all[strings.TrimSuffix(base, ".yaml")] = f
	}
	return all
}

// TestAssertions asks what the files assert.
func TestAssertions(t *testing.T) {
	for name, f := range files(t) {
		t.Run(name, func(t *testing.T) {
			report, err := f.Run(t.Context(), validation.Options{})
			require.NoError(t, err)
			for i, e := range report.Entries {
				t.Run(fmt.Sprintf("%s_%d", e.Kind, i), func(t *testing.T) {
					require.True(t, e.Pass, "expected: %s; answered: %s\n%s", e.Want, e.Got, e)
				})
			}
		})
	}
}

// TestMatrix asks everything else, without a context and with each that the file's
// assertions have.
func TestMatrix(t *testing.T) {
	for name, f := range files(t) {
		t.Run(name, func(t *testing.T) {
			eng, err := baobab.Open(f.Schema, baobab.Options{Caveats: caveat.New(caveat.Options{})})
			require.NoError(t, err)
			defer eng.Close()
			for _, r := range f.Relationships {
				_, err := eng.Write(t.Context(), r.Relationship)
				require.NoError(t, err)
			}
			var worlds []*spicedb.World
			for _, given := range contexts(t, f) {
				w, err := spicedb.NewWorld(t.Context(), eng.Now().Given(given))
				require.NoError(t, err)
				worlds = append(worlds, w)
			}
			compare(t, "check", worlds, (*spicedb.World).Again)
			compare(t, "objects", worlds, (*spicedb.World).ByObject)
			compare(t, "subjects", worlds, (*spicedb.World).BySubject)
			compare(t, "permissions", worlds, (*spicedb.World).ByPermission)
			compare(t, "expand", worlds, (*spicedb.World).ByTree)
		})
	}
}

// compare runs one comparison as a test that says how much it compared.
func compare(t *testing.T, kind string, worlds []*spicedb.World, with func(*spicedb.World, context.Context) spicedb.Tally) {
	t.Run(kind, func(t *testing.T) {
		var sum spicedb.Tally
		for _, w := range worlds {
			one := with(w, t.Context())
			sum.Asked += one.Asked
			sum.Wrong += one.Wrong
			sum.Reports = append(sum.Reports, one.Reports...)
		}
		t.Logf("compared: %d wrong: %d", sum.Asked, sum.Wrong)
		require.NotZero(t, sum.Asked)
		require.Zero(t, sum.Wrong, strings.Join(sum.Reports, "\n"))
	})
}

// contexts returns the different ones with which a file asks, and none.
func contexts(t *testing.T, f *validation.File) []map[string]any {
	all := []map[string]any{nil}
	seen := map[string]bool{}
	for _, c := range f.Cases {
		for _, a := range c.Assertions {
			question, text, found := strings.Cut(a.Text, " with ")
			if _, err := tuple.Parse(question); !found || err != nil || seen[text] {
				continue
			}
			seen[text] = true
			var given map[string]any
			require.NoError(t, json.Unmarshal([]byte(text), &given), a.Text)
			all = append(all, given)
		}
	}
	return all
}
