package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/baobab-authz/baobab/bench/engine"
	"github.com/baobab-authz/baobab/bench/report"
	"github.com/baobab-authz/baobab/bench/workload"
	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/tuple"
)

// page is how many entries a page of a list has.
const page = 100

// listed is a list that an engine is asked for.
type listed struct {
	row  *report.Row
	want int
	list func(context.Context) (int, error)
}

// lists measures lists of objects and of subjects.
func lists(ctx context.Context, b *bench) ([]*report.Row, error) {
	all, err := b.all(ctx)
	if err != nil {
		return nil, err
	}
	object, ok := b.w.Viewers(33)
	if !ok {
		return nil, errors.New("no chatbot has 33 viewers: another seed may have one")
	}
	var asked []*listed
	var whole, pages *report.Row
	for _, e := range all {
		if l, ok := e.(engine.Lister); ok {
			asked = append(asked, listsOf(b.w, e.Name(), l, object)...)
		}
		if own, ok := e.(engine.Baobab); ok {
			whole = asked[len(asked)-2].row
			asked = append(asked, unordered(b.w, own), paged(b.w, own))
			pages = asked[len(asked)-1].row
		}
	}
	for range b.rounds {
		for _, l := range asked {
			if err := l.sample(ctx, b.patience); err != nil {
				return nil, err
			}
		}
	}
	return listRows(asked, whole, pages), nil
}

// listsOf are what any engine that lists is asked for.
func listsOf(w workload.Workload, who string, l engine.Lister, object tuple.Object) []*listed {
	row := func(what string, target *report.Target) *report.Row {
		if who != "baobab" {
			target = nil
		}
		return &report.Row{What: what, Who: who, Unit: report.Nanoseconds, Target: target}
	}
	objects := func(user tuple.Subject) func(context.Context) (int, error) {
		return func(ctx context.Context) (int, error) { return l.Objects(ctx, user, "view", "chatbot") }
	}
	return []*listed{
		{row("list 100 objects, sorted", nil), 100, objects(workload.Few())},
		{row(fmt.Sprintf("list %d objects, sorted", w.Supported()), report.AtMost(2e6, "1M")), w.Supported(), objects(workload.Support())},
		{row("list 33 subjects", report.AtMost(5e3, "")), 33, func(ctx context.Context) (int, error) {
			return l.Subjects(ctx, object, "view", "user")
		}},
	}
}

// unordered is the long list as it comes.
func unordered(w workload.Workload, own engine.Baobab) *listed {
	row := &report.Row{What: fmt.Sprintf("list %d objects, unordered", w.Supported()), Who: "baobab", Unit: report.Nanoseconds, Target: report.AtMost(5e5, "1M")}
	return &listed{row, w.Supported(), func(ctx context.Context) (n int, err error) {
		for _, err := range own.Engine.Objects(ctx, workload.Support(), "view", "chatbot", expand.Unordered()) {
			if err != nil {
				return n, err
			}
			n++
		}
		return n, nil
	}}
}

// paged is the long list in pages of 100, each from a cursor. A commit before the
// first sees to it that no earlier pages are of the same state.
func paged(w workload.Workload, own engine.Baobab) *listed {
	row := &report.Row{What: fmt.Sprintf("list %d objects in pages of %d", w.Supported(), page), Who: "baobab", Unit: report.Nanoseconds}
	other := tuple.New(tuple.Object{Type: "team", ID: "pages"}, "member", workload.Nobody())
	return &listed{row, w.Supported(), func(ctx context.Context) (n int, err error) {
		if _, err := own.Engine.Write(ctx, other.Always()); err != nil {
			return 0, err
		}
		if _, err := own.Engine.Delete(ctx, other); err != nil {
			return 0, err
		}
		view := own.Now()
		who := view.As(workload.Support())
		for cursor := (expand.Cursor{}); ; {
			before := n
			var last string
			for o, err := range who.Objects(ctx, "view", "chatbot", expand.Limit(page), expand.After(cursor)) {
				if err != nil {
					return n, err
				}
				last = o.Object.ID
				n++
			}
			if n < before+page {
				return n, nil
			}
			cursor = view.Cursor(last)
		}
	}}
}

// sample lists once, or again and again for a tenth of patience, and adds the time
// of one list.
func (l *listed) sample(ctx context.Context, patience time.Duration) error {
	from := time.Now()
	for times := 1; ; times++ {
		n, err := l.list(ctx)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", l.row.Who, l.row.What, err)
		}
		if n != l.want {
			return fmt.Errorf("%s, %s: there are %d, not %d", l.row.Who, l.row.What, n, l.want)
		}
		if took := time.Since(from); took > patience/10 {
			l.row.Add(float64(took.Nanoseconds()) / float64(times))
			return nil
		}
	}
}

// listRows adds how much more the pages cost than the whole.
func listRows(asked []*listed, whole, pages *report.Row) []*report.Row {
	var rows []*report.Row
	for _, l := range asked {
		rows = append(rows, l.row)
	}
	slices.SortStableFunc(rows, func(a, b *report.Row) int { return strings.Compare(a.What, b.What) })
	if whole == nil {
		return rows
	}
	against := report.Over("the pages against the whole list", pages, whole, report.AtMost(3, "1M"))
	against.Who = "baobab"
	return append(rows, against)
}
