package schema

import (
	"maps"
	"slices"
	"strings"
)

// An included member is one that a definition has of its own, or through the
// inclusion of a partial at from.
type included struct {
	*member
	from span
}

// includes checks that what is included exists, and that no partial includes
// itself.
func (c *compiler) includes() {
	var names []string
	for _, f := range c.files {
		for _, d := range f.decls {
			for _, m := range d.members {
				if m.kind != memberInclude || c.partials[m.name.text] != nil || c.gaps {
					continue
				}
				if names == nil {
					names = slices.Sorted(maps.Keys(c.partials))
				}
				c.report.unknown(m.name.at, d.name.text, nil, m.name.text, names, "unknown partial %q", m.name.text)
			}
		}
	}
	state := map[*decl]int{}
	for _, f := range c.files {
		for _, d := range f.decls {
			if d.kind == declPartial {
				c.includeCycle(d, state, nil)
			}
		}
	}
}

// includeCycle reports the inclusion by which a partial includes itself, and
// has it ignored.
func (c *compiler) includeCycle(d *decl, state map[*decl]int, path []string) {
	const open, done = 1, 2
	if state[d] == done {
		return
	}
	state[d] = open
	path = append(path, d.name.text)
	for _, m := range d.members {
		p := c.partials[m.name.text]
		switch {
		case m.kind != memberInclude || p == nil:
		case state[p] == open:
			cycle := append(slices.Clone(path[slices.Index(path, p.name.text):]), p.name.text)
			if len(cycle) > 6 {
				cycle = append(cycle[:4], "…", p.name.text)
			}
			c.report.errorf(m.name.at, d.name.text, "partial %s includes itself: %s", p.name.text, strings.Join(cycle, " includes "))
			c.cyclic[m] = true
		default:
			c.includeCycle(p, state, path)
		}
	}
	state[d] = done
}

// expand appends the members of d, in order, with those of the partials that it
// includes. The place is that of the inclusion in the definition.
func (c *compiler) expand(d *decl, list []included, from span, visited map[string]bool) []included {
	for _, m := range d.members {
		if m.kind != memberInclude {
			list = append(list, included{m, from})
			continue
		}
		at := from
		if at.src == nil {
			at = m.name.at
		}
		p := c.partials[m.name.text]
		switch {
		case c.cyclic[m]:
		case p == nil:
			visited[m.name.text] = true
		case visited[m.name.text]:
			c.report.errorf(at, d.name.text, "partial %s is included already", m.name.text)
		default:
			visited[m.name.text] = true
			list = c.expand(p, list, at, visited)
		}
	}
	return list
}
