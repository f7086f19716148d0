package tuple_test

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/baobab-authz/baobab/tuple"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sequence yields relationships without an error.
func sequence(relationships ...tuple.Relationship) iter.Seq2[tuple.Relationship, error] {
	return func(yield func(tuple.Relationship, error) bool) {
		for _, r := range relationships {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// readAll returns the text of what ReadLines yields, and its error.
func readAll(r io.Reader) (texts []string, err error) {
	for rel, err := range tuple.ReadLines(r) {
		if err != nil {
			return texts, err
		}
		texts = append(texts, rel.String())
	}
	return texts, nil
}

func TestReadLines(t *testing.T) {
	two := []string{"a:b#c@d:e", "a:b#c@d:f[g]"}
	for name, text := range map[string]string{
		"plain":           "a:b#c@d:e\na:b#c@d:f[g]\n",
		"no last newline": "a:b#c@d:e\na:b#c@d:f[g]",
		"windows":         "\ufeffa:b#c@d:e\r\n\r\na:b#c@d:f[g]\r\n",
		"comments":        "\ufeff// a\n a:b#c@d:e \n//\n\n\t//x\xff\n\ta:b#c@d:f[g]\u00a0\n // the end",
	} {
		got, err := readAll(strings.NewReader(text))
		require.NoError(t, err, name)
		assert.Equal(t, two, got, name)
		got, err = readAll(iotest.OneByteReader(strings.NewReader(text)))
		require.NoError(t, err, name)
		assert.Equal(t, two, got, name)
	}
	got, err := readAll(strings.NewReader(""))
	assert.NoError(t, err)
	assert.Empty(t, got)
}

func TestReadLinesRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"a:b#c@d:e\n\n  a:b\n":                 `line 3: "a:b": at byte 3: expected '#' and a relation`,
		"a:b#c@d:e # comment":                  `line 1: "a:b#c@d:e # comment": at byte 9: ' ' cannot stand in an id`,
		"a:b#c@d:e\ra:b#c@d:f\r":               `line 1: "a:b#c@d:e\ra:b#c@d:f": at byte 9: '\r' cannot stand in an id`,
		"a:b#c@d:e\n\ufeffa:b#c@d:e":           `line 2: "\ufeffa:b#c@d:e": at byte 0: '\ufeff' cannot stand in a type`,
		"\xff\xfea\x00":                        `line 1: "\xff\xfea\x00": at byte 0: byte 0xff is not valid UTF-8`,
		"a:b#c@d:e[f:{\"k\":\n1}]":             `line 1: "a:b#c@d:e[f:{\"k\":": at byte 17: the caveat's context: expected a value, not the end`,
		"a:b#c@d:e\n" + strings.Repeat("x", 1): `line 2: "x": at byte 1: expected ':' and an id`,
	} {
		_, err := readAll(strings.NewReader(text))
		var line *tuple.LineError
		require.ErrorAs(t, err, &line)
		assert.EqualError(t, err, want)
		assert.ErrorIs(t, err, tuple.ErrSyntax)
	}
}

func TestReadLinesOfGreatLength(t *testing.T) {
	const limit = 16 << 20
	longest := "//" + strings.Repeat("x", limit-2)
	for _, end := range []string{"", "\n", "\na:b#c@d:e"} {
		_, err := readAll(strings.NewReader(longest + end))
		assert.NoError(t, err)
	}
	got, err := readAll(strings.NewReader("a:b#c@d:e\n" + longest + "x\n"))
	assert.EqualError(t, err, "line 2: too long: more than 16777216 bytes")
	assert.ErrorIs(t, err, tuple.ErrTooLong)
	assert.Len(t, got, 1)
}

// TestReadLinesBrokenOff shows that half a line is not a relationship: what
// would be granted to user:an was meant for user:ann.
func TestReadLinesBrokenOff(t *testing.T) {
	broken := errors.New("broken")
	for _, whole := range []string{"", "a:b#c@user:ann\n", "a:b#c@user:ann\n\n"} {
		for _, half := range []string{"", "a:b#c@user:an"} {
			got, err := readAll(io.MultiReader(strings.NewReader(whole+half), iotest.ErrReader(broken)))
			var line *tuple.LineError
			require.ErrorAs(t, err, &line)
			assert.ErrorIs(t, err, broken)
			assert.Equal(t, strings.Count(whole, "\n")+1, line.Line)
			assert.Len(t, got, min(strings.Count(whole, "\n"), 1))

			data := iotest.DataErrReader(io.MultiReader(strings.NewReader(whole+half), iotest.ErrReader(broken)))
			got, err = readAll(data)
			assert.ErrorIs(t, err, broken)
			assert.Len(t, got, min(strings.Count(whole, "\n"), 1))
		}
	}
}

func TestReadLinesStops(t *testing.T) {
	n := 0
	for range tuple.ReadLines(strings.NewReader("a:b#c@d:e\na:b#c@d:f\n?")) {
		if n++; n == 2 {
			break
		}
	}
	assert.Equal(t, 2, n)
}

func TestWriteLines(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, tuple.WriteLines(&b, sequence(fact.Always(), fact.When("f", map[string]any{"k": "\n"}))))
	assert.Equal(t, "a:b#c@d:e\na:b#c@d:e[f:{\"k\":\"\\n\"}]\n", b.String())

	broken := errors.New("broken")
	assert.Equal(t, broken, tuple.WriteLines(&b, func(yield func(tuple.Relationship, error) bool) {
		yield(tuple.Relationship{}, broken)
	}))

	// One relationship that would be read back as two.
	forged := fact
	forged.Subject.ID = "e\nworkspace:acme#owner@user:mallory"
	b.Reset()
	assert.ErrorIs(t, tuple.WriteLines(&b, sequence(forged.Always())), tuple.ErrSyntax)
	assert.Empty(t, b.String())

	r, w := io.Pipe()
	require.NoError(t, r.CloseWithError(broken))
	assert.Equal(t, broken, tuple.WriteLines(w, sequence(fact.Always())), "when it is flushed")
	long := fact.When("f", map[string]any{"k": strings.Repeat("x", 10000)})
	assert.Equal(t, broken, tuple.WriteLines(w, sequence(long)), "when it is written")
}
