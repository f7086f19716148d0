package store

import (
	"slices"
	"time"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
)

// A member is a relation of a type.
type member struct{ typ, relation index.Name }

// A subjectType is a type of objects, or of usersets, that relations admit.
type subjectType struct{ typ, relation index.Name }

// Rules are the directives of one schema in terms of the dictionary's names. They
// are compiled once and never change.
type rules struct {
	schema *schema.Schema

	counts []countRule
	// Counts with a lower bound, by how their groups are named:
	named   map[index.Name][]*countRule  // by the type of an object that can be a group, or the container of one
	usersed map[subjectType][]*countRule // by a userset that can be a group
	pairs   []*countRule                 // per subject in R
	// All counts, by a relation whose tuples change what is counted.
	content map[member][]*countRule

	guards    map[member][]schema.Guard
	deletedBy map[index.Name]string
	onDelete  map[member]schema.OnDelete // but for Detach
	refusing  map[index.Name]bool        // types that have a relation with Refuse
	expiries  map[member]expiryRule

	refuseOrder map[member]int
	constrained bool // there is something to check at a commit
}

// A countRule is a count of a relation or permission.
type countRule struct {
	order     int // of the directive in the schema
	count     schema.Count
	typ       index.Name
	name      string       // type#member
	typeName  string       // type
	counted   []index.Name // the relations whose tuples count
	in        index.Name
	subjects  map[subjectType]bool // that a counted relation admits; no wildcards
	container map[index.Name]bool  // types that the relation in admits
}

// An expiryRule is an expires-within.
type expiryRule struct {
	order int
	limit time.Duration
}

// rules returns the compiled directives of a schema whose names are all
// interned, and remembers the last.
func (s *Store) rules(sch *schema.Schema) *rules {
	r := s.compiled.Load()
	if r == nil || r.schema != sch {
		r = compileRules(sch, s.dict)
		s.compiled.Store(r)
	}
	return r
}

func compileRules(sch *schema.Schema, dict *index.Dict) *rules {
	r := &rules{
		schema:      sch,
		named:       map[index.Name][]*countRule{},
		usersed:     map[subjectType][]*countRule{},
		content:     map[member][]*countRule{},
		guards:      map[member][]schema.Guard{},
		deletedBy:   map[index.Name]string{},
		onDelete:    map[member]schema.OnDelete{},
		refusing:    map[index.Name]bool{},
		expiries:    map[member]expiryRule{},
		refuseOrder: map[member]int{},
	}
	name := func(text string) index.Name {
		n, _ := dict.Name(text) // all are interned
		return n
	}
	order := 0
	for _, d := range sch.Definitions() {
		typ := name(d.Name)
		if d.DeletedBy != "" {
			r.deletedBy[typ] = d.DeletedBy
		}
		for _, rel := range d.Relations {
			m := member{typ, name(rel.Name)}
			for _, c := range rel.Counts {
				order++
				r.counts = append(r.counts, newCountRule(d, rel, c, order, name))
			}
			if len(rel.Guards) > 0 {
				r.guards[m] = rel.Guards
			}
			if order++; rel.OnDelete != schema.Detach {
				r.onDelete[m] = rel.OnDelete
			}
			if rel.OnDelete == schema.Refuse {
				r.refusing[typ], r.refuseOrder[m] = true, order-refuseFirst
			}
			if order++; rel.ExpiresWithin > 0 {
				r.expiries[m] = expiryRule{order, rel.ExpiresWithin}
			}
		}
	}
	r.index()
	r.constrained = len(r.counts)+len(r.refusing)+len(r.expiries) > 0
	return r
}

func newCountRule(d *schema.Definition, rel *schema.Relation, c schema.Count, order int, name func(string) index.Name) countRule {
	r := countRule{
		order: order, count: c,
		typ: name(d.Name), typeName: d.Name, name: d.Name + "#" + rel.Name,
		subjects: map[subjectType]bool{}, container: map[index.Name]bool{},
	}
	for _, counted := range d.Counted(rel) {
		r.counted = append(r.counted, name(counted.Name))
		for _, s := range counted.Subjects {
			if !s.Wildcard {
				r.subjects[subjectType{name(s.Type), name(s.Relation)}] = true
			}
		}
	}
	if c.In != "" {
		r.in = name(c.In)
		for _, s := range d.Relation(c.In).Subjects {
			if !s.Wildcard && s.Relation == "" {
				r.container[name(s.Type)] = true
			}
		}
	}
	return r
}

// index notes by which names the groups of each count are found.
func (r *rules) index() {
	for i := range r.counts {
		c := &r.counts[i]
		for _, rel := range append(slices.Clip(c.counted), c.in) {
			if rel != 0 {
				m := member{c.typ, rel}
				r.content[m] = append(r.content[m], c)
			}
		}
		switch {
		case c.count.Min == 0: // a group that is only named cannot break it
		case c.count.PerSubject && c.count.In != "":
			r.pairs = append(r.pairs, c)
		case c.count.In != "":
			for typ := range c.container {
				r.named[typ] = append(r.named[typ], c)
			}
		case c.count.PerSubject:
			for s := range c.subjects {
				if s.relation == 0 {
					r.named[s.typ] = append(r.named[s.typ], c)
				} else {
					r.usersed[s] = append(r.usersed[s], c)
				}
			}
		default:
			r.named[c.typ] = append(r.named[c.typ], c)
		}
	}
}
