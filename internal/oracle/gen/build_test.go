package gen

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/schema"
)

// Every case's schema is one that the engine accepts, and where its text is one
// of the native language, the text means the same. Caveats can be compiled, and
// need all of their parameters, as some evaluators demand.
func TestBuild(t *testing.T) {
	generator, same, caveated := Cases(), 0, 0
	for i := range *cases {
		c := generator.Example(i)
		s, err := Build(c.Schema)
		require.NoError(t, err, Describe(c))
		require.Len(t, s.Definitions(), len(c.Schema.Types))
		require.Len(t, s.Caveats(), len(c.Schema.Caveats))
		_, err = s.Bind(oracle.Conditions{})
		require.NoError(t, err, Describe(c))
		for _, caveat := range c.Schema.Caveats {
			for _, p := range caveat.Parameters {
				require.Regexp(t, `\b`+p.Name+`\b`, caveat.Expression)
			}
		}
		if parsed, err := schema.Parse("", c.Schema.Source()); err == nil {
			same++
			if len(s.Caveats()) > 0 {
				caveated++
			}
			require.Equal(t, s.String(), parsed.String(), Describe(c))
		}
	}
	require.Greater(t, 10*same, *cases)
	require.Greater(t, 50*caveated, *cases)
}
