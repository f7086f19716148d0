package schema

import "slices"

// dependents knows, for the relations of both schemas at once, what depends on
// what. Each has two nodes: its tuples, which arrows follow, and who holds it.
// What is the same before and after is one.
type dependents struct {
	names *renamer
	index map[*Relation]int // of the tuples; who holds it is the next
	text  []string          // by index, as document#view
	next  [][]int           // by index: what needs it
}

func newDependents(c *comparer) *dependents {
	d := &dependents{names: c.names, index: map[*Relation]int{}}
	d.enter(c.after)
	d.enter(c.before)
	d.connect(c.after)
	d.connect(c.before)
	return d
}

// enter makes the nodes of a schema; that after comes first.
func (d *dependents) enter(s *Schema) {
	for _, def := range s.definitions {
		for _, r := range def.Relations {
			if kept := d.names.relations[r]; kept != nil {
				d.index[r] = d.index[kept]
				continue
			}
			d.index[r] = len(d.text)
			name := def.Name + "#" + r.Name
			d.text = append(d.text, name, name)
			d.next = append(d.next, nil, nil)
		}
	}
}

func (d *dependents) connect(s *Schema) {
	for _, def := range s.definitions {
		for _, r := range def.Relations {
			needs := func(name *Relation, tuples bool) {
				i := d.index[name]
				if !tuples {
					i++
				}
				d.next[i] = append(d.next[i], d.index[r]+1)
			}
			Walk(r.Rewrite, func(op Rewrite) bool {
				switch op := op.(type) {
				case This:
					needs(r, true)
					for _, t := range r.Subjects {
						if t.Relation != "" {
							needs(s.byName[t.Type].byName[t.Relation], false)
						}
					}
				case Computed:
					needs(def.byName[op.Relation], false)
				case TupleToUserset:
					tupleset := def.byName[op.Tupleset]
					needs(tupleset, true)
					for _, t := range tupleset.Subjects {
						if target := s.byName[t.Type].byName[op.Computed]; target != nil && !t.Wildcard {
							needs(target, false)
						}
					}
				}
				return true
			})
		}
	}
}

// of returns what the causes affect, sorted and each once.
func (d *dependents) of(causes []cause) []string {
	seen := map[int]bool{}
	var queue []int
	reach := func(i int) {
		if !seen[i] {
			seen[i] = true
			queue = append(queue, i)
		}
	}
	for _, c := range causes {
		switch i := d.index[c.relation]; {
		case !c.tuples:
			reach(i + 1)
		case c.relation.Stored():
			reach(i)
		}
	}
	var list []string
	for ; len(queue) > 0; queue = queue[1:] {
		i := queue[0]
		if i%2 == 1 {
			list = append(list, d.text[i])
		}
		for _, j := range d.next[i] {
			reach(j)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
