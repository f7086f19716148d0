package tuple_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/baobab-authz/baobab/tuple"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A wrong is a text that must be refused, with the whole message after the
// quoted text: "at byte N: problem".
type wrong struct{ text, problem string }

// refuses checks the text of the error, its offset, that the sentinels match,
// and that nothing is returned beside the error.
func refuses[T any](t *testing.T, parse func(string) (T, error), cases []wrong) {
	t.Helper()
	for _, c := range cases {
		got, err := parse(c.text)
		var syntax *tuple.SyntaxError
		if !assert.ErrorAs(t, err, &syntax, "%q", c.text) {
			continue
		}
		_, problem, _ := strings.Cut(err.Error(), ": at ")
		assert.Equal(t, c.problem, problem, "%q", c.text)
		assert.Equal(t, c.text, syntax.Text)
		assert.LessOrEqual(t, syntax.Offset, len(c.text))
		assert.ErrorIs(t, err, tuple.ErrSyntax)
		assert.Equal(t, strings.Contains(problem, "longer than"), errors.Is(err, tuple.ErrTooLong), "%q", c.text)
		assert.Equal(t, strings.Contains(problem, "valid UTF-8"), errors.Is(err, tuple.ErrUTF8), "%q", c.text)
		assert.Zero(t, got, "%q", c.text)
	}
}

var (
	longName = strings.Repeat("n", tuple.MaxName)
	longID   = strings.Repeat("i", tuple.MaxID)
)

func TestParseObject(t *testing.T) {
	for _, text := range []string{"workspace:acme", "acme/team/document:1", "a:**", "a:b@c", "_:-", "9:...", "a:世界", "a:\ufffd",
		longName + ":" + longID} {
		o, err := tuple.ParseObject(text)
		require.NoError(t, err, "%q", text)
		typ, id, _ := strings.Cut(text, ":")
		assert.Equal(t, tuple.Object{Type: typ, ID: id}, o)
	}
	refuses(t, tuple.ParseObject, []wrong{
		{"", "byte 0: expected a type"},
		{":", "byte 0: expected a type"},
		{":acme", "byte 0: expected a type"},
		{"workspace", "byte 9: expected ':' and an id"},
		{"workspace:", "byte 10: expected an id"},
		{"workspace:*", "byte 10: only a subject can be a wildcard"},
		{"workspace:a:b", "byte 11: ':' cannot stand in an id"},
		{"workspace:a#b", "byte 11: '#' cannot stand in an id"},
		{"workspace:a[b", "byte 11: '[' cannot stand in an id"},
		{"workspace:a]b", "byte 11: ']' cannot stand in an id"},
		{"workspace:a b", "byte 11: ' ' cannot stand in an id"},
		{"workspace: ", "byte 10: ' ' cannot stand in an id"},
		{"workspace:a\tb", "byte 11: '\\t' cannot stand in an id"},
		{"workspace:a\r", "byte 11: '\\r' cannot stand in an id"},
		{"workspace:a\n", "byte 11: '\\n' cannot stand in an id"},
		{"workspace:a\x00", "byte 11: '\\x00' cannot stand in an id"},
		{"workspace:a\x7f", "byte 11: '\\x7f' cannot stand in an id"},
		{"workspace:é\u0085", "byte 12: '\\u0085' cannot stand in an id"},
		{"workspace:é\u00a0", "byte 12: '\\u00a0' cannot stand in an id"},
		{"workspace:é\u2028", "byte 12: '\\u2028' cannot stand in an id"},
		{"workspace:\u3000", "byte 10: '\\u3000' cannot stand in an id"},
		{"workspace:a\xff", "byte 11: byte 0xff is not valid UTF-8"},
		{"workspace:a\xc3", "byte 11: byte 0xc3 is not valid UTF-8"},
		{"workspace:a\xed\xa0\x80", "byte 11: byte 0xed is not valid UTF-8"},
		{"work\xffspace:a", "byte 4: byte 0xff is not valid UTF-8"},
		{"\ufeffworkspace:a", "byte 0: '\\ufeff' cannot stand in a type"},
		{" workspace:a", "byte 0: ' ' cannot stand in a type"},
		{"work space:a", "byte 4: ' ' cannot stand in a type"},
		{"wörk:a", "byte 1: 'ö' cannot stand in a type"},
		{"a.b:c", "byte 1: '.' cannot stand in a type"},
		{"*:a", "byte 0: '*' cannot stand in a type"},
		{"/a:b", "byte 0: '/' cannot stand in a type"},
		{"a/:b", "byte 1: '/' cannot stand in a type"},
		{"a//b:c", "byte 2: '/' cannot stand in a type"},
		{longName + "n:a", "byte 254: a type of 255 bytes is longer than 254"},
		{"a:" + longID + "i", "byte 1026: an id of 1025 bytes is longer than 1024"},
	})
}

func TestParseSubject(t *testing.T) {
	for text, want := range map[string]tuple.Subject{
		"user:ann":        {Object: tuple.Object{Type: "user", ID: "ann"}},
		"user:ann#...":    {Object: tuple.Object{Type: "user", ID: "ann"}},
		"user:*":          {Object: tuple.Object{Type: "user", ID: "*"}},
		"user:*#...":      {Object: tuple.Object{Type: "user", ID: "*"}},
		"user:a@b":        {Object: tuple.Object{Type: "user", ID: "a@b"}},
		"team:eng#member": {Object: tuple.Object{Type: "team", ID: "eng"}, Relation: "member"},
	} {
		s, err := tuple.ParseSubject(text)
		require.NoError(t, err, "%q", text)
		assert.Equal(t, want, s)
		assert.NoError(t, s.Validate())
	}
	refuses(t, tuple.ParseSubject, []wrong{
		{"", "byte 0: expected a type"},
		{"user", "byte 4: expected ':' and an id"},
		{"user#member", "byte 4: expected ':' and an id"},
		{"user:ann#", "byte 9: expected a relation"},
		{"user:ann#.", "byte 9: '.' cannot stand in a relation"},
		{"user:ann#....", "byte 9: '.' cannot stand in a relation"},
		{"user:ann#a#b", "byte 10: '#' cannot stand in a relation"},
		{"user:ann#a/b", "byte 10: '/' cannot stand in a relation"},
		{"user:ann#\xff", "byte 9: byte 0xff is not valid UTF-8"},
		{"user:*#member", "byte 6: a wildcard has no relation"},
		{"user:ann#" + longName + "n", "byte 263: a relation of 255 bytes is longer than 254"},
	})
}

func TestParse(t *testing.T) {
	for text, want := range map[string]tuple.Tuple{
		"workspace:acme#owner@user:ann": tuple.New(tuple.Object{Type: "workspace", ID: "acme"}, "owner",
			tuple.Object{Type: "user", ID: "ann"}.Subject()),
		"workspace:acme#admin@team:eng#member": tuple.New(tuple.Object{Type: "workspace", ID: "acme"}, "admin",
			tuple.Object{Type: "team", ID: "eng"}.Userset("member")),
		"a:b@c#d@e:f@g": tuple.New(tuple.Object{Type: "a", ID: "b@c"}, "d", tuple.Object{Type: "e", ID: "f@g"}.Subject()),
		"a:b#d@e:*":     tuple.New(tuple.Object{Type: "a", ID: "b"}, "d", tuple.Object{Type: "e", ID: "*"}.Subject()),
	} {
		got, err := tuple.Parse(text)
		require.NoError(t, err, "%q", text)
		assert.Equal(t, want, got)
		assert.Equal(t, text, got.String())
	}
	ellipsis, err := tuple.Parse("a:b#c@d:e#...")
	require.NoError(t, err)
	assert.Equal(t, "a:b#c@d:e", ellipsis.String())
	refuses(t, tuple.Parse, []wrong{
		{"", "byte 0: expected a type"},
		{"a:b", "byte 3: expected '#' and a relation"},
		{"a:b@c:d", "byte 3: expected '#' and a relation before '@'"},
		{"a:*#c@d:e", "byte 2: only a subject can be a wildcard"},
		{"a:b#", "byte 4: expected a relation"},
		{"a:b#@c:d", "byte 4: expected a relation"},
		{"a:b#...@c:d", "byte 4: '.' cannot stand in a relation"},
		{"a:b#c", "byte 5: expected '@' and a subject"},
		{"a:b#c@", "byte 6: expected a type"},
		{"a:b#c@@d:e", "byte 6: '@' cannot stand in a type"},
		{"a:b#c#d@e:f", "byte 5: '#' cannot stand in a relation"},
		{"a:b#c@d", "byte 7: expected ':' and an id"},
		{"a:b#c@d:e#", "byte 10: expected a relation"},
		{"a:b#c@d:e#[x]", "byte 10: expected a relation"},
		{"a:b#c@d:e#f#g", "byte 11: '#' cannot stand in a relation"},
		{"a:b#c@d:e#f@g:h", "byte 11: '@' cannot stand in a relation"},
		{"a:b#c@d:e ", "byte 9: ' ' cannot stand in an id"},
		{"a:b#c@d:e]", "byte 9: ']' cannot stand in an id"},
		{"a:b#c@d:e[x]", "byte 9: a tuple ends here; only a relationship is qualified"},
		{"a:b#c@d:e[", "byte 9: a tuple ends here; only a relationship is qualified"},
		{"a:b#c@d:*#f", "byte 9: a wildcard has no relation"},
	})
}

func TestParseFilter(t *testing.T) {
	for text, want := range map[string]tuple.Filter{
		"":                         {},
		"workspace":                {ObjectType: "workspace"},
		"workspace:acme":           {ObjectType: "workspace", ObjectID: "acme"},
		"a:b@c":                    {ObjectType: "a", ObjectID: "b@c"},
		"workspace#owner":          {ObjectType: "workspace", Relation: "owner"},
		"#owner@user:ann":          {Relation: "owner", SubjectType: "user", SubjectID: "ann"},
		"workspace:acme#@user:ann": {ObjectType: "workspace", ObjectID: "acme", SubjectType: "user", SubjectID: "ann"},
		"workspace@user:a@b":       {ObjectType: "workspace", SubjectType: "user", SubjectID: "a@b"},
		"@team:eng":                {SubjectType: "team", SubjectID: "eng"},
		"@team:eng#member":         {SubjectType: "team", SubjectID: "eng", SubjectRelation: "member"},
		"@team#member":             {SubjectType: "team", SubjectRelation: "member"},
		"@#member":                 {SubjectRelation: "member"},
		"@#...":                    {SubjectRelation: "..."},
		"@user:*":                  {SubjectType: "user", SubjectID: "*"},
		"@user:*#...":              {SubjectType: "user", SubjectID: "*", SubjectRelation: "..."},
		"a:b#c@d:e#f":              {ObjectType: "a", ObjectID: "b", Relation: "c", SubjectType: "d", SubjectID: "e", SubjectRelation: "f"},
	} {
		got, err := tuple.ParseFilter(text)
		require.NoError(t, err, "%q", text)
		assert.Equal(t, want, got, "%q", text)
		assert.Equal(t, text, got.String())
		assert.NoError(t, got.Validate())
	}
	refuses(t, tuple.ParseFilter, []wrong{
		{":", "byte 0: expected a type"},
		{":b", "byte 0: expected a type"},
		{"a:", "byte 2: expected an id"},
		{"a:*", "byte 2: only a subject can be a wildcard"},
		{"a:b@c:d", "byte 5: ':' cannot stand in an id"},
		{"a b", "byte 1: ' ' cannot stand in a type"},
		{"#", "byte 1: expected a relation"},
		{"a:b#", "byte 4: expected a relation"},
		{"#a b", "byte 2: ' ' cannot stand in a relation"},
		{"#a#b", "byte 2: '#' cannot stand in a relation"},
		{"@", "byte 1: expected a subject"},
		{"#@", "byte 2: expected a subject"},
		{"a:b#@", "byte 5: expected a subject"},
		{"@#", "byte 2: expected a relation"},
		{"@:b", "byte 1: expected a type"},
		{"@a:", "byte 3: expected an id"},
		{"@a:b#", "byte 5: expected a relation"},
		{"@a:*#b", "byte 4: a wildcard has no relation"},
		{"@a:b[x]", "byte 4: '[' cannot stand in an id"},
		{"@a@b", "byte 2: '@' cannot stand in a type"},
	})
}

func TestNames(t *testing.T) {
	assert.NoError(t, tuple.ValidateName("owner"))
	assert.EqualError(t, tuple.ValidateName(""), `"": at byte 0: expected a name`)
	assert.EqualError(t, tuple.ValidateName("a/b"), `"a/b": at byte 1: '/' cannot stand in a name`)
	assert.ErrorIs(t, tuple.ValidateName(longName+"n"), tuple.ErrTooLong)
	assert.NoError(t, tuple.ValidateTypeName("a/b"))
	assert.EqualError(t, tuple.ValidateTypeName("a/b/"), `"a/b/": at byte 3: '/' cannot stand in a type`)
	assert.NoError(t, tuple.ValidateID("*"))
	assert.EqualError(t, tuple.ValidateID(" "), `" ": at byte 0: ' ' cannot stand in an id`)
}

func TestErrorShortensItsText(t *testing.T) {
	_, err := tuple.ParseObject("type:" + strings.Repeat("世", 100) + " " + strings.Repeat("x", 100))
	assert.EqualError(t, err, `…"`+strings.Repeat("世", 14)+` `+strings.Repeat("x", 39)+`"…: at byte 305: ' ' cannot stand in an id`)

	// Bytes that begin no character do not make the message longer.
	_, err = tuple.ParseObject("type:" + strings.Repeat("\x80", 1<<20))
	assert.ErrorIs(t, err, tuple.ErrTooLong)
	assert.Less(t, len(err.Error()), 500)
	_, err = tuple.ParseRelationship(`a:b#c@d:e[f:{"` + strings.Repeat("\x80", 1<<20))
	assert.ErrorIs(t, err, tuple.ErrUTF8)
	assert.Less(t, len(err.Error()), 500)
}

func TestMust(t *testing.T) {
	assert.Equal(t, "a:b", tuple.MustParseObject("a:b").String())
	assert.Equal(t, "a:b#c", tuple.MustParseSubject("a:b#c").String())
	assert.Equal(t, "a:b#c@d:e", tuple.MustParse("a:b#c@d:e").String())
	assert.Equal(t, "a:b#c@d:e[f]", tuple.MustParseRelationship("a:b#c@d:e[f]").String())
	assert.Equal(t, "a@b", tuple.MustParseFilter("a@b").String())
	assert.PanicsWithError(t, `"a": at byte 1: expected ':' and an id`, func() { tuple.MustParseObject("a") })
}
