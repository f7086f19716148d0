package baobab

import (
	"context"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
)

// SetSchema puts another schema in place while the engine answers, as one
// commit: views taken earlier keep theirs, and later ones have the new one. By
// its options tuples are renamed in the same commit, and those that the schema
// does not admit are set aside instead of refusing it. [schema.Compare] says what
// a change would affect. It costs what reading all tuples costs, and readers do
// not wait.
//
// Errors, with which nothing changes: [store.ErrNoSchema],
// [schema.ErrNoEvaluator] for a schema with caveats on an engine that cannot
// evaluate them, [schema.Errors] for a caveat that is wrong, a
// [*store.OrphanError] that names tuples which would not be admitted any more,
// one that matches [store.ErrConstraint] and names what breaks a constraint, and
// those of [Engine.Update].
func (e *Engine) SetSchema(ctx context.Context, s *schema.Schema, o store.SchemaOptions) (Revision, error) {
	if s == nil {
		return Revision{}, store.ErrNoSchema
	}
	bound, err := s.Bind(e.caveats)
	if err != nil {
		return Revision{}, err
	}
	return e.store.SetSchema(ctx, bound, o)
}
