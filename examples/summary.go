package main

import (
	"context"
	"fmt"
	"io/fs"
)

// A summary counts what was asked, and what was not as expected.
type summary struct {
	tables, cells, isolation, rules, questions, stories, steps, differences int
}

// runSystems shows the tables, the rules and the stories of systems.
func runSystems(ctx context.Context, files fs.FS, names []string, p printer) (int, error) {
	systems, err := loadSystems(ctx, files, names)
	if err != nil {
		return exitError, err
	}
	defer closeAll(systems)
	var total summary
	for _, s := range systems {
		p.printf("%s\n\n", p.paint(bold, s.Name))
		s.show(ctx, p, &total)
	}
	p.printf("%d of %d systems: %d cells in %d tables, %d questions of isolation, %d rules in %d questions, %d stories in %d steps\n",
		len(systems), len(systemNames()), total.cells, total.tables, total.isolation, total.rules, total.questions, total.stories, total.steps)
	if total.differences == 0 {
		p.printf("%s\n", p.paint(green, "all as expected"))
		return exitRight, nil
	}
	p.printf("%s\n", p.paint(alarm, fmt.Sprintf("differences: %d", total.differences)))
	return exitDifferent, nil
}

// show prints one system, and counts.
func (s *System) show(ctx context.Context, p printer, total *summary) {
	asked, allowed := 0, 0
	for _, t := range s.Tables {
		r := s.runTable(ctx, t)
		p.table(r)
		total.tables++
		total.cells += len(t.Roles) * len(t.Actions)
		asked += len(r.Isolation)
		allowed += len(wrong(r.Isolation))
		total.differences += r.Differences()
	}
	total.isolation += asked
	p.printf("  The same roles elsewhere: %d of %d questions denied.\n\n", asked-allowed, asked)
	for _, rule := range s.Rules {
		r := s.runRule(ctx, rule)
		p.rule(r)
		total.rules++
		total.questions += len(r.Answers)
		total.differences += r.Differences()
	}
	p.printf("\n")
	for _, story := range s.Stories {
		r := s.tell(ctx, story)
		p.story(r)
		total.stories++
		total.steps += len(r.Taken)
		if r.Problem != nil {
			total.differences++
		}
	}
}
