package openfga_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/openfga"
)

// A condition means what it means in the language that it comes from, and is not
// handed to the other as if it meant the same there.
func TestConditionsKeepTheirDialect(t *testing.T) {
	const head = "model\n  schema 1.1\ntype user\ntype document\n  relations\n    define reader: [user with few]\n"
	for condition, refused := range map[string]bool{
		"condition few(used: uint) {\n  used < 5u\n}\n":                         true,
		"condition few(used: list<uint>) {\n  5u in used\n}\n":                  true,
		"condition few(from: ipaddress) {\n  from == ipaddress(\"::1\")\n}\n":   true,
		"condition few(from: ipaddress) {\n  from.in_cidr(\"10.0.0.0/8\")\n}\n": false,
		"condition few(used: int) {\n  used < 5\n}\n":                           false,
	} {
		s, err := openfga.Parse("m.fga", head+condition)
		require.NoError(t, err)
		require.True(t, s.Caveat("few").OpenFGA)
		text, err := s.Text()
		if refused {
			require.EqualError(t, err, "few: the condition may mean something else to SpiceDB, where a uint is no unsigned number and there is no function ipaddress")
			continue
		}
		require.NoError(t, err, condition)
		native, err := schema.Parse("m.zed", text)
		require.NoError(t, err)
		require.False(t, native.Caveat("few").OpenFGA)
		changes, err := schema.Compare(s, native)
		require.NoError(t, err)
		require.Empty(t, changes, condition)
	}

	native := schema.MustParse("caveat few(used uint) { used < 5 }\ndefinition user {}\ndefinition document { relation reader: user with few }")
	_, err := openfga.Format(native)
	require.EqualError(t, err, "few: the expression may mean something else to OpenFGA, where a uint is an unsigned number")
	same, err := openfga.Parse("m.fga", head+"condition few(used: uint) {\n  used < 5\n}\n")
	require.NoError(t, err)
	changes, err := schema.Compare(native, same)
	require.NoError(t, err)
	require.Len(t, changes, 1)
	require.Equal(t, schema.ExpressionChanged, changes[0].Kind)
}
