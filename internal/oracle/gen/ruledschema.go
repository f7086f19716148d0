package gen

import (
	"time"

	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/internal/oracle"
)

// drawRuledSchema draws a schema with directives. Its permissions are simpler
// than those of drawSchema, so that somebody has them.
func drawRuledSchema(t *rapid.T) *oracle.Schema {
	s := &oracle.Schema{Types: []*oracle.Type{{Name: "user"}}, Caveats: drawCaveats(t)}
	for _, name := range typeNames[:pick(t, "types", 1, 2, 2, 3)] {
		typ := &oracle.Type{Name: name}
		for _, r := range relationNames[:pick(t, "relations", 2, 3, 3, 4)] {
			typ.Relations = append(typ.Relations, &oracle.Relation{Name: r, Rewrite: oracle.This{}})
		}
		for _, p := range permissionNames {
			typ.Relations = append(typ.Relations, &oracle.Relation{Name: p})
		}
		s.Types = append(s.Types, typ)
	}
	if chance(t, "users have relations", 2) { // so that a guard can ask for something on a user
		s.Types[0].Relations = []*oracle.Relation{{Name: "view", Rewrite: oracle.Self{}}, {Name: "edit", Rewrite: oracle.Self{}}}
		if chance(t, "stored", 3) {
			s.Types[0].Relations = append(s.Types[0].Relations, &oracle.Relation{Name: "member", Rewrite: oracle.This{}})
		}
	}
	for _, typ := range s.Types {
		d := &ruledDrawer{typeDrawer{t, s, typ, true}}
		for _, r := range d.plain() {
			d.relation(r)
		}
	}
	for _, typ := range s.Types {
		d := &ruledDrawer{typeDrawer{t, s, typ, true}}
		for _, r := range typ.Relations {
			if r.Rewrite == nil {
				r.Rewrite = d.permission()
			}
		}
	}
	repair(s)
	untangle(s)
	for _, typ := range s.Types {
		d := &ruledDrawer{typeDrawer{t, s, typ, true}}
		d.directives()
	}
	return s
}

// A ruledDrawer draws what one type has, for the rules for writes.
type ruledDrawer struct{ typeDrawer }

func (d *ruledDrawer) plain() (list []*oracle.Relation) {
	for _, r := range d.typ.Relations {
		if _, plain := r.Rewrite.(oracle.This); plain {
			list = append(list, r)
		}
	}
	return list
}

// relation draws the subjects that a relation admits, which now and then must
// have an expiry.
func (d *ruledDrawer) relation(r *oracle.Relation) {
	for range pick(d.t, "admits", 1, 1, 2) {
		a := oracle.Admit{Type: "user"}
		other := pick(d.t, "type", d.s.Types[1:]...)
		switch rapid.IntRange(0, 9).Draw(d.t, "form") {
		case 5:
			a.Wildcard = true
		case 6, 7:
			a.Type, a.Relation = other.Name, pick(d.t, "relation", other.Relations...).Name
		case 8:
			a.Type = other.Name
		case 9:
			a.Type = d.typ.Name
		}
		if r.Name == "parent" && !chance(d.t, "no object", 4) {
			a = oracle.Admit{Type: other.Name}
		}
		if r.Name == "parent" && chance(d.t, "also a user", 6) {
			a = oracle.Admit{Type: "user"}
		}
		d.admit(r, a)
	}
	temporary := chance(d.t, "temporary", 4)
	for i := range r.Admits {
		if temporary || chance(d.t, "temporary form", 12) {
			r.Admits[i].Temporary, r.Admits[i].Expires = true, false
		}
	}
}

// permission draws a sum for the most part.
func (d *ruledDrawer) permission() oracle.Expr {
	var sum oracle.Union
	for range pick(d.t, "operands", 1, 2, 2, 3) {
		if plain := d.plain(); len(plain) > 0 && !chance(d.t, "other than a relation", 3) {
			sum = append(sum, oracle.Computed{Relation: pick(d.t, "computed", plain...).Name})
		} else {
			sum = append(sum, d.leaf())
		}
	}
	if chance(d.t, "no sum", 5) {
		if chance(d.t, "excluded", 2) {
			return oracle.Exclusion{Base: sum, Subtract: d.leaf()}
		}
		return oracle.Intersection{sum, d.leaf()}
	}
	if len(sum) == 1 {
		return sum[0]
	}
	return sum
}

// directives draws them for the type and all that it has.
func (d *ruledDrawer) directives() {
	add := func(r oracle.Directive) { d.s.Directives = append(d.s.Directives, r) }
	if names := d.names(d.typ); len(names) > 0 && !chance(d.t, "not deleted", 3) {
		add(oracle.DeletedBy{Type: d.typ.Name, Permission: pick(d.t, "deleted by", names...)})
	}
	for _, r := range d.typ.Relations {
		if chance(d.t, "counted", 4) {
			d.count(r)
		}
		if len(r.Admits) == 0 {
			continue
		}
		if !chance(d.t, "unguarded", 8) {
			d.guards(r)
		}
		if d.object(r) {
			if do := pick(d.t, "on delete", "", oracle.Detach, oracle.Refuse, oracle.Refuse, oracle.Cascade, oracle.Cascade); do != "" {
				add(oracle.OnDelete{Type: d.typ.Name, Relation: r.Name, Do: do})
			}
		}
		if d.temporary(r) && !chance(d.t, "without limit", 3) {
			add(oracle.ExpiresWithin{Type: d.typ.Name, Relation: r.Name, Limit: pick(d.t, "limit", time.Minute, 2*time.Minute, 90*time.Minute)})
		}
	}
}

func (d *ruledDrawer) names(t *oracle.Type) (list []string) {
	for _, r := range t.Relations {
		list = append(list, r.Name)
	}
	return list
}

// object reports whether a relation admits other subjects than wildcards.
func (d *ruledDrawer) object(r *oracle.Relation) bool {
	for _, a := range r.Admits {
		if !a.Wildcard {
			return true
		}
	}
	return false
}

func (d *ruledDrawer) temporary(r *oracle.Relation) bool {
	for _, a := range r.Admits {
		if !a.Temporary {
			return false
		}
	}
	return true
}

// guards draws one or two.
func (d *ruledDrawer) guards(r *oracle.Relation) {
	for range pick(d.t, "guards", 1, 1, 2) {
		g := oracle.Guard{Type: d.typ.Name, Relation: r.Name}
		kind := rapid.IntRange(0, 7).Draw(d.t, "guard")
		if r.Name == "parent" && !chance(d.t, "as others", 3) { // where an object is put is for those there to say
			kind = 6
		}
		switch kind {
		case 7: // self
		case 5, 6:
			if shared := d.shared(r); len(shared) > 0 {
				g.Permission, g.OnSubject = pick(d.t, "permission", shared...), true
				break
			}
			fallthrough
		default:
			g.Permission = pick(d.t, "permission", d.names(d.typ)...)
		}
		known := false
		for _, other := range d.s.Directives {
			known = known || other == g
		}
		if !known {
			d.s.Directives = append(d.s.Directives, g)
		}
	}
}

// shared are the permissions that every object which the relation admits has.
func (d *ruledDrawer) shared(r *oracle.Relation) []string {
	var shared []string
	first := true
	for _, a := range r.Admits {
		if a.Wildcard {
			continue
		}
		var list []string
		for _, name := range d.names(d.s.Type(a.Type)) {
			for _, other := range shared {
				if other == name {
					list = append(list, name)
				}
			}
			if first {
				list = append(list, name)
			}
		}
		shared, first = list, false
	}
	return shared
}

// count draws one or two, of different groupings.
func (d *ruledDrawer) count(r *oracle.Relation) {
	counted := d.counted(r)
	if len(counted) == 0 {
		return
	}
	groupings := map[oracle.Count]bool{}
	for range pick(d.t, "counts", 1, 1, 2) {
		c := oracle.Count{Type: d.typ.Name, Relation: r.Name, PerSubject: chance(d.t, "per subject", 3)}
		if in := d.groupers(counted); len(in) > 0 && chance(d.t, "in", 2) {
			c.In = pick(d.t, "in", in...)
		}
		if groupings[c] || c.PerSubject && !d.countable(counted, func(a oracle.Admit) bool { return !a.Wildcard }) {
			continue
		}
		groupings[c] = true
		span := pick(d.t, "range", [2]int{0, 1}, [2]int{0, 2}, [2]int{0, 3}, [2]int{1, 1}, [2]int{1, 2}, [2]int{1, oracle.Unbounded}, [2]int{2, 3})
		if span[0] > 0 && (!d.countable(counted, func(a oracle.Admit) bool { return certain(a) && !(c.PerSubject && a.Wildcard) }) ||
			c.In != "" && !d.countable([]*oracle.Relation{d.typ.Relation(c.In)}, func(a oracle.Admit) bool { return certain(a) && plain(a) })) {
			span[0] = 0
			if span[1] == oracle.Unbounded {
				span[1] = 2
			}
		}
		c.Min, c.Max = span[0], span[1]
		d.s.Directives = append(d.s.Directives, c)
	}
}

// counted returns the relations that a count of r counts, if it is a relation or
// a sum.
func (d *ruledDrawer) counted(r *oracle.Relation) (list []*oracle.Relation) {
	if len(r.Admits) > 0 {
		return []*oracle.Relation{r}
	}
	operands, ok := r.Rewrite.(oracle.Union)
	if c, one := r.Rewrite.(oracle.Computed); one {
		operands, ok = oracle.Union{c}, true
	}
	if !ok {
		return nil
	}
	for _, e := range operands {
		c, ok := e.(oracle.Computed)
		if !ok || len(d.typ.Relation(c.Relation).Admits) == 0 {
			return nil
		}
		list = addNew(list, d.typ.Relation(c.Relation))
	}
	return list
}

// groupers are the relations in which can be counted.
func (d *ruledDrawer) groupers(counted []*oracle.Relation) (list []string) {
	for _, r := range d.typ.Relations {
		other := len(r.Admits) > 0
		for _, c := range counted {
			other = other && c != r
		}
		if other && d.countable([]*oracle.Relation{r}, plain) {
			list = append(list, r.Name)
		}
	}
	return list
}

func (d *ruledDrawer) countable(relations []*oracle.Relation, ask func(oracle.Admit) bool) bool {
	for _, r := range relations {
		for _, a := range r.Admits {
			if ask(a) {
				return true
			}
		}
	}
	return false
}

// certain reports whether tuples of the form have neither caveat nor expiry, or
// some have.
func certain(a oracle.Admit) bool { return a.Caveat == "" && !a.Temporary }

// plain reports whether the form's subjects are objects.
func plain(a oracle.Admit) bool { return a.Relation == "" && !a.Wildcard }
