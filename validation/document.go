package validation

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	// maxNodes bounds how many nodes of one document are looked at: a file of a
	// few lines can make millions, by aliases of aliases.
	maxNodes = 1_000_000
	// maxDepth bounds how deep the values of a context nest.
	maxDepth = 100
)

// A document is one YAML text being read. What is wrong with it goes to
// problems, and reading goes on with the rest.
type document struct {
	file     string
	lines    []string // of the text
	problems *problems
	visited  int
}

// newDocument parses a text; the node is nil if there is nothing in it, or if it
// is not YAML.
func newDocument(file string, data []byte, p *problems) (*document, *yaml.Node) {
	d := &document{file: file, problems: p}
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	d.lines = strings.Split(text, "\n")
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var root, second yaml.Node
	switch err := decoder.Decode(&root); {
	case errors.Is(err, io.EOF):
		return d, nil
	case err != nil:
		p.notYAML(file, err)
		return d, nil
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		p.errorf(file, second.Line, "a second YAML document: a file has one")
	case !errors.Is(err, io.EOF):
		p.notYAML(file, err)
		return d, nil
	}
	if len(root.Content) == 0 {
		return d, nil
	}
	return d, d.resolve(root.Content[0])
}

func (d *document) errorf(n *yaml.Node, format string, args ...any) {
	d.problems.errorf(d.file, n.Line, format, args...)
}

// resolve follows an alias, and counts what is looked at. Null is nil.
func (d *document) resolve(n *yaml.Node) *yaml.Node {
	d.visited++
	if d.visited > maxNodes {
		if d.visited == maxNodes+1 {
			d.errorf(n, "the file's aliases make more than %d values", maxNodes)
		}
		return nil
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return nil
	}
	return n
}

// A field is an entry of a mapping; its value is nil if it is null.
type field struct {
	name       string
	key, value *yaml.Node
}

// entries returns the entries of a mapping in their order.
func (d *document) entries(n *yaml.Node, what string) []field {
	if n.Kind != yaml.MappingNode {
		d.errorf(n, "%s should be a mapping", what)
		return nil
	}
	var all []field
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			d.errorf(key, "a key of %s should be a word", what)
			continue
		}
		if line := lines[key.Value]; line > 0 {
			d.errorf(key, "%s has %q a second time; it is on line %d as well", what, key.Value, line)
			continue
		}
		lines[key.Value] = key.Line
		all = append(all, field{key.Value, key, d.resolve(n.Content[i+1])})
	}
	return all
}

// fields returns the entries of a mapping by their names, which are of those
// known. What is null is left out.
func (d *document) fields(n *yaml.Node, what string, known ...string) map[string]field {
	all := map[string]field{}
	for _, f := range d.entries(n, what) {
		if !slices.Contains(known, f.name) {
			d.errorf(f.key, "unknown key %q: %s can have %s", f.name, what, strings.Join(known, ", "))
			continue
		}
		if f.value != nil {
			all[f.name] = f
		}
	}
	return all
}

// items returns the elements of a list; null ones are nil.
func (d *document) items(n *yaml.Node, what string) []*yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		d.errorf(n, "%s should be a list", what)
		return nil
	}
	all := make([]*yaml.Node, 0, len(n.Content))
	for _, item := range n.Content {
		v := d.resolve(item)
		if v == nil {
			if d.visited > maxNodes {
				return all
			}
			d.errorf(item, "an element of %s is empty", what)
			continue
		}
		all = append(all, v)
	}
	return all
}

// text returns the text of a scalar.
func (d *document) text(n *yaml.Node, what string) (string, bool) {
	if n == nil {
		return "", false
	}
	if n.Kind != yaml.ScalarNode {
		d.errorf(n, "%s should be a text; YAML wants quotes around one that has \": \" or begins with [, { or *", what)
		return "", false
	}
	return n.Value, true
}

// texts returns the texts of a list, with their nodes.
func (d *document) texts(n *yaml.Node, what string) (nodes []*yaml.Node) {
	for _, item := range d.items(n, what) {
		if _, ok := d.text(item, "an element of "+what); ok {
			nodes = append(nodes, item)
		}
	}
	return nodes
}

// boolean returns a truth value.
func (d *document) boolean(n *yaml.Node, what string) (value, ok bool) {
	if n == nil || n.Kind != yaml.ScalarNode || n.Decode(&value) != nil {
		return false, false
	}
	return value, true
}

// value returns what JSON would have for a node. A timestamp is its text, as
// caveats want it.
func (d *document) value(n *yaml.Node, depth int) any {
	if depth > maxDepth {
		d.errorf(n, "the values nest more than %d deep", maxDepth)
		return nil
	}
	at := n
	n = d.resolve(n)
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, item := range n.Content {
			list = append(list, d.value(item, depth+1))
			if d.stopped() {
				return nil
			}
		}
		return list
	case n.Kind == yaml.MappingNode:
		all := map[string]any{}
		for i := 0; i+1 < len(n.Content) && !d.stopped(); i += 2 {
			key := n.Content[i]
			if _, twice := all[key.Value]; twice || key.Kind != yaml.ScalarNode {
				d.errorf(key, "a key of a context should be a word, and there once: %q", key.Value)
				continue
			}
			all[key.Value] = d.value(n.Content[i+1], depth+1)
		}
		return all
	}
	return d.scalar(at, n)
}

// stopped reports whether so much was read, or is wrong, that reading on is no use.
func (d *document) stopped() bool { return d.visited > maxNodes || d.problems.omitted > 0 }

func (d *document) scalar(at, n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!bool":
		if b, ok := d.boolean(n, "a value"); ok {
			return b
		}
	case "!!int", "!!float":
		var f float64
		if err := n.Decode(&f); err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			d.errorf(at, "%s is no number that JSON has", n.Value)
			return nil
		}
		if beyond(n.Value) {
			d.errorf(at, "the integer %s is beyond 2^53; write it as a text, in quotes", n.Value)
			return nil
		}
		return f
	}
	return n.Value
}

// context returns the values of a context.
func (d *document) context(n *yaml.Node) map[string]any {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		d.errorf(n, "a context should be a mapping")
		return nil
	}
	all, _ := d.value(n, 0).(map[string]any)
	return all
}
