package main

import (
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"-run", "X"}} {
		var out, err strings.Builder
		require.Equal(t, 2, run(args, &out, &err))
		require.Contains(t, err.String(), "usage: onlog LOG")
		require.Empty(t, out.String())
	}
	var out, err strings.Builder
	require.Equal(t, 2, run([]string{"paper"}, &out, &err))
	require.Equal(t, "onlog: no log is called \"paper\"\n", err.String())
}

func TestOverlay(t *testing.T) {
	dir := t.TempDir()
	overlay, err := write(dir, "bolt")
	require.NoError(t, err)
	text, err := os.ReadFile(overlay)
	require.NoError(t, err)
	here, err := os.Getwd()
	require.NoError(t, err)
	require.JSONEq(t, `{"Replace":{"`+filepath.Join(here, "backing_bolt_test.go")+`":"`+filepath.Join(dir, "backing.go")+`"}}`, string(text))
}

// The files are not compiled with the others, and so not formatted either.
func TestFilesAreFormatted(t *testing.T) {
	list, err := files.ReadDir(".")
	require.NoError(t, err)
	require.NotEmpty(t, list)
	for _, f := range list {
		text, err := files.ReadFile(f.Name())
		require.NoError(t, err)
		formatted, err := format.Source(text)
		require.NoError(t, err, f.Name())
		require.Equal(t, string(formatted), string(text), f.Name())
	}
}
