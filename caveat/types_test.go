package caveat_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/caveat"
)

// What each type is written as, by an expression that holds of the value.
func TestAccepted(t *testing.T) {
	for _, test := range []struct {
		typ, holds string
		values     []any
	}{
		{"any", "p == null", []any{nil}},
		{"any", "p == true", []any{true}},
		{"any", "p == 'a'", []any{"a"}},
		{"any", "p == 2.0 && p == 2", []any{2.0, 2, int8(2), uint32(2), float32(2)}},
		{"any", "p[1] == 'b' && p == [1, 'b', null, {'k': [true]}]", []any{[]any{1, "b", nil, context{"k": []any{true}}}}},
		{"any", "p.k.l == 'v' && p.n[0] == 1", []any{context{"k": context{"l": "v"}, "n": []any{1}}}},
		{"bool", "p", []any{true}},
		{"bool", "!p", []any{false}},
		{"string", "p == 'né' && size(p) == 2", []any{"né"}},
		{"string", "p == ''", []any{""}},
		{"int", "p == 42 && p / 4 == 10", []any{42, 42.0, "42", "+42", "42.0", "4.2e1", "4200E-2", int64(42), uint8(42), float32(42)}},
		{"int", "p == -42", []any{-42, -42.0, "-42", "-0042"}},
		{"int", "p == 9223372036854775807", []any{"9223372036854775807", int64(math.MaxInt64), uint64(math.MaxInt64)}},
		{"int", "p == -9223372036854775808", []any{"-9223372036854775808", int64(math.MinInt64)}},
		{"int", "p == 4503599627370497", []any{4503599627370497.0, "4503599627370497"}},
		{"uint", "p == 42 && p - 43 == -1", []any{42, 42.0, "42"}},
		{"uint", "p == 0", []any{0, "0", "-0"}},
		{"double", "p == 1.5", []any{1.5, "1.5", "+1.5", "15e-1", float32(1.5)}},
		{"double", "p == 0.5", []any{".5", "0.5"}},
		{"double", "p == 3.0", []any{3.0, 3, "3", "3."}},
		{"bytes", "p == b'\\x01\\x02\\x03*'", []any{"AQIDKg=="}},
		{"bytes", "size(p) == 0", []any{""}},
		{"duration", "p == duration('5400s')", []any{"1h30m", "90m", "1.5h"}},
		{"duration", "p < duration('0s')", []any{"-1ms"}},
		{"timestamp", "p == timestamp('2024-02-29T12:00:00Z') && p.getHours() == 12",
			[]any{"2024-02-29T12:00:00Z", "2024-02-29T14:00:00+02:00", "2024-02-29T12:00:00.000Z"}},
		{"ipaddress", "p.in_cidr('10.0.0.0/8')", []any{"10.1.2.3"}},
		{"ipaddress", "p.in_cidr('2001:db8::/32')", []any{"2001:db8::1"}},
		{"list<string>", "p == ['a', 'b'] && 'b' in p && p[0] == 'a'", []any{[]any{"a", "b"}}},
		{"list<int>", "p == [1, 2] && size(p) == 2", []any{[]any{1, "2"}, []any{1.0, 2.0}}},
		{"list<double>", "p.exists(x, x > 1.0)", []any{[]any{0.5, "1.5"}}},
		{"list<any>", "p[0] == 'a' && p[1] == 2", []any{[]any{"a", 2}, []any{"a", 2.0}}},
		{"list<ipaddress>", "p.all(x, x.in_cidr('10.0.0.0/8'))", []any{[]any{"10.0.0.1", "10.0.0.2"}}},
		{"list<list<uint>>", "p[1][0] == 3", []any{[]any{[]any{1, 2}, []any{3}}}},
		{"list<map<bool>>", "p[0].on", []any{[]any{context{"on": true}}}},
		{"map<string>", "p.k == 'v' && p['k'] == 'v' && size(p) == 1", []any{context{"k": "v"}}},
		{"map<duration>", "p.k > duration('1s')", []any{context{"k": "2s"}}},
		{"map<any>", "has(p.k) && !has(p.z) && p.k.l == 1", []any{context{"k": context{"l": 1}}}},
		{"map<list<int>>", "p.all(k, p[k].all(x, x > 0))", []any{context{"a": []any{1, 2}, "b": []any{"3"}}}},
		{"map<map<timestamp>>", "p.a.b < timestamp('2025-01-01T00:00:00Z')", []any{context{"a": context{"b": "2024-01-01T00:00:00Z"}}}},
	} {
		c := compile(t, "p "+test.typ, test.holds, caveat.Options{})
		for _, v := range test.values {
			t.Run(fmt.Sprintf("%s=%v", test.typ, v), func(t *testing.T) {
				given := context{"p": v}
				require.NoError(t, c.Validate(given))
				for _, contexts := range [][2]context{{given, nil}, {nil, given}, {given, {"p": struct{}{}}}} {
					verdict, err := c.Evaluate(contexts[0], contexts[1])
					require.NoError(t, err)
					require.True(t, verdict.Holds, "%v", verdict)
				}
			})
		}
	}
}

func TestRefused(t *testing.T) {
	long := strings.Repeat("é", 100)
	loop := context{}
	loop["p"] = loop
	for _, test := range []struct {
		typ    string
		value  any
		reason string
	}{
		{"any", struct{}{}, "parameter p: expected a value that JSON has, got a value of the Go type struct {}"},
		{"any", math.NaN(), "parameter p: expected a value that JSON has, got the number NaN"},
		{"any", []any{[]byte("a")}, "parameter p: expected a value that JSON has, got a value of the Go type []uint8"},
		{"any", loop, "parameter p: expected a value that nests no more than 100 deep, got a map of 1"},
		{"bool", nil, "parameter p: expected a bool, got null"},
		{"bool", "true", `parameter p: expected a bool, got the string "true"`},
		{"bool", 1, "parameter p: expected a bool, got the number 1"},
		{"string", nil, "parameter p: expected a string, got null"},
		{"string", 42, "parameter p: expected a string, got the number 42"},
		{"string", true, "parameter p: expected a string, got the bool true"},
		{"string", []any{"a"}, "parameter p: expected a string, got a list of 1"},
		{"int", nil, "parameter p: expected an int, got null"},
		{"int", 42.1, "parameter p: expected an int, got the number 42.1"},
		{"int", true, "parameter p: expected an int, got the bool true"},
		{"int", "", `parameter p: expected an int, got the string ""`},
		{"int", "4x", `parameter p: expected an int, got the string "4x"`},
		{"int", "0x4", `parameter p: expected an int, got the string "0x4"`},
		{"int", "1_000", `parameter p: expected an int, got the string "1_000"`},
		{"int", "8/2", `parameter p: expected an int, got the string "8/2"`},
		{"int", " 4", `parameter p: expected an int, got the string " 4"`},
		{"int", "4.5", `parameter p: expected an int, got the string "4.5"`},
		{"int", "0.99999999999999999999999", `parameter p: expected an int, got the string "0.99999999999999999999999"`},
		{"int", "9223372036854775808", `parameter p: expected an int, got the string "9223372036854775808"`},
		{"int", "1e999999999", `parameter p: expected an int, got the string "1e999999999"`},
		{"int", math.Pow(2, 63), "parameter p: expected an int, got the number 9223372036854776000"},
		{"int", uint64(math.MaxUint64), "parameter p: expected an int, got the number 18446744073709551615"},
		{"int", math.Inf(1), "parameter p: expected an int, got the number +Inf"},
		{"int", long, `parameter p: expected an int, got the string "` + long[:40] + `"...`},
		{"uint", -1, "parameter p: expected a uint, got the number -1"},
		{"uint", "-1", `parameter p: expected a uint, got the string "-1"`},
		{"uint", 1.5, "parameter p: expected a uint, got the number 1.5"},
		{"uint", "9223372036854775808", `parameter p: expected a uint, got the string "9223372036854775808"`},
		{"double", "inf", `parameter p: expected a double, got the string "inf"`},
		{"double", "NaN", `parameter p: expected a double, got the string "NaN"`},
		{"double", "1e999", `parameter p: expected a double, got the string "1e999"`},
		{"double", "0x1p4", `parameter p: expected a double, got the string "0x1p4"`},
		{"double", "1e", `parameter p: expected a double, got the string "1e"`},
		{"double", ".", `parameter p: expected a double, got the string "."`},
		{"double", math.NaN(), "parameter p: expected a double, got the number NaN"},
		{"double", nil, "parameter p: expected a double, got null"},
		{"int", float64(1 << 53), "parameter p: expected an int, in a string where it is beyond 2^53, got the number 9007199254740992"},
		{"int", -float64(1 << 53), "parameter p: expected an int, in a string where it is beyond 2^53, got the number -9007199254740992"},
		{"list<uint>", []any{1e18}, "parameter p[0]: expected a uint, in a string where it is beyond 2^53, got the number 1000000000000000000"},
		{"bytes", "AQIDKh==", `parameter p: expected bytes in base64, got the string "AQIDKh=="`},
		{"bytes", "AQID\nKg==", `parameter p: expected bytes in base64, got the string "AQID\nKg=="`},
		{"bytes", 42, "parameter p: expected bytes in base64, got the number 42"},
		{"bytes", "testing123", `parameter p: expected bytes in base64, got the string "testing123"`},
		{"duration", 42, `parameter p: expected a duration such as "1h30m", got the number 42`},
		{"duration", "10hm", `parameter p: expected a duration such as "1h30m", got the string "10hm"`},
		{"timestamp", 42, `parameter p: expected a timestamp such as "2006-01-02T15:04:05Z", got the number 42`},
		{"timestamp", "2023-0122", `parameter p: expected a timestamp such as "2006-01-02T15:04:05Z", got the string "2023-0122"`},
		{"timestamp", "0000-01-01T00:00:00Z", `parameter p: expected a timestamp such as "2006-01-02T15:04:05Z", got the string "0000-01-01T00:00:00Z"`},
		{"ipaddress", 42, `parameter p: expected an IP address such as "10.0.0.1", got the number 42`},
		{"ipaddress", "1...23.4", `parameter p: expected an IP address such as "10.0.0.1", got the string "1...23.4"`},
		{"ipaddress", "10.0.0.0/8", `parameter p: expected an IP address such as "10.0.0.1", got the string "10.0.0.0/8"`},
		{"list<string>", "a", `parameter p: expected a list, got the string "a"`},
		{"list<string>", context{}, "parameter p: expected a list, got a map of 0"},
		{"list<string>", []any{"a", nil}, "parameter p[1]: expected a string, got null"},
		{"list<uint>", []any{1, -1}, "parameter p[1]: expected a uint, got the number -1"},
		{"map<string>", []any{}, "parameter p: expected a map, got a list of 0"},
		{"map<string>", nil, "parameter p: expected a map, got null"},
		{"map<int>", context{"a": 1, "c": "x", "b": "y"}, `parameter p["b"]: expected an int, got the string "y"`},
		{"map<list<uint>>", context{"k": []any{"1", "-1"}}, `parameter p["k"][1]: expected a uint, got the string "-1"`},
		{"map<map<string>>", context{"k": context{"l": 4}}, `parameter p["k"]["l"]: expected a string, got the number 4`},
		{"list<any>", []any{1, loop}, "parameter p[1]: expected a value that nests no more than 100 deep, got a map of 1"},
	} {
		t.Run(fmt.Sprintf("%s/%s", test.typ, test.reason), func(t *testing.T) {
			// The expression has no use for the value; it must be of its type even so.
			c := compile(t, "p "+test.typ+", q bool", "q", caveat.Options{})
			_, given := c.Evaluate(nil, context{"p": test.value, "q": true})
			_, stored := c.Evaluate(context{"p": test.value}, context{"q": true})
			for _, err := range []error{c.Validate(context{"p": test.value}), given, stored} {
				require.ErrorIs(t, err, caveat.ErrType)
				var e *caveat.Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, "p", e.Parameter)
				require.Equal(t, "c", e.Caveat)
				require.EqualError(t, err, "s.zed:1:8: caveat c: "+test.reason)
			}
		})
	}
}

func TestValidateConcernsStoredValuesAlone(t *testing.T) {
	c := compile(t, "limit int, used int", "limit / used == 2", caveat.Options{})
	require.NoError(t, c.Validate(nil))
	require.NoError(t, c.Validate(context{"used": 0}), "that it fails is for a question to find out")
	require.NoError(t, c.Validate(context{"limit": "4"}))
	require.ErrorIs(t, c.Validate(context{"limit": 1, "used": "many"}), caveat.ErrType)
}
