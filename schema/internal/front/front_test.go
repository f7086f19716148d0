package front

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInvalidUTF8(t *testing.T) {
	require.Equal(t, -1, InvalidUTF8(""))
	require.Equal(t, -1, InvalidUTF8("é�"))
	require.Equal(t, 2, InvalidUTF8("é\xff"))
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
