package oracle

import (
	"maps"
	"slices"

	"github.com/baobab-authz/baobab/tuple"
)

// A group is one in which a count counts; what it does not need is zero.
type group struct {
	object  tuple.Object  // x, or with "in R" o
	subject tuple.Subject // s
}

// miscounted returns the groups that are checked and have too many or too few.
func (p *pending) miscounted(changes []change) (list []Violation) {
	for _, d := range p.schema.Directives {
		d, ok := d.(Count)
		if !ok {
			continue
		}
		for _, g := range p.groups(d) {
			before, certainBefore := p.count(d, g, p.before)
			now, certain := p.count(d, g, p.now)
			checked := !maps.Equal(before, now) || !maps.Equal(certainBefore, certain) ||
				slices.ContainsFunc(changes, func(c change) bool { return g.named(c.Tuple) })
			if !checked {
				continue
			}
			if d.Max != Unbounded && len(now) > d.Max || len(certain) < d.Min && !p.ended(g) {
				list = append(list, Violation{Reason: Miscounted, Directive: d, Object: g.object, Subject: g.subject, Found: len(now)})
			}
		}
	}
	return list
}

// groups returns all groups there are: of the objects that are named before or
// now, and of the usersets that are subjects.
func (p *pending) groups(d Count) (list []group) {
	objects, subjects := map[tuple.Object]bool{}, map[tuple.Subject]bool{}
	for _, state := range []State{p.before, p.now} {
		for t := range state {
			objects[t.Object] = true
			subjects[tuple.Subject{Object: t.Object}] = true
			if !t.Subject.IsWildcard() {
				objects[t.Subject.Object] = true
				subjects[tuple.Subject{Object: t.Subject.Object}] = true
				subjects[t.Subject] = true
			}
		}
	}
	relations := p.schema.counted(d)
	maps.DeleteFunc(subjects, func(s tuple.Subject, _ bool) bool {
		return !slices.ContainsFunc(relations, func(r *Relation) bool { return r.admits(s.Type, s.Relation) })
	})
	maps.DeleteFunc(objects, func(o tuple.Object, _ bool) bool {
		if d.In != "" {
			return !p.schema.Type(d.Type).Relation(d.In).admits(o.Type, "")
		}
		return o.Type != d.Type
	})
	switch {
	case !d.PerSubject:
		for o := range objects {
			list = append(list, group{object: o})
		}
	case d.In == "":
		for s := range subjects {
			list = append(list, group{subject: s})
		}
	default:
		for s := range subjects {
			for o := range objects {
				list = append(list, group{o, s})
			}
		}
	}
	slices.SortFunc(list, func(a, b group) int {
		return slices.Compare([]string{a.object.String(), a.subject.String()}, []string{b.object.String(), b.subject.String()})
	})
	return list
}

// admits reports whether the relation admits subjects of a type, or usersets of
// one of its relations.
func (r *Relation) admits(typ, relation string) bool {
	return slices.ContainsFunc(r.Admits, func(a Admit) bool {
		return a.Type == typ && a.Relation == relation && !a.Wildcard
	})
}

// named reports whether a tuple names the group: what it has of an object and a
// subject. A userset is named only by a tuple whose subject it is.
func (g group) named(t tuple.Tuple) bool {
	if g.object != (tuple.Object{}) && !names(t, g.object) {
		return false
	}
	switch {
	case g.subject == (tuple.Subject{}):
		return true
	case g.subject.IsUserset():
		return t.Subject == g.subject
	}
	return names(t, g.subject.Object)
}

// count returns what is counted in a group: of all tuples, and of those that
// have neither caveat nor expiry.
func (p *pending) count(d Count, g group, state State) (all, certain map[string]bool) {
	all, certain = map[string]bool{}, map[string]bool{}
	isCertain := func(r tuple.Relationship) bool { return r.Caveat == "" && r.Expires.IsZero() }
	relations := p.schema.counted(d)
	for t, r := range state {
		if t.Object.Type != d.Type || !slices.ContainsFunc(relations, func(r *Relation) bool { return r.Name == t.Relation }) {
			continue
		}
		counts, sure := true, isCertain(r)
		if d.PerSubject {
			counts = t.Subject == g.subject
		}
		if d.In != "" {
			in, there := state[tuple.New(t.Object, d.In, tuple.Subject{Object: g.object})]
			counts, sure = counts && there, sure && isCertain(in)
		}
		var what string
		switch {
		case d.In != "":
			what = t.String()
		case d.PerSubject:
			what = t.Object.String()
		default:
			counts, what = t.Object == g.object, t.Subject.String()
		}
		if counts {
			all[what] = true
			if sure {
				certain[what] = true
			}
		}
	}
	return all, certain
}

// ended reports whether the group's object or subject was deleted, so that it
// has no lower bound.
func (p *pending) ended(g group) bool {
	return p.gone(g.object) || p.gone(g.subject.Object)
}
