package openfga_test

import (
	"errors"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/openfga"
)

// seeds are models that between them use everything the language has, and texts
// that are nearly models.
var seeds = []string{
	everything,
	"model\n  schema 1.1\ntype user\n",
	"module m\ntype user\n  relations\n    define a: [user]\nextend type x\n  relations\n    define b: [user]",
	"model\n  schema 1.2\ntype a/b\n  relations\n    define r-s: [a/b, a/b:*, a/b#t with c] or (t and (u but not v from w))\n    define t: [a/b]",
	"model\nschema 1.1\ntype d\nrelations\ndefine a: b\ndefine b: [d] or a\ndefine c: [d#c]\ndefine e: [d] but not e from a",
	"model\n  schema 1.1\ntype u\n  relations\n    define a: [u with c]\ncondition c(x: map<int>, y: timestamp) {\n  r\"\\}\" != '' // }\n # x\n && x == \"\"\"\n\"\"\" }",
	"model\n  schema 1.1\ntype u\ncondition c(x: list) { {} }", "type", "model", "model\nschema 1.0", "\xff", "model\n schema 1.1\ntype d\n relations\n define a: ((((", "condition c(x: int) { 'a #b' }", "model\nschema 1.1\ntype é",
}

// everything is formatted: Format changes nothing.
const everything = `model
  schema 1.1

type user

type team
  relations
    define member: [user, team#member]
    define lead: [user with in_hours, user with one-of]

type doc
  relations
    define parent: [doc, folder]
    define team: [team]
    define owner: [user]
    define editor: [user, team#member] or owner or editor from parent
    define viewer: ([user, user:*, user:* with in_hours] or editor) but not blocked
    define blocked: [user]
    define both: editor and (viewer or (owner but not blocked)) and lead from team

type folder
  relations
    define editor: [user]

condition in_hours(hour: int, day: string, days: list<string>, from: timestamp) {
  hour >= 8 &&
  day in days // not "}"
}

condition one-of(a: map<int>, b: double, c: uint, d: bool, e: duration, f: ipaddress) {
  "}" != '}'
}
`

// checked fails unless an error is one of a schema, with places, and a schema is
// written and read back as the same.
func checked(t *testing.T, s *schema.Schema, err error, placed bool) {
	if err != nil {
		require.Nil(t, s)
		require.ErrorIs(t, err, schema.ErrSchema)
		var errs schema.Errors
		require.True(t, errors.As(err, &errs))
		require.NotEmpty(t, err.Error())
		for _, d := range errs {
			require.Positive(t, d.Line, "%s", d)
			require.Positive(t, d.Column)
		}
		return
	}
	for _, w := range s.Warnings() {
		require.Positive(t, w.Line, "%s", w)
	}
	stored(t, s)
	text, err := openfga.Format(s)
	if err != nil {
		require.False(t, placed, "%v", err)
		require.ErrorIs(t, err, schema.ErrSchema)
		return
	}
	again, err := openfga.Parse("", text)
	require.NoError(t, err, "%s", text)
	changes, err := schema.Compare(s, again)
	require.NoError(t, err)
	require.Empty(t, changes, "%s", text)
	written, err := openfga.Format(again)
	require.NoError(t, err)
	require.Equal(t, text, written)
	if placed {
		require.Equal(t, s.String(), again.String())
	}
}

// stored fails unless a schema is the same when it is stored as JSON and read back.
func stored(t *testing.T, s *schema.Schema) {
	data, err := s.MarshalJSON()
	require.NoError(t, err)
	again, err := schema.ParseJSON(data)
	require.NoError(t, err, "%s", data)
	changes, err := schema.Compare(s, again)
	require.NoError(t, err)
	require.Empty(t, changes, "%s", data)
	require.Equal(t, order(s), order(again))
	for i, c := range s.Caveats() {
		require.Equal(t, c.OpenFGA, again.Caveats()[i].OpenFGA)
	}
	written, err := again.MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, string(data), string(written))
}

func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := openfga.Parse("f.fga", text)
		checked(t, s, err, true)
	})
}

func FuzzParseJSON(f *testing.F) {
	for _, s := range jsonSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := openfga.ParseJSON("f.json", data)
		checked(t, s, err, false)
	})
}

func FuzzParseFS(f *testing.F) {
	const mod = "schema: '1.2'\ncontents:\n  - a.fga\n  - b.fga\n"
	f.Add(mod, "module a\ntype user\n  relations\n    define r: [user]", "module b\nextend type user\n  relations\n    define s: r\ncondition c(x: int) { x > 1 }")
	f.Add("---\n# x\nschema: \"1.2\" # y\ncontents: [a.fga, 'b.fga']\nother:\n  - x\n", "module a\ntype user", "module a\ntype user")
	f.Add("contents:\n-   'a.fga'\n- ../b.fga\n- b.fg%61\nschema: 1.2", "module a\nextend type b\ntype b", "model\n  schema 1.1\ntype c")
	f.Add("schema:\ncontents:\n  a: b\n  -\n - 1\n- {", "module", "")
	for _, s := range seeds {
		f.Add(mod, s, s)
	}
	f.Fuzz(func(t *testing.T, mod, a, b string) {
		s, err := openfga.ParseFS(fstest.MapFS{"fga.mod": {Data: []byte(mod)}, "a.fga": {Data: []byte(a)}, "b.fga": {Data: []byte(b)}}, "fga.mod")
		checked(t, s, err, true)
	})
}

// jsonSeeds are models in JSON, and nearly.
var jsonSeeds = []string{
	`{"id":"x","schema_version":"1.1","type_definitions":[{"type":"user","relations":{},"metadata":null},{"type":"doc","relations":{` +
		`"p":{"this":{}},"a":{"union":{"child":[{"computedUserset":{"object":"","relation":"p"}},{"this":{}}]}},` +
		`"b":{"tuple_to_userset":{"tupleset":{"relation":"p"},"computedUserset":{"relation":"a"}}},` +
		`"c":{"difference":{"base":{"intersection":{"child":[{"this":{}},{"this":{}}]}},"subtract":{"computed_userset":{"relation":"a"}}}}},` +
		`"metadata":{"module":"m","source_info":{"file":"m.fga"},"relations":{"p":{"directly_related_user_types":[{"type":"doc"}]},` +
		`"a":{"directlyRelatedUserTypes":[{"type":"user","condition":"x"},{"type":"user","wildcard":{}},{"type":"doc","relation":"a"}]},` +
		`"c":{"directlyRelatedUserTypes":[{"type":"user"}]},"z":{}}}}],` +
		`"conditions":{"x":{"name":"x","expression":"{\"a\": y}.a > 1 \u0026\u0026 z == z","parameters":{"y":{"type_name":"TYPE_NAME_INT"},` +
		`"z":{"typeName":"TYPE_NAME_LIST","genericTypes":[{"type_name":2}]}},"metadata":{}}}}`,
	`{"type_definitions":[{"type":"a","relations":{"r":{"this":{}}},"metadata":{"relations":{"r":{"directly_related_user_types":[{"type":"a"}]}}}}]}`,
	`{}`, `[]`, `null`, `{"type_definitions":[{}]}`, `{"a":1,"a":2}`, `{"schema_version":"1.0"}`, `{"conditions":{"c":{"name":"d"}}}`, `{`, `{"x":"` + "\xff" + `"}`, `{} {}`,
	`{"type_definitions":[{"type":"a","relations":{"r":{"union":{"child":[]}},"s":{"this":{},"union":{}},"t":{}}}]}`,
}
