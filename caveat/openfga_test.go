package caveat_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/openfga"
)

// What OpenFGA has beyond SpiceDB is read where it is asked for, and nowhere else.
func TestOpenFGAExpressions(t *testing.T) {
	c := condition(t, "n: uint, l: list<uint>", "n < 5u && 3u in l")
	require.Equal(t, "yes", verdict(c, context{"n": 4.0, "l": []any{1.0, "3"}}))
	require.Equal(t, "no", verdict(c, context{"n": 4.0, "l": []any{}}))
	require.Equal(t, "no", verdict(c, context{"n": 9.0, "l": []any{3.0}}))
	require.Contains(t, verdict(c, context{"n": -1.0, "l": []any{3.0}}), "parameter n: expected a uint")
	require.Contains(t, verdict(c, context{"n": 1e18, "l": []any{3.0}}), "in a string where it is beyond 2^53")

	c = condition(t, "ip: ipaddress, text: string", `ip == ipaddress("10.0.0.1") || ip == ipaddress(text)`)
	require.Equal(t, "yes", verdict(c, context{"ip": "10.0.0.1", "text": "::1"}))
	require.Equal(t, "yes", verdict(c, context{"ip": "::1", "text": "0::1"}))
	require.Equal(t, "no", verdict(c, context{"ip": "::2", "text": "0::1"}))
	require.Contains(t, verdict(c, context{"ip": "::2", "text": "here"}), `ipaddress: "here" is no IP address such as "10.0.0.1"`)

	for _, text := range []string{"n < 5u", `ipaddress("::1") == ipaddress("::1")`} {
		_, err := bind("n uint", text, caveat.Options{})
		require.Error(t, err)
	}
	_, err := model(t, "n: uint", "n < 5").Bind(caveat.New(caveat.Options{}))
	require.Error(t, err, "and SpiceDB's way is not OpenFGA's")
}

// model is one of OpenFGA with a condition.
func model(t *testing.T, parameters, expression string) *schema.Schema {
	s, err := openfga.Parse("m.fga", "model\n  schema 1.1\ntype user\ntype doc\n  relations\n    define r: [user with c]\ncondition c("+parameters+") {\n  "+expression+"\n}\n")
	require.NoError(t, err)
	return s
}

func condition(t *testing.T, parameters, expression string) schema.Condition {
	s, err := model(t, parameters, expression).Bind(caveat.New(caveat.Options{}))
	require.NoError(t, err)
	return s.Caveat("c").Condition()
}
