package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/tuple"
)

// Steps are those of all questions that the graph decided, of every subject, and stay
// when the asker is closed.
func TestStepsOfAnAsker(t *testing.T) {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "doc:1#viewer@group:%d#member\ngroup:%d#member@user:%d\n", i, i, i)
	}
	st := now(t, open(t, `
		definition user {}
		definition group { relation member: user }
		definition doc { relation viewer: group#member }`, b.String()))
	a := check.New(check.Options{}).GraphOnly().Asker(ctx, st)
	require.Zero(t, a.Steps())
	last := 0
	for i := range 5 {
		d, err := a.Check(tuple.MustParse(fmt.Sprintf("doc:1#viewer@user:%d", 95+i)))
		require.NoError(t, err)
		require.True(t, d.Allowed())
		require.Greater(t, a.Steps(), last+90)
		last = a.Steps()
	}
	a.Close()
	require.Equal(t, last, a.Steps())
}
