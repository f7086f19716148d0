package validation

import (
	"fmt"
	"io/fs"
	"testing"
)

// Test runs the test files that the patterns name, see [fs.Glob], each as a
// subtest, in which each assertion is a subtest as well: go test -run can name
// them. A file that is wrong fails its subtest, a pattern that no file matches the
// test.
//
//	//go:embed permissions
//	var files embed.FS
//
//	func TestPermissions(t *testing.T) { validation.Test(t, files, "permissions/*.yaml") }
func Test(t *testing.T, fsys fs.FS, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		names, err := fs.Glob(fsys, pattern)
		if err != nil {
			t.Fatalf("%q: %v", pattern, err)
		}
		if len(names) == 0 {
			t.Errorf("no file matches %q", pattern)
		}
		for _, name := range names {
			t.Run(name, func(t *testing.T) { testFile(t, fsys, name) })
		}
	}
}

func testFile(t *testing.T, fsys fs.FS, name string) {
	t.Helper()
	f, err := Read(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.Run(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range r.Entries {
		t.Run(fmt.Sprintf("line %d: %s %s", e.Line, e.Kind, e.Text), func(t *testing.T) {
			if !e.Pass {
				t.Error("\n" + e.String())
			}
		})
	}
}
