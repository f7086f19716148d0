package gen

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/tuple"
)

// A Ruled is a case about the rules for writes: a schema with directives, what
// is loaded, and transactions that follow, some of them on behalf of an actor.
type Ruled struct {
	Schema  *oracle.Schema
	Load    oracle.Update // touches; some break a rule
	History []oracle.Update
	ids     map[string][]string
	forms   []form
	start   time.Time
}

// DrawRuled draws a case.
func DrawRuled(t *rapid.T) *Ruled {
	c := DrawWorld(t)
	state := c.State()
	for range rapid.IntRange(2, 6).Draw(t, "transactions") {
		u := c.DrawUpdate(t, state, len(c.History))
		c.History = append(c.History, u)
		state, _ = c.Schema.Commit(state, u)
	}
	return c
}

// DrawWorld draws a case without a history.
func DrawWorld(t *rapid.T) *Ruled {
	start := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	c := &Ruled{Schema: drawRuledSchema(t), start: start, ids: map[string][]string{}}
	c.forms = formsOf(c.Schema)
	d := &rules{&drawer{T: t, Case: &Case{Schema: c.Schema, ids: c.ids}, forms: c.forms}}
	for _, typ := range c.Schema.Types {
		c.ids[typ.Name] = []string{"1", "2", "3", "4"}[:pick(t, "ids", 2, 3, 3, 4)]
		if typ.Name == "user" {
			c.ids[typ.Name] = []string{"ann", "bob", "cat"}
		}
	}
	c.Load.At = start
	for range rapid.IntRange(4, 20).Draw(t, "tuples") {
		f := pick(t, "form", c.forms...)
		c.Load.Operations = append(c.Load.Operations, d.touch(d.relationship(f, d.id(f.typ), d.id(f.Type), start)))
	}
	if !chance(t, "as it is", 10) {
		c.Load = d.mend(oracle.State{}, c.Load, 30)
	}
	return c
}

// State is what is stored after the load.
func (c *Ruled) State() oracle.State {
	state, _ := c.Schema.Commit(oracle.State{}, c.Load)
	return state
}

// DrawUpdate draws the i-th transaction, on a state.
func (c *Ruled) DrawUpdate(t *rapid.T, state oracle.State, i int) oracle.Update {
	d := &rules{&drawer{T: t, Case: &Case{Schema: c.Schema, ids: c.ids}, forms: c.forms}}
	return d.update(state, c.start.Add(time.Duration(i+1)*time.Minute))
}

// DescribeRuled prints the case for a failure report.
func DescribeRuled(c *Ruled) string {
	var b strings.Builder
	b.WriteString(c.Schema.Source())
	for i, u := range append([]oracle.Update{c.Load}, c.History...) {
		fmt.Fprintf(&b, "\ntransaction %d\n%s", i, DescribeUpdate(u))
	}
	return b.String()
}

// DescribeUpdate prints a transaction.
func DescribeUpdate(u oracle.Update) string {
	var b strings.Builder
	b.WriteString("at " + u.At.Format(time.RFC3339Nano))
	if u.Actor != (tuple.Subject{}) {
		b.WriteString(" as " + u.Actor.String())
	}
	if u.Given != nil {
		text, _ := json.Marshal(u.Given)
		b.WriteString(" given " + string(text))
	}
	for _, o := range u.Operations {
		b.WriteString("\n" + o.String())
	}
	return b.String() + "\n"
}

// rules draws what is written.
type rules struct{ *drawer }

func (d *rules) touch(r tuple.Relationship) oracle.Operation {
	return oracle.Operation{Kind: oracle.Touch, Relationship: r}
}

// update draws a transaction: often one that is mended so that it keeps the
// rules, often with an actor, who is often one that may.
func (d *rules) update(state oracle.State, at time.Time) oracle.Update {
	var u oracle.Update
	mend, actor, may := !chance(d.T, "as it is", 2), chance(d.T, "with an actor", 2), !chance(d.T, "whoever", 7)
	for range 4 {
		u = oracle.Update{Transaction: oracle.Transaction{At: at}}
		if actor && chance(d.T, "founding", 5) {
			return d.founding(state, at)
		}
		if forms := d.cascading(); actor && len(forms) > 0 && chance(d.T, "smuggling", 8) {
			return d.smuggling(state, at, pick(d.T, "form", forms...))
		}
		for range pick(d.T, "operations", 1, 1, 2, 3) {
			u.Operations = append(u.Operations, d.step(state, at)...)
		}
		if mend {
			u = d.mend(state, u, 6)
		}
		if !actor {
			return u
		}
		u.Given = d.given()
		candidates := rapid.Permutation(d.actors()).Draw(d.T, "actors")
		u.Actor = candidates[0]
		if !may {
			return u
		}
		for _, u.Actor = range candidates {
			if _, broken := d.Schema.Commit(state, u); len(broken) == 0 || broken[0].Reason != oracle.Unguarded {
				return u
			}
		}
		u.Actor = candidates[0]
	}
	return u
}

// limited sometimes has the relationship expire when it may at the latest, or a
// moment before or after that.
func (d *rules) limited(r tuple.Relationship, at time.Time) tuple.Relationship {
	for _, rule := range d.Schema.Directives {
		if limit, ok := rule.(oracle.ExpiresWithin); ok && limit.Type == r.Object.Type && limit.Relation == r.Relation && chance(d.T, "limited", 2) {
			r.Expires = at.Add(limit.Limit + pick(d.T, "by", 0, time.Microsecond, -time.Microsecond))
		}
	}
	return r
}

// cascading are the forms whose objects are deleted with their subjects.
func (d *rules) cascading() (list []form) {
	for _, f := range d.forms {
		if slices.Contains(d.Schema.Directives, oracle.Directive(oracle.OnDelete{Type: f.typ, Relation: f.relation, Do: oracle.Cascade})) && !f.Wildcard {
			list = append(list, f)
		}
	}
	return list
}

// founding draws a transaction that makes a new object, all of it at once, by one
// who then stands in relations to it.
func (d *rules) founding(state oracle.State, at time.Time) (u oracle.Update) {
	for range 4 {
		u = oracle.Update{Transaction: oracle.Transaction{At: at}, Given: d.given(), Actor: pick(d.T, "founder", d.actors()...)}
		u.Operations = d.birth(state, pick(d.T, "form", d.forms...).typ, at)
		for i := range u.Operations {
			s := &u.Operations[i].Relationship.Subject
			if s.Type == u.Actor.Type && s.Relation == u.Actor.Relation && s.ID != tuple.Wildcard && !chance(d.T, "another", 6) {
				*s = u.Actor
			}
			if chance(d.T, "without", 12) {
				u.Operations = slices.Delete(slices.Clone(u.Operations), i, i+1)
				break
			}
		}
		if _, broken := d.Schema.Commit(state, u); len(broken) == 0 {
			return u
		}
	}
	return u
}

// smuggling draws a transaction of one who may delete an object, if there is one,
// and writes tuples by which others are deleted with it.
func (d *rules) smuggling(state oracle.State, at time.Time, f form) (u oracle.Update) {
	u = oracle.Update{Transaction: oracle.Transaction{At: at}, Given: d.given()}
	for range 4 {
		subject := tuple.Object{Type: f.Type, ID: d.id(f.Type)}
		if list := state.Relationships(); len(list) > 0 { // one that is named
			for _, o := range []tuple.Object{list[0].Object, pick(d.T, "named", list...).Subject.Object} {
				if o.Type == f.Type && o.ID != tuple.Wildcard {
					subject = o
				}
			}
		}
		u.Operations = []oracle.Operation{{Kind: oracle.DeleteObject, Object: subject}}
		for range pick(d.T, "tuples", 1, 1, 2) {
			object := d.id(f.typ)
			for _, r := range state.Relationships() {
				if r.Object.Type == f.typ && chance(d.T, "this one", 2) {
					object = r.Object.ID
					break
				}
			}
			u.Operations = slices.Insert(u.Operations, 0, d.touch(d.relationship(f, object, subject.ID, at)))
		}
		for _, u.Actor = range rapid.Permutation(d.actors()).Draw(d.T, "actors") {
			alone := u
			alone.Operations = u.Operations[len(u.Operations)-1:]
			if _, broken := d.Schema.Commit(state, alone); len(broken) == 0 || broken[0].Reason != oracle.Unguarded {
				return u
			}
		}
	}
	return u
}

// actors are the users, a few usersets and one that no tuple names.
func (d *rules) actors() (list []tuple.Subject) {
	for _, id := range append([]string{stranger}, d.ids["user"]...) {
		list = append(list, tuple.Subject{Object: tuple.Object{Type: "user", ID: id}})
	}
	for _, t := range d.Schema.Types[1:] {
		o := tuple.Object{Type: t.Name, ID: d.ids[t.Name][0]}
		list = append(list, tuple.Subject{Object: o}, tuple.Subject{Object: o, Relation: t.Relations[len(t.Relations)-1].Name})
	}
	return list
}

// step draws an operation, or a few that belong together.
func (d *rules) step(state oracle.State, at time.Time) []oracle.Operation {
	f := pick(d.T, "form", d.forms...)
	drawn := d.limited(d.relationship(f, d.id(f.typ), d.id(f.Type), at), at)
	stored := drawn.Tuple
	if list := state.Relationships(); len(list) > 0 {
		stored = pick(d.T, "stored", list...).Tuple
	}
	remove := oracle.Operation{Kind: oracle.Delete, Relationship: stored.Always()}
	switch rapid.IntRange(0, 17).Draw(d.T, "operation") {
	case 0, 1, 2:
		return []oracle.Operation{{Kind: oracle.Create, Relationship: drawn}}
	case 3, 4:
		return []oracle.Operation{d.touch(drawn)}
	case 5:
		return []oracle.Operation{d.touch(d.requalified(stored, at))}
	case 6, 7:
		return []oracle.Operation{remove}
	case 8: // handed over
		given := stored
		if given.Subject.ID != tuple.Wildcard {
			given.Subject.ID = d.id(given.Subject.Type)
		}
		return []oracle.Operation{remove, d.touch(d.requalified(given, at))}
	case 9: // taken back
		return []oracle.Operation{remove, d.touch(d.requalified(stored, at))}
	case 10:
		return []oracle.Operation{{Kind: oracle.DeleteMatching, Filter: d.filter(stored)}}
	case 11:
		return []oracle.Operation{{Kind: oracle.DeleteObject, Object: stored.Object}}
	case 12:
		return []oracle.Operation{{Kind: oracle.DeleteObject, Object: tuple.Object{Type: f.Type, ID: d.id(f.Type)}}}
	case 13, 15: // deleted as the subject of what that matters to
		if kept := d.following(state); len(kept) > 0 {
			return []oracle.Operation{{Kind: oracle.DeleteObject, Object: pick(d.T, "followed", kept...).Subject.Object}}
		}
	case 16: // over before it begins
		if r := d.requalified(pick(d.T, "over", stored, drawn.Tuple), at); !r.Expires.IsZero() {
			r.Expires = at.Add(-pick(d.T, "ago", 0, time.Microsecond))
			return []oracle.Operation{{Kind: pick(d.T, "written", oracle.Touch, oracle.Create), Relationship: r}}
		}
		return []oracle.Operation{remove}
	case 14: // forced
		if kept := d.following(state); len(kept) > 0 {
			stored = pick(d.T, "followed", kept...)
		}
		if o := stored.Subject.Object; o.ID != tuple.Wildcard {
			return []oracle.Operation{
				{Kind: oracle.DeleteMatching, Filter: tuple.Filter{SubjectType: o.Type, SubjectID: o.ID}}, {Kind: oracle.DeleteObject, Object: o}}
		}
	}
	return d.birth(state, f.typ, at)
}

// following are the tuples that say what becomes of them when their subject, or
// its object, is deleted.
func (d *rules) following(state oracle.State) (list []tuple.Tuple) {
	for _, r := range state.Relationships() {
		for _, rule := range d.Schema.Directives {
			if _, ok := rule.(oracle.OnDelete); !ok || r.Subject.IsWildcard() {
				continue
			}
			if typ, relation := rule.About(); typ == r.Object.Type && relation == r.Relation {
				list = append(list, r.Tuple)
			}
		}
	}
	return list
}

// birth draws tuples of an object, one of each relation of its type. It is new
// if there is one that no tuple names.
func (d *rules) birth(state oracle.State, typ string, at time.Time) (list []oracle.Operation) {
	named := map[tuple.Object]bool{}
	for t := range state {
		named[t.Object], named[t.Subject.Object] = true, true
	}
	var ids []string
	for _, id := range d.ids[typ] {
		if !named[tuple.Object{Type: typ, ID: id}] {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		ids = d.ids[typ]
	}
	id := pick(d.T, "new", ids...)
	relations := map[string][]form{}
	for _, f := range d.forms {
		if f.typ == typ {
			relations[f.relation] = append(relations[f.relation], f)
		}
	}
	for _, r := range d.Schema.Type(typ).Relations {
		if forms := relations[r.Name]; len(forms) > 0 && (len(list) == 0 || !chance(d.T, "without", 3)) {
			f := pick(d.T, "form", forms...)
			list = append(list, d.touch(d.relationship(f, id, d.id(f.Type), at)))
		}
	}
	return list
}
