package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// A reporter prints what happens while it happens, and at the end what was seen.
type reporter struct {
	w     io.Writer
	fleet *fleet
}

// event prints a line with the time.
func (p reporter) event(format string, args ...any) {
	fmt.Fprintf(p.w, "%8.3f s  %s\n", p.fleet.now().Seconds(), fmt.Sprintf(format, args...))
}

// table prints how often each thing was done, and how long it took.
func (p reporter) table(seen *history, during time.Duration) {
	fmt.Fprintf(p.w, "\n%-28s %8s %8s %10s %10s %10s\n", "what was done", "times", "a second", "p50", "p99", "longest")
	for _, o := range slices.Concat(writes, reads) {
		p.row(string(o), seen.durations(o), during)
	}
	p.row("restart after kill -9", seen.restarts, during)
}

func (p reporter) row(what string, all []time.Duration, during time.Duration) {
	if len(all) == 0 {
		return
	}
	slices.Sort(all)
	fmt.Fprintf(p.w, "%-28s %8d %8.0f %10s %10s %10s\n", what, len(all), float64(len(all))/during.Seconds(),
		milliseconds(quantile(all, 0.5)), milliseconds(quantile(all, 0.99)), milliseconds(all[len(all)-1]))
}

// staleness prints how old the answers were to who did not ask for a particular state.
func (p reporter) staleness(ages []time.Duration) {
	ages = slices.Clone(ages)
	slices.Sort(ages)
	fresh, _ := slices.BinarySearch(ages, 1)
	stale := ages[fresh:]
	fmt.Fprintf(p.w, "\nof %d checks without either, %d answers lacked a commit that had been acknowledged before they were asked for", len(ages), len(stale))
	if len(stale) > 0 {
		fmt.Fprintf(p.w, ":\n%s before (p50), %s (p99), %s (longest)", milliseconds(quantile(stale, 0.5)), milliseconds(quantile(stale, 0.99)), milliseconds(stale[len(stale)-1]))
	}
	fmt.Fprintln(p.w)
}

// trouble prints what clients met and got over, and how the races ended.
func (p reporter) trouble(seen *history) {
	t, won, refused := seen.trouble, 0, 0
	for _, r := range seen.races {
		won += len(r.winners())
		refused += 2 - len(r.winners())
	}
	fmt.Fprintf(p.w, "%d races of two servers for one pen or one ownership: %d done, %d refused\n", len(seen.races), won, refused)
	fmt.Fprintf(p.w, "asked again elsewhere: %d after a broken connection, %d after 503, %d after 504\n", t.broken, t.unavailable, t.unknown)
}

const printedViolations = 5 // of each rule

// verdict prints the violations, or what was verified.
func (p reporter) verdict(seen *history, commits int) {
	if len(seen.violations) == 0 {
		fmt.Fprintf(p.w, `
verified with the log's %d commits:
  all %d acknowledged writes are there, once, at the revision that was returned, in the order in which they were made
  all %d answers are right for the state that they are from; with a token, or of the latest, none was old
  never two owners or two pens of a document; no race had two winners
no violation
`, commits, len(seen.acknowledged()), len(seen.matching(reads...)))
		return
	}
	rules := make(map[string]int)
	fmt.Fprintln(p.w)
	for _, v := range seen.violations {
		if rules[v.rule]++; rules[v.rule] <= printedViolations {
			fmt.Fprintf(p.w, "VIOLATION (%s): %s\n", v.rule, v.text)
		}
	}
	var counts []string
	for rule, n := range rules {
		counts = append(counts, fmt.Sprintf("%s: %d", rule, n))
	}
	slices.Sort(counts)
	fmt.Fprintf(p.w, "%d violations (%s)\n", len(seen.violations), strings.Join(counts, ", "))
}

// quantile returns the least of sorted durations, of which there is one at least, that so many are not beyond.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.2f ms", d.Seconds()*1000) }
