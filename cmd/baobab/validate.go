package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/baobab-authz/baobab/validation"
)

func newValidate() *cobra.Command {
	return &cobra.Command{
		Use:   "validate FILE...",
		Short: "Run test files of SpiceDB and OpenFGA",
		Long: `Validate reads test files, asks every question in them, and compares the
answers with those that the files expect.

A file is one of SpiceDB's validation files (schema or schemaFile, relationships,
assertions, validation) or one of OpenFGA's store files (model or model_file,
tuples, tuple_file or tuple_files, tests). Which of them follows from the name,
if that ends in .fga.yaml, or else from the keys in it. The files that it names
are relative to it; a test file that is not below the working directory can only
name files that are beside or below it.

It prints a line for each file, with its format and how many assertions hold; for
each assertion that does not, where it stands, what the file expects, what the
answer is, and why. Files that are wrong are reported with file and line. The
last line sums up.

The exit status is 0 if all assertions hold, 1 if one does not, and 2 if a file
could not be read or run, whatever the others say.`,
		Example: `  baobab validate document.yaml
  baobab validate tests/*.yaml store.fga.yaml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("validate needs a FILE; see baobab validate --help")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			v := validator{out: cmd.OutOrStdout()}
			for _, name := range args {
				if err := v.file(cmd.Context(), name); err != nil {
					return err
				}
			}
			return v.sumUp()
		},
	}
}

// A validator runs test files, prints how they come out, and counts.
type validator struct {
	out                io.Writer
	files, wrong       int
	assertions, failed int
}

func (v *validator) printf(format string, args ...any) {
	fmt.Fprint(v.out, printable(fmt.Sprintf(format, args...)))
}

// file runs one file. The error is that of ctx: what else goes wrong is printed.
func (v *validator) file(ctx context.Context, name string) error {
	v.files++
	p := placeOf(name)
	f, err := validation.Read(p.files, p.name)
	var report *validation.Report
	if err == nil {
		report, err = f.Run(ctx, validation.Options{})
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		v.wrong++
		v.unreadable(p, name, err)
		return nil
	}
	v.assertions += len(report.Entries)
	v.failed += report.Failed()
	verdict := "ok"
	if report.Failed() > 0 {
		verdict = "FAIL"
	}
	v.printf("%-5s %s  %s  %s\n", verdict, name, report.Format, counted(report.Passed(), len(report.Entries)))
	for _, e := range report.Entries {
		if !e.Pass {
			e.File = p.shown(e.File)
			v.printf("%s", indent(e.String(), "      "))
		}
	}
	return nil
}

func counted(passed, all int) string {
	switch {
	case all == 0:
		return "no assertions"
	case passed == all:
		return plural(all, "assertion") + " " + map[bool]string{true: "holds", false: "hold"}[all == 1]
	}
	return fmt.Sprintf("%d of %s fail", all-passed, plural(all, "assertion"))
}

// unreadable prints why a file could not be run.
func (v *validator) unreadable(p place, name string, err error) {
	v.printf("ERROR %s\n", name)
	var all validation.Errors
	if !errors.As(err, &all) {
		var pathError *fs.PathError
		if errors.As(err, &pathError) {
			err = pathError.Err // name stands before it
		}
		v.printf("%s", indent(err.Error(), "      "))
		return
	}
	for _, e := range all {
		shown := *e
		shown.File = p.shown(e.File)
		v.printf("%s", indent(shown.Error(), "      "))
	}
}

// sumUp prints the last line, and returns the exit status if it is not 0.
func (v *validator) sumUp() error {
	v.printf("\n%s, %s: %d passed, %d failed", plural(v.files, "file"), plural(v.assertions, "assertion"), v.assertions-v.failed, v.failed)
	if v.wrong > 0 {
		v.printf("; %s could not be run", plural(v.wrong, "file"))
	}
	v.printf("\n")
	switch {
	case v.wrong > 0:
		return status(exitError)
	case v.failed > 0:
		return status(exitFailed)
	}
	return nil
}
