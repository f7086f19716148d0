package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write what the command prints into testdata/*.golden")

// command runs the command in testdata.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// golden compares a text with that of a file of testdata, the working directory.
func golden(t *testing.T, name, got string) {
	t.Helper()
	name += ".golden"
	if *update {
		require.NoError(t, os.WriteFile(name, []byte(got), 0o644))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// The runs of the command, by the names of their golden files.
var runs = []struct {
	name string
	args []string
	code int
}{
	{"right", []string{"right.yaml", "./store.fga.yaml", "bare.yaml"}, exitRight},
	{"fails", []string{"fails.yaml", "right.yaml"}, exitFailed},
	{"broken", []string{"broken.yaml"}, exitError},
	{"all", []string{"right.yaml", "broken.yaml", "fails.yaml", "none.yaml", "store.fga.yaml"}, exitError},
	{"none", []string{"none.yaml"}, exitError},
	{"folder", []string{"."}, exitError},
}

func TestValidate(t *testing.T) {
	t.Chdir("testdata")
	for _, r := range runs {
		t.Run(r.name, func(t *testing.T) {
			code, stdout, stderr := command(t, append([]string{"validate"}, r.args...)...)
			require.Equal(t, r.code, code)
			require.Empty(t, stderr)
			golden(t, r.name, stdout)
		})
	}
}

// A file that is not below the working directory is read, with what is beside it,
// and named as the user names it.
func TestValidateElsewhere(t *testing.T) {
	t.Chdir("testdata")
	dir := t.TempDir()
	for _, name := range []string{"store.fga.yaml", "model.fga", "broken.yaml", "broken.zed", "fails.yaml"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o644))
	}
	file := func(name string) string { return filepath.Join(dir, name) }

	code, stdout, _ := command(t, "validate", file("store.fga.yaml"))
	require.Equal(t, exitRight, code)
	require.Contains(t, stdout, "ok    "+file("store.fga.yaml")+"  OpenFGA  2 assertions hold\n")

	_, inside, _ := command(t, "validate", "broken.yaml", "fails.yaml")
	inside = strings.ReplaceAll(inside, " broken", " "+file("broken"))
	inside = strings.ReplaceAll(inside, " fails", " "+file("fails"))
	_, outside, _ := command(t, "validate", file("broken.yaml"), file("fails.yaml"))
	require.Equal(t, inside, outside)

	t.Chdir(filepath.Join("..", "testdata"))
	code, stdout, _ = command(t, "validate", filepath.Join("..", "testdata", "store.fga.yaml"))
	require.Equal(t, exitRight, code, stdout)
}

// What a file holds does nothing to a terminal.
func TestControlCharacters(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.fga.yaml")
	require.NoError(t, os.WriteFile(name, []byte(`
model: "model\n  schema 1.1\ntype user\ntype document\n  relations\n    define viewer: [user]\n"
tests:
- name: "\e[2J\nclear \u202e"
  check:
  - {user: user:ann, object: document:1, assertions: {viewer: true}}
`), 0o644))
	code, stdout, _ := command(t, "validate", name)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stdout, `x.fga.yaml:6: \x1b[2J clear \u202e: check document:1#viewer@user:ann`)
	require.NotContains(t, stdout, "\x1b")
}

func TestHelp(t *testing.T) {
	t.Chdir("testdata")
	for name, args := range map[string][]string{
		"help":          {"--help"},
		"help_validate": {"validate", "--help"},
	} {
		code, stdout, stderr := command(t, args...)
		require.Equal(t, exitRight, code)
		require.Empty(t, stderr)
		golden(t, name, stdout)
	}
	_, bare, _ := command(t)
	_, help, _ := command(t, "--help")
	require.Equal(t, help, bare)
}

func TestWrongArguments(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"validate"}, "baobab: validate needs a FILE; see baobab validate --help\n"},
		{[]string{"validat"}, "baobab: unknown command \"validat\" for \"baobab\"\n\nDid you mean this?\n\tvalidate\n"},
		{[]string{"validate", "--fast", "x"}, "baobab: unknown flag: --fast\n"},
	} {
		code, stdout, stderr := command(t, c.args...)
		require.Equal(t, exitError, code)
		require.Empty(t, stdout)
		require.Equal(t, c.want, stderr)
	}
}

func TestInterrupted(t *testing.T) {
	t.Chdir("testdata")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	require.Equal(t, exitError, run(ctx, []string{"validate", "right.yaml"}, &out, &errs))
	require.Equal(t, "baobab: context canceled\n", errs.String())
	require.Empty(t, out.String())
}

// The program itself, built as a user builds it.
func TestProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program: run it without -short, as .ci/run does")
	}
	program := filepath.Join(t.TempDir(), "baobab.exe")
	out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, string(out))
	t.Chdir("testdata")
	for _, r := range runs {
		stdout, err := exec.Command(program, append([]string{"validate"}, r.args...)...).Output()
		code := 0
		if err != nil {
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit)
			require.Empty(t, exit.Stderr)
			code = exit.ExitCode()
		}
		require.Equal(t, r.code, code, r.name)
		golden(t, r.name, string(stdout))
	}
}
