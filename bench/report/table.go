// Package report keeps the figures of the rounds and prints them as a table.
package report

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Write prints rows of a workload of some size: the median of the rounds, the
// least and the greatest, the target and whether it is met.
func Write(w io.Writer, size string, rows []*Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\twho\tmedian\tleast\tgreatest\trounds\ttarget\t\tnote")
	var before string
	for _, r := range rows {
		what := r.What
		if what == before {
			what = ""
		}
		before = r.What
		fmt.Fprintf(t, "%s\t%s\t%s\n", what, r.Who, r.cells(size))
	}
	return t.Flush()
}

// cells returns what stands behind the name of a row.
func (r *Row) cells(size string) string {
	if r.Err != nil {
		return fmt.Sprintf("–\t\t\t\t\t\t%v", r.Err)
	}
	if len(r.Values) == 0 {
		return "–\t\t\t\t\t\t" + r.Note
	}
	target, verdict := "", ""
	if r.Target != nil {
		target, verdict = r.Target.text(r.Unit), r.Target.verdict(r.Median(), size)
	}
	return fmt.Sprintf("%s\t%s\t%s\t%d\t%s\t%s\t%s", r.Unit.Format(r.Median()),
		r.Unit.Format(Quantile(r.Values, 0)), r.Unit.Format(Quantile(r.Values, 1)), len(r.Values), target, verdict, r.Note)
}
