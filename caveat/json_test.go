package caveat_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/internal/oracle/gen"
	"github.com/baobab-authz/baobab/schema"
)

// stored returns the conditions of a schema, and those of what is read back of it.
func stored(t require.TestingT, s *schema.Schema) (before, after *schema.Schema) {
	data, err := s.MarshalJSON()
	require.NoError(t, err)
	after, err = schema.ParseJSON(data)
	require.NoError(t, err)
	before, err = s.Bind(caveat.New(caveat.Options{}))
	require.NoError(t, err)
	after, err = after.Bind(caveat.New(caveat.Options{}))
	require.NoError(t, err)
	bound, err := before.MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, string(data), string(bound))
	return before, after
}

// A schema that was stored as JSON has the conditions that it had.
func TestStoredConditions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := gen.Draw(t)
		s, err := gen.Build(c.Schema)
		require.NoError(t, err)
		before, after := stored(t, s)
		for _, r := range c.Tuples {
			if r.Caveat == "" {
				continue
			}
			a, b := before.Caveat(r.Caveat).Condition(), after.Caveat(r.Caveat).Condition()
			require.NoError(t, b.Validate(r.Context))
			for _, given := range c.Given {
				want, wantErr := a.Evaluate(r.Context, given)
				got, gotErr := b.Evaluate(r.Context, given)
				require.Equal(t, wantErr, gotErr)
				require.Equal(t, want, got)
			}
		}
	})
}

// SpiceDB's expressions remain SpiceDB's, and OpenFGA's OpenFGA's: what one of
// them alone has, and what both read in another way.
func TestStoredDialects(t *testing.T) {
	for _, test := range []struct {
		openFGA                bool
		parameters, expression string
		values                 context
		want                   string
	}{
		{false, "n uint", "n < 5 // }", context{"n": 4.0}, "yes"},
		{false, "a ipaddress, s string", "a.in_cidr(s) && s != \"<&>\\u2028\"", context{"a": "10.1.2.3", "s": "10.0.0.0/8"}, "yes"},
		{false, "m map<any>, l list<map<int>>", "m.isSubtreeOf({'a': 1}) || l[0].x == 2", context{"m": context{"b": 1.0}, "l": []any{context{"x": 2.0}}}, "yes"},
		{true, "n: uint, l: list<uint>", "n < 5u && 3u in l", context{"n": 4.0, "l": []any{3.0}}, "yes"},
		{true, "n: uint", "n < 5u", context{"n": -1.0}, "parameter n: expected a uint"},
		{true, "ip: ipaddress", `ip == ipaddress("10.0.0.1") # it is`, context{"ip": "10.0.0.1"}, "yes"},
	} {
		s, err := schema.Parse("s.zed", "caveat c("+test.parameters+") {\n\t"+test.expression+"\n}\ndefinition user { relation r: user with c }\n")
		if test.openFGA {
			s, err = model(t, test.parameters, test.expression), nil
		}
		require.NoError(t, err)
		before, after := stored(t, s)
		require.Equal(t, test.openFGA, after.Caveat("c").OpenFGA)
		for _, s := range []*schema.Schema{before, after} {
			require.Contains(t, verdict(s.Caveat("c").Condition(), test.values), test.want, test.expression)
		}
	}
}
