package validation

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"go.yaml.in/yaml/v3"

	"github.com/baobab-authz/baobab/tuple"
)

// ReadTuples reads a file of OpenFGA's tuples, in the form that its name ends in:
// .yaml or .yml, .json, .jsonl, or .csv. See [ReadTuplesYAML], [ReadTuplesJSON] and
// [ReadTuplesCSV] for the forms and the errors; that of fsys is returned as it is.
func ReadTuples(fsys fs.FS, name string) ([]Relationship, error) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	switch path.Ext(name) {
	case ".yaml", ".yml":
		return ReadTuplesYAML(name, data)
	case ".json", ".jsonl":
		return ReadTuplesJSON(name, data)
	case ".csv":
		return ReadTuplesCSV(name, data)
	}
	return nil, Errors{{File: name, Err: errors.New("a file of tuples ends in .yaml, .yml, .json, .jsonl or .csv")}}
}

// ReadTuplesYAML reads OpenFGA's tuples from a list in YAML. The name of the file
// is only for messages.
//
//   - user: team:eng#member
//     relation: viewer
//     object: document:plan
//     condition:
//     name: in_office
//     context: {network: 10.0.0.0/8}
//
// The error is [Errors]. Whether a schema admits the tuples is not looked at.
func ReadTuplesYAML(file string, data []byte) ([]Relationship, error) {
	p := &problems{}
	doc, root := newDocument(file, data, p)
	var rels []Relationship
	if root != nil {
		rels = doc.tuples(root, "the file")
	}
	return rels, p.err(file)
}

// byteOrderMark is what some editors put at the beginning of a file.
const byteOrderMark = "\ufeff"

// A fgaTuple is a tuple as OpenFGA's files have it.
type fgaTuple struct {
	User      string        `json:"user"`
	Relation  string        `json:"relation"`
	Object    string        `json:"object"`
	Condition *fgaCondition `json:"condition"`
}

type fgaCondition struct {
	Name    string         `json:"name"`
	Context map[string]any `json:"context"`
}

// relationship returns the tuple in this project's terms.
func (t fgaTuple) relationship() (tuple.Relationship, error) {
	q, err := questionOf(t.Object, t.Relation, t.User)
	if err != nil {
		return tuple.Relationship{}, err
	}
	rel := q.Always()
	if t.Condition != nil {
		if t.Condition.Name == "" {
			return rel, errors.New("the condition has no name")
		}
		rel = rel.When(t.Condition.Name, t.Condition.Context)
	}
	return rel.Canonical()
}

// questionOf reads the parts of a tuple.
func questionOf(object, relation, user string) (tuple.Tuple, error) {
	for _, part := range []struct{ name, text string }{{"user", user}, {"relation", relation}, {"object", object}} {
		if part.text == "" {
			return tuple.Tuple{}, fmt.Errorf("there is no %s", part.name)
		}
	}
	o, err := tuple.ParseObject(object)
	if err != nil {
		return tuple.Tuple{}, fmt.Errorf("object %w", err)
	}
	s, err := tuple.ParseSubject(user)
	if err != nil {
		return tuple.Tuple{}, fmt.Errorf("user %w", err)
	}
	t := tuple.New(o, relation, s)
	return t, t.Validate()
}

// tuples reads a list of tuples.
func (d *document) tuples(n *yaml.Node, what string) []Relationship {
	var rels []Relationship
	for _, item := range d.items(n, what) {
		before := len(d.problems.found)
		fields := d.fields(item, "a tuple", "user", "relation", "object", "condition")
		var t fgaTuple
		t.User, _ = d.text(fields["user"].value, "user")
		t.Relation, _ = d.text(fields["relation"].value, "relation")
		t.Object, _ = d.text(fields["object"].value, "object")
		if c, ok := fields["condition"]; ok {
			condition := d.fields(c.value, "a condition", "name", "context")
			t.Condition = &fgaCondition{Context: d.context(condition["context"].value)}
			t.Condition.Name, _ = d.text(condition["name"].value, "the name of a condition")
		}
		if len(d.problems.found) > before {
			continue
		}
		rel, err := t.relationship()
		if err != nil {
			d.errorf(item, "%w", err)
			continue
		}
		rels = append(rels, Relationship{rel, d.file, item.Line})
	}
	return rels
}
