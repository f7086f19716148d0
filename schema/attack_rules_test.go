package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
)

// Names may have hyphens, so that a text of a rewrite does not say where a name
// ends: (a-b) without c is another permission than a without (b-c). Compare
// compares what the schemas mean.
func TestCompareTellsHyphensApart(t *testing.T) {
	with := func(e schema.Rewrite) *schema.Schema {
		user := schema.Type("user")
		return schema.MustNew(schema.Define("user"), schema.Define("doc",
			schema.Rel("a", user), schema.Rel("a-b", user), schema.Rel("b-c", user), schema.Rel("c", user),
			schema.Perm("p", e)))
	}
	before := with(schema.Minus(schema.Ref("a-b"), schema.Ref("c")))
	after := with(schema.Minus(schema.Ref("a"), schema.Ref("b-c")))
	changes, err := schema.Compare(before, after)
	require.NoError(t, err)
	require.Len(t, changes, 1)
}
