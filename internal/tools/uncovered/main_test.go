package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const program = `package a

import "fmt"

func Plain(err error) error {
	if err != nil {
		return err
	}
	return nil
}

type T[P any] struct{}

func (t *T[P]) Method(err error) error {
	if err != nil {
		return fmt.Errorf("a: %w", err)
	}
	if err != nil {
		return err
	}
	return nil
}

var literal = func() {
	fmt.Println()
}
`

// profile covers all of program but four blocks, twice over: each of two
// binaries has run what the other has not.
const profile = `mode: set
example.com/m/a/a.go:5.29,6.16 1 1
example.com/m/a/a.go:6.16,8.3 1 0
example.com/m/a/a.go:9.2,9.12 1 0
example.com/m/a/a.go:14.40,15.16 1 0
example.com/m/a/a.go:15.16,17.3 1 0
example.com/m/a/a.go:18.2,18.16 1 1
example.com/m/a/a.go:18.16,20.3 1 0
example.com/m/a/a.go:21.2,21.12 1 1
example.com/m/a/a.go:24.22,26.2 1 0
example.com/m/a/a.go:26.2,26.2 0 0
example.com/m/other/b.go:1.1,2.2 1 0
example.com/m/a/a.go:5.29,6.16 1 0
example.com/m/a/a.go:6.16,8.3 1 0
example.com/m/a/a.go:9.2,9.12 1 7
example.com/m/a/a.go:14.40,15.16 1 1
example.com/m/a/a.go:18.16,20.3 1 0
`

const reasons = `# Why some blocks are not covered.

a/a.go Plain: if err != nil {
	Nothing fails here,
	ever.
a/a.go T.Method: if err != nil {
	Because.
a/a.go T.Method: if err != nil {
	The second.
a/a.go literal: var literal = func() {
	Printing is not tested.
`

// command runs the command in a module with the given files.
func command(t *testing.T, profile, reasons string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "// A module.\nmodule example.com/m\n\ngo 1.25\n", "a/a.go": program, "why.txt": reasons, "cover.out": profile,
	} {
		name = filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o777))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o666))
	}
	var out, errs bytes.Buffer
	status = run(append([]string{"-dir", dir, "-profile", filepath.Join(dir, "cover.out"), "-reasons", "why.txt",
		"-packages", "a", "-min", "50"}, args...), &out, &errs)
	return status, out.String(), strings.ReplaceAll(errs.String(), dir+string(filepath.Separator), "")
}

func TestAllExplained(t *testing.T) {
	status, stdout, stderr := command(t, profile, reasons)
	assert.Zero(t, status)
	assert.Empty(t, stderr)
	assert.Equal(t, `package                  statements    covered   percent
a                                 9          5     55.6%

a/a.go:6-8
     6  	if err != nil {
     7  		return err
     8  	}
    because: Nothing fails here, ever.

a/a.go:15-17
    15  	if err != nil {
    16  		return fmt.Errorf("a: %w", err)
    17  	}
    because: Because.

a/a.go:18-20
    18  	if err != nil {
    19  		return err
    20  	}
    because: The second.

a/a.go:24-26
    24  var literal = func() {
    25  	fmt.Println()
    26  }
    because: Printing is not tested.
`, stdout)
}

func TestTooLittle(t *testing.T) {
	status, _, stderr := command(t, profile, reasons, "-min", "95")
	assert.Equal(t, 1, status)
	assert.Equal(t, "uncovered: package a: 55.56% is less than 95%\n", stderr)
}

func TestMissingReason(t *testing.T) {
	// One entry excuses one block, not all that begin alike.
	status, stdout, stderr := command(t, profile, strings.Replace(reasons, "a/a.go T.Method: if err != nil {\n\tBecause.\n", "", 1))
	assert.Equal(t, 1, status)
	assert.Contains(t, stdout, "    20  \t}\n    NO REASON\n")
	assert.Equal(t, "uncovered: a/a.go:18: no test runs it, and no reason is given for\n\ta/a.go T.Method: if err != nil {\n", stderr)
}

func TestStaleReason(t *testing.T) {
	status, _, stderr := command(t, profile, reasons+"a/a.go Plain: return nil\n\tCovered by now.\na/gone.go F: x()\n\tGone.\n")
	assert.Equal(t, 1, status)
	assert.Equal(t, "uncovered: why.txt:12: no uncovered block is \"a/a.go Plain: return nil\"\n"+
		"uncovered: why.txt:14: no uncovered block is \"a/gone.go F: x()\"\n", stderr)
}

// An entry for what is covered in some runs is right in those and in the others, but only
// as long as there is such a block.
func TestSometimes(t *testing.T) {
	const plain, method = "sometimes a/a.go Plain: return nil\n\tA race.\n", "sometimes a/a.go T.Method: if err != nil {\n\tA race.\n"
	status, _, stderr := command(t, profile, reasons+plain)
	assert.Zero(t, status, "covered")
	assert.Empty(t, stderr)

	uncovered := strings.ReplaceAll(profile, "a.go:9.2,9.12 1 7", "a.go:9.2,9.12 1 0")
	status, stdout, stderr := command(t, uncovered, reasons+plain, "-min", "40")
	assert.Zero(t, status, "not covered")
	assert.Empty(t, stderr)
	assert.Contains(t, stdout, "     9  \treturn nil\n    because, sometimes: A race.\n")

	status, _, stderr = command(t, profile, reasons+plain+plain)
	assert.Equal(t, 1, status, "there is one such block, and not two")
	assert.Equal(t, "uncovered: why.txt:14: no block, covered or not, is \"a/a.go Plain: return nil\"\n", stderr)

	status, _, stderr = command(t, profile, reasons+"sometimes a/gone.go F: x()\n\tGone.\n")
	assert.Equal(t, 1, status)
	assert.Equal(t, "uncovered: why.txt:12: no block, covered or not, is \"a/gone.go F: x()\"\n", stderr)

	status, _, stderr = command(t, profile, reasons+"sometimes a/a.go literal: var literal = func() {\n\tTwice.\n")
	assert.Equal(t, 1, status, "the block has an entry already")
	assert.Contains(t, stderr, "why.txt:12: no block, covered or not")

	// Of two blocks that begin alike one may have an entry of each kind.
	const second = "a/a.go T.Method: if err != nil {\n\tThe second.\n"
	for _, all := range []string{method + strings.Replace(reasons, second, "", 1), strings.Replace(reasons, second, "", 1) + method} {
		for _, covered := range []string{"0", "1"} {
			status, _, stderr = command(t, strings.ReplaceAll(profile, "18.16,20.3 1 0", "18.16,20.3 1 "+covered), all)
			assert.Zero(t, status, "wherever it stands")
			assert.Empty(t, stderr)
		}
	}
}

func TestPackages(t *testing.T) {
	status, _, stderr := command(t, profile, reasons, "-packages", "a,.")
	assert.Equal(t, 1, status)
	assert.Equal(t, "uncovered: package .: the profile has no statements of it\n", stderr)
	assert.Equal(t, ".", block{file: "example.com/m/x.go"}.inModule("example.com/m").pkg())
}

func TestUnreadable(t *testing.T) {
	const mode = "mode: set\n"
	for _, c := range []struct {
		profile, reasons string
		args             []string
		want             string
	}{
		{profile, reasons, []string{"-nonsense"}, "flag provided but not defined"},
		{profile, reasons, []string{"more"}, `unexpected argument "more"`},
		{profile, reasons, []string{"-profile", "nowhere"}, "open nowhere"},
		{profile, reasons, []string{"-reasons", "nowhere"}, "open nowhere"},
		{profile, reasons, []string{"-dir", "testdata/nowhere"}, "go.mod"},
		{profile, "\treason\n", nil, "why.txt: line 1: a reason without an entry above it"},
		{profile, "a/a.go: x\n\ty\n", nil, `why.txt: line 1: expected "file function: first line", not "a/a.go: x"`},
		{profile, "a/a.go F x\n\ty\n", nil, "why.txt: line 1: expected"},
		{profile, "often a/a.go F: x\n\ty\n", nil, "why.txt: line 1: expected"},
		{profile, "sometimes a/a.go: x\n\ty\n", nil, "why.txt: line 1: expected"},
		{profile, "a/a.go F: x\n\n# y\n", nil, `why.txt: line 1: no reason below "a/a.go F: x"`},
		{mode + "x", "", nil, `cover.out: line 2: "x": not a line of a cover profile`},
		{mode + "x:1.2", "", nil, "cover.out: line 2"},
		{mode + "x:3.1,2.1 1 1", "", nil, "lines out of order"},
		{mode + strings.Repeat("x", 1<<20), "", nil, "token too long"},
		{mode + "example.com/m/a/gone.go:1.1,2.2 1 0", "", nil, "gone.go"},
		{mode + "example.com/m/a/a.go:26.1,1000.1 1 0", "", nil, "is it of another version?"},
	} {
		status, _, stderr := command(t, c.profile, c.reasons, c.args...)
		assert.Equal(t, 2, status, c.want)
		assert.Contains(t, stderr, c.want)
	}
}

func TestFunctionNames(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.go"), []byte(`package x

func F()             {}
func (T) A()         {}
func (t *T) B()      {}
func (t (*U[P])) C() {}
func (V[P, Q]) D()   {}

var v, w = func() {}, func() {}
`), 0o666))
	f, err := source{dir}.file("x.go")
	require.NoError(t, err)
	for line, want := range map[int]string{1: "-", 3: "F", 4: "T.A", 5: "T.B", 6: "U.C", 7: "V.D", 9: "v"} {
		assert.Equal(t, want, f.function(position{line, 22}), "line %d", line)
	}

	require.NoError(t, os.WriteFile(filepath.Join(dir, "y.go"), []byte("package"), 0o666))
	_, err = source{dir}.file("y.go")
	assert.Error(t, err)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("go 1.25\n"), 0o666))
	_, err = modulePath(filepath.Join(dir, "go.mod"))
	assert.ErrorContains(t, err, "no module line")
}
