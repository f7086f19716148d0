package validation

import (
	"errors"
	"io/fs"
	"path"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/openfga"
)

// readModel reads a model in a file of its own: in OpenFGA's language, or in JSON.
func readModel(fsys fs.FS, name string) (*schema.Schema, error) {
	if path.Ext(name) == ".mod" {
		return nil, errors.New("a model of several modules is not read")
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
