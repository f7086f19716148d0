package validation

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/openfga"
	"github.com/baobab-authz/baobab/tuple"
)

// openFGA reads a store file.
func (r *reader) openFGA(root *yaml.Node) *File {
	f := &File{Name: r.name, Format: OpenFGA}
	fields := r.fields(root, "a store file", openFGAKeys...)
	f.Title, _ = r.text(fields["name"].value, "name")
	f.Schema = r.model(root, fields)
	f.Relationships = r.tupleSources(fields, nil)
	r.admit(f.Schema, f.Relationships)
	names := map[string]bool{}
	for _, item := range r.items(fields["tests"].value, "tests") {
		t := r.test(f, item)
		if t.Name == "" {
			t.Name = fmt.Sprintf("test %d", len(f.Cases)+1)
		}
		if names[t.Name] {
			t.Name = fmt.Sprintf("%s (%d)", t.Name, len(f.Cases)+1)
		}
		names[t.Name] = true
		f.Cases = append(f.Cases, t)
	}
	return f
}

// model reads the model that stands in the file, or that it names.
func (r *reader) model(root *yaml.Node, fields map[string]field) *schema.Schema {
	text, inside := fields["model"]
	file, beside := fields["model_file"]
	switch {
	case inside && beside:
		r.errorf(file.key, "model and model_file: a file has one of them")
	case inside:
		if _, ok := r.text(text.value, "model"); ok {
			return r.schema(text.value, openfga.Parse)
		}
	case beside:
		if name, ok := r.beside(file.value, "model_file"); ok {
			return r.schemaFile(file.value, name, readModel)
		}
	default:
		r.errorf(root, "there is no model: model has it, or model_file names a file")
	}
	return nil
}

// tupleSources reads tuples, tuple_file and tuple_files. One that is there already,
// here or in before, is passed over if it is the same, and else an error.
func (r *reader) tupleSources(fields map[string]field, before []Relationship) []Relationship {
	var all []Relationship
	if f, ok := fields["tuple_file"]; ok {
		all = append(all, r.tupleFile(f.value, "tuple_file")...)
	}
	for _, n := range r.items(fields["tuple_files"].value, "tuple_files") {
		all = append(all, r.tupleFile(n, "tuple_files")...)
	}
	if f, ok := fields["tuples"]; ok {
		all = append(all, r.tuples(f.value, "tuples")...)
	}
	known := map[tuple.Tuple]Relationship{}
	for _, rel := range before {
		known[rel.Tuple] = rel
	}
	var kept []Relationship
	for _, rel := range all {
		first, twice := known[rel.Tuple]
		if twice && first.String() != rel.String() {
			r.problems.errorf(rel.File, rel.Line, "%v is there a second time, and differs: at %s:%d it is %v",
				rel.Relationship, first.File, first.Line, first.Relationship)
		}
		if !twice {
			known[rel.Tuple] = rel
			kept = append(kept, rel)
		}
	}
	return kept
}

// tupleFile reads the tuples of a file that the node names.
func (r *reader) tupleFile(n *yaml.Node, what string) []Relationship {
	name, ok := r.beside(n, what)
	if !ok {
		return nil
	}
	rels, err := ReadTuples(r.fsys, name)
	var all Errors
	switch {
	case errors.As(err, &all):
		for _, e := range all {
			r.problems.add(e)
		}
	case err != nil:
		r.errorf(n, "%s: %w", what, err)
	}
	return rels
}

// test reads an element of tests.
func (r *reader) test(f *File, n *yaml.Node) Case {
	t := Case{Line: n.Line}
	fields := r.fields(n, "a test", "name", "description", "tuples", "tuple_file", "tuple_files", "check", "list_objects", "list_users")
	name, _ := r.text(fields["name"].value, "name")
	t.Name = strings.Join(strings.Fields(name), " ") // a line of a report
	r.text(fields["description"].value, "description")
	t.Relationships = r.tupleSources(fields, f.Relationships)
	r.admit(f.Schema, t.Relationships)
	q := questions{r, f.Schema}
	for _, item := range r.items(fields["check"].value, "check") {
		t.Assertions = append(t.Assertions, q.check(item)...)
	}
	for _, item := range r.items(fields["list_objects"].value, "list_objects") {
		t.Assertions = append(t.Assertions, q.listObjects(item)...)
	}
	for _, item := range r.items(fields["list_users"].value, "list_users") {
		t.Assertions = append(t.Assertions, q.listUsers(item)...)
	}
	return t
}
