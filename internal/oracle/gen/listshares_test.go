package gen

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestListShares prints what a quarter of the cases of TestShares are good for
// as to lists, and fails if it is not enough.
func TestListShares(t *testing.T) {
	var s ListShares
	generator := Cases()
	for i := range *cases / 4 {
		s.Measure(generator.Example(i))
	}
	t.Log(&s)
	require.Greater(t, 4*s.Excepting, s.Cases)
	require.Greater(t, 10*s.Allowing, s.Cases)
	require.Greater(t, 50*s.Differing, s.Cases)
	require.Greater(t, 10*s.ConditionalPublic, s.Cases)
	require.Greater(t, 4*s.UndefinedPublic, s.Cases)
	require.NotZero(t, s.FailedPublic)
	require.Greater(t, 4*s.Named, s.Cases)
	require.Greater(t, 3*s.Arrows, s.Cases)
	require.Greater(t, 2*s.Computed, s.Cases)
	require.Greater(t, 20*s.Self, s.Cases)
	require.Greater(t, 2*s.Usersets, s.Cases)
}
