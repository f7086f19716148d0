package schema

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/baobab-authz/baobab/schema/internal/front"
)

// ParseJSON reads a schema in the form of [Schema.MarshalJSON], and makes the
// checks of [New].
//
// The error is [Errors]. What is no JSON, or not of the form (an unknown version or
// field, a field that stands twice or is missing, a value of another kind), is one
// error, whose About is the way to it, such as definitions[2].relations[0].rewrite;
// what New refuses is all of it, as it reports it.
//
// It takes time and memory in proportion to the data. The bytes are not kept.
func ParseJSON(data []byte) (*Schema, error) {
	report := &reports{}
	f := readForm(string(data), report)
	if report.errors > 0 {
		_, err := report.result(nil)
		return nil, err
	}
	for _, d := range f.decls {
		checkNames(d, report)
	}
	return compile([]*file{f}, report, rules{})
}

// readForm returns what a text declares; there may be less after an error.
func readForm(text string, report *reports) *file {
	f := &file{}
	if at, fault := front.InvalidJSON(text); fault != "" {
		report.errorf(span{newSource("", text), at, at}, "", "%s", fault)
		return f
	}
	// A later version may have fields that this one does not know.
	var fields map[string]json.RawMessage
	_ = json.Unmarshal([]byte(text), &fields) // what is no object is found below
	if v, ok := fields["version"]; ok && string(v) != fmt.Sprint(jsonVersion) {
		report.errorf(span{}, "version", "unknown version %.40s: what is read is version %d", v, jsonVersion)
		return f
	}
	r := newFormReader(text, report)
	r.object(fieldReaders{
		"version":     r.number(new(int)),
		"caveats":     r.list(func() { f.decls = append(f.decls, r.caveat()) }),
		"definitions": r.list(func() { f.decls = append(f.decls, r.definition()) }),
	}, "version")
	return f
}

func (r *formReader) caveat() *decl {
	d := &decl{kind: declCaveat}
	r.object(fieldReaders{
		"name":       r.text(&d.name.text),
		"comments":   r.comments(&d.doc),
		"parameters": r.list(func() { d.params = append(d.params, r.parameter()) }),
		"expression": r.text(&d.expression),
		"openfga":    r.truth(&d.openfga),
	}, "name", "parameters", "expression")
	d.expression = strings.TrimSpace(d.expression)
	return d
}

func (r *formReader) parameter() param {
	var name, typ string
	r.object(fieldReaders{"name": r.text(&name), "type": r.text(&typ)}, "name", "type")
	return param{name: ident{text: name}, typ: Param(name, typ).Type}
}

func (r *formReader) definition() *decl {
	d := &decl{kind: declDefinition}
	var deletedBy string
	r.object(fieldReaders{
		"name":       r.text(&d.name.text),
		"comments":   r.comments(&d.doc),
		"deleted_by": r.text(&deletedBy),
		"relations":  r.list(func() { d.members = append(d.members, r.member()) }),
	}, "name")
	if deletedBy != "" {
		d.directives = DeletedBy(deletedBy).directives
	}
	return d
}

func (r *formReader) member() *member {
	m := &member{}
	var relation, permission string
	qualify := func(d directive) { m.directives = append(m.directives, d) }
	r.object(fieldReaders{
		"relation":       r.text(&relation),
		"permission":     r.text(&permission),
		"comments":       r.comments(&m.doc),
		"subjects":       r.list(func() { m.types = append(m.types, r.subject()) }),
		"rewrite":        func() { m.expr = r.rewrite(1) },
		"counts":         r.list(func() { qualify(r.count()) }),
		"guards":         r.list(func() { qualify(r.guard()) }),
		"on_delete":      func() { qualify(r.onDelete()) },
		"expires_within": func() { qualify(r.expiresWithin()) },
	})
	m.name.text = relation + permission
	if permission != "" {
		m.kind = memberPermission
	}
	switch {
	case (relation == "") == (permission == ""):
		r.fail("expected one of the fields \"relation\" and \"permission\"")
	case permission != "" && len(m.types) > 0:
		r.fail("permission %s has subjects, which only a relation has", permission)
	case permission != "" && m.expr == nil:
		r.fail("the field \"rewrite\" is missing")
	}
	return m
}

func (r *formReader) subject() (t typeRef) {
	r.object(fieldReaders{
		"type":       r.text(&t.Type),
		"relation":   r.text(&t.Relation),
		"wildcard":   r.truth(&t.Wildcard),
		"caveat":     r.text(&t.Caveat),
		"expiration": r.truth(&t.Expiration),
	}, "type")
	return t
}

func (r *formReader) count() directive {
	c := Count{Max: Unbounded}
	r.object(fieldReaders{
		"min":         r.number(&c.Min),
		"max":         r.number(&c.Max),
		"per_subject": r.truth(&c.PerSubject),
		"in":          r.text(&c.In),
	}, "min")
	return directive{kind: directiveCount, count: c}
}

func (r *formReader) guard() directive {
	d := directive{kind: directiveGrantedBy}
	r.object(fieldReaders{
		"permission": r.text(&d.permission),
		"on_subject": r.truth(&d.onSubject),
		"self":       r.truth(&d.self),
	})
	if d.self == (d.permission != "") || d.self && d.onSubject {
		r.fail("expected a permission, on the subject or not, or else that \"self\" is true")
	}
	return d
}

func (r *formReader) onDelete() directive {
	var text string
	r.text(&text)()
	for _, o := range []OnDelete{Refuse, Cascade, Detach} {
		if text == o.String() {
			return directive{kind: directiveOnDelete, onDelete: o}
		}
	}
	r.fail("expected refuse, cascade or detach, found %q", text)
	return directive{}
}

func (r *formReader) expiresWithin() directive {
	var text string
	if r.text(&text)(); text == "" {
		return directive{} // which is reported
	}
	limit, fault := parseLimit(text)
	if fault != "" {
		r.fail("%s", fault)
	}
	return directive{kind: directiveExpiresWithin, limit: limit}
}

// rewrite reads an operator at a depth, from 1.
func (r *formReader) rewrite(depth int) *expr {
	e := &expr{}
	if depth > maxDepth {
		r.fail("the expression nests more than %d deep", maxDepth)
		return e
	}
	switch t := r.token(); t {
	case "this":
		e.kind = exprThis
	case "nil":
		e.kind = exprNil
	case "self":
		e.kind = exprSelf
	case json.Delim('{'):
		n := r.fields(fieldReaders{
			"computed":     func() { e.kind = exprName; r.text(&e.name.text)() },
			"arrow":        func() { r.arrow(e) },
			"arrow_all":    func() { r.arrow(e); e.function = "all" },
			"union":        func() { r.operands(e, exprUnion, depth) },
			"intersection": func() { r.operands(e, exprIntersection, depth) },
			"exclusion":    func() { r.operands(e, exprExclusion, depth) },
		})
		if n != 1 {
			r.fail("an operator is an object with one field, and here are %d", n)
		}
	default:
		r.unexpected(`"this", "nil", "self" or an operator`, t)
	}
	return e
}

func (r *formReader) arrow(e *expr) {
	e.kind = exprArrow
	var names []string
	r.list(func() {
		var name string
		r.text(&name)()
		names = append(names, name)
	})()
	if len(names) != 2 {
		r.fail("an arrow has two names, a relation and what stands behind the arrow, and here are %d", len(names))
		return
	}
	e.name.text, e.target.text = names[0], names[1]
}

func (r *formReader) operands(e *expr, kind exprKind, depth int) {
	e.kind = kind
	r.list(func() { e.kids = append(e.kids, r.rewrite(depth+1)) })()
	switch n := len(e.kids); {
	case kind == exprExclusion && n != 2:
		r.fail("an exclusion has two operands, and here are %d", n)
	case n < 2:
		r.fail("expected two operands or more, and here are %d", n)
	}
}

// comments returns what reads comments, in the form in which a schema has them.
func (r *formReader) comments(to *[]string) func() {
	return r.list(func() {
		var text string
		r.text(&text)()
		if !isComment(text) {
			r.fail("expected a comment that begins with // or /*, ends where it ends, and is neither a directive nor like one")
		}
		*to = append(*to, reindent(text, ""))
	})
}

// isComment reports whether a text is one comment and no directive, nor what is
// refused because it looks like one.
func isComment(text string) bool {
	report := &reports{}
	l := lex(newSource("", text), report)
	return len(l.comments) == 1 && l.comments[0] == comment{0, len(text)} && report.errors == 0 &&
		!isDirective(text) && likeDirective(text) == ""
}
