package front

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInvalidUTF8(t *testing.T) {
	require.Equal(t, -1, InvalidUTF8(""))
	require.Equal(t, -1, InvalidUTF8("é�"))
	require.Equal(t, 2, InvalidUTF8("é\xff"))
}

func TestInvalidJSON(t *testing.T) {
	for text, want := range map[string]struct {
		at    int
		fault string
	}{
		` {"a":[1]} `:                     {},
		"{\"\xff\"}":                      {2, "byte 0xff is not valid UTF-8"},
		`{"a":x}`:                         {5, "this is not JSON: invalid character 'x' looking for beginning of value"},
		`{} {}`:                           {3, "this is not JSON: invalid character '{' after top-level value"},
		`{"a":`:                           {5, "this is not JSON: unexpected end of JSON input"},
		"":                                {0, "this is not JSON: unexpected end of JSON input"},
		strings.Repeat("[", 10_001) + `1`: {10_000, "this is not JSON: invalid character '[' exceeded max depth"},
	} {
		at, fault := InvalidJSON(text)
		require.Equal(t, want.at, at, "%.20s", text)
		require.Equal(t, want.fault, fault)
	}
}

func TestCELString(t *testing.T) {
	for _, c := range []struct {
		text   string
		raw    bool
		length int
		closed bool
	}{
		{`"a" + b`, false, 3, true},
		{`'a"' + b`, false, 4, true},
		{`"a\"b" + b`, false, 6, true},
		{`"a\" + b`, true, 4, true},
		{`"a`, false, 2, false},
		{"\"a\nb\"", false, 2, false},
		{"\"\"\"a\n\"b\"\"\"\" c", false, 10, true},
		{`"\`, false, 2, false},
	} {
		n, closed := CELString(c.text, c.raw)
		require.Equal(t, c.length, n, c.text)
		require.Equal(t, c.closed, closed, c.text)
	}
}

func TestChain(t *testing.T) {
	require.Equal(t, "a, which needs b", Chain([]string{"a", "b"}))
	require.Equal(t, "1, which needs 2, which needs 3, which needs 4, which needs 5, which needs 6", Chain([]string{"1", "2", "3", "4", "5", "6"}))
	require.Equal(t, "1, which needs 2, which needs 3, which needs 4, which needs 5, which needs …, which needs 8", Chain([]string{"1", "2", "3", "4", "5", "6", "7", "8"}))
}
