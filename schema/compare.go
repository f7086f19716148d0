package schema

import (
	"cmp"
	"slices"
	"strings"
)

// Compare lists what has changed from one schema to another, for whoever
// reviews the change, and for each change the relations and permissions whose
// answers it can alter. It compares what the schemas mean, not how they are
// written: not comments, the order of declarations, of alternatives, of the
// operands of + and &, partials or annotations. A caveat's expression is compared
// as text.
//
// What has another name after is removed and added, unless a rename says that it
// is the same; then it is compared with what it was, and whatever names it has
// not changed because of that. The error is that of [Renames.Validate].
//
// Compare takes time in proportion to the schemas, and for each change to what
// depends on it.
func Compare(before, after *Schema, renames ...Rename) (Changes, error) {
	if err := Renames(renames).Validate(before, after); err != nil {
		return nil, err
	}
	c := &comparer{before: before, after: after, names: newRenamer(before, after, renames)}
	c.caveats()
	for _, d := range before.definitions {
		if paired := c.names.types[d]; paired != nil {
			c.types(d, paired)
		} else {
			c.add(Change{Kind: TypeRemoved, Type: d.Name, Before: d.String()}, c.all(d)...)
		}
	}
	for _, d := range after.definitions {
		if !c.names.kept[d] {
			c.add(Change{Kind: TypeAdded, Type: d.Name, After: d.String()}, c.all(d)...)
		}
	}
	slices.SortFunc(c.changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), strings.Compare(a.Caveat, b.Caveat),
			strings.Compare(a.Type, b.Type), strings.Compare(a.Relation, b.Relation),
			cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Before, b.Before), strings.Compare(a.After, b.After))
	})
	return c.changes, nil
}

// rank puts caveats before types.
func (c Change) rank() int {
	if c.Caveat != "" {
		return 0
	}
	return 1
}

// A comparer collects the changes.
type comparer struct {
	before, after *Schema
	names         *renamer
	changes       Changes
	dependents    *dependents // nil until something is found that alters answers
}

// A cause is what a change alters: the tuples that a relation can have, or who
// holds the relation or permission.
type cause struct {
	relation *Relation // of either schema
	tuples   bool
}

// add appends a change with what it affects.
func (c *comparer) add(change Change, causes ...cause) {
	if len(causes) > 0 {
		if c.dependents == nil {
			c.dependents = newDependents(c)
		}
		change.Affects = c.dependents.of(causes)
	}
	c.changes = append(c.changes, change)
}

// all returns the relations and permissions of a type as causes.
func (c *comparer) all(d *Definition) []cause {
	var list []cause
	for _, r := range d.Relations {
		list = append(list, cause{r, true}, cause{r, false})
	}
	return list
}

// types compares a type with what it has become.
func (c *comparer) types(before, after *Definition) {
	if before.Name != after.Name {
		c.add(Change{Kind: TypeRenamed, Type: after.Name, Before: before.Name, After: after.Name})
	}
	for _, r := range before.Relations {
		if paired := c.names.relations[r]; paired != nil {
			c.relations(before, after, r, paired)
			continue
		}
		kind := RelationRemoved
		if r.Permission {
			kind = PermissionRemoved
		}
		c.add(Change{Kind: kind, Type: before.Name, Relation: r.Name, Before: r.declaration()}, cause{r, true}, cause{r, false})
	}
	for _, r := range after.Relations {
		if c.names.keptRelations[r] {
			continue
		}
		kind := RelationAdded
		if r.Permission {
			kind = PermissionAdded
		}
		c.add(Change{Kind: kind, Type: after.Name, Relation: r.Name, After: r.declaration()}, cause{r, true}, cause{r, false})
	}
	if _, renamed := c.names.name(before.Name, before.DeletedBy); renamed != after.DeletedBy {
		c.directive(after.Name, "", before.deletedBy(), after.deletedBy())
	}
}

// relations compares a relation or permission with what it has become.
func (c *comparer) relations(d, e *Definition, before, after *Relation) {
	if before.Name != after.Name {
		kind := RelationRenamed
		if before.Permission {
			kind = PermissionRenamed
		}
		c.add(Change{Kind: kind, Type: e.Name, Relation: after.Name, Before: d.Name + "#" + before.Name, After: e.Name + "#" + after.Name})
	}
	has, had := map[SubjectType]bool{}, map[SubjectType]bool{}
	for _, s := range after.Subjects {
		has[s] = true
	}
	for _, s := range before.Subjects {
		renamed := c.names.subject(s)
		had[renamed] = true
		if !has[renamed] {
			c.add(Change{Kind: SubjectRemoved, Type: e.Name, Relation: after.Name, Before: s.String()}, cause{before, true})
		}
	}
	for _, s := range after.Subjects {
		if !had[s] {
			c.add(Change{Kind: SubjectAdded, Type: e.Name, Relation: after.Name, After: s.String()}, cause{after, true})
		}
	}
	if c.names.key(d, before) != keyOf(after.Rewrite, plainNames) || c.gains(d, e, before, after) {
		c.add(Change{Kind: RewriteChanged, Type: e.Name, Relation: after.Name, Before: before.Rewrite.String(), After: after.Rewrite.String()},
			cause{before, false}, cause{after, false})
	}
	c.directives(d, e, before, after)
}

// A lead is an arrow to a relation of one of the types behind it.
type lead struct {
	tupleset, target *Relation
	all              bool
}

// gains reports whether an arrow that reads the same leads to a relation that
// has come by the arrow's target as its name, and to which it did not lead.
func (c *comparer) gains(d, e *Definition, before, after *Relation) bool {
	gained := map[lead]bool{}
	leads(c.after, e, after, func(l lead) {
		if c.names.renamed[l.target] {
			gained[l] = true
		}
	})
	if len(gained) > 0 {
		leads(c.before, d, before, func(l lead) {
			delete(gained, lead{c.names.relations[l.tupleset], c.names.relations[l.target], l.all})
		})
	}
	return len(gained) > 0
}

// leads calls visit for each arrow of a relation and each type behind it that has
// its target.
func leads(s *Schema, d *Definition, r *Relation, visit func(lead)) {
	Walk(r.Rewrite, func(op Rewrite) bool {
		if arrow, ok := op.(TupleToUserset); ok {
			tupleset := d.byName[arrow.Tupleset]
			for _, t := range tupleset.Subjects {
				if target := s.byName[t.Type].byName[arrow.Computed]; target != nil && !t.Wildcard {
					visit(lead{tupleset, target, arrow.All})
				}
			}
		}
		return true
	})
}

// caveats compares the caveats, which have no renames.
func (c *comparer) caveats() {
	for _, before := range c.before.caveats {
		after := c.after.caveatNamed[before.Name]
		if after == nil {
			c.add(Change{Kind: CaveatRemoved, Caveat: before.Name, Before: before.String()}, c.users(before.Name)...)
			continue
		}
		if !sameParameters(before, after) {
			c.add(Change{Kind: ParametersChanged, Caveat: after.Name, Before: before.parameters(), After: after.parameters()}, c.users(after.Name)...)
		}
		if before.Expression != after.Expression || before.OpenFGA != after.OpenFGA && after.dialect() {
			c.add(Change{Kind: ExpressionChanged, Caveat: after.Name, Before: before.Expression, After: after.Expression}, c.users(after.Name)...)
		}
	}
	for _, after := range c.after.caveats {
		if c.before.caveatNamed[after.Name] == nil {
			c.add(Change{Kind: CaveatAdded, Caveat: after.Name, After: after.String()}, c.users(after.Name)...)
		}
	}
}

func sameParameters(a, b *Caveat) bool {
	if len(a.Parameters) != len(b.Parameters) {
		return false
	}
	for _, p := range a.Parameters {
		q, ok := b.Parameter(p.Name)
		if !ok || p.Type.String() != q.Type.String() {
			return false
		}
	}
	return true
}

// users returns the relations whose tuples can carry a caveat, in both schemas.
func (c *comparer) users(caveat string) []cause {
	var list []cause
	for _, s := range []*Schema{c.before, c.after} {
		for _, d := range s.definitions {
			for _, r := range d.Relations {
				if slices.ContainsFunc(r.Subjects, func(s SubjectType) bool { return s.Caveat == caveat }) {
					list = append(list, cause{r, true})
				}
			}
		}
	}
	return list
}
