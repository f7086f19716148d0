package openfga

import "github.com/baobab-authz/baobab/schema"

// Parse reads a model in OpenFGA's modelling language, of schema 1.1 or 1.2. The
// name of the file is only for messages, and may be empty.
//
// The text can be a module, if it is complete by itself: one that extends types of
// other modules takes [ParseFS].
//
// The error is [schema.Errors]: all of them, in order.
func Parse(file, text string) (*schema.Schema, error) {
	b := &schema.Builder{}
	p := read(b, b.Source(file, text), text, false)
	for _, def := range p.model.types {
		if def.extend && p.module {
			b.Suggestf(def.name.at, def.name.text, "use ParseFS", "Parse reads one text: type %s is extended and stands in another", def.name.text)
		}
	}
	return build(b, p.model)
}
