package baobab_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/tuple"
)

// Who is named only on the right side of an exclusion that is on the right side
// of another was not listed, when the wildcard was not.
func TestGivenBackByAnExclusionIsListed(t *testing.T) {
	eng := openText(t, `
		definition user {}
		definition doc {
			relation parent: doc
			relation a: user:*
			relation b: user
			permission less = a - b
			permission p = a - (a - b)
			permission far = a - less
			permission over = a - parent->less
		}`, "doc:1#a@user:*", "doc:1#b@user:ann", "doc:2#a@user:*", "doc:2#parent@doc:1")
	for _, userset := range []string{"doc:1#p", "doc:1#far", "doc:2#over"} {
		sub := tuple.MustParseSubject(userset)
		var listed []string
		for a, err := range eng.Subjects(ctx, sub.Object, sub.Relation, "user") {
			require.NoError(t, err)
			listed = append(listed, a.String())
		}
		require.Equal(t, []string{"user:ann"}, listed, userset)
	}
}
