package schema

import (
	"fmt"
	"strings"
)

// resolve checks the names that the members of definition i use.
func (c *compiler) resolve(i int) {
	def := c.schema.definitions[i]
	for j := range c.members[i] {
		m := &c.members[i][j]
		r := &resolver{c, def, def.Name + "#" + m.name.text}
		r.types(m)
		if m.expr != nil {
			m.expr.walk(false, func(e *expr, _ bool) { r.operand(e) })
		}
		if m.name.text == "self" && c.usesSelf() {
			c.report.errorf(m.name.at, r.about, "self is a keyword where it is in use, and names nothing")
		}
	}
}

func (c *compiler) usesSelf() bool {
	for _, f := range c.files {
		if _, on := f.flags["self"]; on {
			return true
		}
	}
	return false
}

// A resolver checks the names of one member.
type resolver struct {
	*compiler
	def   *Definition
	about string
}

// types checks the alternatives of a relation, or the annotation of a permission.
func (r *resolver) types(m *member) {
	seen := make(map[SubjectType]bool, len(m.types))
	for _, t := range m.types {
		if seen[t.SubjectType] {
			r.report.errorf(t.at, r.about, "%s stands here already", t.SubjectType)
			continue
		}
		seen[t.SubjectType] = true
		r.subject(t)
	}
}

func (r *resolver) subject(t typeRef) {
	if t.Caveat != "" {
		r.used[t.Caveat] = true
		if r.schema.caveatNamed[t.Caveat] == nil && !r.gaps {
			names := make([]string, len(r.schema.caveats))
			for i, c := range r.schema.caveats {
				names[i] = c.Name
			}
			r.report.unknown(t.caveatAt, r.about, nil, t.Caveat, names, "unknown caveat %q", t.Caveat)
		}
	}
	def := r.schema.byName[t.Type]
	switch {
	case def == nil && !r.gaps:
		r.report.unknown(t.typeAt, r.about, ErrUnknownType, t.Type, r.names, "unknown type %q", t.Type)
	case def == nil || t.Relation == "":
	case def.byName[t.Relation] == nil && !r.incomplete[def]:
		r.report.unknown(t.relationAt, r.about, ErrUnknownRelation, t.Relation, relationNames(def),
			"unknown relation %q: type %q does not have it", t.Relation, def.Name)
	}
}

// operand checks a name or an arrow.
func (r *resolver) operand(e *expr) {
	if e.kind != exprName && e.kind != exprArrow {
		return
	}
	rel := r.def.byName[e.name.text]
	if rel == nil {
		r.unknown(e.name)
		return
	}
	if e.kind == exprName {
		return
	}
	if rel.Permission {
		r.report.errorf(e.name.at, r.about, "the left side of an arrow is a relation, and %s is a permission", rel.Name)
		return
	}
	r.target(e, rel)
}

func (r *resolver) unknown(name ident) {
	if r.incomplete[r.def] {
		return
	}
	if name.text == "self" && r.rules.native {
		r.report.add(name.at, Diagnostic{About: r.about, Message: "self is not in use", kind: ErrUnknownRelation,
			Suggestion: "write use self at the top of the file"})
		return
	}
	names := relationNames(r.def)
	if r.schema.byName[name.text] != nil && closest(name.text, names) == "" {
		r.report.add(name.at, Diagnostic{About: r.about, kind: ErrUnknownRelation,
			Message: fmt.Sprintf("%q is a type: an expression consists of relations and permissions of %q", name.text, r.def.Name)})
		return
	}
	r.report.unknown(name.at, r.about, ErrUnknownRelation, name.text, names,
		"unknown relation %q: type %q does not have it", name.text, r.def.Name)
}

// target checks the right side of an arrow over the relation rel.
func (r *resolver) target(e *expr, rel *Relation) {
	var have, lack []string
	var names []string
	seen := map[string]bool{}
	for _, s := range rel.Subjects {
		def := r.schema.byName[s.Type]
		switch {
		case s.Wildcard || seen[s.Type]:
			continue
		case def == nil || r.incomplete[def]:
			return // which is reported
		case def.byName[e.target.text] != nil:
			have = append(have, s.Type)
		default:
			lack = append(lack, s.Type)
			names = append(names, relationNames(def)...)
		}
		seen[s.Type] = true
	}
	switch {
	case len(rel.Subjects) == 0: // it could not be read
	case len(have) == 0 && len(lack) == 0:
		if !r.rules.native {
			r.report.errorf(e.at, r.about, "the arrow leads nowhere: %s has wildcards alone", rel.Name)
		}
	case len(have) == 0:
		r.report.unknown(e.target.at, r.about, ErrUnknownRelation, e.target.text, names,
			"unknown relation %q: %s, to which %s leads, %s", e.target.text, types(lack), rel.Name, lacks(lack))
	case len(lack) > 0:
		r.report.warnf(e.target.at, r.about, "", "the arrow skips %s, which %s", types(lack), lacks(lack))
	}
}

func types(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	if len(names) == 1 {
		return "type " + quoted[0]
	}
	return "types " + strings.Join(quoted[:len(quoted)-1], ", ") + " and " + quoted[len(quoted)-1]
}

func lacks(names []string) string {
	if len(names) == 1 {
		return "does not have it"
	}
	return "do not have it"
}
