// Onlog runs tests of this module, those of the root package if no other is named, on
// engines that have a log of another module:
//
//	go run ./internal/tools/onlog bolt -run Agree
//	BAOBAB_CASES=2000 go run ./internal/tools/onlog postgres -timeout 60m -run Agree .
//
// This module must not require those, so the file that makes such a log is put beside the tests
// by an overlay, and found by way of the workspace. What follows the log's name is given to go test.
package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed *.txt
var files embed.FS

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the command: go test's exit status, or 2 when it could not be run.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		fmt.Fprintln(stderr, "usage: onlog LOG [flags and packages of go test]")
		return 2
	}
	dir, err := os.MkdirTemp("", "baobab-onlog-")
	if err != nil {
		fmt.Fprintln(stderr, "onlog:", err)
		return 2
	}
	defer os.RemoveAll(dir)
	overlay, err := write(dir, args[0])
	if err != nil {
		fmt.Fprintln(stderr, "onlog:", err)
		return 2
	}
	test := exec.Command("go", append([]string{"test", "-overlay", overlay}, args[1:]...)...)
	test.Env = append(os.Environ(), "BAOBAB_LOG="+args[0])
	test.Stdout, test.Stderr = stdout, stderr
	if err := test.Run(); err != nil {
		if test.ProcessState == nil {
			fmt.Fprintln(stderr, "onlog:", err)
			return 2
		}
		return test.ProcessState.ExitCode()
	}
	return 0
}

// write writes the file that makes a log, and the overlay that puts it into the working
// directory's package.
func write(dir, log string) (overlay string, err error) {
	text, err := files.ReadFile(log + ".txt")
	if err != nil {
		return "", fmt.Errorf("no log is called %q", log)
	}
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	source := filepath.Join(dir, "backing.go")
	if err := os.WriteFile(source, text, 0o600); err != nil {
		return "", err
	}
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(here, "backing_"+log+"_test.go"): source}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, replace, 0o600)
}
