package oracle

import (
	"slices"
	"strings"
)

// Source prints the schema in the native language, for messages. What that
// cannot express, a relation that is both stored and rewritten, is printed as
//
//	relation viewer: user = this + editor
func (s *Schema) Source() string {
	var b strings.Builder
	for _, c := range s.Caveats {
		var parameters []string
		for _, p := range c.Parameters {
			parameters = append(parameters, p.Name+" "+p.Type)
		}
		b.WriteString("caveat " + c.Name + "(" + strings.Join(parameters, ", ") + ") {\n    " + c.Expression + "\n}\n\n")
	}
	for i, t := range s.Types {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(s.mark("", t.Name, ""))
		if len(t.Relations) == 0 {
			b.WriteString("definition " + t.Name + " {}\n")
			continue
		}
		b.WriteString("definition " + t.Name + " {\n")
		for _, r := range t.Relations {
			b.WriteString(s.mark("    ", t.Name, r.Name) + "    " + r.source() + "\n")
		}
		b.WriteString("}\n")
	}
	return s.uses(b.String()) + b.String()
}

// mark prints the directives about a relation, or about a type.
func (s *Schema) mark(indent, typ, relation string) (text string) {
	for _, d := range directives[Directive](s, typ, relation) {
		text += indent + "//baobab:" + d.String() + "\n"
	}
	return text
}

// uses prints the lines that turn on what the text needs.
func (s *Schema) uses(text string) string {
	var uses string
	if strings.Contains(text, " with expiration") || strings.Contains(text, " and expiration") {
		uses += "use expiration\n"
	}
	for _, t := range s.Types {
		for _, r := range t.Relations {
			if within(r.Rewrite, Self{}) {
				return uses + "use self\n\n"
			}
		}
	}
	if uses != "" {
		uses += "\n"
	}
	return uses
}

// within reports whether an operator without operands is part of e.
func within(e, operator Expr) bool {
	part := func(e Expr) bool { return within(e, operator) }
	switch e := e.(type) {
	case Union:
		return slices.ContainsFunc(e, part)
	case Intersection:
		return slices.ContainsFunc(e, part)
	case Exclusion:
		return part(e.Base) || part(e.Subtract)
	}
	return e == operator
}

func (r *Relation) source() string {
	if len(r.Admits) == 0 {
		return "permission " + r.Name + " = " + outer(r.Rewrite)
	}
	var forms []string
	for _, a := range r.Admits {
		if a.lasts(false) {
			forms = append(forms, a.String())
		}
		switch {
		case a.lasts(true) && a.Caveat != "":
			forms = append(forms, a.String()+" and expiration")
		case a.lasts(true):
			forms = append(forms, a.String()+" with expiration")
		}
	}
	text := "relation " + r.Name + ": " + strings.Join(forms, " | ")
	if _, plain := r.Rewrite.(This); !plain {
		text += " = " + outer(r.Rewrite)
	}
	return text
}

// String returns the form without its expiry.
func (a Admit) String() string {
	text := a.Type
	switch {
	case a.Wildcard:
		text += ":*"
	case a.Relation != "":
		text += "#" + a.Relation
	}
	if a.Caveat != "" {
		text += " with " + a.Caveat
	}
	return text
}

// outer prints an expression without parentheses around the whole.
func outer(e Expr) string {
	text := e.String()
	if strings.HasPrefix(text, "(") {
		text = text[1 : len(text)-1]
	}
	return text
}

func (This) String() string           { return "this" }
func (e Computed) String() string     { return e.Relation }
func (e Arrow) String() string        { return e.Tupleset + "->" + e.Relation }
func (e ArrowAll) String() string     { return e.Tupleset + ".all(" + e.Relation + ")" }
func (e Union) String() string        { return infix(e, " + ") }
func (e Intersection) String() string { return infix(e, " & ") }
func (e Exclusion) String() string    { return infix([]Expr{e.Base, e.Subtract}, " - ") }
func (Nil) String() string            { return "nil" }
func (Self) String() string           { return "self" }

// infix prints operands in parentheses, so that no precedence is needed.
func infix(operands []Expr, operator string) string {
	var parts []string
	for _, e := range operands {
		parts = append(parts, e.String())
	}
	return "(" + strings.Join(parts, operator) + ")"
}
