package main

import "strings"

// storyWidth is how wide a line may be before its parts get a line each.
const storyWidth = 130

// story prints a story: who tries what, and what the engine says of it. What
// went otherwise than told is the last line of it.
func (p printer) story(r StoryResult) {
	p.printf("  %s\n", p.paint(bold, r.Name))
	for i, t := range r.Taken {
		mark, code := t.expected(), markPaint(t.expected())
		if r.Problem != nil && i == len(r.Taken)-1 {
			mark, code = "≠"+mark, alarm
		}
		p.step(mark, code, t.text())
		for line := range strings.Lines(t.Says) {
			p.printf("        %s\n", p.paint(faint, strings.TrimRight(line, "\n")))
		}
	}
	if r.Problem != nil {
		p.printf("      %s  %v\n", p.paint(alarm, "!"), r.Problem)
	}
	p.printf("\n")
}

// step prints the line of a step, or its parts one below the other.
func (p printer) step(mark, code string, parts []string) {
	if mark != "" {
		mark = p.paint(code, mark) + " "
	}
	if whole := strings.Join(parts, "  "); width(whole) <= storyWidth || len(parts) < 3 {
		p.printf("    %s%s\n", mark, whole)
		return
	}
	p.printf("    %s%s\n", mark, parts[0])
	for _, part := range parts[1:] {
		p.printf("      %s\n", part)
	}
}

func markPaint(mark string) string {
	switch mark {
	case yes:
		return green
	case no:
		return red
	}
	return plain
}
