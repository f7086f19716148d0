package store_test

import (
	"maps"
	"slices"
	"time"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A lawyer decides transactions by the page's rules for writes, by enumeration
// of everything. It shares no code with the store.
type lawyer struct {
	schema  *schema.Schema
	objects []tuple.Object // that there can be
	now     time.Time

	before, after  facts // what is live
	roots, deleted map[tuple.Object]bool
	actor          tuple.Subject // zero if guards do not apply
}

func (l *lawyer) relation(t tuple.Tuple) *schema.Relation {
	return l.schema.Definition(t.Object.Type).Relation(t.Relation)
}

func names(t tuple.Tuple, o tuple.Object) bool {
	return t.Object == o || t.Subject.Object == o && !t.Subject.IsWildcard()
}

func (f facts) name(o tuple.Object) bool {
	for t := range f {
		if names(t, o) {
			return true
		}
	}
	return false
}

// deleteObject deletes from the pending state and returns how many tuples went.
func (l *lawyer) deleteObject(o tuple.Object) int {
	if !l.before.name(o) && !l.after.name(o) {
		return 0
	}
	l.roots[o] = true
	gone := map[tuple.Object]bool{o: true}
	for grown := true; grown; {
		grown = false
		for t := range l.after {
			if gone[t.Subject.Object] && !gone[t.Object] && l.relation(t).OnDelete == schema.Cascade {
				gone[t.Object], grown = true, true
			}
		}
	}
	n := len(l.after)
	maps.DeleteFunc(l.after, func(t tuple.Tuple, _ tuple.Relationship) bool {
		return gone[t.Object] || gone[t.Subject.Object] && l.relation(t).OnDelete != schema.Refuse
	})
	maps.Copy(l.deleted, gone)
	return n - len(l.after)
}

// changes returns the tuples of the net changes.
func (l *lawyer) changes() []tuple.Tuple {
	var list []tuple.Tuple
	all := maps.Clone(l.before)
	maps.Copy(all, l.after)
	for t := range all {
		x, was := l.before[t]
		y, is := l.after[t]
		if was != is || x.String() != y.String() {
			list = append(list, t)
		}
	}
	return list
}

// A caseGroup is a group of a count; what it lacks is zero.
type caseGroup struct {
	x, o tuple.Object
	s    tuple.Subject
}

func subjectsOf(d *schema.Definition, member string) map[schema.SubjectType]bool {
	admitted := map[schema.SubjectType]bool{}
	for _, r := range counted(d, member) {
		for _, s := range d.Relation(r).Subjects {
			if !s.Wildcard {
				admitted[schema.SubjectType{Type: s.Type, Relation: s.Relation}] = true
			}
		}
	}
	return admitted
}

func counted(d *schema.Definition, member string) []string {
	rel := d.Relation(member)
	if !rel.Permission {
		return []string{member}
	}
	var list []string
	for _, c := range rel.Rewrite.(schema.Union).Children {
		for _, r := range counted(d, c.(schema.Computed).Relation) {
			if !slices.Contains(list, r) {
				list = append(list, r)
			}
		}
	}
	return list
}

// groups returns every group that there can be.
func (l *lawyer) groups(d *schema.Definition, member string, c schema.Count) []caseGroup {
	var subjects []tuple.Subject
	for s := range subjectsOf(d, member) {
		for _, o := range l.objects {
			if o.Type == s.Type {
				subjects = append(subjects, tuple.Subject{Object: o, Relation: s.Relation})
			}
		}
	}
	var containers []tuple.Object
	if c.In != "" {
		admitted := subjectsOf(d, c.In)
		for _, o := range l.objects {
			if admitted[schema.SubjectType{Type: o.Type}] {
				containers = append(containers, o)
			}
		}
	}
	var list []caseGroup
	switch {
	case c.PerSubject && c.In != "":
		for _, s := range subjects {
			for _, o := range containers {
				list = append(list, caseGroup{s: s, o: o})
			}
		}
	case c.PerSubject:
		for _, s := range subjects {
			list = append(list, caseGroup{s: s})
		}
	case c.In != "":
		for _, o := range containers {
			list = append(list, caseGroup{o: o})
		}
	default:
		for _, o := range l.objects {
			if o.Type == d.Name {
				list = append(list, caseGroup{x: o})
			}
		}
	}
	return list
}

// content returns what is counted in a group, and whether the lower bound counts it.
func content(f facts, d *schema.Definition, member string, c schema.Count, g caseGroup) map[any]bool {
	unqualified := func(r tuple.Relationship) bool { return r.Caveat == "" && r.Expires.IsZero() }
	relations := counted(d, member)
	found := map[any]bool{}
	for t, r := range f {
		if t.Object.Type != d.Name || !slices.Contains(relations, t.Relation) || c.PerSubject && t.Subject != g.s {
			continue
		}
		var what any = t
		lower := unqualified(r)
		switch {
		case c.In != "":
			in, ok := f[tuple.New(t.Object, c.In, g.o.Subject())]
			if !ok {
				continue
			}
			lower = lower && unqualified(in)
		case c.PerSubject:
			what = t.Object
		default:
			if t.Object != g.x {
				continue
			}
			what = t.Subject
		}
		found[what] = found[what] || lower
	}
	return found
}

func namesGroup(t tuple.Tuple, g caseGroup) bool {
	if g.x.Type != "" && !names(t, g.x) || g.o.Type != "" && !names(t, g.o) {
		return false
	}
	switch {
	case g.s.IsZero():
		return true
	case g.s.Relation != "":
		return t.Subject == g.s
	}
	return names(t, g.s.Object)
}

// gone reports whether DeleteObject ended an object.
func (l *lawyer) gone(o tuple.Object) bool { return l.deleted[o] && !l.after.name(o) }

func (l *lawyer) countsHold(changes []tuple.Tuple) bool {
	for _, d := range l.schema.Definitions() {
		for _, rel := range d.Relations {
			for _, c := range rel.Counts {
				for _, g := range l.groups(d, rel.Name, c) {
					if !l.countHolds(changes, d, rel.Name, c, g) {
						return false
					}
				}
			}
		}
	}
	return true
}

func (l *lawyer) countHolds(changes []tuple.Tuple, d *schema.Definition, member string, c schema.Count, g caseGroup) bool {
	found := content(l.after, d, member, c, g)
	named := slices.ContainsFunc(changes, func(t tuple.Tuple) bool { return namesGroup(t, g) })
	if !named && maps.Equal(found, content(l.before, d, member, c, g)) {
		return true
	}
	lower := 0
	for _, counts := range found {
		if counts {
			lower++
		}
	}
	if c.Max != schema.Unbounded && len(found) > c.Max {
		return false
	}
	return lower >= c.Min || l.gone(g.x) || l.gone(g.s.Object) || l.gone(g.o)
}

// constraintsHold decides count, on-delete and expires-within.
func (l *lawyer) constraintsHold() bool {
	for t := range l.after {
		if l.relation(t).OnDelete == schema.Refuse && l.deleted[t.Subject.Object] {
			return false
		}
	}
	changes := l.changes()
	for _, t := range changes {
		r, is := l.after[t]
		within := l.relation(t).ExpiresWithin
		if !is || within == 0 {
			continue
		}
		if r.Expires.After(l.now.Add(within)) {
			return false
		}
		if was, ok := l.before[t]; ok && r.Expires.After(was.Expires) {
			return false
		}
	}
	return l.countsHold(changes)
}

// may is the judge: a permission p is held by who is stored in h.
func (l *lawyer) may(f facts, o tuple.Object) bool {
	_, ok := f[tuple.New(o, "h", l.actor)]
	return ok
}

// guardsHold decides granted-by and deleted-by, and between them what refuses to
// whoever may delete: if that is so, it returns which error it is.
func (l *lawyer) guardsHold() (bool, error) {
	for o := range l.roots {
		if l.schema.Definition(o.Type).DeletedBy == "" || !l.may(l.before, o) {
			return false, store.ErrGuard
		}
	}
	covered := maps.Clone(l.roots)
	for grown := true; grown; {
		grown = false
		for t := range l.before {
			if covered[t.Subject.Object] && !covered[t.Object] && l.deleted[t.Object] && l.relation(t).OnDelete == schema.Cascade {
				covered[t.Object], grown = true, true
			}
		}
	}
	for t := range l.after {
		if l.relation(t).OnDelete == schema.Refuse && covered[t.Subject.Object] {
			return false, store.ErrConstraint
		}
	}
	maps.DeleteFunc(covered, func(o tuple.Object, _ bool) bool { return !l.gone(o) })
	changes := l.changes()
	for _, t := range changes {
		_, is := l.after[t]
		if !is && (covered[t.Object] || covered[t.Subject.Object]) {
			continue
		}
		guards := l.relation(t).Guards
		if len(guards) == 0 {
			return false, store.ErrGuard
		}
		for _, guard := range guards {
			if !l.satisfied(guard, t, changes) {
				return false, store.ErrGuard
			}
		}
	}
	return true, nil
}

func (l *lawyer) satisfied(guard schema.Guard, t tuple.Tuple, changes []tuple.Tuple) bool {
	switch {
	case guard.Permission == "":
		return t.Subject == l.actor
	case guard.OnSubject:
		return !t.Subject.IsWildcard() && l.may(l.before, t.Subject.Object)
	case l.may(l.before, t.Object):
		return true
	case l.before.name(t.Object):
		return false
	}
	born := slices.ContainsFunc(changes, func(u tuple.Tuple) bool {
		if u.Object != t.Object {
			return false
		}
		n := 0
		for _, guard := range l.relation(u).Guards {
			if guard.OnSubject {
				n++
				if !l.satisfied(guard, u, changes) {
					return false
				}
			}
		}
		return n > 0
	})
	return born && (t.Subject == l.actor || l.may(l.after, t.Object))
}
