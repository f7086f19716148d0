package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// The exit statuses.
const (
	exitRight  = 0 // all is as it should be
	exitFailed = 1 // something is not as expected
	exitError  = 2 // the command could not do what it should
)

// A status is an error that has been printed already, and the exit status.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// run runs the command with its arguments and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var s status
	switch {
	case err == nil:
		return exitRight
	case errors.As(err, &s):
		return int(s)
	}
	fmt.Fprintln(stderr, "baobab:", strings.TrimSpace(err.Error()))
	return exitError
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "baobab",
		Short: "Work with schemas, relationships and tests of permissions",
		Long: `baobab works with the files of the permission engine baobab: schemas in
SpiceDB's language, models of OpenFGA, relationships, and tests.`,
		SilenceErrors: true, // run prints them
		SilenceUsage:  true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(newValidate())
	return root
}
