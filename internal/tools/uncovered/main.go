package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// Options are the command's flags.
type options struct {
	dir, profile, reasons string
	packages              []string
	min                   float64
}

// run is the command: 0 when all is well, 1 when it is not, 2 when that cannot
// be said.
func run(args []string, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("uncovered", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.dir, "dir", ".", "the `directory` of the module")
	flags.StringVar(&o.profile, "profile", "cover.out", "the cover profile, a `file`")
	flags.StringVar(&o.reasons, "reasons", "docs/uncovered.txt", "the `file` of reasons, in the module")
	packages := flags.String("packages", ".", "the packages, as `directories` of the module, with commas between")
	flags.Float64Var(&o.min, "min", 95, "the least coverage of each package, in `percent`")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	o.packages = strings.Split(*packages, ",")
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "uncovered: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	problems, err := report(o, stdout)
	if err != nil {
		fmt.Fprintln(stderr, "uncovered:", err)
		return 2
	}
	for _, p := range problems {
		fmt.Fprintln(stderr, "uncovered:", p)
	}
	return min(len(problems), 1)
}

// report prints what the command is for, and returns what makes it fail.
func report(o options, w io.Writer) (problems []string, err error) {
	module, err := modulePath(filepath.Join(o.dir, "go.mod"))
	if err != nil {
		return nil, err
	}
	blocks, err := readFile(o.profile, readProfile)
	if err != nil {
		return nil, err
	}
	reasons, err := readFile(filepath.Join(o.dir, o.reasons), readReasons)
	if err != nil {
		return nil, err
	}
	blocks = slices.DeleteFunc(blocks, func(b block) bool { return !slices.Contains(o.packages, b.inModule(module).pkg()) })
	for i := range blocks {
		blocks[i] = blocks[i].inModule(module)
	}
	keys, err := source{dir: o.dir}.keys(blocks)
	if err != nil {
		return nil, err
	}
	problems = printCoverage(w, blocks, o.packages, o.min)
	more, err := printUncovered(w, source{dir: o.dir}, blocks, keys, reasons)
	if err != nil {
		return nil, err
	}
	problems = append(problems, more...)
	return append(problems, stale(o.reasons, keys, reasons)...), nil
}

// stale returns what is wrong with the entries that stand for nothing.
func stale(file string, keys []string, reasons []reason) (problems []string) {
	left := map[string]int{} // blocks, covered or not, that no entry stands for
	for _, key := range keys {
		left[key]++
	}
	for _, r := range reasons {
		if r.used {
			left[r.key]--
		}
	}
	for _, r := range reasons {
		switch {
		case r.used:
		case !r.sometimes:
			problems = append(problems, fmt.Sprintf("%s:%d: no uncovered block is %q", file, r.line, r.key))
		case left[r.key] == 0:
			problems = append(problems, fmt.Sprintf("%s:%d: no block, covered or not, is %q", file, r.line, r.key))
		default:
			left[r.key]--
		}
	}
	return problems
}

// printCoverage prints a line a package and returns those below the minimum.
func printCoverage(w io.Writer, blocks []block, packages []string, min float64) (problems []string) {
	fmt.Fprintf(w, "%-24s %10s %10s %9s\n", "package", "statements", "covered", "percent")
	for _, p := range packages {
		all, covered := 0, 0
		for _, b := range blocks {
			if b.pkg() == p {
				all += b.statements
				if b.covered {
					covered += b.statements
				}
			}
		}
		if all == 0 {
			problems = append(problems, fmt.Sprintf("package %s: the profile has no statements of it", p))
			continue
		}
		percent := 100 * float64(covered) / float64(all)
		fmt.Fprintf(w, "%-24s %10d %10d %8.1f%%\n", p, all, covered, percent)
		if percent < min {
			problems = append(problems, fmt.Sprintf("package %s: %.2f%% is less than %g%%", p, percent, min))
		}
	}
	return problems
}

// printUncovered prints the uncovered blocks with their source and reasons,
// and returns those without one.
func printUncovered(w io.Writer, src source, blocks []block, keys []string, reasons []reason) (problems []string, err error) {
	for i, b := range blocks {
		if b.covered {
			continue
		}
		f, err := src.file(b.file)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(w, "\n%s:%d-%d\n", b.file, b.start.line, b.end.line)
		for n := b.start.line; n <= b.end.line; n++ {
			fmt.Fprintf(w, "%6d  %s\n", n, f.lines[n-1])
		}
		switch r := take(reasons, keys[i]); {
		case r == nil:
			fmt.Fprintln(w, "    NO REASON")
			problems = append(problems, fmt.Sprintf("%s:%d: no test runs it, and no reason is given for\n\t%s", b.file, b.start.line, keys[i]))
		case r.sometimes:
			fmt.Fprintf(w, "    because, sometimes: %s\n", r.text)
		default:
			fmt.Fprintf(w, "    because: %s\n", r.text)
		}
	}
	return problems, nil
}

func readFile[T any](name string, read func(io.Reader) (T, error)) (v T, err error) {
	f, err := os.Open(name)
	if err != nil {
		return v, err
	}
	defer f.Close()
	if v, err = read(f); err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return v, err
}
