package gen

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/tuple"
)

// A form is a kind of tuple that the schema admits.
type form struct {
	typ, relation string
	oracle.Admit
}

// recursive reports whether tuples of the form can make a chain of objects.
func (f form) recursive() bool { return f.Type == f.typ && !f.Wildcard }

func formsOf(s *oracle.Schema) (forms []form) {
	for _, t := range s.Types {
		for _, r := range t.Relations {
			for _, a := range r.Admits {
				forms = append(forms, form{t.Name, r.Name, a})
			}
		}
	}
	return forms
}

// drawIDs draws the objects there are.
func (d *drawer) drawIDs() {
	for _, t := range d.Schema.Types {
		n := pick(d.T, "ids", 2, 2, 3, 4)
		d.ids[t.Name] = []string{"1", "2", "3", "4"}[:n]
		if t.Name == "user" {
			d.ids[t.Name] = []string{"ann", "bob", "cat", "dan"}
		}
		if chance(d.T, "ids around the wildcard's", 8) { // and of which one begins another
			d.ids[t.Name] = []string{"1", "!", "10", "é"}[:n]
		}
	}
}

// drawTuples draws single tuples and shapes of several, up to about 25 of them,
// and rarely a long chain.
func (d *drawer) drawTuples() {
	want := rapid.IntRange(5, 20).Draw(d.T, "tuples")
	state := oracle.State{}
	for _, f := range d.traps { // without much that is public, nearly all answers are no
		switch {
		case f.Wildcard:
			for _, id := range d.ids[f.typ] {
				state = state.With(d.lasting(f.tuple(id, "")))
			}
		case !f.recursive():
			for range pick(d.T, "singled out", 1, 2, 2, 3) {
				state = state.With(d.lasting(f.tuple(d.id(f.typ), d.id(f.Type))))
			}
		case !chance(d.T, "sprung", 8):
			for _, e := range d.shape(f.typ) {
				state = state.With(d.lasting(f.tuple(e[0], e[1])))
			}
		}
	}
	for range want {
		if len(state) >= want {
			break
		}
		f := pick(d.T, "form", d.forms...)
		if !f.recursive() || !chance(d.T, "shape", 2) {
			state = state.With(d.relationship(f, d.id(f.typ), d.id(f.Type), d.Loaded))
			continue
		}
		for _, e := range d.shape(f.typ) {
			state = state.With(d.relationship(f, e[0], e[1], d.Loaded))
		}
	}
	if chance(d.T, "long chain", 60) {
		state = state.With(d.longChain()...)
	}
	d.Tuples = state.Relationships()
}

// id draws one of the type's ids.
func (d *drawer) id(typ string) string { return pick(d.T, "id", d.ids[typ]...) }

// shape draws edges among the objects of a type: a self-reference, a cycle, a
// chain or a diamond.
func (d *drawer) shape(typ string) (edges [][2]string) {
	ids := rapid.Permutation(d.ids[typ]).Draw(d.T, "order")
	switch rapid.IntRange(0, 3).Draw(d.T, "kind") {
	case 0:
		return [][2]string{{ids[0], ids[0]}}
	case 1:
		edges = append(edges, [2]string{ids[len(ids)-1], ids[0]})
	case 2:
		if len(ids) == 4 {
			return [][2]string{{ids[0], ids[1]}, {ids[0], ids[2]}, {ids[1], ids[3]}, {ids[2], ids[3]}}
		}
	}
	for i := range ids[1:] {
		edges = append(edges, [2]string{ids[i], ids[i+1]})
	}
	return edges
}

// tuple makes one of a form.
func (f form) tuple(object, subject string) tuple.Tuple {
	s := tuple.Subject{Object: tuple.Object{Type: f.Type, ID: subject}, Relation: f.Relation}
	if f.Wildcard {
		s.ID = tuple.Wildcard
	}
	return tuple.New(tuple.Object{Type: f.typ, ID: object}, f.relation, s)
}

// relationship makes a tuple of a form, with its caveat and some of what that
// needs, and sometimes with an expiry after the instant at which it is written.
func (d *drawer) relationship(f form, object, subject string, written time.Time) tuple.Relationship {
	return d.qualified(f, f.tuple(object, subject), written)
}

// qualified makes a relationship of a tuple that has the form.
func (d *drawer) qualified(f form, t tuple.Tuple, written time.Time) tuple.Relationship {
	r := t.Always()
	if f.Caveat != "" {
		r.Caveat, r.Context = f.Caveat, d.context(d.Schema.Caveat(f.Caveat))
	}
	if f.Temporary || f.Expires && chance(d.T, "expiry", 2) {
		if written == d.Loaded {
			r.Expires = d.Asked.Add(pick(d.T, "expires", time.Hour, 0, -time.Microsecond, time.Microsecond, -time.Minute, time.Minute))
			return r
		}
		r.Expires = written.Add(pick(d.T, "expires", time.Hour, time.Minute, time.Microsecond))
	}
	return r
}

// lasting makes a relationship of a tuple that does not expire, if with a caveat.
func (d *drawer) lasting(t tuple.Tuple) tuple.Relationship {
	r := d.requalified(t, d.Loaded)
	r.Expires = time.Time{}
	return r
}

// longChain draws more than 60 objects each of which leads to the next, and an
// end to the chain.
func (d *drawer) longChain() (list []tuple.Relationship) {
	var recursive []form
	for _, f := range d.forms {
		if f.recursive() && f.typ != "user" {
			recursive = append(recursive, f)
		}
	}
	if len(recursive) == 0 {
		return nil
	}
	f := pick(d.T, "chain", recursive...)
	f.Expires = false
	link := func(object, subject string) {
		r := d.relationship(f, object, subject, d.Loaded)
		r.Context = nil // what is given makes or breaks all of the chain
		list = append(list, r)
	}
	for i := range rapid.IntRange(61, 75).Draw(d.T, "length") {
		d.chain = append(d.chain, fmt.Sprintf("n%02d", i))
	}
	for i := range d.chain[1:] {
		link(d.chain[i], d.chain[i+1])
	}
	last := d.chain[len(d.chain)-1]
	for _, e := range d.forms {
		if e.typ == f.typ && !e.recursive() {
			list = append(list, d.relationship(e, last, d.id(e.Type), d.Loaded))
		}
	}
	if chance(d.T, "closed", 3) {
		link(last, d.chain[0])
	}
	d.ids[f.typ] = append(append([]string(nil), d.ids[f.typ]...), d.chain...)
	return list
}
