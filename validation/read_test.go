package validation_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
	"github.com/baobab-authz/baobab/validation"
)

const small = `schema: |
  use expiration
  caveat c(l list<any>) { l == [] }
  definition user {}
  definition document { relation viewer: user | user with c | user with expiration }
`

// one is a file system with one file, and what that comes to.
func one(t *testing.T, name, text string) string {
	return outcome(t, fstest.MapFS{name: {Data: []byte(text)}}, name)
}

func TestReadWhatIsNotThere(t *testing.T) {
	_, err := validation.Read(fstest.MapFS{}, "none.yaml")
	require.ErrorIs(t, err, fs.ErrNotExist)
	var all validation.Errors
	require.NotErrorAs(t, err, &all, "there is no file that is wrong")

	_, err = validation.ReadTuples(fstest.MapFS{}, "none.csv")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// What the packages below say of an error can be found in it.
func TestErrorsAreWhatTheyAre(t *testing.T) {
	files := fstest.MapFS{"x.yaml": {Data: []byte(`
schema: |
  definition document { relation viewer: user }
relationships: |
  document:1#viewer
`)}, "y.yaml": {Data: []byte(small + `
relationships: |
  document:1#viewr@user:ann
`)}}
	_, err := validation.Read(files, "x.yaml")
	require.ErrorIs(t, err, schema.ErrSchema)
	require.ErrorIs(t, err, schema.ErrUnknownType)
	require.ErrorIs(t, err, tuple.ErrSyntax)
	var all validation.Errors
	require.ErrorAs(t, err, &all)
	require.Len(t, all, 2)
	require.Equal(t, "x.yaml:3:42", all[0].At())
	require.Equal(t, "x.yaml:5", all[1].At())

	_, err = validation.Read(files, "y.yaml")
	require.ErrorIs(t, err, schema.ErrUnknownRelation)
	require.Equal(t, "y.yaml", (&validation.Error{File: "y.yaml"}).At())
}

func TestManyErrors(t *testing.T) {
	got := one(t, "x.yaml", small+"relationships: |\n"+strings.Repeat("  document:1\n", 1000))
	lines := strings.Split(strings.TrimSpace(got), "\n")
	require.Len(t, lines, 101)
	require.Equal(t, "x.yaml:106: \"document:1\": at byte 10: expected '#' and a relation", lines[99])
	require.Equal(t, "x.yaml: 900 more errors", lines[100])
}

// Files from Windows, with a byte order mark, have the same lines.
func TestLineEnds(t *testing.T) {
	for _, name := range []string{"spicedb/fails.yaml", "spicedb/folded.yaml", "spicedb/broken.yaml", "spicedb/folded-broken.yaml"} {
		text, err := os.ReadFile("testdata/" + name)
		require.NoError(t, err)
		got := one(t, name, "\ufeff"+strings.ReplaceAll(string(text), "\n", "\r\n"))
		require.Equal(t, outcome(t, os.DirFS("testdata"), name), got)
	}
}

// A file of a few lines cannot make more values than there is memory for.
func TestAliases(t *testing.T) {
	const head = `
model: |
  model
    schema 1.1
  type user
  type document
    relations
      define viewer: [user]
tests:
- check:
  - user: user:ann
    object: document:1
    assertions: {viewer: false}
    context:
      a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
`
	// levels is the file with lists of lists, each with ten of those before.
	levels := func(n int) string {
		text := head
		for i := range n {
			ten := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", ")
			text += fmt.Sprintf("      a%d: &a%d [%s]\n", i+1, i+1, ten)
		}
		return text
	}
	require.Contains(t, one(t, "x.fga.yaml", levels(2)), "OpenFGA, 1 of 1 assertions hold")
	require.Contains(t, one(t, "x.fga.yaml", levels(20)), "the file's aliases make more than 1000000 values")
	require.Contains(t, one(t, "x.fga.yaml", head+"      a1: &a1 [*a1]\n"), "the values nest more than 100 deep")
}

func TestModels(t *testing.T) {
	const test = "\ntuples: [{user: user:ann, relation: viewer, object: document:1}]\ntests: [{check: [{user: user:ann, object: document:1, assertions: {viewer: true}}]}]\n"
	files := fstest.MapFS{
		"mod.fga.yaml":  {Data: []byte("model_file: m/fga.mod" + test)},
		"m/fga.mod":     {Data: []byte("schema: '1.2'\ncontents:\n  - core.fga\n  - documents.fga\n")},
		"m/core.fga":    {Data: []byte("module core\n\ntype user\n")},
		"json.fga.yaml": {Data: []byte("model_file: model.json" + test)},
		"model.json": {Data: []byte(`{"schema_version": "1.1", "type_definitions": [{"type": "user"}, {"type": "document",
			"relations": {"viewer": {"this": {}}},
			"metadata": {"relations": {"viewer": {"directly_related_user_types": [{"type": "user"}]}}}}]}`)},
		"none.fga.yaml": {Data: []byte("model_file: none.fga" + test)},
	}
	files["m/documents.fga"] = &fstest.MapFile{Data: []byte("module documents\n\ntype document\n  relations\n    define viewer: [user]\n")}
	require.Equal(t, "mod.fga.yaml: OpenFGA, 1 of 1 assertions hold\n", outcome(t, files, "mod.fga.yaml"))
	require.Equal(t, "json.fga.yaml: OpenFGA, 1 of 1 assertions hold\n", outcome(t, files, "json.fga.yaml"))
	require.Equal(t, "none.fga.yaml:1: open none.fga: file does not exist\n", outcome(t, files, "none.fga.yaml"))
	_, err := validation.Read(files, "none.fga.yaml")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// A file without the suffix is told by what is in it.
func TestFormats(t *testing.T) {
	const model = "model: |\n  model\n    schema 1.1\n  type user\n"
	require.Equal(t, "x.yaml: OpenFGA, no assertions\n", one(t, "x.yaml", model))
	require.Equal(t, "x.yml: SpiceDB, no assertions\n", one(t, "x.yml", "schema: definition user {}"))
	require.Contains(t, one(t, "x.fga.yml", "schema: definition user {}"), `unknown key "schema": a store file`)
}

// The instant decides what has expired.
func TestAt(t *testing.T) {
	f, err := validation.Read(fstest.MapFS{"x.yaml": {Data: []byte(small + `
relationships: document:1#viewer@user:ann[expiration:2030-01-01T00:00:00Z]
assertions: {assertTrue: ["document:1#viewer@user:ann"]}
`)}}, "x.yaml")
	require.NoError(t, err)
	for at, passed := range map[time.Time]int{instant: 1, instant.AddDate(10, 0, 0): 0, {}: 1} {
		r, err := f.Run(t.Context(), validation.Options{At: at})
		require.NoError(t, err)
		require.Equal(t, passed, r.Passed(), at)
	}
}

func TestCancelled(t *testing.T) {
	f, err := validation.Read(os.DirFS("testdata"), "spicedb/right.yaml")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = f.Run(ctx, validation.Options{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestTuplesOfOtherNames(t *testing.T) {
	_, err := validation.ReadTuples(fstest.MapFS{"x.txt": {}}, "x.txt")
	require.EqualError(t, err, "x.txt: a file of tuples ends in .yaml, .yml, .json, .jsonl or .csv")
}

func TestReadTuples(t *testing.T) {
	const ann = "document:1#viewer@user:ann"
	for _, c := range []struct{ name, text, want string }{
		{"empty.yaml", "", "[]"},
		{"empty.json", " \n", "[]"},
		{"empty.json", "[]", "[]"},
		{"empty.csv", "", "empty.csv: the file is empty: its first line names the columns"},
		{"head.csv", "user_type,user_id,relation,object_type,object_id\n", "[]"},
		{"quote.csv", "\"a", "quote.csv:1: not CSV: extraneous or missing \" in quoted-field"},
		{"x.yml", "- {user: 'user:ann', relation: viewer, object: 'document:1'}", "[" + ann + "]"},
		{"at.yml", "- {user: 'user:ann@example.com', relation: viewer, object: 'document:1'}", "[" + ann + "@example.com]"},
		{"values.yml", "- {user: 'user:ann', relation: viewer, object: 'document:1', condition: {name: c, context: {a: 1, b: 0x10, c: 1.5, d: 2024-01-01T00:00:00Z, e: null, f: [true], g: {x: y}, h: '7'}}}",
			`[` + ann + `[c:{"a":1,"b":16,"c":1.5,"d":"2024-01-01T00:00:00Z","e":null,"f":[true],"g":{"x":"y"},"h":"7"}]]`},
		{"keys.yml", "- {user: 'user:ann', relation: viewer, object: 'document:1', condition: {name: c, context: {a: 1, a: 2, [b]: 3}}}",
			"keys.yml:1: a key of a context should be a word, and there once: \"a\"\nkeys.yml:1: a key of a context should be a word, and there once: \"\""},
		{"x.json", "\ufeff[{\"user\": \"user:ann\", \"relation\": \"viewer\", \"object\": \"document:1\"}]", "[" + ann + "]"},
		{"values.json", `[{"user": "user:ann", "relation": "viewer", "object": "document:1", "condition": {"name": "c", "context": {"a": [1, {"b": null}]}}}]`,
			`[` + ann + `[c:{"a":[1,{"b":null}]}]]`},
		{"far.json", `[{"user": "user:ann", "relation": "viewer", "object": "document:1", "condition": {"name": "c", "context": {"a": 1e999}}}]`,
			"far.json:1: 1e999 is out of the range of numbers"},
		{"more.json", "[\n]\n]", "more.json:3: something stands behind the list of tuples"},
		{"open.json", "[\n", "open.json:2: not JSON: unexpected EOF"},
		{"open.json", "[{}", "open.json:1: there is no user\nopen.json:1: not JSON: unexpected EOF"},
		{"wrong.json", "[\n1 2]", "wrong.json:2: a tuple should be an object, not a JSON number\nwrong.json:2: not JSON: expected comma after array element"},
		{"word.json", "tuples", "word.json:1: not JSON: invalid character 'u' in literal true (expecting 'r')"},
		{"condition.csv", "user_type,user_id,relation,object_type,object_id,condition_name\nuser,ann,viewer,document,1,c\n", "[" + ann + "[c]]"},
		{"star.csv", "user_type,user_id,relation,object_type,object_id\nuser,*,viewer,document,*\n", "star.csv:2: object \"document:*\": at byte 9: only a subject can be a wildcard"},
	} {
		rels, err := validation.ReadTuples(fstest.MapFS{c.name: {Data: []byte(c.text)}}, c.name)
		if err != nil {
			require.Equal(t, c.want, err.Error(), c.text)
			continue
		}
		texts := []string{}
		for _, r := range rels {
			require.Equal(t, c.name, r.File)
			require.Positive(t, r.Line)
			texts = append(texts, r.Relationship.String())
		}
		require.Equal(t, c.want, fmt.Sprint(texts), c.text)
	}
}

// Test fails where a file fails: seen from outside, in another process.
func TestTest(t *testing.T) {
	if name := os.Getenv("VALIDATION_TEST_FILE"); name != "" {
		validation.Test(t, os.DirFS("testdata"), name)
		return
	}
	run := func(pattern string) (string, error) {
		cmd := exec.Command(os.Args[0], "-test.run=^TestTest$", "-test.v")
		cmd.Env = append(os.Environ(), "VALIDATION_TEST_FILE="+pattern)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := run("*/right*.yaml")
	require.NoError(t, err, out)
	require.Contains(t, out, "--- PASS: TestTest/spicedb/right.yaml/line_")
	require.Contains(t, out, "--- PASS: TestTest/openfga/right.fga.yaml/line_")

	out, err = run("spicedb/fails.yaml")
	require.Error(t, err)
	require.Contains(t, out, "    spicedb/fails.yaml:31: assertTrue document:plan#view@user:bob\n")
	require.Contains(t, out, "✓ document:plan#banned@user:bob, which excludes: stored")

	for pattern, want := range map[string]string{
		"spicedb/nofile.yaml":  "spicedb/nofile.yaml:1: schema: open spicedb/none.zed: no such file or directory",
		"spicedb/counted.yaml": "2 found, 1 wanted (count 1)",
		"nothing/*.yaml":       `no file matches "nothing/*.yaml"`,
		"[":                    `"[": syntax error in pattern`,
	} {
		out, err := run(pattern)
		require.Error(t, err, pattern)
		require.Contains(t, out, want)
	}
}
