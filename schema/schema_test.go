package schema_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// expression returns the rewrite of permission p in a definition that has the
// relations a to e, all of the definition itself.
func expression(t *testing.T, text string) schema.Rewrite {
	t.Helper()
	s, err := schema.Parse("", "use self\ndefinition d {\nrelation a: d\nrelation b: d\nrelation c: d\nrelation e: d\npermission p = "+text+"\n}")
	require.NoError(t, err)
	return s.Definition("d").Relation("p").Rewrite
}

// TestPrecedence compares with where SpiceDB puts the parentheses.
func TestPrecedence(t *testing.T) {
	for text, want := range map[string]string{
		"a - b + c":             "a - (b + c)",
		"a & b + c":             "a & (b + c)",
		"a + b & c":             "(a + b) & c",
		"a - b & c":             "a - (b & c)",
		"a & b - c":             "(a & b) - c",
		"a - b - c":             "(a - b) - c",
		"a + b - c + e & a":     "(a + b) - ((c + e) & a)",
		"a->b + c":              "(a->b) + c",
		"a -b":                  "a - b",
		"a-b":                   "a - b",
		"a- b":                  "a - b",
		"a.all(b) - c->e":       "a.all(b) - (c->e)",
		"a + (b + c)":           "(a + b) + c",
		"(a & (b & c))":         "a & b & c",
		"((a))":                 "a",
		"a +\n\tb - // x\n\n c": "(a + b) - c",
	} {
		want = strings.NewReplacer("(a->b)", "a->b", "(c->e)", "c->e").Replace(want)
		require.Equal(t, expression(t, want), expression(t, text), text)
	}
}

func TestRewriteString(t *testing.T) {
	for _, text := range []string{
		"nil", "self", "a", "a->b", "a.all(b)", "a + b", "a - b - c", "a - (b - c)", "a + b & c + e", "(a & b) + c",
		"(a - b) & c", "a - b & c + e", "(a - b) + c", "nil + self",
	} {
		require.Equal(t, text, expression(t, text).String())
	}
	require.Equal(t, "this", schema.This{}.String())
	require.Equal(t, "nil", schema.Union{}.String())
	require.Equal(t, "a + (b - c)", schema.Union{Children: []schema.Rewrite{
		schema.Intersection{Children: []schema.Rewrite{schema.Computed{Relation: "a"}}},
		schema.Exclusion{Base: schema.Union{Children: []schema.Rewrite{schema.Ref("b")}}, Subtract: schema.Ref("c")},
	}}.String())
}

func TestWalk(t *testing.T) {
	r := expression(t, "a + (b & c) - e->a")
	var seen []string
	require.True(t, schema.Walk(r, func(r schema.Rewrite) bool { seen = append(seen, r.String()); return true }))
	require.Equal(t, []string{"a + (b & c) - e->a", "a + (b & c)", "a", "b & c", "b", "c", "e->a"}, seen)
	for stop := range seen {
		n := 0
		require.False(t, schema.Walk(r, func(schema.Rewrite) bool { n++; return n <= stop }))
		require.Equal(t, stop+1, n)
	}
}

func TestParse(t *testing.T) {
	s, err := schema.Parse("all.zed", everything)
	require.NoError(t, err)
	var names []string
	for _, d := range s.Definitions() {
		names = append(names, d.Name)
		require.Same(t, d, s.Definition(d.Name))
		for _, r := range d.Relations {
			require.Same(t, r, d.Relation(r.Name))
			require.Equal(t, !r.Permission, r.Stored())
			require.Equal(t, "all.zed", r.Pos.File)
		}
	}
	require.Equal(t, []string{"user", "acme/team", "doc", "org"}, names)
	require.Nil(t, s.Definition("owned"))
	require.Nil(t, s.Definition("doc").Relation("owner"))
	require.Nil(t, s.Caveat("x"))

	team := s.Definition("acme/team")
	require.Equal(t, "all.zed:25:12", team.Pos.String())
	require.Equal(t, "own", team.Relations[1].Name)
	member := team.Relation("member")
	require.Equal(t, []string{"// Nested."}, member.Comments)
	require.Equal(t, []schema.SubjectType{
		{Type: "user"}, {Type: "acme/team", Relation: "member"}, {Type: "user", Wildcard: true, Caveat: "hours"},
	}, member.Subjects)
	require.Equal(t, schema.This{}, member.Rewrite)
	require.Equal(t, "relation member: user | acme/team#member | user:* with hours", member.String())
	guest := team.Relation("guest").Subjects
	require.Equal(t, []schema.SubjectType{{Type: "user", Expiration: true}, {Type: "user", Caveat: "hours", Expiration: true}}, guest)

	require.Len(t, s.Caveats(), 1)
	hours := s.Caveat("hours")
	require.Equal(t, []string{"// Whether it is the hour."}, hours.Comments)
	require.Equal(t, `now.getHours() in allowed && "}" != '{'`, hours.Expression)
	p, ok := hours.Parameter("allowed")
	require.True(t, ok)
	require.Equal(t, schema.TypeRef{Name: "list", Args: []schema.TypeRef{{Name: "int"}}}, p.Type)
	_, ok = hours.Parameter("x")
	require.False(t, ok)
}

// TestHyphens: a hyphen is the operator unless the name is declared.
func TestHyphens(t *testing.T) {
	s := schema.MustParse(`
		definition my-user {}
		caveat is-ok(a bool) { a }
		definition doc {
			relation a: my-user with is-ok
			relation b: my-user | doc
			relation a-b: my-user
			relation nil-b: my-user
			permission minus = b-a
			permission named = a-b-a
			permission arrow = b->a-b-a
			permission all = b.all(a-b)
			permission nothing = nil-a
			permission something = nil-b
		}`)
	d := s.Definition("doc")
	for name, want := range map[string]string{
		"minus": "b - a", "named": "a-b - a", "arrow": "b->a-b - a", "all": "b.all(a-b)", "nothing": "nil - a", "something": "nil-b",
	} {
		require.Equal(t, want, d.Relation(name).Rewrite.String(), name)
	}
	same(t, s, s.String())
}

func TestValidateRelationship(t *testing.T) {
	s := schema.MustParse(`
		use expiration
		caveat c(x int) { x > 1 }
		caveat d(x int) { x > 1 }
		definition user {}
		definition team { relation member: user | team#member }
		definition doc {
			relation plain: user | team#member
			relation caveated: user with c
			relation expiring: user with expiration
			relation both: user with c and expiration
			relation mixed: user | user with c | user:* with d | user with expiration
			permission view = plain
		}`)
	soon := time.Now().Add(time.Hour)
	for _, test := range []struct {
		rel, caveat string
		expires     bool
		err         error
		message     string
	}{
		{rel: "doc:1#plain@user:ann"},
		{rel: "doc:1#plain@team:x#member"},
		{rel: "doc:1#caveated@user:ann", caveat: "c"},
		{rel: "doc:1#expiring@user:ann", expires: true},
		{rel: "doc:1#both@user:ann", caveat: "c", expires: true},
		{rel: "doc:1#mixed@user:ann"},
		{rel: "doc:1#mixed@user:ann", caveat: "c"},
		{rel: "doc:1#mixed@user:ann", expires: true},
		{rel: "doc:1#mixed@user:*", caveat: "d"},

		{rel: "dco:1#plain@user:ann", err: schema.ErrUnknownType, message: `unknown type "dco"; did you mean "doc"?`},
		{rel: "doc:1#plian@user:ann", err: schema.ErrUnknownRelation, message: `unknown relation "plian": type "doc" does not have it; did you mean "plain"?`},
		{rel: "doc:1#view@user:ann", err: schema.ErrNotStored, message: "doc:1#view@user:ann: doc#view is a permission and stores no tuples"},
		{rel: "doc:1#plain@usr:ann", err: schema.ErrUnknownType, message: `unknown type "usr"; did you mean "user"?`},
		{rel: "doc:1#plain@team:x#xyz", err: schema.ErrUnknownRelation, message: `unknown relation "xyz": type "team" does not have it`},
		{rel: "doc:1#plain@doc:2", err: schema.ErrSubjectNotAllowed, message: "doc:1#plain@doc:2: doc#plain does not admit doc; it admits user | team#member"},
		{rel: "doc:1#plain@team:x", err: schema.ErrSubjectNotAllowed},
		{rel: "doc:1#plain@doc:2#view", err: schema.ErrSubjectNotAllowed, message: "doc:1#plain@doc:2#view: doc#plain does not admit doc#view; it admits user | team#member"},
		{rel: "doc:1#plain@user:*", err: schema.ErrWildcardNotAllowed, message: "doc:1#plain@user:*: doc#plain does not admit user:*; it admits user | team#member"},
		{rel: "doc:1#plain@user:*", err: schema.ErrSubjectNotAllowed},
		{rel: "doc:1#plain@user:ann", caveat: "c", err: schema.ErrCaveatNotAllowed, message: `doc:1#plain@user:ann: doc#plain does not admit this subject with the caveat "c"; it admits user | team#member`},
		{rel: "doc:1#plain@user:ann", expires: true, err: schema.ErrExpirationNotAllowed, message: "doc:1#plain@user:ann: doc#plain does not admit this subject with an expiry; it admits user | team#member"},
		{rel: "doc:1#caveated@user:ann", err: schema.ErrCaveatNotAllowed, message: "doc:1#caveated@user:ann: doc#caveated does not admit this subject without a caveat; it admits user with c"},
		{rel: "doc:1#caveated@user:ann", caveat: "d", err: schema.ErrCaveatNotAllowed},
		{rel: "doc:1#caveated@user:ann", caveat: "c", expires: true, err: schema.ErrExpirationNotAllowed},
		{rel: "doc:1#both@user:ann", caveat: "c", err: schema.ErrExpirationNotAllowed},
		{rel: "doc:1#both@user:ann", expires: true, err: schema.ErrCaveatNotAllowed},
		{rel: "doc:1#mixed@user:ann", caveat: "c", expires: true, err: schema.ErrExpirationNotAllowed},
		{rel: "doc:1#mixed@user:*", err: schema.ErrCaveatNotAllowed},
	} {
		r := tuple.MustParse(test.rel).When(test.caveat, nil)
		if test.expires {
			r.Expires = soon
		}
		err := s.ValidateRelationship(r)
		require.ErrorIs(t, err, test.err, r)
		if test.message != "" {
			require.EqualError(t, err, test.message)
		}
		if test.err == nil {
			require.Zero(t, testing.AllocsPerRun(10, func() { _ = s.ValidateRelationship(r) }))
		}
	}
	var admission *schema.AdmissionError
	require.ErrorAs(t, s.ValidateRelationship(tuple.MustParse("doc:1#caveated@user:ann").Always()), &admission)
	require.Equal(t, []schema.SubjectType{schema.Type("user").With("c")}, admission.Admitted)
}

func TestValidateTuple(t *testing.T) {
	s := schema.MustParse("definition user {}\ndefinition doc {\nrelation r: user\npermission p = r\n}")
	for text, want := range map[string]error{
		"doc:1#r@user:ann": nil, "doc:1#p@user:ann": nil, "doc:1#p@user:*": nil, "doc:1#r@doc:2#p": nil,
		"dox:1#r@user:ann": schema.ErrUnknownType, "doc:1#x@user:ann": schema.ErrUnknownRelation,
		"doc:1#r@usr:ann": schema.ErrUnknownType, "doc:1#r@user:ann#r": schema.ErrUnknownRelation,
		"doc:1#r@usr:ann#r": schema.ErrUnknownType,
	} {
		require.ErrorIs(t, s.ValidateTuple(tuple.MustParse(text)), want, text)
	}
	ask := tuple.MustParse("doc:1#p@doc:2#p")
	require.Zero(t, testing.AllocsPerRun(10, func() { _ = s.ValidateTuple(ask) }))
}

func TestValidateFilter(t *testing.T) {
	s := schema.MustParse("definition user {}\ndefinition doc {\nrelation reader: user\npermission p = reader\n}")
	for text, want := range map[string]error{
		"": nil, "doc:1": nil, "doc#reader": nil, "#reader@user:ann": nil, "@user": nil, "@user:ann#...": nil, "@doc#p": nil, "@#p": nil, "@#...": nil,
		"dox:1": schema.ErrUnknownType, "doc#x": schema.ErrUnknownRelation, "user#reader": schema.ErrUnknownRelation,
		"#raeder": schema.ErrUnknownRelation, "@usr": schema.ErrUnknownType, "@user#p": schema.ErrUnknownRelation, "@#xyz": schema.ErrUnknownRelation,
	} {
		require.ErrorIs(t, s.ValidateFilter(tuple.MustParseFilter(text)), want, text)
	}
	require.EqualError(t, s.ValidateFilter(tuple.MustParseFilter("#raeder")), `unknown relation "raeder": no type has it; did you mean "reader"?`)
}

func TestParseFS(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	fsys := fstest.MapFS{
		"root.zed":         file("import \"lib/team.zed\"\nimport './lib/user.zed'\ndefinition doc {\n\trelation r: user | team#team-member\n\tpermission p = r - r->team-member\n\t...shared\n}"),
		"lib/team.zed":     file("use expiration\nimport \"../lib/user.zed\"\ndefinition team {\n\trelation team-member: user\n\trelation guest: user with expiration\n}"),
		"lib/user.zed":     file("definition user {\n\trelation team-member: user\n}\npartial shared {\n\trelation s: user\n}"),
		"cycle.zed":        file("definition user {}\nimport \"cycle2.zed\""),
		"cycle2.zed":       file("import \"cycle.zed\""),
		"self.zed":         file("definition user {}\nimport \"self.zed\""),
		"lost.zed":         file("definition user {}\nimport \"none.zed\"\nimport \"/root.zed\"\nimport \"../root.zed\"\nimport \"\"\nimport \"none.zed\""),
		"bad.zed":          file("import \"lib/bad.zed\"\ndefinition doc {\n\trelation r: usr\n}"),
		"lib/bad.zed":      file("definition user {\n\trelation r: user#x\n}\ndefinition doc {}"),
		"expires.zed":      file("import \"lib/team.zed\"\ndefinition doc {\n\trelation r: user with expiration\n}"),
		"other/self.zed":   file("import \"one.zed\"\ndefinition d {\n\trelation self: u\n\tpermission p = self\n}"),
		"other/one.zed":    file("use self\ndefinition u {\n\tpermission me = self\n}"),
		"other/unseen.zed": file("definition d {\n\trelation r: u\n}"),
	}
	s, err := schema.ParseFS(fsys, "root.zed")
	require.NoError(t, err)
	require.Equal(t, []string{"user", "team", "doc"}, []string{s.Definitions()[0].Name, s.Definitions()[1].Name, s.Definitions()[2].Name})
	require.Equal(t, "lib/team.zed:4:11", s.Definition("team").Relation("team-member").Pos.String())
	require.Equal(t, "r - r->team-member", s.Definition("doc").Relation("p").Rewrite.String())
	require.NotNil(t, s.Definition("doc").Relation("s"))
	same(t, s, s.String())

	for root, want := range map[string]string{
		"cycle.zed":      "cycle2.zed:1:8: import cycle: cycle.zed imports cycle2.zed imports cycle.zed\nimport \"cycle.zed\"\n       ^^^^^^^^^^^",
		"self.zed":       "self.zed:2:8: import cycle: self.zed imports self.zed\nimport \"self.zed\"\n       ^^^^^^^^^^",
		"expires.zed":    "expires.zed:3:24: expiration is not in use\n\trelation r: user with expiration\n\t                      ^^^^^^^^^^ write use expiration at the top of the file",
		"other/self.zed": "other/self.zed:3:11: self is a keyword where it is in use, and names nothing\n\trelation self: u\n\t         ^^^^",
		"bad.zed": "lib/bad.zed:2:19: unknown relation \"x\": type \"user\" does not have it\n\trelation r: user#x\n\t                 ^\n" +
			"bad.zed:2:12: definition doc is declared already, at lib/bad.zed:4\ndefinition doc {\n           ^^^",
		"other/unseen.zed": "other/unseen.zed:2:14: unknown type \"u\"\n\trelation r: u\n\t            ^",
		"lost.zed": "lost.zed:2:8: cannot read the import: open none.zed: file does not exist\nimport \"none.zed\"\n       ^^^^^^^^^^\n" +
			"lost.zed:3:8: \"/root.zed\" leads out of the file system: an import is relative to the file in which it stands\nimport \"/root.zed\"\n       ^^^^^^^^^^^\n" +
			"lost.zed:4:8: \"../root.zed\" leads out of the file system: an import is relative to the file in which it stands\nimport \"../root.zed\"\n       ^^^^^^^^^^^^^\n" +
			"lost.zed:5:8: \"\" leads out of the file system: an import is relative to the file in which it stands\nimport \"\"\n       ^^",
	} {
		s, err := schema.ParseFS(fsys, root)
		require.Nil(t, s)
		require.EqualError(t, err, want, root)
	}
	_, err = schema.ParseFS(fsys, "lost.zed")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = schema.ParseFS(fsys, "missing.zed")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestWarnings(t *testing.T) {
	s, err := schema.Parse("w.zed", `
caveat used(a int, b int) { a > 1 }
caveat unused(a int) { a > 1 }
// Of baobab: a comment.
definition user {}
definition folder {
	relation parent: folder | user
	relation reader: user with used
	permission read = reader - parent->read
	permission write = reader & read + reader
	permission fine = reader & (read + reader) - read
	permission _internal = reader
	permission _named = reader
	permission name = _named
}`)
	require.NoError(t, err)
	var lines []string
	for _, w := range s.Warnings() {
		require.Equal(t, schema.SeverityWarning, w.Severity)
		lines = append(lines, w.String())
	}
	require.Equal(t, `w.zed:2:20: warning: the expression does not use the parameter b
caveat used(a int, b int) { a > 1 }
                   ^
w.zed:3:8: warning: no relation uses the caveat unused
caveat unused(a int) { a > 1 }
       ^^^^^^
w.zed:9:29: warning: folder#read excludes folder#read of other objects, which can need it in turn: where the data closes the cycle, the answer is an error
	permission read = reader - parent->read
	                           ^^^^^^^^^^^^
w.zed:9:37: warning: the arrow skips type "user", which does not have it
	permission read = reader - parent->read
	                                   ^^^^
w.zed:10:30: warning: + binds more tightly than &
	permission write = reader & read + reader
	                            ^^^^^^^^^^^^^ write (read + reader)
w.zed:12:13: warning: nothing uses _internal, which its name says is internal
	permission _internal = reader
	           ^^^^^^^^^`, strings.Join(lines, "\n"))
	require.Equal(t, "error", schema.SeverityError.String())
	require.Equal(t, "warning", schema.SeverityWarning.String())
}

// TestLarge: what takes more than linear time would take minutes here.
func TestLarge(t *testing.T) {
	var b strings.Builder
	b.WriteString("definition user {}\npartial p {\n\trelation q: user\n}\n")
	for i := range 10_000 {
		fmt.Fprintf(&b, "definition t%d {\n\trelation r: user | t%d#r\n\trelation s: t%d\n\tpermission p = r + s->p\n\t...p\n}\n", i, (i+1)%10_000, (i+7)%10_000)
	}
	b.WriteString("definition chain {\n\trelation r: user\n\tpermission p0 = r\n")
	for i := range 50_000 {
		fmt.Fprintf(&b, "\tpermission p%d = p%d\n", i+1, i)
	}
	b.WriteString("}\n")
	start := time.Now()
	s, err := schema.Parse("", b.String())
	require.NoError(t, err)
	require.Len(t, s.Definitions(), 10_002)
	require.Less(t, time.Since(start), time.Minute)

	start = time.Now()
	_, err = schema.Parse("", strings.ReplaceAll(strings.ReplaceAll(b.String(), "r + s->p", "x + s->y"), "\n", "; "))
	require.ErrorIs(t, err, schema.ErrUnknownRelation)
	require.NotEmpty(t, err.Error())
	require.Less(t, time.Since(start), time.Minute)
	_, err = schema.Format("", b.String())
	require.NoError(t, err)
}

func TestMustParse(t *testing.T) {
	require.PanicsWithError(t, "the schema has no definitions", func() { schema.MustNew() })
	require.Panics(t, func() { schema.MustParse("") })
	_, err := schema.Parse("", "")
	require.ErrorIs(t, err, schema.ErrEmpty)
	require.NotErrorIs(t, err, schema.ErrUnknownType)
	require.Equal(t, "3:4", schema.Pos{Line: 3, Column: 4}.String())
	require.True(t, schema.Verdict{}.Known())
	require.False(t, schema.Verdict{Missing: []string{"a"}}.Known())
}

// What excludes itself means something, if only an error, and is not refused.
func TestExcludesItself(t *testing.T) {
	s, err := schema.Parse("w.zed", `definition user {}
definition doc {
	relation r: user
	permission a = r - a
	permission b = r - c
	permission c = r & b
}`)
	require.NoError(t, err)
	var lines []string
	for _, w := range s.Warnings() {
		lines = append(lines, w.String())
	}
	require.Equal(t, `w.zed:4:21: warning: doc#a excludes itself: where the rest of it holds, the answer is an error
	permission a = r - a
	                   ^
w.zed:5:21: warning: doc#b excludes itself, because it excludes doc#c, which needs it: where the rest of it holds, the answer is an error
	permission b = r - c
	                   ^`, strings.Join(lines, "\n"))
}

// Members may share a line: what begins one is no name.
func TestMembersShareALine(t *testing.T) {
	text := "definition user {} definition doc { relation r: user relation s: doc#r permission p = r + s permission q = s->p }"
	s, err := schema.Parse("", text)
	require.NoError(t, err)
	require.Equal(t, `definition user {}

definition doc {
	relation r: user
	relation s: doc#r
	permission p = r + s
	permission q = s->p
}
`, s.String())
}

// Names that contain keywords are names.
func TestNamesWithKeywords(t *testing.T) {
	for _, text := range []string{
		"definition doc-caveat {\n\trelation r: doc-caveat\n}\n",
		"definition caveat-y {}\n",
		"definition my-definition {\n\trelation caveat-r: my-definition\n}\n",
		"use expiration\n\ncaveat expiration-x(a int) { a == 1 }\n\ndefinition user {}\n\ndefinition doc {\n\trelation r: user with expiration-x and expiration\n}\n",
		"caveat expiration/x(a int) { a == 1 }\n\ndefinition user {}\n\ndefinition doc {\n\trelation r: user with expiration/x\n}\n",
	} {
		s, err := schema.Parse("", text)
		require.NoError(t, err, text)
		again, err := schema.Parse("", s.String())
		require.NoError(t, err, s.String())
		require.Equal(t, s.String(), again.String())
	}
}

// A long cycle of partials is not told at length, each time anew.
func TestLongCyclesAreShort(t *testing.T) {
	var b strings.Builder
	const n = 300
	for i := range n {
		fmt.Fprintf(&b, "partial p%d {\n\t...p%d\n\t...p0\n}\n", i, (i+1)%n)
	}
	_, err := schema.Parse("", b.String()+"definition user {}")
	require.ErrorIs(t, err, schema.ErrSchema)
	require.ErrorContains(t, err, "partial p0 includes itself: p0 includes p1 includes p2 includes p3 includes … includes p0")
	require.Less(t, len(err.Error()), 200*n)
}

// A permission stores no tuples, so none can be looked for or removed.
func TestValidateStored(t *testing.T) {
	s := schema.MustParse("definition user {}\ndefinition doc { relation r: user permission p = r }\ndefinition note { permission r = nil }")
	require.NoError(t, s.ValidateStored(tuple.MustParse("doc:1#r@user:ann")))
	require.ErrorIs(t, s.ValidateStored(tuple.MustParse("doc:1#p@user:ann")), schema.ErrNotStored)
	require.ErrorIs(t, s.ValidateStored(tuple.MustParse("doc:1#q@user:ann")), schema.ErrUnknownRelation)
	for filter, want := range map[string]error{
		"doc#r": nil, "#r": nil, "@doc:1#p": nil,
		"doc#p": schema.ErrNotStored, "#p": schema.ErrNotStored, "note#r": schema.ErrNotStored,
		"doc#q": schema.ErrUnknownRelation,
	} {
		err := s.ValidateFilter(tuple.MustParseFilter(filter))
		require.ErrorIs(t, err, want, filter)
		if want == schema.ErrNotStored {
			require.ErrorContains(t, err, filter)
		}
	}
}
