package gen

import (
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/internal/oracle"
)

// The names of all schemas. Types share the names of relations, so that arrows
// meet the same relation on several types, and sometimes miss it.
var (
	typeNames       = []string{"group", "folder", "doc", "org"}
	relationNames   = []string{"member", "parent", "owner", "banned"}
	permissionNames = []string{"view", "edit", "join"}
)

// drawSchema draws types, first with the names of what they have only. It also
// returns the forms of tuples that close the cycles of traps, and of those that
// single someone out.
func drawSchema(t *rapid.T) (_ *oracle.Schema, traps []form) {
	s := &oracle.Schema{Types: []*oracle.Type{{Name: "user"}}, Caveats: drawCaveats(t)}
	for _, name := range typeNames[:pick(t, "types", 2, 2, 2, 3, 4)] {
		typ := &oracle.Type{Name: name}
		for _, r := range relationNames[:pick(t, "relations", 1, 2, 2, 2, 3, 4)] {
			typ.Relations = append(typ.Relations, &oracle.Relation{Name: r, Rewrite: oracle.This{}})
		}
		for _, p := range permissionNames[:pick(t, "permissions", 1, 2, 2, 3)] {
			typ.Relations = append(typ.Relations, &oracle.Relation{Name: p})
		}
		s.Types = append(s.Types, typ)
	}
	if chance(t, "users have relations", 8) {
		s.Types[0].Relations = []*oracle.Relation{{Name: "member", Rewrite: oracle.This{}}, {Name: "view"}}
	}
	positive := chance(t, "without exclusions", 12)
	for _, typ := range s.Types {
		d := &typeDrawer{t, s, typ, positive}
		for _, r := range typ.Relations {
			if r.Rewrite != nil {
				d.relation(r)
			}
		}
	}
	for _, typ := range s.Types {
		d := &typeDrawer{t, s, typ, positive}
		for _, r := range typ.Relations {
			switch {
			case r.Rewrite == nil:
				r.Rewrite = d.expression(rapid.IntRange(0, 3).Draw(t, "depth"))
			case chance(t, "rewritten", 8):
				r.Rewrite = d.operator(oracle.This{}, d.expression(rapid.IntRange(0, 1).Draw(t, "depth")))
			}
		}
		traps = append(traps, d.trap()...)
		traps = append(traps, d.single()...)
	}
	repair(s)
	untangle(s)
	return s, traps
}

// A typeDrawer draws what one type has.
type typeDrawer struct {
	t        *rapid.T
	s        *oracle.Schema
	typ      *oracle.Type
	positive bool // without exclusions
}

// relation draws the subjects that a relation admits.
func (d *typeDrawer) relation(r *oracle.Relation) {
	for range rapid.IntRange(1, 3).Draw(d.t, "admits") {
		a := oracle.Admit{Type: "user"}
		switch rapid.IntRange(0, 11).Draw(d.t, "form") {
		case 3, 4, 5:
			a.Wildcard = true
		case 6, 7:
			a.Type, a.Relation = d.typ.Name, pick(d.t, "relation", d.typ.Relations...).Name
		case 8:
			a.Type = d.typ.Name
		case 9, 10:
			other := pick(d.t, "type", d.s.Types[1:]...)
			a.Type, a.Relation = other.Name, pick(d.t, "relation", other.Relations...).Name
		case 11:
			a.Type, a.Wildcard = pick(d.t, "type", d.s.Types...).Name, true
		}
		if r.Name == "parent" && a.Relation == "" && a.Type == "user" {
			a = oracle.Admit{Type: pick(d.t, "type", d.typ, d.typ, pick(d.t, "type", d.s.Types[1:]...)).Name}
		}
		d.admit(r, a)
	}
}

// admit adds a form that is not there yet, sometimes with expiry, and, where
// there are caveats, with one, without, or both.
func (d *typeDrawer) admit(r *oracle.Relation, a oracle.Admit) {
	if len(d.s.Caveats) > 0 && a.Caveat == "" && chance(d.t, "with a caveat", 2) {
		with := a
		with.Caveat = pick(d.t, "caveat", d.s.Caveats...).Name
		d.admit(r, with)
		if chance(d.t, "only with", 2) {
			return
		}
	}
	for _, b := range r.Admits {
		if b.Type == a.Type && b.Relation == a.Relation && b.Wildcard == a.Wildcard && b.Caveat == a.Caveat {
			return
		}
	}
	a.Expires = chance(d.t, "expires", 3)
	r.Admits = append(r.Admits, a)
}

// expression draws a rewrite without This.
func (d *typeDrawer) expression(depth int) oracle.Expr {
	if depth == 0 {
		return d.leaf()
	}
	return d.operator(d.expression(rapid.IntRange(0, depth-1).Draw(d.t, "left")), d.expression(depth-1))
}

// operator joins two rewrites, sometimes the other way round.
func (d *typeDrawer) operator(a, b oracle.Expr) oracle.Expr {
	switch k := rapid.IntRange(0, 7).Draw(d.t, "operator"); {
	case k >= 3 && (k <= 4 || d.positive):
		return oracle.Intersection{a, b}
	case k == 5, k == 6:
		return oracle.Exclusion{Base: a, Subtract: b}
	case k == 7:
		return oracle.Exclusion{Base: b, Subtract: a}
	}
	return oracle.Union{a, b}
}

func (d *typeDrawer) leaf() oracle.Expr {
	switch k := rapid.IntRange(0, 39).Draw(d.t, "leaf"); {
	case k == 39:
		return oracle.Self{}
	case k == 38:
		return oracle.Nil{}
	case k >= 22:
		if tupleset, target, ok := d.arrow(); ok {
			if k >= 33 {
				return oracle.ArrowAll{Tupleset: tupleset, Relation: target}
			}
			return oracle.Arrow{Tupleset: tupleset, Relation: target}
		}
	}
	return oracle.Computed{Relation: pick(d.t, "computed", d.typ.Relations...).Name}
}

// arrow draws a relation and what to look for on the objects that it names;
// not ok if there is none.
func (d *typeDrawer) arrow() (tupleset, target string, ok bool) {
	var tuplesets, targets []string
	for _, r := range d.typ.Relations {
		for _, a := range r.Admits {
			if !a.Wildcard && len(d.s.Type(a.Type).Relations) > 0 {
				tuplesets = addNew(tuplesets, r.Name)
			}
		}
	}
	if len(tuplesets) == 0 {
		return "", "", false
	}
	tupleset = pick(d.t, "tupleset", tuplesets...)
	for _, a := range d.typ.Relation(tupleset).Admits {
		if !a.Wildcard {
			for _, r := range d.s.Type(a.Type).Relations {
				targets = append(targets, r.Name)
			}
		}
	}
	return tupleset, pick(d.t, "target", targets...), true
}

// trap sometimes rewrites permissions so that one can meet its own negation
// through the data: the win-move game, or members who are banned by groups. It
// returns the forms of the moves or bans, and of the base, which is public; their
// tuples may have to carry a caveat.
func (d *typeDrawer) trap() []form {
	permissions := d.permissions()
	kind := pick(d.t, "trap", 0, 1, 1, 1, 1, 2, 2, 2)
	if d.positive || kind == 0 || len(permissions) == 0 {
		return nil
	}
	stored := d.stored()
	first, last := permissions[0], permissions[len(permissions)-1]
	base, relation := stored[0], pick(d.t, "trap relation", stored...)
	public := []oracle.Admit{{Type: "user", Wildcard: true}, {Type: d.typ.Name, Wildcard: true}}[:pick(d.t, "public", 1, 2, 2)]
	edge := oracle.Admit{Type: d.typ.Name}
	var from oracle.Expr = oracle.Computed{Relation: base.Name}
	if chance(d.t, "mixed", 5) {
		from = d.operator(from, first.Rewrite)
	}
	if kind == 2 {
		edge.Relation = first.Name
		first.Rewrite = oracle.Exclusion{Base: from, Subtract: oracle.Computed{Relation: relation.Name}}
	} else if arrow := (oracle.Arrow{Tupleset: relation.Name, Relation: first.Name}); first == last {
		first.Rewrite = oracle.Exclusion{Base: from, Subtract: arrow}
	} else {
		first.Rewrite = oracle.Exclusion{Base: from, Subtract: oracle.Computed{Relation: last.Name}}
		if last.Rewrite = arrow; chance(d.t, "mixed", 5) {
			last.Rewrite = d.operator(arrow, d.expression(1))
		}
	}
	for _, p := range permissions { // it spreads
		if p != first && p != last && chance(d.t, "spread", 2) {
			p.Rewrite = oracle.Union{oracle.Computed{Relation: first.Name}, p.Rewrite}
		}
	}
	base.Rewrite, relation.Rewrite = oracle.This{}, oracle.This{}
	d.admit(relation, edge)
	forms := []form{{d.typ.Name, relation.Name, edge}}
	for _, a := range public {
		d.admit(base, a)
		forms = append(forms, form{d.typ.Name, base.Name, a})
	}
	return forms
}

// single sometimes rewrites a permission so that some have another answer than
// the public: they are banned from it, or need not be public to have it. It
// returns the form of the tuples that say who.
func (d *typeDrawer) single() []form {
	permissions, stored := d.permissions(), d.stored()
	if len(permissions) == 0 || len(stored) < 2 || !chance(d.t, "single out", 2) {
		return nil
	}
	p, relation := pick(d.t, "from", permissions...), pick(d.t, "by", stored[1:]...) // the first is what a trap makes public
	a := oracle.Admit{Type: pick(d.t, "whom", "user", "user", d.typ.Name)}
	if len(d.s.Caveats) > 0 && !chance(d.t, "surely", 3) {
		a.Caveat = pick(d.t, "perhaps", d.s.Caveats...).Name
	}
	d.admit(relation, a)
	if d.positive || chance(d.t, "granted", 3) {
		p.Rewrite = oracle.Union{p.Rewrite, oracle.Computed{Relation: relation.Name}}
	} else {
		p.Rewrite = oracle.Exclusion{Base: p.Rewrite, Subtract: oracle.Computed{Relation: relation.Name}}
	}
	return []form{{d.typ.Name, relation.Name, a}}
}

func (d *typeDrawer) permissions() (list []*oracle.Relation) {
	for _, r := range d.typ.Relations {
		if len(r.Admits) == 0 {
			list = append(list, r)
		}
	}
	return list
}

func (d *typeDrawer) stored() (list []*oracle.Relation) {
	for _, r := range d.typ.Relations {
		if len(r.Admits) > 0 {
			list = append(list, r)
		}
	}
	return list
}
