package tuple_test

import (
	"bytes"
	"encoding"
	"encoding/json"
	"testing"

	"github.com/baobab-authz/baobab/tuple"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

type value interface {
	String() string
	Validate() error
	encoding.TextMarshaler
}

// roundTrip checks that a valid value is valid, and that its text is read back
// as the same value, which prints the same.
func roundTrip[T value](gen *rapid.Generator[T], parse func(string) (T, error), unmarshal func([]byte) (T, error)) func(*rapid.T) {
	return func(t *rapid.T) {
		v := gen.Draw(t, "value")
		require.NoError(t, v.Validate())
		text, err := v.MarshalText()
		require.NoError(t, err)
		require.Equal(t, v.String(), string(text))
		back, err := parse(v.String())
		require.NoError(t, err)
		require.Equal(t, v, back)
		require.Equal(t, v.String(), back.String())
		back, err = unmarshal(text)
		require.NoError(t, err)
		require.Equal(t, v, back)
	}
}

func TestRoundTrip(t *testing.T) {
	t.Run("object", rapid.MakeCheck(roundTrip(genObject(), tuple.ParseObject,
		func(b []byte) (v tuple.Object, err error) { return v, v.UnmarshalText(b) })))
	t.Run("subject", rapid.MakeCheck(roundTrip(genSubject(), tuple.ParseSubject,
		func(b []byte) (v tuple.Subject, err error) { return v, v.UnmarshalText(b) })))
	t.Run("tuple", rapid.MakeCheck(roundTrip(genTuple(), tuple.Parse,
		func(b []byte) (v tuple.Tuple, err error) { return v, v.UnmarshalText(b) })))
	t.Run("filter", rapid.MakeCheck(roundTrip(genFilter(), tuple.ParseFilter,
		func(b []byte) (v tuple.Filter, err error) { return v, v.UnmarshalText(b) })))
	t.Run("relationship", rapid.MakeCheck(roundTrip(genRelationship(), tuple.ParseRelationship,
		func(b []byte) (v tuple.Relationship, err error) { return v, v.UnmarshalText(b) })))
}

// TestContextAgreesWithEncodingJSON shows that our reader takes what
// encoding/json prints, for the same value, however it is indented.
func TestContextAgreesWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		context := genContext().Draw(t, "context")
		text, err := json.MarshalIndent(context, "", rapid.SampledFrom([]string{"", " ", "\t"}).Draw(t, "indent"))
		require.NoError(t, err)
		got, err := tuple.ParseRelationship("a:b#c@d:e[f:" + string(text) + "]")
		require.NoError(t, err)
		require.Equal(t, context, got.Context)
	})
}

func TestLinesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(genRelationship()).Draw(t, "relationships")
		var b bytes.Buffer
		require.NoError(t, tuple.WriteLines(&b, sequence(want...)))
		var got []tuple.Relationship
		for r, err := range tuple.ReadLines(&b) {
			require.NoError(t, err)
			got = append(got, r)
		}
		require.Equal(t, len(want), len(got))
		for i := range want {
			require.Equal(t, want[i], got[i])
		}
	})
}
