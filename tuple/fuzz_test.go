package tuple_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/baobab-authz/baobab/tuple"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What every fuzz target of a type checks: what parses is valid, and its text
// is read back as the same value; what does not parse fails with a syntax
// error that points into the text, and returns nothing.
func fuzz[T value](t *testing.T, text string, parse func(string) (T, error)) (T, bool) {
	v, err := parse(text)
	if err != nil {
		var syntax *tuple.SyntaxError
		require.ErrorAs(t, err, &syntax)
		require.ErrorIs(t, err, tuple.ErrSyntax)
		require.Equal(t, text, syntax.Text)
		require.True(t, 0 <= syntax.Offset && syntax.Offset <= len(text), "%d", syntax.Offset)
		require.Less(t, len(err.Error()), 1000)
		require.Zero(t, v)
		return v, false
	}
	require.NoError(t, v.Validate())
	again, err := parse(v.String())
	require.NoError(t, err)
	require.Equal(t, v, again)
	require.Equal(t, v.String(), again.String())
	return v, true
}

// agree checks that a value made of any parts is valid exactly if its text is
// read back as the same value.
func agree[T value](t *testing.T, v T, parse func(string) (T, error)) {
	back, err := parse(v.String())
	same := err == nil && assert.ObjectsAreEqual(v, back)
	require.Equal(t, same, v.Validate() == nil, "%#v", v)
}

var seeds = []string{
	"", ":", "#", "@", "[", "]", "*", "...", "\xff", "\ufeff", "a", "a:b", "a/b:c", "a:*", "a:b#c", "a:b#...", "a:*#...", "a:*#b",
	"#c", "@d", "@d:e", "@#f", "@#...", "a#c", "a:b#@d:e", "a#@b", "a:b@c", "a:b#c@d:e", "a:b@c#d@e:f@g", "a:b#c@d:*", "a:b#c@d:e#f", "a:b#c@d:e#...",
	"a:b#c@d:e[f]", "a:b#c@d:e[f:{}]", `a:b#c@d:e[f:{"k":"]","l":[1,2.5e3,null,true,{"":"\ud83c\udf33\n"}]}]`,
	"a:b#c@d:e[expiration:2027-01-31T12:00:00.5+01:00]", `a:b#c@d:e[x/f:{"k":-0}][expiration:2027-01-31T12:00:00Z]`,
	`a:b#c@d:e[expiration:{"k":9007199254740993}]`, `a:b#c@d:e[f:{"k":1,"k":2}]`, `a:b#c@d:e[f:{"k":"\ud800"}]`,
}

func FuzzParseObject(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if o, ok := fuzz(t, text, tuple.ParseObject); ok {
			require.Equal(t, text, o.String())
		}
		typ, id, _ := strings.Cut(text, "|")
		agree(t, tuple.Object{Type: typ, ID: id}, tuple.ParseObject)
	})
}

func FuzzParseSubject(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fuzz(t, text, tuple.ParseSubject)
		p := parts(text)
		agree(t, tuple.Object{Type: p[0], ID: p[1]}.Userset(p[2]), tuple.ParseSubject)
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if v, ok := fuzz(t, text, tuple.Parse); ok {
			rel, err := tuple.ParseRelationship(text)
			require.NoError(t, err)
			require.Equal(t, v.Always(), rel)
			require.True(t, tuple.FilterOf(v).Matches(v))
		}
		p := parts(text)
		agree(t, tuple.New(tuple.Object{Type: p[0], ID: p[1]}, p[2], tuple.Object{Type: p[3], ID: p[4]}.Userset(p[5])), tuple.Parse)
	})
}

func FuzzParseFilter(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fuzz(t, text, tuple.ParseFilter)
		p := parts(text)
		agree(t, tuple.Filter{ObjectType: p[0], ObjectID: p[1], Relation: p[2], SubjectType: p[3], SubjectID: p[4], SubjectRelation: p[5]},
			tuple.ParseFilter)
	})
}

// parts cuts a text into the parts of a value.
func parts(text string) (p [6]string) {
	copy(p[:], strings.SplitN(text, "|", len(p)))
	return p
}

func FuzzParseRelationship(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rel, ok := fuzz(t, text, tuple.ParseRelationship)
		if !ok {
			return
		}
		canonical, err := rel.Canonical()
		require.NoError(t, err)
		require.Equal(t, canonical, rel)
		// encoding/json reads the same context, when the text has one.
		if rel.Context != nil {
			var m map[string]any
			_, rest, _ := strings.Cut(text[strings.IndexByte(text, '['):], ":")
			require.NoError(t, json.NewDecoder(strings.NewReader(rest)).Decode(&m))
			require.Equal(t, m, rel.Context)
		}
	})
}

func FuzzReadLines(f *testing.F) {
	f.Add(strings.Join(seeds, "\n"))
	f.Add("\ufeff// two\r\na:b#c@d:e\r\n\r\na:b#c@d:f[g:{\"k\":1}]")
	f.Add("a:b#c@d:e\n\n?")
	f.Add("a:b#c@d:e\ra:b#c@d:e")
	f.Fuzz(func(t *testing.T, text string) {
		var read []tuple.Relationship
		failed := 0
		for rel, err := range tuple.ReadLines(strings.NewReader(text)) {
			require.Zero(t, failed, "an error is the end")
			if err != nil {
				failed++
				var line *tuple.LineError
				require.ErrorAs(t, err, &line)
				require.True(t, 1 <= line.Line && line.Line <= 1+strings.Count(text, "\n"))
				require.ErrorIs(t, err, tuple.ErrSyntax)
				continue
			}
			require.NoError(t, rel.Validate())
			read = append(read, rel)
		}
		var b strings.Builder
		require.NoError(t, tuple.WriteLines(&b, sequence(read...)))
		again, err := readAll(strings.NewReader(b.String()))
		require.NoError(t, err)
		require.Len(t, again, len(read))
		for i := range read {
			require.Equal(t, read[i].String(), again[i])
		}
	})
}
