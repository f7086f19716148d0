package validation

import (
	"go.yaml.in/yaml/v3"

	"github.com/baobab-authz/baobab/schema"
)

func (r *reader) openFGA(root *yaml.Node) *File { return nil }
func (r *reader) validation(s *schema.Schema, n *yaml.Node) []Assertion { return nil }
