package validation

import (
	"errors"
	"io/fs"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// spiceDB reads a validation file.
func (r *reader) spiceDB(root *yaml.Node) *File {
	f := &File{Name: r.name, Format: SpiceDB, Cases: make([]Case, 1)}
	fields := r.fields(root, "a validation file", spiceDBKeys...)
	f.Schema = r.spiceDBSchema(root, fields)
	f.Relationships = r.relationshipLines(fields["relationships"].value)
	r.admit(f.Schema, f.Relationships)
	if a, ok := fields["assertions"]; ok {
		f.Cases[0].Assertions = r.assertions(f.Schema, a.value)
	}
	if v, ok := fields["validation"]; ok {
		f.Cases[0].Assertions = append(f.Cases[0].Assertions, r.validation(f.Schema, v.value)...)
	}
	return f
}

func (r *reader) spiceDBSchema(root *yaml.Node, fields map[string]field) *schema.Schema {
	text, inside := fields["schema"]
	file, beside := fields["schemaFile"]
	switch {
	case inside && beside:
		r.errorf(file.key, "schema and schemaFile: a file has one of them")
	case inside:
		if _, ok := r.text(text.value, "schema"); ok {
			return r.schema(text.value, schema.Parse)
		}
	case beside:
		if name, ok := r.beside(file.value, "schemaFile"); ok {
			return r.schemaFile(file.value, name, schema.ParseFS)
		}
	default:
		r.errorf(root, "there is no schema: schema has it, or schemaFile names a file")
	}
	return nil
}

// schemaFile reads a schema in a file of its own, which node names.
func (r *reader) schemaFile(n *yaml.Node, name string, parse func(fs.FS, string) (*schema.Schema, error)) *schema.Schema {
	s, err := parse(r.fsys, name)
	if err == nil {
		s, err = s.Bind(evaluator())
	}
	switch {
	case err == nil:
		return s
	case errors.As(err, new(schema.Errors)):
		r.problems.schemaErrors(name, err, func(d schema.Diagnostic) *Error {
			return &Error{File: d.File, Line: d.Line, Column: d.Column}
		})
	default:
		r.errorf(n, "%w", err)
	}
	return nil
}

// relationshipLines reads relationships, one a line.
func (r *reader) relationshipLines(n *yaml.Node) []Relationship {
	if _, ok := r.text(n, "relationships"); !ok {
		return nil
	}
	var rels []Relationship
	lines := map[tuple.Tuple]int{}
	for _, l := range r.block(n) {
		text := strings.TrimSpace(l.text)
		if text == "" || strings.HasPrefix(text, "//") {
			continue
		}
		rel, err := tuple.ParseRelationship(text)
		if err != nil {
			r.problems.errorf(r.name, l.line, "%w", err)
			continue
		}
		if line := lines[rel.Tuple]; line > 0 {
			r.problems.errorf(r.name, l.line, "%v is there a second time; it is on line %d as well", rel.Tuple, line)
			continue
		}
		lines[rel.Tuple] = l.line
		rels = append(rels, Relationship{rel, r.name, l.line})
	}
	return rels
}

// assertions reads the block of that name.
func (r *reader) assertions(s *schema.Schema, n *yaml.Node) []Assertion {
	var all []Assertion
	fields := r.fields(n, "assertions", string(AssertTrue), string(AssertCaveated), string(AssertFalse))
	for _, k := range []struct {
		kind Kind
		want verdict
	}{{AssertTrue, allowed}, {AssertCaveated, conditional}, {AssertFalse, denied}} {
		for _, item := range r.texts(fields[string(k.kind)].value, string(k.kind)) {
			t, context, ok := r.assertion(s, item)
			if ok {
				all = append(all, checkAssertion(r.name, item.Line, k.kind, t, context, k.want))
			}
		}
	}
	return all
}

// assertion reads object#permission@subject, with a context or without.
func (r *reader) assertion(s *schema.Schema, n *yaml.Node) (tuple.Tuple, map[string]any, bool) {
	text, given, found := strings.Cut(strings.TrimSpace(n.Value), " with ")
	t, err := tuple.Parse(strings.TrimSpace(text))
	if err != nil {
		r.errorf(n, "%w", err)
		return t, nil, false
	}
	var context map[string]any
	if found {
		if context, err = readContext(given); err != nil {
			r.errorf(n, "the context of %v: %w", t, err)
			return t, nil, false
		}
	}
	return t, context, r.known(s, n, t)
}

// known reports what a question names that there is not.
func (r *reader) known(s *schema.Schema, n *yaml.Node, t tuple.Tuple) bool {
	if s == nil { // which is an error already
		return true
	}
	if err := s.ValidateTuple(t); err != nil {
		r.errorf(n, "%v: %w", t, err)
		return false
	}
	return true
}
