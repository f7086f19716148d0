package schema

// directive adds the change of a directive; one of both texts can be empty.
func (c *comparer) directive(typ, relation, before, after string) {
	kind := DirectiveChanged
	switch "" {
	case before:
		kind = DirectiveAdded
	case after:
		kind = DirectiveRemoved
	}
	c.add(Change{Kind: kind, Type: typ, Relation: relation, Before: before, After: after})
}

// directives compares those of a relation with those of what it has become.
func (c *comparer) directives(d, e *Definition, before, after *Relation) {
	c.counts(d, e, before, after)
	c.guards(d, e, before, after)
	is, now := "", ""
	if before.OnDelete != after.OnDelete {
		for _, s := range []struct {
			value OnDelete
			text  *string
		}{{before.OnDelete, &is}, {after.OnDelete, &now}} {
			if s.value != Detach { // which is what happens if nothing is said
				*s.text = directiveOnDelete.String() + " " + s.value.String()
			}
		}
		c.directive(e.Name, after.Name, is, now)
	}
	if before.ExpiresWithin != after.ExpiresWithin {
		c.directive(e.Name, after.Name, before.limit(), after.limit())
	}
}

// counts compares counts. Of the same groups, what is not there any more and
// what is new are one change, if there is one of each.
func (c *comparer) counts(d, e *Definition, before, after *Relation) {
	type pair struct{ removed, added []Count }
	has, had := map[Count]bool{}, map[Count]bool{}
	groups := map[Count]*pair{}
	var ordered []*pair
	group := func(count Count) *pair {
		key := Count{PerSubject: count.PerSubject, In: count.In}
		if groups[key] == nil {
			groups[key] = &pair{}
			ordered = append(ordered, groups[key])
		}
		return groups[key]
	}
	for _, count := range after.Counts {
		count.Pos = Pos{}
		has[count] = true
	}
	for _, count := range before.Counts {
		count.Pos = Pos{}
		renamed := count
		if count.In != "" {
			_, renamed.In = c.names.name(d.Name, count.In)
		}
		had[renamed] = true
		if !has[renamed] {
			g := group(renamed)
			g.removed = append(g.removed, count)
		}
	}
	for _, count := range after.Counts {
		count.Pos = Pos{}
		if !had[count] {
			g := group(count)
			g.added = append(g.added, count)
		}
	}
	for _, g := range ordered {
		if len(g.removed) == 1 && len(g.added) == 1 {
			c.directive(e.Name, after.Name, g.removed[0].String(), g.added[0].String())
			continue
		}
		for _, count := range g.removed {
			c.directive(e.Name, after.Name, count.String(), "")
		}
		for _, count := range g.added {
			c.directive(e.Name, after.Name, "", count.String())
		}
	}
}

func (c *comparer) guards(d, e *Definition, before, after *Relation) {
	has, had := map[Guard]bool{}, map[Guard]bool{}
	for _, g := range after.Guards {
		g.Pos = Pos{}
		has[g] = true
	}
	for _, g := range before.Guards {
		g.Pos = Pos{}
		renamed := g
		switch {
		case g.Permission == "":
		case g.OnSubject:
			// If it has several names after, depending on the type, the guard is
			// none that is there after.
			renamed.Permission = joined(c.names.targets(before, g.Permission))
		default:
			_, renamed.Permission = c.names.name(d.Name, g.Permission)
		}
		had[renamed] = true
		if !has[renamed] {
			c.directive(e.Name, after.Name, g.String(), "")
		}
	}
	for _, g := range after.Guards {
		g.Pos = Pos{}
		if !had[g] {
			c.directive(e.Name, after.Name, "", g.String())
		}
	}
}
