package tuple_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/baobab-authz/baobab/tuple"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	fact   = tuple.MustParse("a:b#c@d:e")
	newest = time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)
	oldest = time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC)
)

func TestParseRelationship(t *testing.T) {
	noon := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		text string
		want tuple.Relationship
		back string // the canonical text, if it is another
	}{
		{"", fact.Always(), ""},
		{"[f]", fact.When("f", nil), ""},
		{"[x/f]", fact.When("x/f", nil), ""},
		{"[f:{}]", fact.When("f", nil), "[f]"},
		{"[f:{ }]", fact.When("f", nil), "[f]"},
		{`[f:{"k":1}]`, fact.When("f", map[string]any{"k": 1.0}), ""},
		{`[f:{"z":null,"a":[true,false]}]`, fact.When("f", map[string]any{"z": nil, "a": []any{true, false}}), `[f:{"a":[true,false],"z":null}]`},
		{"[f:{\n\t\"k\" : [ ] , \"l\" : { } }]", fact.When("f", map[string]any{"k": []any{}, "l": map[string]any{}}), `[f:{"k":[],"l":{}}]`},
		{`[f:{"k":"]"}]`, fact.When("f", map[string]any{"k": "]"}), ""},
		{`[f:{"]}":"}][expiration:"}]`, fact.When("f", map[string]any{"]}": "}][expiration:"}), ""},
		{`[f:{"":""}]`, fact.When("f", map[string]any{"": ""}), ""},
		{`[f:{"k":"<a href=\"\\\">"}]`, fact.When("f", map[string]any{"k": `<a href="\">`}), ""},
		{`[f:{"k":"\u0041\u00e9\ud83c\udf33\/\b\f\n\r\t\u0000"}]`, fact.When("f", map[string]any{"k": "Aé🌳/\b\f\n\r\t\x00"}), `[f:{"k":"Aé🌳/\b\f\n\r\t\u0000"}]`},
		{`[f:{"k":"\u2028"}]`, fact.When("f", map[string]any{"k": "\u2028"}), ""},
		{`[f:{"k":[0,-1,1.5,1e3,1E+3,1e-2,-0.5e1]}]`, fact.When("f", map[string]any{"k": []any{0.0, -1.0, 1.5, 1000.0, 1000.0, .01, -5.0}}), `[f:{"k":[0,-1,1.5,1000,1000,0.01,-5]}]`},
		{`[f:{"k":9007199254740992}]`, fact.When("f", map[string]any{"k": float64(1 << 53)}), ""},
		{`[f:{"k":1152921504606846976}]`, fact.When("f", map[string]any{"k": float64(1 << 60)}), `[f:{"k":1152921504606847000}]`},
		{`[f:{"k":1` + strings.Repeat("0", 308) + `}]`, fact.When("f", map[string]any{"k": 1e308}), `[f:{"k":1e+308}]`},
		{`[f:{"k":1e-999}]`, fact.When("f", map[string]any{"k": 0.0}), `[f:{"k":0}]`},
		{"[expiration:2027-01-31T12:00:00Z]", fact.Until(noon), ""},
		{"[f][expiration:2027-01-31T12:00:00Z]", fact.When("f", nil).Until(noon), ""},
		{"[expiration:2027-01-31T14:30:00+02:30]", fact.Until(noon), "[expiration:2027-01-31T12:00:00Z]"},
		{"[expiration:2027-01-31T12:00:00.000001Z]", fact.Until(noon.Add(time.Microsecond)), ""},
		{"[expiration:2027-01-31T12:00:00.100Z]", fact.Until(noon.Add(time.Second / 10)), "[expiration:2027-01-31T12:00:00.1Z]"},
		{"[expiration:2027-01-31T12:00:00.0000019Z]", fact.Until(noon.Add(time.Microsecond)), "[expiration:2027-01-31T12:00:00.000001Z]"},
		{"[expiration:9999-12-31T23:59:59.999999Z]", fact.Until(newest), ""},
		{"[expiration:1678-01-01T00:00:00Z]", fact.Until(oldest), ""},
		{"[expiration]", fact.When("expiration", nil), ""}, // a caveat may have that name
		{`[expiration:{"k":1}]`, fact.When("expiration", map[string]any{"k": 1.0}), ""},
		{"[expiration][expiration:2027-01-31T12:00:00Z]", fact.When("expiration", nil).Until(noon), ""},
	} {
		got, err := tuple.ParseRelationship("a:b#c@d:e" + c.text)
		require.NoError(t, err, "%q", c.text)
		assert.Equal(t, c.want, got, "%q", c.text)
		assert.NoError(t, got.Validate())
		if c.back == "" {
			c.back = c.text
		}
		assert.Equal(t, "a:b#c@d:e"+c.back, got.String())
	}
}

func TestParseRelationshipRefuses(t *testing.T) {
	const instant = ": expected an instant such as 2027-01-31T12:00:00Z, in the years 1678 to 9999"
	cases := []wrong{ // after a:b#c@d:e, which is nine bytes
		{"[", "byte 10: expected ']'"},
		{"[f", "byte 11: expected ']'"},
		{"[]", "byte 10: expected a caveat"},
		{"[f]x", "byte 12: expected '[' or the end"},
		{"[f] ", "byte 12: expected '[' or the end"},
		{"[f g]", "byte 11: ' ' cannot stand in a caveat"},
		{"[\xff]", "byte 10: byte 0xff is not valid UTF-8"},
		{"[" + longName + "n]", "byte 264: a caveat of 255 bytes is longer than 254"},
		{"[f][g]", "byte 13: a second caveat"},
		{"[expiration:2027-01-31T12:00:00Z][f]", "byte 43: the caveat stands before the expiration"},
		{"[expiration:2027-01-31T12:00:00Z][expiration:2027-01-31T12:00:00Z]", "byte 54: a second expiration"},
		{"[expiration:2027-01-31T12:00:00Z", "byte 41: expected ']'"},
		{"[expiration:]", "byte 21" + instant},
		{"[expiration:never]", "byte 21" + instant},
		{"[expiration: 2027-01-31T12:00:00Z]", "byte 21" + instant},
		{"[expiration:2027-01-31]", "byte 21" + instant},
		{"[expiration:2027-01-31T12:00:00]", "byte 21" + instant},
		{"[expiration:2027-01-31T1:00:00Z]", "byte 21" + instant},
		{"[expiration:2027-01-31T12:00:00,5Z]", "byte 21" + instant},
		{"[expiration:2027-01-31T12:00:00+25:00]", "byte 21" + instant},
		{"[expiration:2027-01-31T12:00:60Z]", "byte 21" + instant},
		{"[expiration:2027-01-31t12:00:00z]", "byte 21" + instant},
		{"[expiration:2027-02-29T12:00:00Z]", "byte 21" + instant},
		{"[expiration:0001-01-01T00:00:00Z]", "byte 21" + instant}, // the zero time, which means never
		{"[expiration:1677-12-31T23:59:59Z]", "byte 21" + instant},
		{"[expiration:10000-01-01T00:00:00Z]", "byte 21" + instant},
		{"[expiration:9999-12-31T23:59:59-01:00]", "byte 21" + instant},
		{"[expiration:10000-12-31T23:59:59Z]", "byte 21" + instant},
		{`[f:{"k":1}`, "byte 19: expected ']' after the caveat's context"},
		{`[f:{"k":1} ]`, "byte 19: expected ']' after the caveat's context"},
		{`[f:{"k":1}{}]`, "byte 19: expected ']' after the caveat's context"},
	}
	for _, c := range []wrong{ // after a:b#c@d:e[f:, which is twelve bytes
		{"", "byte 12: X expected a JSON object, not the end"},
		{"]", "byte 12: X expected a JSON object, not ']'"},
		{" {}]", "byte 12: X expected a JSON object, not ' '"},
		{"null]", "byte 12: X expected a JSON object, not 'n'"},
		{"[]]", "byte 12: X expected a JSON object, not '['"},
		{"\xff]", "byte 12: X byte 0xff is not valid UTF-8"},
		{"{", "byte 13: X expected a key in quotes, not the end"},
		{"{]", "byte 13: X expected a key in quotes, not ']'"},
		{"{k:1}]", "byte 13: X expected a key in quotes, not 'k'"},
		{`{"k":1,}]`, "byte 19: X expected a key in quotes, not '}'"},
		{`{"k"}]`, "byte 16: X expected ':', not '}'"},
		{`{"k" 1}]`, "byte 17: X expected ':', not '1'"},
		{`{"k":`, "byte 17: X expected a value, not the end"},
		{`{"k":}]`, "byte 17: X expected a value, not '}'"},
		{`{"k":NaN}]`, "byte 17: X expected a value, not 'N'"},
		{`{"k":nul}]`, "byte 17: X expected a value, not 'n'"},
		{`{"k":+1}]`, "byte 17: X expected a value, not '+'"},
		{`{"k":.5}]`, "byte 17: X expected a value, not '.'"},
		{`{"k":-}]`, "byte 18: X expected a digit, not '}'"},
		{`{"k":-Infinity}]`, "byte 18: X expected a digit, not 'I'"},
		{`{"k":1.}]`, "byte 19: X expected a digit, not '}'"},
		{`{"k":1e}]`, "byte 19: X expected a digit, not '}'"},
		{`{"k":1e+}]`, "byte 20: X expected a digit, not '}'"},
		{`{"k":01}]`, "byte 18: X expected ',' or '}', not '1'"},
		{`{"k":0x1}]`, "byte 18: X expected ',' or '}', not 'x'"},
		{`{"k":1_0}]`, "byte 18: X expected ',' or '}', not '_'"},
		{`{"k":truex}]`, "byte 21: X expected ',' or '}', not 'x'"},
		{`{"k":1 "l":2}]`, "byte 19: X expected ',' or '}', not '\"'"},
		{`{"k":1`, "byte 18: X expected ',' or '}', not the end"},
		{`{"k":[1 2]}]`, "byte 20: X expected ',' or ']', not '2'"},
		{`{"k":[1,]}]`, "byte 20: X expected a value, not ']'"},
		{`{"k":{"l":}}]`, "byte 22: X expected a value, not '}'"},
		{`{"k":1,"k":1}]`, `byte 19: X the key "k" stands twice`},
		{`{"k":1,"\u006b":1}]`, `byte 19: X the key "k" stands twice`},
		{`{"k":{"l":1,"l":1}}]`, `byte 24: X the key "l" stands twice`},
		{`{"k":1e309}]`, "byte 17: X the number is beyond the range of a float64"},
		{`{"k":-1` + strings.Repeat("0", 400) + `}]`, "byte 17: X the number is beyond the range of a float64"},
		{`{"k":9007199254740993}]`, "byte 17: X a float64 cannot hold this integer; write it as a string"},
		{`{"k":-9223372036854775807}]`, "byte 17: X a float64 cannot hold this integer; write it as a string"},
		{`{"k`, "byte 15: X the string does not end"},
		{`{"k\`, "byte 16: X the string does not end"},
		{`{"k` + "\n" + `":1}]`, "byte 15: X '\\n' must be escaped in a string"},
		{"{\"k\x00\":1}]", "byte 15: X '\\x00' must be escaped in a string"},
		{"{\"k\xff\":1}]", "byte 15: X byte 0xff is not valid UTF-8"},
		{"{\"k\":\"\xed\xa0\x80\"}]", "byte 18: X byte 0xed is not valid UTF-8"},
		{`{"k":"\x41"}]`, "byte 18: X unknown escape sequence"},
		{`{"k":"\u41"}]`, "byte 18: X unknown escape sequence"},
		{`{"k":"\u`, "byte 18: X unknown escape sequence"},
		{`{"k":"\u+123"}]`, "byte 18: X unknown escape sequence"},
		{`{"k":"\ud800"}]`, "byte 18: X half a surrogate pair"},
		{`{"k":"\udc00\ud800"}]`, "byte 18: X half a surrogate pair"},
		{`{"k":"\ud800\u0041"}]`, "byte 18: X half a surrogate pair"},
		{`{"k":"\ud800\n"}]`, "byte 18: X half a surrogate pair"},
		{`{"k":` + strings.Repeat("[", 1000000), "byte 117: X it nests more than 100 deep"},
		{strings.Repeat(`{"k":`, 1000), "byte 517: X it nests more than 100 deep"},
	} {
		cases = append(cases, wrong{"[f:" + c.text, strings.Replace(c.problem, " X ", " the caveat's context: ", 1)})
	}
	for i := range cases {
		cases[i].text = "a:b#c@d:e" + cases[i].text
	}
	refuses(t, tuple.ParseRelationship, cases)
}

func TestContextDepth(t *testing.T) {
	nested := func(depth int) (string, any) {
		var v any = "x"
		for range depth {
			v = []any{v}
		}
		return strings.Repeat("[", depth) + `"x"` + strings.Repeat("]", depth), v
	}
	text, v := nested(99) // the context, 99 lists, the string: 100 deep
	deepest := fact.When("f", map[string]any{"k": v})
	require.NoError(t, deepest.Validate())
	got, err := tuple.ParseRelationship(`a:b#c@d:e[f:{"k":` + text + `}]`)
	require.NoError(t, err)
	assert.Equal(t, deepest, got)

	text, v = nested(100)
	assert.EqualError(t, fact.When("f", map[string]any{"k": v}).Validate(),
		`"a:b#c@d:e[f:": at byte 12: the caveat's context: it nests more than 100 deep`)
	_, err = tuple.ParseRelationship(`a:b#c@d:e[f:{"k":` + text + `}]`)
	assert.ErrorIs(t, err, tuple.ErrSyntax)

	cycle := map[string]any{}
	cycle["self"] = []any{cycle, cycle}
	assert.ErrorIs(t, fact.When("f", cycle).Validate(), tuple.ErrSyntax)
	assert.Equal(t, "a:b#c@d:e[f:{!it nests more than 100 deep}]", fact.When("f", cycle).String())
}

func TestQualify(t *testing.T) {
	context := map[string]any{"k": 1.0}
	assert.Equal(t, tuple.Relationship{Tuple: fact}, fact.Always())
	assert.Equal(t, tuple.Relationship{Tuple: fact, Caveat: "f", Context: context}, fact.When("f", context))
	assert.Equal(t, tuple.Relationship{Tuple: fact, Expires: newest}, fact.Until(newest))

	// Neither of the two forgets the other.
	both := tuple.Relationship{Tuple: fact, Caveat: "f", Context: context, Expires: newest}
	assert.Equal(t, both, fact.When("f", context).Until(newest))
	assert.Equal(t, both, fact.Until(newest).When("f", context))
	assert.Equal(t, fact.When("g", nil).Until(oldest), both.When("g", nil).Until(oldest))
}

func TestCanonical(t *testing.T) {
	type count uint16
	clock := time.Now()
	require.NotEqual(t, clock, clock.Round(0), "the clock has a monotonic reading")
	zone := time.FixedZone("CET", 3600)
	inner := []any{int8(-1), count(2)}
	in := fact.When("f", map[string]any{
		"i": 1, "i64": int64(-1 << 53), "u": uint64(1 << 53), "f32": float32(0.1), "f": 0.1,
		"list": inner, "map": map[string]any{"nil": nil, "list": []any(nil)}, "s": "", "b": false,
	}).Until(clock.In(zone))
	got, err := in.Canonical()
	require.NoError(t, err)
	assert.Equal(t, fact.When("f", map[string]any{
		"i": 1.0, "i64": -0x1p53, "u": 0x1p53, "f32": float64(float32(0.1)), "f": 0.1,
		"list": []any{-1.0, 2.0}, "map": map[string]any{"nil": nil, "list": []any{}}, "s": "", "b": false,
	}).Until(clock.UTC().Truncate(time.Microsecond)), got)
	assert.Equal(t, got, tuple.MustParseRelationship(in.String()), "it is what its text is read back as")
	inner[0] = "changed"
	assert.Equal(t, -1.0, got.Context["list"].([]any)[0], "the context is a copy")

	got, err = fact.When("", map[string]any{}).Until(time.Time{}.In(zone)).Canonical()
	require.NoError(t, err)
	assert.Nil(t, got.Context)
	assert.True(t, got.Expires.IsZero())
}

func TestValidateRelationship(t *testing.T) {
	type yes bool
	value := func(v any) tuple.Relationship { return fact.When("f", map[string]any{"k": v}) }
	const at = `"a:b#c@d:e[f:": at byte 12: the caveat's context: `
	for _, c := range []struct {
		rel   tuple.Relationship
		want  string
		print string // after the tuple; what Validate refuses must not read as something valid
	}{
		{tuple.Relationship{}, `":#@:": at byte 0: expected a type`, ""},
		{fact.When("", map[string]any{"k": 1}), `"a:b#c@d:e[": at byte 10: a context without a caveat`, `[:{"k":1}]`},
		{fact.When("f g", nil), `"a:b#c@d:e[f g": at byte 11: ' ' cannot stand in a caveat`, "[f g]"},
		{fact.When("f]", nil), `"a:b#c@d:e[f]": at byte 11: ']' cannot stand in a caveat`, "[f]]"},
		{value(math.NaN()), at + "JSON has no number NaN", "[f:{!JSON has no number NaN}]"},
		{value(float32(math.Inf(-1))), at + "JSON has no number -Inf", "[f:{!JSON has no number -Inf}]"},
		{value(1<<53 + 1), at + "the integer 9007199254740993 is beyond 2^53; pass it as a string",
			"[f:{!the integer 9007199254740993 is beyond 2^53; pass it as a string}]"},
		{value(int64(math.MinInt64)), at + "the integer -9223372036854775808 is beyond 2^53; pass it as a string", ""},
		{value(uint64(math.MaxUint64)), at + "the integer 18446744073709551615 is beyond 2^53; pass it as a string", ""},
		{value([]any{"a\xff"}), at + `the string "a\xff" is not valid UTF-8`, ""},
		{value(map[string]any{"a\xff": 1}), at + `the key "a\xff" is not valid UTF-8`, ""},
		{value([]string{"a"}), at + "a value of type []string; there can be nil, bool, string, numbers, []any and map[string]any", ""},
		{value(yes(true)), at + "a value of type tuple_test.yes; there can be nil, bool, string, numbers, []any and map[string]any", ""},
		{fact.Until(newest.Add(time.Microsecond)), `"a:b#c@d:e": at byte 9: the expiry is not in the years 1678 to 9999`, "[expiration:10000-01-01T00:00:00Z]"},
		{fact.Until(oldest.Add(-1)), `"a:b#c@d:e": at byte 9: the expiry is not in the years 1678 to 9999`, ""},
		{fact.Until(time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC)), `"a:b#c@d:e": at byte 9: the expiry is not in the years 1678 to 9999`, ""},
	} {
		err := c.rel.Validate()
		require.EqualError(t, err, c.want)
		assert.ErrorIs(t, err, tuple.ErrSyntax)
		assert.Equal(t, strings.Contains(c.want, "UTF-8"), errorsIsUTF8(err))
		_, canonical := c.rel.Canonical()
		assert.Equal(t, err, canonical)
		_, marshalled := c.rel.MarshalText()
		assert.Equal(t, err, marshalled)
		text := c.rel.String()
		if c.print != "" {
			assert.Equal(t, fact.String()+c.print, text)
		}
		_, err = tuple.ParseRelationship(text)
		assert.Error(t, err, "%s", text)
	}
}
