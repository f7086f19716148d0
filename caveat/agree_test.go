package caveat_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/internal/oracle/gen"
)

// The conditions by which the engine is compared with the oracle mean in CEL
// what they mean there: the same verdict, the same missing parameters, and an
// error where there is one.
func TestAgreesWithOracleConditions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := gen.Draw(t)
		s, err := gen.Build(c.Schema)
		require.NoError(t, err)
		inCEL, err := s.Bind(caveat.New(caveat.Options{}))
		require.NoError(t, err)
		naive, err := s.Bind(oracle.Conditions{})
		require.NoError(t, err)
		for _, r := range c.Tuples {
			if r.Caveat == "" {
				continue
			}
			a, b := inCEL.Caveat(r.Caveat).Condition(), naive.Caveat(r.Caveat).Condition()
			require.NoError(t, a.Validate(r.Context))
			for _, given := range c.Given {
				got, gotErr := a.Evaluate(r.Context, given)
				want, wantErr := b.Evaluate(r.Context, given)
				about := inCEL.Caveat(r.Caveat).String()
				require.Equal(t, wantErr != nil, gotErr != nil, "%s, %v, %v: %v, %v", about, r.Context, given, wantErr, gotErr)
				require.Equal(t, want, got, "%s, %v, %v", about, r.Context, given)
			}
		}
	})
}
