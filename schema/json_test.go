package schema_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/internal/oracle/gen"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/openfga"
)

// stored returns the schema as it is read back, and fails unless it is the same
// but for positions.
func stored(t require.TestingT, s *schema.Schema) *schema.Schema {
	data, err := s.MarshalJSON()
	require.NoError(t, err)
	u, err := schema.ParseJSON(data)
	require.NoError(t, err, "%s\n%s", s, data)
	require.Equal(t, definitions(s), definitions(u))
	require.Equal(t, caveats(s), caveats(u))
	require.Equal(t, s.String(), u.String())
	changes, err := schema.Compare(s, u)
	require.NoError(t, err)
	require.Empty(t, changes)
	for i, c := range s.Caveats() {
		require.Equal(t, c.OpenFGA, u.Caveats()[i].OpenFGA)
	}
	for i, d := range s.Definitions() {
		e := u.Definitions()[i]
		for j, r := range d.Relations {
			require.Equal(t, names(d.Counted(r)), names(e.Counted(e.Relations[j])))
		}
	}
	again, err := u.MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, string(data), string(again))
	return u
}

func names(list []*schema.Relation) (names []string) {
	for _, r := range list {
		names = append(names, r.Name)
	}
	return names
}

func TestJSONOfRandomSchemas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawn := gen.Draw(t).Schema
		if rapid.Bool().Draw(t, "with directives") {
			drawn = gen.DrawRuled(t).Schema
		}
		s, err := gen.Build(drawn)
		require.NoError(t, err)
		stored(t, s)
	})
}

// TestJSONOfFiles: what files of this repository declare is stored, whatever the
// language is in which they do.
func TestJSONOfFiles(t *testing.T) {
	read := map[string]int{}
	require.NoError(t, filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		language := filepath.Ext(path)
		if err != nil || language != ".zed" && language != ".fga" {
			return err
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		parse := schema.Parse
		if language == ".fga" {
			parse = openfga.Parse
		}
		if s, err := parse(path, string(text)); err == nil {
			read[language]++
			stored(t, s)
		} else {
			require.ErrorIs(t, err, schema.ErrSchema)
		}
		return nil
	}))
	require.GreaterOrEqual(t, read[".zed"], 7)
	require.GreaterOrEqual(t, read[".fga"], 2)
	for _, text := range seeds {
		if s, err := schema.Parse("", text); err == nil {
			stored(t, s)
		}
	}
}

// What no text can say is stored as well.
func TestJSONOfWhatIsBuilt(t *testing.T) {
	user, doc := schema.Type("user"), schema.Type("doc")
	deep := schema.Ref("nil")
	for range 499 {
		deep = schema.Minus(schema.Ref("nil"), deep)
	}
	stored(t, schema.MustNew(
		schema.DeclareCaveat("doc", "a-b < 1 && \"<\u2028>\" != '\"' // \\", schema.Param("a", "map<list<any>>"), schema.Param("-", "uint")),
		schema.DeclareCaveat("and", "x", schema.Param("x", "bool")),
		schema.Define("user", schema.Rel("this", user, schema.Wildcard("doc"), user.With("and"), user.With("doc").Expiring())),
		schema.Define("doc", schema.DeletedBy("self"),
			schema.Rel("self", user.Expiring()).Counted(schema.Count{Min: 0, Max: 2, PerSubject: true, In: "nil"}).OnDelete(schema.Cascade).ExpiresWithin(schema.MaxExpiresWithin),
			schema.Rel("nil", doc, schema.Wildcard("doc")).OnDelete(schema.Refuse).GrantedToSelf().GrantedOnSubject("nil").GrantedBy("nil").
				Counted(schema.Count{Min: 1, Max: schema.Unbounded}).Counted(schema.Count{Min: 3, Max: 3}),
			schema.Rel("all", user).Rewritten(schema.Minus(schema.And(schema.This{}, schema.Ref("self"), schema.Self{}), schema.Or(schema.Nil{}, schema.This{}))),
			schema.Perm("every", schema.And(schema.Arrow("nil", "all"), schema.ArrowAll("nil", "all"))),
			schema.Perm("none", schema.Nil{}), schema.Perm("own", schema.Self{}), schema.Perm("deep", deep))))
	// There is no end to how many operands a text can have.
	stored(t, schema.MustParse("definition user {\nrelation a: user\npermission p = a"+strings.Repeat(" + a", 100_001)+"\n}"))
}

// What a text can nest, the form can; and neither can nest deeper.
func TestJSONDepth(t *testing.T) {
	nested := func(n int) (*schema.Schema, error) {
		return schema.Parse("", "definition user {\nrelation a: user\npermission p = "+strings.Repeat("a & a + (", n)+"a"+strings.Repeat(")", n)+"\n}")
	}
	s, err := nested(249) // and each has two operators, and at the bottom is one
	require.NoError(t, err)
	data, err := stored(t, s).MarshalJSON()
	require.NoError(t, err)
	_, err = nested(250)
	require.ErrorContains(t, err, "the expression nests more than 500 deep")
	const bottom = `{"union":[{"computed":"a"},{"computed":"a"}]}` // its operands are 499 deep
	deeper := func(with string) (*schema.Schema, error) {
		return schema.ParseJSON([]byte(strings.Replace(string(data), bottom, with, 1)))
	}
	s, err = deeper(`{"intersection":[` + bottom + `,"nil"]}`)
	require.NoError(t, err)
	stored(t, s)
	_, err = deeper(`{"exclusion":["nil",{"intersection":[` + bottom + `,"nil"]}]}`)
	require.EqualError(t, err, `definitions[0].relations[1].rewrite.intersection….exclusion[1].intersection[0].union[0]: the expression nests more than 500 deep`)
}

// The example in the documentation of MarshalJSON has every field.
func TestJSONIsDocumented(t *testing.T) {
	source, err := os.ReadFile("json.go")
	require.NoError(t, err)
	doc := regexp.MustCompile(`(?s)//\t\{"version".*?\n//\n`).Find(source)
	text := strings.ReplaceAll(string(doc), "//", " ")
	text = strings.ReplaceAll(text, `["  `, `["// `) // they are comments
	s, err := schema.ParseJSON([]byte(text))
	require.NoError(t, err)
	stored(t, s)
	for _, tag := range regexp.MustCompile("`json:\"([a-z_]+)").FindAllSubmatch(source, -1) {
		require.Contains(t, text, `"`+string(tag[1])+`":`)
	}
}

// A schema stands in other JSON, where < is written otherwise.
func TestJSONWithinJSON(t *testing.T) {
	s := schema.MustParse("caveat c(x list<int>) { x[0] < 1 && true }\ndefinition user { relation r: user with c }")
	data, err := json.MarshalIndent(map[string]any{"schema": s}, "", "\t")
	require.NoError(t, err)
	var record struct{ Schema json.RawMessage }
	require.NoError(t, json.Unmarshal(data, &record))
	u, err := schema.ParseJSON(record.Schema)
	require.NoError(t, err)
	require.Equal(t, caveats(s), caveats(u))
	data, err = s.MarshalJSON()
	require.NoError(t, err)
	require.Contains(t, string(data), `"type":"list<int>"}],"expression":"x[0] < 1 && true"`)
}

// What is written by hand is read as what it comes to.
func TestJSONByHand(t *testing.T) {
	s, err := schema.ParseJSON([]byte(`
{	"definitions": [{"relations": [
		{	"rewrite": {"union": [{"union": ["this", {"computed": "a"}]}, "self"]}, "subjects": [{"type": "user", "expiration": true}],
			"on_delete": "detach", "comments": ["/* a\r\n  * b  \r\n*/", "// c\t"], "relation": "r", "guards": [], "expires_within": "60m"},
		{"permission": "a", "subjects": [], "rewrite": "nil"}], "name": "user"}],
	"caveats": [{"name": "c", "parameters": [{"name": "x", "type": " list < int > "}], "expression": "\n x == [1]\t", "openfga": false}],
	"version": 1 }
`))
	require.NoError(t, err)
	data, err := stored(t, s).MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, `{"version":1,"caveats":[{"name":"c","parameters":[{"name":"x","type":"list<int>"}],"expression":"x == [1]"}],`+
		`"definitions":[{"name":"user","relations":[{"relation":"r","comments":["/* a\n * b\n */","// c"],"subjects":[{"type":"user","expiration":true}],`+
		`"rewrite":{"union":["this",{"computed":"a"},"self"]},"expires_within":"1h"},{"permission":"a","rewrite":"nil"}]}]}`, string(data))
}

func FuzzParseJSON(f *testing.F) {
	for _, text := range seeds {
		if s, err := schema.Parse("", text); err == nil {
			data, err := s.MarshalJSON()
			require.NoError(f, err)
			f.Add(data)
		}
	}
	for _, text := range wrongJSON {
		f.Add([]byte(text[0]))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := schema.ParseJSON(data)
		if err == nil {
			stored(t, s)
			return
		}
		require.Nil(t, s)
		require.ErrorIs(t, err, schema.ErrSchema)
		require.NotEmpty(t, err.Error())
		var errs schema.Errors
		require.True(t, errors.As(err, &errs))
	})
}
