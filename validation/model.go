package validation

import (
	"io/fs"
	"path"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/openfga"
)

// readModel reads a model in a file of its own: of several modules (.mod), in
// JSON, or in OpenFGA's language.
func readModel(fsys fs.FS, name string) (*schema.Schema, error) {
	if path.Ext(name) == ".mod" {
		return openfga.ParseFS(fsys, name)
	}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	if path.Ext(name) == ".json" {
		return openfga.ParseJSON(name, data)
	}
	return openfga.Parse(name, string(data))
}
