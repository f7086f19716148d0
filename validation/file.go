package validation

import (
	"cmp"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// A Format says whose test file a file is.
type Format string

const (
	// SpiceDB is a validation file of SpiceDB's tools.
	SpiceDB Format = "SpiceDB"
	// OpenFGA is a store file of OpenFGA's tools.
	OpenFGA Format = "OpenFGA"
)

// A File is a test file that has been read, and is right as far as that can be
// seen without asking anything. It is safe for use by many goroutines as long as
// none changes it.
type File struct {
	Name          string // the path that was read
	Format        Format
	Title         string         // what the file calls itself; often empty
	Schema        *schema.Schema // with its caveats compiled
	Relationships []Relationship // of all cases
	Cases         []Case         // of a SpiceDB file one, without a name
}

// A Relationship is one of a file's, and where it stands.
type Relationship struct {
	tuple.Relationship
	File string
	Line int // from 1
}

// A Case is a part of a file that has relationships of its own: a test of an
// OpenFGA file, or all that a SpiceDB file asserts.
type Case struct {
	Name          string
	Line          int            // from 1; 0 if the file has no such part
	Relationships []Relationship // besides those of the file
	Assertions    []Assertion    // in the order of the file
}

// A Kind says what an assertion is about. It is the word that the file has for it.
type Kind string

const (
	// AssertTrue asserts that a tuple holds.
	AssertTrue Kind = "assertTrue"
	// AssertCaveated asserts that it depends on parameters of caveats which have no value.
	AssertCaveated Kind = "assertCaveated"
	// AssertFalse asserts that it does not hold.
	AssertFalse Kind = "assertFalse"
	// Validation asserts who is in a relation: an expected subject, or that there is no other.
	Validation Kind = "validation"
	// Check asserts that a tuple holds, or that it does not.
	Check Kind = "check"
	// ListObjects asserts of which objects of a type a tuple holds.
	ListObjects Kind = "list_objects"
	// ListUsers asserts of which subjects of some types a tuple holds.
	ListUsers Kind = "list_users"
)

// An Assertion is one question of a file and the answer that it expects.
type Assertion struct {
	File string
	Line int // from 1
	Kind Kind
	// Text is the question: a tuple, with the context in which it is asked; or
	// who is asked for, such as document#view@user:ann for a list of objects.
	Text string
	// Want is the answer that the file expects, in the words of [Entry.Got].
	Want     string
	question question
}

// evaluator returns what gives caveats their meaning.
func evaluator() schema.Evaluator { return caveat.New(caveat.Options{}) }

// Read reads the test file at path, and what it names, from a file system. The
// names of other files in it are relative to it, and cannot leave fsys.
//
// Which format it is in follows from its name, if that ends in .fga.yaml, or else
// from what stands in it. Nothing is asked yet, but everything is read: the
// schema is compiled with its caveats, every relationship is one that the schema
// admits, and every question names types and relations that there are.
//
// The error is [Errors], all that is wrong, unless the file at path itself cannot
// be opened.
func Read(fsys fs.FS, name string) (*File, error) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	p := &problems{}
	doc, root := newDocument(name, data, p)
	if root == nil {
		if len(p.found) == 0 {
			p.errorf(name, 0, "the file is empty")
		}
		return nil, p.err(name)
	}
	r := &reader{fsys, name, doc}
	f := &File{}
	switch r.format(root) {
	case SpiceDB:
		f = r.spiceDB(root)
	case OpenFGA:
		f = r.openFGA(root)
	}
	if err := p.err(name); err != nil {
		return nil, err
	}
	for _, c := range f.Cases {
		slices.SortStableFunc(c.Assertions, func(a, b Assertion) int { return cmp.Compare(a.Line, b.Line) })
	}
	return f, nil
}

// A reader reads one test file.
type reader struct {
	fsys fs.FS
	name string
	*document
}

var (
	spiceDBKeys = []string{"schema", "schemaFile", "relationships", "assertions", "validation"}
	openFGAKeys = []string{"name", "model", "model_file", "tuples", "tuple_file", "tuple_files", "tests"}
)

// format tells the formats apart; empty, after an error, if it is neither.
func (r *reader) format(root *yaml.Node) Format {
	if root.Kind != yaml.MappingNode {
		r.errorf(root, "a test file should be a mapping with schema, relationships and assertions (SpiceDB), or model, tuples and tests (OpenFGA)")
		return ""
	}
	if strings.HasSuffix(r.name, ".fga.yaml") || strings.HasSuffix(r.name, ".fga.yml") {
		return OpenFGA
	}
	for i := 0; i < len(root.Content); i += 2 {
		switch key := root.Content[i].Value; {
		case slices.Contains(spiceDBKeys, key):
			return SpiceDB
		case slices.Contains(openFGAKeys, key):
			return OpenFGA
		}
	}
	r.errorf(root, "neither a test file of SpiceDB, which has %s, nor one of OpenFGA, which has %s",
		strings.Join(spiceDBKeys, ", "), strings.Join(openFGAKeys, ", "))
	return ""
}

// beside returns the path of a file that the node names, relative to the test file.
func (r *reader) beside(n *yaml.Node, what string) (string, bool) {
	named, ok := r.text(n, what)
	if !ok {
		return "", false
	}
	name := path.Join(path.Dir(r.name), named)
	if named == "" {
		r.errorf(n, "%s names no file", what)
		return "", false
	}
	if path.IsAbs(named) || !fs.ValidPath(name) {
		r.errorf(n, "%s: %q leads out of the folder that is read: a path is relative to the file in which it stands", what, named)
		return "", false
	}
	return name, true
}

// admit reports the relationships that the schema does not admit.
func (r *reader) admit(s *schema.Schema, rels []Relationship) {
	if s == nil {
		return
	}
	for _, rel := range rels {
		if err := s.ValidateRelationship(rel.Relationship); err != nil {
			r.problems.errorf(rel.File, rel.Line, "%w", err)
		}
	}
}
