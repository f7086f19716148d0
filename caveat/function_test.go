package caveat_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/schema"
)

// verdict writes what an evaluation with given values comes to.
func verdict(c schema.Condition, given context) string {
	v, err := c.Evaluate(nil, given)
	return text(v, err)
}

func TestInCIDR(t *testing.T) {
	c := compile(t, "ip ipaddress, network string", "ip.in_cidr(network)", caveat.Options{})
	for _, test := range []struct{ ip, network, want string }{
		{"10.1.2.3", "10.0.0.0/8", "yes"},
		{"11.1.2.3", "10.0.0.0/8", "no"},
		{"10.1.2.3", "10.9.9.9/8", "yes"}, // bits beyond the prefix do not matter
		{"10.1.2.3", "10.1.2.3/32", "yes"},
		{"10.1.2.3", "0.0.0.0/0", "yes"},
		{"2001:db8::1", "2001:db8::/32", "yes"},
		{"2001:db9::1", "2001:db8::/32", "no"},
		{"10.1.2.3", "::/0", "no"},
		{"::ffff:10.1.2.3", "10.0.0.0/8", "yes"},
		{"::ffff:a01:203", "11.0.0.0/8", "no"},
		{"::ffff:10.1.2.3", "::ffff:10.0.0.0/104", "yes"},
		{"10.1.2.3", "::ffff:10.0.0.0/104", "yes"},
		{"11.1.2.3", "::ffff:10.0.0.0/104", "no"},
		{"::ffff:10.1.2.3", "::/0", "no"},
		{"fe80::1%eth0", "fe80::/10", "yes"},
		{"10.1.2.3", "10.0.0.0", `s.zed:2:12: caveat c: in_cidr: "10.0.0.0" is no network such as "10.0.0.0/8"`},
		{"10.1.2.3", "10.0.0.0/33", `s.zed:2:12: caveat c: in_cidr: "10.0.0.0/33" is no network such as "10.0.0.0/8"`},
		{"10.1.2.3", "", `s.zed:2:12: caveat c: in_cidr: "" is no network such as "10.0.0.0/8"`},
	} {
		require.Equal(t, test.want, verdict(c, context{"ip": test.ip, "network": test.network}), "%v", test)
	}
}

func TestAddressesCompare(t *testing.T) {
	c := compile(t, "a ipaddress, b ipaddress, l list<ipaddress>, x any", "a == b || a in l || x == a", caveat.Options{})
	require.Equal(t, "yes", verdict(c, context{"a": "::1", "b": "0:0::1", "l": []any{}, "x": nil}))
	require.Equal(t, "yes", verdict(c, context{"a": "::ffff:10.0.0.1", "b": "10.0.0.1", "l": []any{}, "x": nil}))
	require.Equal(t, "yes", verdict(c, context{"a": "::1", "b": "::2", "l": []any{"::3", "::1"}, "x": nil}))
	require.Equal(t, "no", verdict(c, context{"a": "::1", "b": "::2", "l": []any{"::3"}, "x": "::1"}))
}

func TestIsSubtreeOf(t *testing.T) {
	c := compile(t, "a map<any>, b map<any>", "a.isSubtreeOf(b)", caveat.Options{})
	for _, test := range []struct {
		a, b context
		want string
	}{
		{context{}, context{}, "yes"},
		{context{}, context{"x": 1}, "yes"},
		{context{"x": 1}, context{}, "no"},
		{context{"x": 1}, context{"x": 1}, "yes"},
		{context{"x": 1, "y": 2}, context{"x": 1}, "no"},
		{context{"x": 1}, context{"x": 1, "y": 2}, "yes"},
		{context{"x": 1}, context{"x": 2}, "no"},
		{context{"x": 1}, context{"x": "1"}, "no"},
		{context{"x": nil}, context{"x": nil}, "yes"},
		{context{"x": nil}, context{}, "no"},
		{context{"x": 1, "y": context{"z": 1}}, context{"x": 1, "y": context{"z": 1, "w": 1}}, "yes"},
		{context{"x": 1, "y": context{"z": 1}}, context{"x": 1, "y": context{"z": "1", "w": 1}}, "no"},
		{context{"y": context{"z": 1}}, context{"y": 1}, "no"},
		{context{"y": 1}, context{"y": context{"z": 1}}, "no"},
		{context{"y": context{}}, context{"y": context{"z": 1}}, "yes"},
		{context{"l": []any{1, 2}}, context{"l": []any{1, 2}}, "yes"}, // lists are compared, not searched
		{context{"l": []any{1}}, context{"l": []any{1, 2}}, "no"},
	} {
		require.Equal(t, test.want, verdict(c, context{"a": test.a, "b": test.b}), "%v", test)
	}
	mixed := compile(t, "a map<int>, b map<any>", "a.isSubtreeOf(b) && {'k': 1}.isSubtreeOf(a)", caveat.Options{})
	require.Equal(t, "yes", verdict(mixed, context{"a": context{"k": "1"}, "b": context{"k": 1.0}}))
}

// A key that a given map does not have is CEL's error, at its place, and there
// are ways around it.
func TestMissingKeys(t *testing.T) {
	given := context{"m": context{"here": true}}
	for expression, want := range map[string]string{
		"m.here":                      "yes",
		"m.there":                     "s.zed:2:3: caveat c: no such key: there",
		"m['there'] || m.here":        "yes",
		"m.here || m['there']":        "yes",
		"m['there'] && m.here":        "s.zed:2:3: caveat c: no such key: there",
		"has(m.there) && m.there":     "no",
		"'there' in m && m.there":     "no",
		"!has(m.there) || m.there":    "yes",
		"m[?'there'].orValue(true)":   "yes",
		"m.?there.orValue(m.here)":    "yes",
		"m[?'here'].hasValue()":       "yes",
		"m.?there.hasValue()":         "no",
		"m.exists(k, k == 'here')":    "yes",
		"optional.of(m.here).value()": "yes",
	} {
		require.Equal(t, want, verdict(compile(t, "m map<bool>", expression, caveat.Options{}), given), expression)
	}
}
