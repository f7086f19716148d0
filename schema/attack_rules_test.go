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

// What looks like a directive is none silently: whoever wrote it believes that
// the rule is in force.
func TestLookalikesAreErrors(t *testing.T) {
	for _, c := range []string{
		"/*baobab:count 1*/", "/* baobab:count 1 */", "/** baobab:on-delete refuse */", "/*\n * baobab:count 1\n */",
		"//baobab.count 1", "//baobab-count 1", "//baobab_count 1", "//baobab/count 1", "//baobab =count 1", "// baobab-count 1",
		"// baobab granted-by self", "//baobab\u00a0:count 1", "//baobab\uff1acount 1",
	} {
		_, err := schema.Parse("x.zed", "definition user {}\ndefinition doc {\n\t"+c+"\n\trelation r: user\n}\n")
		require.ErrorContains(t, err, "looks like a directive", c)
	}
	for _, c := range []string{"// baobab count everything", "/* baobabs */", "// baobab, count on it", "// A baobab: a tree.", "/**/", "/* //baobab:count 1 is what was here */"} {
		_, err := schema.Parse("x.zed", "definition user {}\ndefinition doc {\n\t"+c+"\n\trelation r: user\n}\n")
		require.NoError(t, err, c)
	}
}
