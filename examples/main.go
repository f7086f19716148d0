package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
)

// What the command exits with.
const (
	exitRight     = 0 // everything is as expected, or the tuple holds
	exitDifferent = 1 // something is not, or the tuple does not hold
	exitError     = 2 // nothing can be said
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], embedded, printer{os.Stdout, wantsColour(os.Stdout)}, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the command: it returns what to exit with.
func run(ctx context.Context, args []string, files fs.FS, p printer, stderr io.Writer) int {
	flags := flag.NewFlagSet("examples", flag.ContinueOnError)
	flags.SetOutput(stderr)
	system := flags.String("system", "", "run one `name` only: "+strings.Join(systemNames(), ", "))
	question := flags.String("check", "", "answer one `tuple`, such as chatbot:helper#delete@user:ann, with the reason")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitRight
		}
		return exitError
	}
	code, err := dispatch(ctx, flags, *system, *question, files, p)
	if err != nil {
		fmt.Fprintln(stderr, "examples:", err)
	}
	return code
}

func dispatch(ctx context.Context, flags *flag.FlagSet, system, question string, files fs.FS, p printer) (int, error) {
	if flags.NArg() > 0 {
		return exitError, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	names, err := selectNames(system)
	if err != nil {
		return exitError, err
	}
	asked := false
	flags.Visit(func(f *flag.Flag) { asked = asked || f.Name == "check" })
	if asked {
		return runCheck(ctx, files, names, question, p.w)
	}
	return runSystems(ctx, files, names, p)
}
