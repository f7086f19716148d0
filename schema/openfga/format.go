package openfga

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/baobab-authz/baobab/schema"
)

// Format returns the schema as a model in OpenFGA's language, of schema 1.1.
// [Parse] reads it back to a schema with the same definitions, caveats and
// relations in the same order; only where types in brackets stand somewhere else in
// an expression than at its beginning, as JSON has it, they are moved there.
// Comments are not written.
//
// What OpenFGA cannot say is refused, all of it at once, by the error
// [schema.Errors] without positions: nil, self, .all, expiration, directives,
// arrows over relations that are more than types of objects, types of parameters
// and names that it lacks, and what it refuses in a model.
func Format(s *schema.Schema) (string, error) {
	w := &writer{b: &schema.Builder{}, schema: s}
	w.out.WriteString("model\n  schema 1.1\n")
	for _, d := range s.Definitions() {
		w.definition(d)
	}
	for _, c := range s.Caveats() {
		w.caveat(c)
	}
	text := w.out.String()
	if w.b.Failed() {
		_, err := w.b.Schema()
		return "", err
	}
	if err := w.refused(text); err != nil {
		return "", err
	}
	return text, nil
}

// refused returns what OpenFGA refuses in what has been written.
func (w *writer) refused(text string) error {
	_, err := Parse("", text)
	var errs schema.Errors
	if !errors.As(err, &errs) {
		return nil
	}
	for _, d := range errs {
		w.refuse(d.About, "%s", d.Message)
	}
	_, err = w.b.Schema()
	return err
}

// A writer writes a schema, and reports what it cannot write.
type writer struct {
	b      *schema.Builder
	schema *schema.Schema
	out    strings.Builder
}

func (w *writer) refuse(about, format string, args ...any) {
	w.b.Errorf(schema.Span{}, about, format, args...)
}

// name reports a name that OpenFGA does not have.
func (w *writer) name(kind, name, about string, most int, well func(string) bool) {
	if slices.Contains(keywords, name) || name == "self" || name == "this" || !well(name) || len(name) > most {
		w.refuse(about, "%s %s: OpenFGA has no such name", kind, name)
	}
}

func (w *writer) definition(d *schema.Definition) {
	w.name("definition", d.Name, d.Name, maxTypeName, wellFormed)
	if d.DeletedBy != "" {
		w.refuse(d.Name, "OpenFGA has no directive deleted-by")
	}
	w.out.WriteString("\ntype " + d.Name + "\n")
	if len(d.Relations) > 0 {
		w.out.WriteString("  relations\n")
	}
	for _, r := range d.Relations {
		about := d.Name + "#" + r.Name
		w.name("relation", r.Name, about, maxName, wellFormed)
		w.directives(r, about)
		e := &exprWriter{w, d, r, about}
		e.subjects()
		w.out.WriteString("    define " + r.Name + ": " + e.string(e.direct(r.Rewrite), false) + "\n")
	}
}

func (w *writer) directives(r *schema.Relation, about string) {
	for name, has := range map[string]bool{"count": len(r.Counts) > 0, "granted-by": len(r.Guards) > 0,
		"on-delete": r.OnDelete != schema.Detach, "expires-within": r.ExpiresWithin > 0} {
		if has {
			w.refuse(about, "OpenFGA has no directive %s", name)
		}
	}
}

// An exprWriter writes what stands behind the colon of one relation.
type exprWriter struct {
	*writer
	definition *schema.Definition
	relation   *schema.Relation
	about      string
}

// subjects reports what of the relation's subjects cannot be written.
func (w *exprWriter) subjects() {
	for _, t := range w.relation.Subjects {
		if t.Expiration {
			w.refuse(w.about, "OpenFGA has no expiration: %s", t)
		}
	}
}

// direct returns an expression with This at its beginning, if it has it.
func (w *exprWriter) direct(r schema.Rewrite) schema.Rewrite {
	n := 0
	schema.Walk(r, func(r schema.Rewrite) bool {
		if _, this := r.(schema.This); this {
			n++
		}
		return true
	})
	if n == 0 {
		return r
	}
	moved, ok := toFront(r)
	if !ok || n > 1 {
		w.refuse(w.about, "in OpenFGA's language what is stored stands at the beginning of a relation, and once")
	}
	return moved
}

// toFront moves the operand that has This to the front, and reports whether there
// it can be.
func toFront(r schema.Rewrite) (schema.Rewrite, bool) {
	switch r := r.(type) {
	case schema.This:
		return r, true
	case schema.Union:
		kids, ok := firstToFront(r.Children)
		return schema.Union{Children: kids}, ok
	case schema.Intersection:
		kids, ok := firstToFront(r.Children)
		return schema.Intersection{Children: kids}, ok
	case schema.Exclusion:
		base, ok := toFront(r.Base)
		return schema.Exclusion{Base: base, Subtract: r.Subtract}, ok
	}
	return r, false
}

func firstToFront(kids []schema.Rewrite) ([]schema.Rewrite, bool) {
	for i, k := range kids {
		if front, ok := toFront(k); ok {
			rest := slices.Concat(kids[:i], kids[i+1:])
			return append([]schema.Rewrite{front}, rest...), true
		}
	}
	return kids, false
}

// string returns an expression, in parentheses if it is an operand.
func (w *exprWriter) string(r schema.Rewrite, operand bool) string {
	var text string
	switch r := r.(type) {
	case schema.This:
		list := make([]string, len(w.relation.Subjects))
		for i, t := range w.relation.Subjects {
			t.Expiration = false
			list[i] = t.String()
		}
		return "[" + strings.Join(list, ", ") + "]"
	case schema.Computed:
		return r.Relation
	case schema.TupleToUserset:
		return w.arrow(r)
	case schema.Union:
		text = w.operands(r.Children, " or ")
	case schema.Intersection:
		text = w.operands(r.Children, " and ")
	case schema.Exclusion:
		text = w.operands([]schema.Rewrite{r.Base, r.Subtract}, " but not ")
	default:
		w.refuse(w.about, "OpenFGA has no %s", r)
		return r.String()
	}
	if operand {
		return "(" + text + ")"
	}
	return text
}

func (w *exprWriter) operands(list []schema.Rewrite, operator string) string {
	texts := make([]string, len(list))
	for i, r := range list {
		texts[i] = w.string(r, true)
	}
	return strings.Join(texts, operator)
}

func (w *exprWriter) arrow(r schema.TupleToUserset) string {
	text := r.Computed + " from " + r.Tupleset
	tupleset := w.definition.Relation(r.Tupleset)
	if r.All {
		w.refuse(w.about, "OpenFGA has no arrow with all: %s", r)
		return text
	}
	if _, this := tupleset.Rewrite.(schema.This); !this {
		w.refuse(w.about, "OpenFGA takes no relation from one that is rewritten: %s", r)
		return text
	}
	for _, t := range tupleset.Subjects {
		if t.Wildcard || t.Relation != "" {
			w.refuse(w.about, "OpenFGA takes no relation from one that admits %s: %s", t, r)
			break
		}
	}
	return text
}

func (w *writer) caveat(c *schema.Caveat) {
	w.name("caveat", c.Name, c.Name, maxName, simple)
	list := make([]string, len(c.Parameters))
	for i, p := range c.Parameters {
		if !simple(p.Name) || len(p.Name) > maxName {
			w.refuse(c.Name, "parameter %s: OpenFGA has no such name", p.Name)
		}
		if !expressible(p.Type) {
			w.refuse(c.Name, "parameter %s: OpenFGA's language has no type %s", p.Name, p.Type)
		}
		list[i] = p.Name + ": " + p.Type.String()
	}
	if !c.OpenFGA && slices.ContainsFunc(c.Parameters, func(p schema.Parameter) bool { return strings.Contains(p.Type.String(), "uint") }) {
		w.refuse(c.Name, "the expression may mean something else to OpenFGA, where a uint is an unsigned number")
	}
	if !readable(c.Expression) {
		w.refuse(c.Name, "the expression has braces, or what OpenFGA's language takes for a comment")
	}
	fmt.Fprintf(&w.out, "\ncondition %s(%s) {\n  %s\n}\n", c.Name, strings.Join(list, ", "), c.Expression)
}

// simple reports whether a condition or a parameter can have the name.
func simple(name string) bool {
	return isLetter(name[0]) && !strings.ContainsAny(name, "./") && !slices.Contains(typeNames, name)
}

func expressible(t schema.TypeRef) bool {
	if len(t.Args) == 1 {
		return slices.Contains(simpleTypes, t.Args[0].Name)
	}
	return slices.Contains(simpleTypes, t.Name)
}

// readable reports whether the language has an expression as it is.
func readable(expression string) bool {
	b := &schema.Builder{}
	text := "{\n  " + expression + "\n}"
	l := lex(b, b.Source("", text), text)
	return !b.Failed() && len(l.tokens) == 2 && strings.TrimSpace(l.bodies[0]) == expression
}
