package oracle

import (
	"maps"
	"slices"
	"time"

	"github.com/baobab-authz/baobab/tuple"
)

// A pending is what a transaction makes of the state before it: the live tuples,
// and what DeleteObject deleted.
type pending struct {
	schema    *Schema
	before    State // its live tuples alone
	now       State
	deletions []deletion
	over      []change // written with an expiry that was reached already
	acted     bool     // on an actor's behalf
}

// A deletion is what one DeleteObject deleted: its object, and those that
// cascades deleted with it. Entailed are those to which tuples lead that were
// there before: only these come with the right to delete the object, or else
// whoever has it could delete any other by way of a tuple that they may not
// write.
type deletion struct {
	object        tuple.Object
	all, entailed []tuple.Object
}

// live returns the tuples that exist at an instant.
func (s State) live(at time.Time) State {
	s = maps.Clone(s)
	maps.DeleteFunc(s, func(_ tuple.Tuple, r tuple.Relationship) bool {
		return !r.Expires.IsZero() && !r.Expires.After(at)
	})
	return s
}

// names reports whether a tuple names an object: as its object, its subject, or
// its subject's object. A wildcard is no object.
func names(t tuple.Tuple, o tuple.Object) bool {
	return t.Object == o || namesBySubject(t, o)
}

func namesBySubject(t tuple.Tuple, o tuple.Object) bool {
	return t.Subject.Object == o && !t.Subject.IsWildcard()
}

// named reports whether a tuple of the state names an object.
func (s State) named(o tuple.Object) bool {
	for t := range s {
		if names(t, o) {
			return true
		}
	}
	return false
}

// run applies the operations in their order. It returns a tuple that was to be
// created and is there.
func (s *Schema) run(before State, tx Transaction) (p *pending, exists []tuple.Tuple) {
	live := before.live(tx.At)
	p = &pending{schema: s, before: live, now: maps.Clone(live)}
	over := State{}
	defer func() { p.over = changesOf(before, over) }()
	for _, o := range tx.Operations {
		t := o.Relationship.Tuple
		switch o.Kind {
		case Create:
			if _, there := p.now[t]; there {
				return p, []tuple.Tuple{t}
			}
			p.now[t] = o.Relationship
		case Touch:
			p.now[t] = o.Relationship
		case Delete:
			delete(p.now, t)
		case DeleteMatching:
			maps.DeleteFunc(p.now, func(t tuple.Tuple, _ tuple.Relationship) bool { return o.Filter.Matches(t) })
		case DeleteObject:
			if p.before.named(o.Object) || p.now.named(o.Object) { // otherwise there is nothing to delete
				p.deleteObject(o.Object)
			}
		}
		if o.Kind == Create || o.Kind == Touch {
			over[t] = o.Relationship
		}
		p.now = p.now.live(tx.At)
		maps.DeleteFunc(over, func(t tuple.Tuple, _ tuple.Relationship) bool { return p.now[t].Tuple == t })
	}
	return p, nil
}

// deleteObject removes every tuple that names the object, and does the same to
// the objects of those that cascade. One that refuses stays, unless it is about
// the object itself.
func (p *pending) deleteObject(o tuple.Object) {
	at := maps.Clone(p.now)
	d := deletion{object: o, all: []tuple.Object{o}, entailed: []tuple.Object{o}}
	for i := 0; i < len(d.all); i++ {
		gone := d.all[i]
		for t := range maps.Clone(p.now) {
			switch do := p.schema.onDelete(t); {
			case !names(t, gone) || t.Object != gone && do == Refuse:
				continue
			case namesBySubject(t, gone) && do == Cascade && !slices.Contains(d.all, t.Object):
				d.all = append(d.all, t.Object)
			}
			delete(p.now, t)
		}
	}
	for i := 0; i < len(d.entailed); i++ {
		for t := range at {
			_, old := p.before[t]
			if old && namesBySubject(t, d.entailed[i]) && p.schema.onDelete(t) == Cascade && !slices.Contains(d.entailed, t.Object) {
				d.entailed = append(d.entailed, t.Object)
			}
		}
	}
	p.deletions = append(p.deletions, d)
}

func (s *Schema) onDelete(t tuple.Tuple) string {
	for _, d := range directives[OnDelete](s, t.Object.Type, t.Relation) {
		return d.Do
	}
	return Detach
}

// deleted returns every object that was deleted, on its own or by a cascade.
func (p *pending) deleted() (all []tuple.Object) {
	for _, d := range p.deletions {
		all = append(all, d.all...)
	}
	return all
}

// gone reports whether an object was deleted and nothing names it any more; on
// an actor's behalf, whether its deletion came with one that needs the actor's
// right.
func (p *pending) gone(o tuple.Object) bool {
	return !p.now.named(o) && slices.ContainsFunc(p.deletions, func(d deletion) bool {
		return slices.Contains(d.entailed, o) || !p.acted && slices.Contains(d.all, o)
	})
}

// A change is a net change of a tuple: it was not there before, is not there
// now, or is qualified in another way.
type change struct {
	tuple.Tuple
	before, now *tuple.Relationship
}

// changes returns the net changes of live tuples, in a fixed order.
func (p *pending) changes() []change {
	gone := maps.Clone(p.before)
	maps.DeleteFunc(gone, func(t tuple.Tuple, _ tuple.Relationship) bool { return p.now[t].Tuple == t })
	list := changesOf(p.before, p.now)
	for _, r := range gone.Relationships() {
		list = append(list, change{r.Tuple, &r, nil})
	}
	return list
}

// changesOf returns the tuples that are in a state and were not, or not so,
// before.
func changesOf(before, now State) (list []change) {
	for _, r := range now.Relationships() {
		c := change{Tuple: r.Tuple, now: &r}
		if old, there := before[r.Tuple]; there {
			c.before = &old
		}
		if c.before == nil || c.before.String() != c.now.String() {
			list = append(list, c)
		}
	}
	return list
}
