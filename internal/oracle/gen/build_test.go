package gen

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
)

// Every case's schema is one that the engine accepts, and where its text is one
// of the native language, the text means the same.
func TestBuild(t *testing.T) {
	generator, same := Cases(), 0
	for i := range *cases {
		c := generator.Example(i)
		s, err := Build(c.Schema)
		require.NoError(t, err, Describe(c))
		require.Len(t, s.Definitions(), len(c.Schema.Types))
		if parsed, err := schema.Parse("", c.Schema.Source()); err == nil {
			same++
			require.Equal(t, s.String(), parsed.String(), Describe(c))
		}
	}
	require.Greater(t, 10*same, *cases)
}
