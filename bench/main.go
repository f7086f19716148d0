// Bench measures engines side by side, in one run and on one workload, and prints
// a table.
//
//	cd bench && GOWORK=off go run .
//	cd bench && GOWORK=off go run . -size 1M -rows check,life -engines baobab,cedar-go
//
// It is a module of its own and not part of the workspace, so that whoever works
// on the engine does not compile other engines.
//
// # What is measured
//
// Package workload describes the data and the questions: organizations of 60
// users, 12 nested teams, 10 workspaces and 200 chatbots; 200,000 different
// questions (the mix), or 10,000 again and again (hot). Every engine answers
// 2,000 questions before its clock runs, and a wrong answer ends the run. What
// the machine itself costs (a B-tree, a map, an LRU cache, a chain of memory
// accesses) is measured beside, see package reference.
//
// The rows come in groups, which -rows selects:
//
//	check    the mix and hot questions, one by one; allocations; the references
//	all      the mix on two goroutines, one by one and 64 at a time
//	growth   the mix of this size and of one a tenth as large
//	life     an engine's life: load, first questions, mix, commits; its heap
//	nested   teams 10, 20, 100 and 1,000 deep, and two that contain each other
//	wide     a group of a million members, an object shared with 10,000 groups
//	list     lists of objects and of subjects
//	write    commits of one tuple and of 100
//	readers  what a writer of 10,000 commits a second does to readers
//	tenants  10,000 engines of 100 tuples
//	allocs   allocations of a check, operator by operator
//
// # How
//
// A figure is the median of the rounds (-rounds, 5 by default), with the least
// and the greatest beside it. In each round all engines take their turn, so that
// what disturbs the machine disturbs all alike, and a ratio is the median of the
// ratios of the rounds. One sample of questions ends with the last of them or when
// -patience is over, and the next goes on where it ended; so a slow engine is
// measured on fewer questions, and a note says on how many.
//
// The last columns are the target, where there is one, and whether it is met; a
// star says that the target is for another size. A run says little on a machine
// that others use: the spread of the rounds shows it.
//
// The engines of the group check have seen most subjects by the second round. What
// the mix costs an engine that has seen none is in the group life, with the share
// of questions that are the first about their subject. Heap is what is left after
// a collection; that of baobab includes the history that it keeps by default, whose
// own estimate has a row.
//
// Cedar-go and Casbin keep no tuples and have no lists; package engine says how the
// workload is put to each engine. OpenFGA's memory store looks at every tuple for
// each read, so it is left out by default beyond 100k, as Casbin is beyond 1M.
//
// To compare two commits of the project, see compare.sh.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/baobab-authz/baobab/bench/report"
	"github.com/baobab-authz/baobab/bench/workload"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures what the arguments say and prints the table of every group as soon
// as it is there.
func run(ctx context.Context, args []string, out io.Writer) error {
	b, chosen, err := parse(args)
	if err != nil {
		return err
	}
	defer b.close()
	from := time.Now()
	fmt.Fprintf(out, "%s, %d organizations; %s, %s/%s, %d processors; %s\n",
		b.size, b.w.Orgs, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), from.UTC().Format(time.DateOnly))
	for _, g := range chosen {
		rows, err := g.measure(ctx, b)
		if err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
		fmt.Fprintf(out, "\n%s (after %d s)\n\n", g.name, int(time.Since(from).Seconds()))
		if err := report.Write(out, b.size, rows); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\nIn all %d s. A star: the target is for another size.\n", int(time.Since(from).Seconds()))
	return nil
}

// group is rows that are measured together.
type group struct {
	name    string
	measure func(context.Context, *bench) ([]*report.Row, error)
}

// groups returns all groups in the order in which they run.
func groups() []group {
	return []group{
		{"check", checks},
		{"all", checkAll},
		{"growth", growth},
		{"nested", nested},
		{"list", lists},
		{"write", writes},
		{"readers", readers},
		{"life", life},
		{"wide", wide},
		{"tenants", tenants},
		{"allocs", allocations},
	}
}

// parse reads the arguments.
func parse(args []string) (*bench, []group, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	size := flags.String("size", "100k", "of the workload: 10k, 100k, 1M or 10M")
	engines := flags.String("engines", "", "which engines, separated by commas (default: those that can bear the size)")
	rows := flags.String("rows", "", "which groups of rows, separated by commas (default: all)")
	rounds := flags.Int("rounds", 5, "how often everything is measured")
	patience := flags.Duration("patience", 500*time.Millisecond, "how long one sample of questions may take")
	seed := flags.Uint64("seed", 1, "of the workload")
	if err := flags.Parse(args); err != nil {
		return nil, nil, err
	}
	orgs, ok := workload.Sizes()[*size]
	if !ok {
		return nil, nil, fmt.Errorf("no size %q: there are 10k, 100k, 1M and 10M", *size)
	}
	if *rounds < 1 {
		return nil, nil, fmt.Errorf("%d rounds: there must be one at least", *rounds)
	}
	b := &bench{
		size:     *size,
		w:        workload.Workload{Seed: *seed, Orgs: orgs},
		rounds:   *rounds,
		patience: *patience,
	}
	if err := b.choose(*engines); err != nil {
		return nil, nil, err
	}
	chosen, err := chosenGroups(*rows)
	return b, chosen, err
}

// chosenGroups returns the groups that a list names, all if it is empty.
func chosenGroups(list string) ([]group, error) {
	if list == "" {
		return groups(), nil
	}
	var chosen []group
	for name := range strings.SplitSeq(list, ",") {
		found := false
		for _, g := range groups() {
			if g.name == name {
				chosen, found = append(chosen, g), true
			}
		}
		if !found {
			return nil, fmt.Errorf("no rows %q", name)
		}
	}
	return chosen, nil
}
