package schema

import (
	"slices"
	"strings"
)

// A renamer knows what of one schema is what of another.
type renamer struct {
	typeNames     map[string]string    // by the name before, if it is another after
	relationNames map[[2]string]string // by the type's name before and its own
	before        *Schema

	types         map[*Definition]*Definition // what has become of a type of before, nil for what is removed
	kept          map[*Definition]bool        // the types after that were there before
	relations     map[*Relation]*Relation
	keptRelations map[*Relation]bool
	renamed       map[*Relation]bool // the relations after that had another name
}

func newRenamer(before, after *Schema, renames Renames) *renamer {
	n := &renamer{
		typeNames: map[string]string{}, relationNames: map[[2]string]string{}, before: before,
		types: map[*Definition]*Definition{}, kept: map[*Definition]bool{},
		relations: map[*Relation]*Relation{}, keptRelations: map[*Relation]bool{}, renamed: map[*Relation]bool{},
	}
	for _, r := range renames {
		if r.Relation == "" {
			n.typeNames[r.Type] = r.To
		} else {
			n.relationNames[[2]string{r.Type, r.Relation}] = r.To
		}
	}
	for _, d := range before.definitions {
		name, _ := n.name(d.Name, "")
		e := after.byName[name]
		if e == nil {
			continue
		}
		n.types[d], n.kept[e] = e, true
		for _, r := range d.Relations {
			_, name := n.name(d.Name, r.Name)
			if s := e.byName[name]; s != nil && s.Permission == r.Permission {
				n.relations[r], n.keptRelations[s] = s, true
				if r.Name != s.Name {
					n.renamed[s] = true
				}
			}
		}
	}
	return n
}

// name is [Renames.Name] in constant time.
func (n *renamer) name(typ, relation string) (typeAfter, relationAfter string) {
	typeAfter, relationAfter = typ, relation
	if to, ok := n.typeNames[typ]; ok {
		typeAfter = to
	}
	if to, ok := n.relationNames[[2]string{typ, relation}]; ok {
		relationAfter = to
	}
	return typeAfter, relationAfter
}

func (n *renamer) subject(s SubjectType) SubjectType {
	s.Type, s.Relation = n.name(s.Type, s.Relation)
	return s
}

// targets returns the names after, each once and sorted, that a relation of the
// objects to which r leads has. There is one, or no schema would have the arrow
// or the guard; and several if it has been renamed on one of their types and not on
// another.
func (n *renamer) targets(r *Relation, name string) []string {
	var list []string
	for _, s := range r.Subjects {
		d := n.before.byName[s.Type]
		if s.Wildcard || d.byName[name] == nil {
			continue
		}
		if _, after := n.name(s.Type, name); !slices.Contains(list, after) {
			list = append(list, after)
		}
	}
	slices.Sort(list)
	return list
}

// joined returns one name, or what is none.
func joined(names []string) string { return strings.Join(names, "|") }

// key returns the key of a relation of before by the names after.
func (n *renamer) key(d *Definition, r *Relation) string {
	return keyOf(r.Rewrite, names{
		relation: func(name string) string {
			_, name = n.name(d.Name, name)
			return name
		},
		targets: func(tupleset, target string) []string { return n.targets(d.byName[tupleset], target) },
	})
}

// names says by which names a key is made.
type names struct {
	relation func(name string) string
	targets  func(tupleset, target string) []string // one or more
}

// plainNames are those that stand there.
var plainNames = names{
	relation: func(name string) string { return name },
	targets:  func(_, target string) []string { return []string{target} },
}

// A key is a rewrite as a text that is the same for rewrites that differ only in
// the order of operands, in their grouping, or in operands that repeat.
type key struct {
	op       string // of the operands; empty for a text
	operands []string
	text     string
}

// keyOf returns the text of the key of a rewrite. Its leaves that are no names
// are marked, since a relation can have any name.
func keyOf(r Rewrite, by names) string { return makeKey(r, by).String() }

func (k key) String() string {
	if k.op == "" {
		return k.text
	}
	return "(" + strings.Join(k.operands, k.op) + ")"
}

func makeKey(r Rewrite, by names) key {
	switch r := r.(type) {
	case Computed:
		return key{text: by.relation(r.Relation)}
	case TupleToUserset:
		targets := by.targets(r.Tupleset, r.Computed)
		tupleset := by.relation(r.Tupleset)
		if r.All {
			return key{text: tupleset + ".all(" + joined(targets) + ")"}
		}
		var list []key
		for _, t := range targets {
			list = append(list, key{text: tupleset + "->" + t})
		}
		return merge("+", list)
	case Union:
		return merge("+", makeKeys(r.Children, by))
	case Intersection:
		return merge("&", makeKeys(r.Children, by))
	case Exclusion:
		return key{text: "(" + keyOf(r.Base, by) + " - " + keyOf(r.Subtract, by) + ")"} // names have hyphens, and no spaces
	case Nil:
		return key{text: "!nil"}
	case Self:
		return key{text: "!self"}
	}
	return key{text: "!this"}
}

func makeKeys(list []Rewrite, by names) []key {
	keys := make([]key, len(list))
	for i, r := range list {
		keys[i] = makeKey(r, by)
	}
	return keys
}

// merge joins operands: those of the same operator are its own.
func merge(op string, list []key) key {
	var operands []string
	for _, k := range list {
		if k.op == op {
			operands = append(operands, k.operands...)
		} else {
			operands = append(operands, k.String())
		}
	}
	slices.Sort(operands)
	operands = slices.Compact(operands)
	if len(operands) > 1 {
		return key{op: op, operands: operands}
	}
	return list[0] // all are the same, and none has the operator, since that has two operands
}
