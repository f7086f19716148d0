package oracle

import (
	"fmt"
	"time"
)

// A Directive is a rule for writes: one of the types below. Those about a
// relation name it and its type.
type Directive interface {
	About() (typ, relation string) // no relation if it is about the type
	String() string                // as the schema language has it, behind the mark
}

// The directives of the schema language.
type (
	// Count bounds what is counted in each group; a Max of Unbounded does not.
	Count struct {
		Type, Relation string // the relation may be a permission that is a sum
		Min, Max       int
		PerSubject     bool
		In             string // a relation, or empty
	}
	// Guard says what an actor needs to write a tuple. Without a permission it
	// is granted-by self.
	Guard struct {
		Type, Relation string
		Permission     string
		OnSubject      bool
	}
	// OnDelete has something other than detach done.
	OnDelete struct {
		Type, Relation string
		Do             string // Refuse, Cascade or Detach
	}
	// ExpiresWithin limits the expiry of tuples.
	ExpiresWithin struct {
		Type, Relation string
		Limit          time.Duration // whole minutes
	}
	// DeletedBy says what an actor needs to delete an object.
	DeletedBy struct{ Type, Permission string }
)

// Unbounded is the Max of a count without an upper bound.
const Unbounded = -1

// What OnDelete does.
const (
	Detach  = "detach"
	Refuse  = "refuse"
	Cascade = "cascade"
)

// About returns what each of the directives is about.
func (d Count) About() (typ, relation string)         { return d.Type, d.Relation }
func (d Guard) About() (typ, relation string)         { return d.Type, d.Relation }
func (d OnDelete) About() (typ, relation string)      { return d.Type, d.Relation }
func (d ExpiresWithin) About() (typ, relation string) { return d.Type, d.Relation }
func (d DeletedBy) About() (typ, relation string)     { return d.Type, "" }

func (d Count) String() string {
	text := fmt.Sprintf("count %d..%d", d.Min, d.Max)
	switch d.Max {
	case d.Min:
		text = fmt.Sprintf("count %d", d.Min)
	case Unbounded:
		text = fmt.Sprintf("count %d..*", d.Min)
	}
	if d.PerSubject {
		text += " per subject"
	}
	if d.In != "" {
		text += " in " + d.In
	}
	return text
}

func (d Guard) String() string {
	switch {
	case d.Permission == "":
		return "granted-by self"
	case d.OnSubject:
		return "granted-by " + d.Permission + " on subject"
	}
	return "granted-by " + d.Permission
}

func (d OnDelete) String() string      { return "on-delete " + d.Do }
func (d ExpiresWithin) String() string { return fmt.Sprintf("expires-within %dm", d.Limit/time.Minute) }
func (d DeletedBy) String() string     { return "deleted-by " + d.Permission }

// directives returns those of one type of directive about a relation, or, with
// an empty name, about a type.
func directives[D Directive](s *Schema, typ, relation string) (list []D) {
	for _, d := range s.Directives {
		if t, r := d.About(); t == typ && r == relation {
			if d, ok := d.(D); ok {
				list = append(list, d)
			}
		}
	}
	return list
}

// counted returns the relations whose tuples a count counts: that of which it
// is said, or those of which the permission is a sum.
func (s *Schema) counted(d Count) []*Relation {
	typ := s.Type(d.Type)
	var list []*Relation
	var add func(name string)
	var sum func(e Expr)
	seen := map[string]bool{}
	add = func(name string) {
		if r := typ.Relation(name); !seen[name] {
			seen[name] = true
			if len(r.Admits) > 0 {
				list = append(list, r)
			} else {
				sum(r.Rewrite)
			}
		}
	}
	sum = func(e Expr) {
		switch e := e.(type) {
		case Computed:
			add(e.Relation)
		case Union:
			for _, part := range e {
				sum(part)
			}
		default:
			panic(fmt.Sprintf("oracle: %s#%s is no sum", d.Type, d.Relation))
		}
	}
	add(d.Relation)
	return list
}
