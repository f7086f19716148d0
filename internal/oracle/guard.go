package oracle

import (
	"slices"

	"github.com/baobab-authz/baobab/tuple"
)

// A watch decides for one actor.
type watch struct {
	*pending
	actor       tuple.Subject
	before, now *Model
}

func (p *pending) watch(u Update) *watch {
	return &watch{p, u.Actor,
		NewModel(p.schema, p.before.Relationships(), u.At, u.Given),
		NewModel(p.schema, p.now.Relationships(), u.At, u.Given)}
}

// has reports whether the actor has a permission on an object for certain.
func (w *watch) has(m *Model, permission string, o tuple.Object) bool {
	return m.Holds(tuple.New(o, permission, w.actor)) == True
}

// undeleted returns what the actor must not delete.
func (w *watch) undeleted() (list []Violation) {
	for _, d := range w.deletions {
		if !w.mayDelete(d.object) {
			list = append(list, Violation{Reason: Unguarded, Object: d.object})
		}
	}
	return list
}

// entailed returns what the actor deletes, with what tuples of the state before
// entail.
func (w *watch) entailed() (list []tuple.Object) {
	for _, d := range w.deletions {
		list = append(append(list, d.object), d.entailed...)
	}
	return list
}

// unguarded returns what the actor must not write. What was over before it began
// is written as well, and seen by whoever looks back.
func (w *watch) unguarded(changes []change) (list []Violation) {
	for _, c := range slices.Concat(w.over, changes) {
		if c.now == nil && w.removedWithObject(c.Tuple) {
			continue
		}
		guards := directives[Guard](w.schema, c.Object.Type, c.Relation)
		if len(guards) == 0 || slices.ContainsFunc(guards, func(g Guard) bool { return !w.satisfied(g, c.Tuple, changes) }) {
			list = append(list, Violation{Reason: Unguarded, Tuple: c.Tuple})
		}
	}
	return list
}

// satisfied reports whether a guard lets the actor change a tuple.
func (w *watch) satisfied(g Guard, t tuple.Tuple, changes []change) bool {
	switch {
	case g.Permission == "":
		return t.Subject == w.actor
	case g.OnSubject:
		return !t.Subject.IsWildcard() && w.has(w.before, g.Permission, t.Subject.Object)
	case w.has(w.before, g.Permission, t.Object):
		return true
	}
	return w.born(t.Object, changes) && (t.Subject == w.actor || w.has(w.now, g.Permission, t.Object))
}

// born reports whether no tuple named the object before, and the actor may
// create it where one of its tuples puts it.
func (w *watch) born(o tuple.Object, changes []change) bool {
	if w.pending.before.named(o) {
		return false
	}
	for _, c := range changes {
		if c.Object != o {
			continue
		}
		onSubject, all := 0, true
		for _, g := range directives[Guard](w.schema, o.Type, c.Relation) {
			if g.OnSubject {
				onSubject++
				all = all && w.satisfied(g, c.Tuple, nil)
			}
		}
		if onSubject > 0 && all {
			return true
		}
	}
	return false
}

// mayDelete reports whether the actor may delete an object.
func (w *watch) mayDelete(o tuple.Object) bool {
	for _, d := range directives[DeletedBy](w.schema, o.Type, "") {
		return w.has(w.before, d.Permission, o)
	}
	return false
}

// removedWithObject reports whether a tuple that is gone named an object that is
// gone, too, with one that the actor may delete.
func (w *watch) removedWithObject(t tuple.Tuple) bool {
	for _, d := range w.deletions {
		if !w.mayDelete(d.object) {
			continue
		}
		for _, o := range d.entailed {
			if (t.Object == o || names(t, o) && w.schema.onDelete(t) != Refuse) && !w.pending.now.named(o) {
				return true
			}
		}
	}
	return false
}
