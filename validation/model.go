package validation

import (
	"errors"
	"io/fs"

	"github.com/baobab-authz/baobab/schema"
)

var errNoModel = errors.New("models are not read")

func parseModel(file, text string) (*schema.Schema, error) { return schema.Parse(file, text) }
func parseModelFile(fsys fs.FS, name string) (*schema.Schema, error) {
	return nil, errNoModel
}
