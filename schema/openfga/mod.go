package openfga

import (
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strings"

	"github.com/baobab-authz/baobab/schema"
)

// ParseFS reads a model of several modules: the file at path, which is usually
// named fga.mod, says which. Their paths are relative to the one of that file, and
// cannot lead out of its folder. The types of all modules are known in each of
// them, and those of another module can be extended.
//
//	schema: '1.2'
//	contents:
//	  - core.fga
//	  - tracker/projects.fga
//
// Of YAML it reads what such a file needs: keys at the left, lists with a hyphen
// a line or in brackets, strings with and without quotes, and comments.
//
// The error is [schema.Errors], unless path itself cannot be read; it matches what
// fsys returned for a file that cannot be read.
func ParseFS(fsys fs.FS, path string) (*schema.Schema, error) {
	text, err := fs.ReadFile(fsys, path)
	if err != nil {
		return nil, fmt.Errorf("openfga: %w", err)
	}
	b := &schema.Builder{}
	m := &modules{b: b, fsys: fsys, merged: &model{}}
	for _, n := range readMod(b, b.Source(path, string(text)), string(text)) {
		m.add(path, n)
	}
	m.merge()
	return build(b, m.merged)
}

// modules are the modules of a model.
type modules struct {
	b      *schema.Builder
	fsys   fs.FS
	seen   map[string]bool
	models []*model
	merged *model
}

// add reads the module that an item of the list in the file mod names.
func (m *modules) add(mod string, item name) {
	file, ok := m.path(mod, item)
	if !ok {
		m.merged.gaps = true
		return
	}
	text, err := fs.ReadFile(m.fsys, file)
	if err != nil {
		m.b.Causef(item.at, "", err, "cannot read the module: %v", err)
		m.merged.gaps = true
		return
	}
	p := read(m.b, m.b.Source(file, string(text)), string(text), true)
	m.models = append(m.models, p.model)
}

// path returns the path of a module.
func (m *modules) path(mod string, item name) (string, bool) {
	decoded, err := url.QueryUnescape(item.text)
	if err != nil {
		m.b.Errorf(item.at, "", "the path %q does not decode: %v", item.text, err)
		return "", false
	}
	decoded = strings.ReplaceAll(decoded, `\`, "/")
	file := path.Join(path.Dir(mod), decoded)
	switch {
	case path.IsAbs(decoded) || strings.Contains("/"+decoded+"/", "/../") || !fs.ValidPath(file):
		m.b.Errorf(item.at, "", "%q leads out of the folder: a module is relative to the file in which it is listed", item.text)
	case !strings.HasSuffix(decoded, ".fga"):
		m.b.Errorf(item.at, "", "%q is no module: its file ends with .fga", item.text)
	case m.seen[file]:
		m.b.Errorf(item.at, "", "%q is listed already", item.text)
	default:
		if m.seen == nil {
			m.seen = map[string]bool{}
		}
		m.seen[file] = true
		return file, true
	}
	return "", false
}

// merge makes one model of the modules.
func (m *modules) merge() {
	types := map[string]*typeDef{}
	var names []string
	for _, from := range m.models {
		m.merged.gaps = m.merged.gaps || from.gaps
		m.merged.conditions = append(m.merged.conditions, from.conditions...)
		for _, def := range from.types {
			if def.extend {
				continue
			}
			m.merged.types = append(m.merged.types, def)
			names = append(names, def.name.text)
			if types[def.name.text] == nil {
				types[def.name.text] = def
			}
		}
	}
	for _, from := range m.models {
		own, extended := map[string]bool{}, map[string]bool{}
		for _, def := range from.types {
			own[def.name.text] = own[def.name.text] || !def.extend
		}
		for _, def := range from.types {
			n := def.name
			switch {
			case !def.extend:
				continue
			case own[n.text]:
				m.b.Errorf(n.at, n.text, "type %s stands in this module itself: put the relations there", n.text)
			case extended[n.text]:
				m.b.Errorf(n.at, n.text, "type %s is extended in this module already", n.text)
			case types[n.text] == nil && !m.merged.gaps:
				m.b.Unknownf(n.at, n.text, schema.ErrUnknownType, n.text, names, "unknown type %q: no module declares what is extended here", n.text)
			}
			extended[n.text] = true
			if to := types[n.text]; to != nil {
				to.relations = append(to.relations, def.relations...)
				to.gaps = to.gaps || def.gaps
			}
		}
	}
}
