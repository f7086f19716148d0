package schema_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	. "github.com/baobab-authz/baobab/schema"
)

func TestDirectives(t *testing.T) {
	s, err := Parse("d.zed", directed)
	require.NoError(t, err)
	w := s.Definition("workspace")
	require.Equal(t, "transfer", w.DeletedBy)
	require.Equal(t, []string{"// A space to work in."}, w.Comments)
	owner := w.Relation("owner")
	at := func(line int) Pos { return Pos{File: "d.zed", Line: line, Column: 2} }
	require.Equal(t, []Count{{Min: 1, Max: 1, Pos: at(15)}}, owner.Counts)
	require.Equal(t, []Guard{{Permission: "transfer", Pos: at(16)}, {Pos: at(17)}}, owner.Guards)
	require.Equal(t, []string{"// There is one.", "/* And only one. */"}, owner.Comments)
	require.Equal(t, []Guard{{Permission: "join", OnSubject: true, Pos: at(29)}}, w.Relation("organization").Guards)
	require.Equal(t, Cascade, w.Relation("organization").OnDelete)
	require.Equal(t, 90*time.Minute, w.Relation("guest").ExpiresWithin)
	require.Equal(t, []Count{
		{Max: 20, In: "organization", Pos: at(33)}, {Min: 1, Max: 3, PerSubject: true, Pos: at(34)},
	}, w.Relation("admin").Counts)
	require.Equal(t, []Count{
		{Min: 1, Max: Unbounded, PerSubject: true, In: "organization", Pos: at(37)}, {Min: MaxCount, Max: MaxCount, Pos: at(38)},
	}, w.Relation("member").Counts)
	same(t, s, s.String())
	require.Equal(t, s.String(), MustParse(s.String()).String())
	require.Contains(t, s.String(), `
// A space to work in.
//baobab:deleted-by transfer
definition workspace {
	// There is one.
	/* And only one. */
	//baobab:count 1
	//baobab:granted-by transfer
	//baobab:granted-by self
	relation owner: user
`)
}

// TestBuiltDirectives: what is built is what is parsed.
func TestBuiltDirectives(t *testing.T) {
	built, err := New(
		Define("user", Rel("self", Type("user"))),
		Define("organization",
			Rel("owner", Type("user")).Counted(Count{Min: 1, Max: Unbounded}),
			Perm("join", Ref("owner"))),
		Define("workspace", DeletedBy("transfer"),
			Rel("owner", Type("user")).Counted(Count{Min: 1, Max: 1}).GrantedBy("transfer").GrantedToSelf(),
			Perm("transfer", Ref("owner")),
			Rel("organization", Type("organization")).OnDelete(Cascade).GrantedOnSubject("join"),
			Rel("guest", Type("user").Expiring(), Wildcard("user").Expiring()).ExpiresWithin(90*time.Minute),
			Rel("admin", Type("user"), Userset("organization", "owner")).
				Counted(Count{Max: 20, In: "organization"}).Counted(Count{Min: 1, Max: 3, PerSubject: true}),
			Perm("member", Or(Ref("admin"), Ref("owner"))).
				Counted(Count{Min: 1, Max: Unbounded, PerSubject: true, In: "organization"}).Counted(Count{Min: MaxCount, Max: MaxCount})),
	)
	require.NoError(t, err)
	parsed := MustParse(directed)
	require.Equal(t, withoutComments(parsed), withoutComments(built))
	require.Equal(t, withoutComments(MustParse(built.String())), withoutComments(built))
	require.Zero(t, built.Definition("workspace").Relation("owner").Counts[0].Pos)
	require.Equal(t, Detach, MustNew(Define("a", Rel("r", Type("a")).OnDelete(Detach))).Definition("a").Relation("r").OnDelete)

	// Members that are derived from one member share nothing.
	base := Rel("r", Type("a")).GrantedBy("r")
	one, two := base.GrantedToSelf(), base.GrantedOnSubject("r")
	require.Len(t, MustNew(Define("a", base)).Definition("a").Relation("r").Guards, 1)
	require.Equal(t, []Guard{{Permission: "r"}, {}}, MustNew(Define("a", one)).Definition("a").Relation("r").Guards)
	require.Equal(t, []Guard{{Permission: "r"}, {Permission: "r", OnSubject: true}}, MustNew(Define("a", two)).Definition("a").Relation("r").Guards)
}

func withoutComments(s *Schema) []Definition {
	list := definitions(s)
	for i := range list {
		list[i].Comments = nil
		for _, r := range list[i].Relations {
			r.Comments = nil
		}
	}
	return list
}

func TestCounted(t *testing.T) {
	s := MustParse(`
		definition user {}
		definition doc {
			//baobab:count 1
			relation a: user
			relation b: user
			relation c: user
			//baobab:count 0..2
			permission sum = c + twice + a + sum
			permission twice = (b + a) + once
			permission once = c
			//baobab:count 0..9
			permission single = once
		}`)
	d := s.Definition("doc")
	names := func(name string) (list []string) {
		for _, r := range d.Counted(d.Relation(name)) {
			require.Same(t, d.Relation(r.Name), r)
			list = append(list, r.Name)
		}
		return list
	}
	require.Equal(t, []string{"a"}, names("a"))
	require.Equal(t, []string{"c", "b", "a"}, names("sum"))
	require.Equal(t, []string{"c"}, names("single"))
	require.Nil(t, names("b"))
	require.Nil(t, names("twice"))
	require.Nil(t, s.Definition("user").Counted(d.Relation("a")))

	// A relation that is rewritten as well counts by its own tuples.
	s = MustNew(Define("doc", Rel("e", Type("doc")),
		Rel("r", Type("doc")).Rewritten(Or(This{}, Ref("e"))).Counted(Count{Min: 1, Max: 2}),
		Perm("p", Ref("r")).Counted(Count{Min: 1, Max: 3})))
	d = s.Definition("doc")
	require.Equal(t, []string{"r"}, names("r"))
	require.Equal(t, []string{"r"}, names("p"))
}

// TestDirectivePlaces: between a directive and what it qualifies there may be
// comments, and nothing else.
func TestDirectivePlaces(t *testing.T) {
	for text, want := range map[string]int{
		"//baobab:count 1\nrelation r: d":                              1,
		"\t//baobab:count 1 \t\r\n  relation r: d":                     1,
		"//baobab:count 1\n// a\n/* b\n c */\n\trelation r: d":         1,
		"// a\n\n//baobab:count 1\n//baobab:count 0..4\nrelation r: d": 2,
		"/* //baobab:count 1 */\nrelation r: d":                        0,
		"/*\n//baobab:count 1\n*/\nrelation r: d":                      0,
		"// About baobab: a tree.\nrelation r: d":                      0,
		"// baobabs\nrelation r: d":                                    0,
		"//ba\nrelation r: d":                                          0,
		"//baobab counting\nrelation r: d":                             0,
		"//\tbaobab count\nrelation r: d":                              0,
		"//baobab:count 1\nrelation q: d\n// a\nrelation r: d":         0,
	} {
		s, err := Parse("", "definition d {\n"+text+"\n}")
		require.NoError(t, err, text)
		r := s.Definition("d").Relation("r")
		require.Len(t, r.Counts, want, text)
		require.False(t, slices.ContainsFunc(r.Comments, func(c string) bool { return strings.HasPrefix(c, "//baobab:") }), text)
	}
	s := MustParse("\ufeff//baobab:deleted-by r\ndefinition a {\nrelation r: a }")
	require.Equal(t, "r", s.Definition("a").DeletedBy)
}

// TestDirectiveGaps: where something could not be read, it is not known what a
// directive stands above, but still whether it reads.
func TestDirectiveGaps(t *testing.T) {
	for text, want := range map[string]string{
		"definition a {\n\t//baobab:count x\n\trelation : a\n\t//baobab:count 1\n}": "2:17: expected a range, which is N, N..M or N..*, found \"x\"\n\t//baobab:count x\n\t               ^\n" +
			"3:11: expected a name after relation, found ':'\n\trelation : a\n\t         ^",
		"//baobab:deleted-by r\ndefinition {}\n//baobab:deleted-by\n": "2:12: expected a name after definition, found '{'\ndefinition {}\n           ^\n" +
			"3:20: expected a permission, found the end of the directive\n//baobab:deleted-by\n                   ^",
		"definition a {\n\t//baobab:granted-by p\n\t//baobab:count 1 in s\n\trelation r: a\n\t//baobab:count 1\n\tpermission p =\n\trelation s: \n\t//baobab:count 1 per subject\n\tpermission q = s\n}": "6:16: expected a relation or a permission, found the end of the line\n\tpermission p =\n\t              ^\n" +
			"7:13: expected a type, found the end of the line\n\trelation s: \n\t           ^",
		"definition a {\n\t//baobab:granted-by p\n\trelation r: a\n\tpermission = r\n}\ndefinition b {\n\t//baobab:granted-by p on subject\n\trelation r: a\n}": "4:13: expected a name after permission, found '='\n\tpermission = r\n\t           ^",
		"definition a {\n\t//baobab:count 1\n\tpermission p = q\n\tpermission q = r +\n\trelation r: a\n}":                                                      "4:20: expected a relation or a permission, found the end of the line\n\tpermission q = r +\n\t                  ^",
	} {
		_, err := Parse("", text)
		require.EqualError(t, err, want, text)
	}
}

// TestDirectivesOfPartials: they are checked for each definition that includes
// the partial, and an error is reported once.
func TestDirectivesOfPartials(t *testing.T) {
	_, err := Parse("", `definition user {}
partial owned {
	//baobab:granted-by transfer
	//baobab:count 1 in parent
	relation owner: user
}
partial unused {
	//baobab:granted-by x
	relation a: b
}
definition one {
	...owned
	relation parent: one
	permission transfer = owner
}
definition two {
	...owned
	relation parent: user:*
}
definition three {
	...owned
	relation parent: user:*
	relation transfer: user
}`)
	require.EqualError(t, err, `3:22: unknown relation "transfer": type "two" does not have it
	//baobab:granted-by transfer
	                    ^^^^^^^^
4:22: parent admits no object, so there is nothing to count in
	//baobab:count 1 in parent
	                    ^^^^^^`)
}

// Directives of another file have their places there.
func TestDirectivesOfFiles(t *testing.T) {
	fsys := fstest.MapFS{
		"root.zed": &fstest.MapFile{Data: []byte("import \"lib.zed\"\n//baobab:deleted-by r\ndefinition doc {\n\t...p\n}")},
		"lib.zed":  &fstest.MapFile{Data: []byte("definition user {}\npartial p {\n\t//baobab:count 1\n\trelation r: user\n}")},
		"bad.zed":  &fstest.MapFile{Data: []byte("import \"none.zed\"\n//baobab:count 1\n\ndefinition doc {}")},
	}
	s, err := ParseFS(fsys, "root.zed")
	require.NoError(t, err)
	require.Equal(t, "lib.zed:3:2", s.Definition("doc").Relation("r").Counts[0].Pos.String())
	require.Equal(t, "r", s.Definition("doc").DeletedBy)
	_, err = ParseFS(fsys, "bad.zed")
	require.EqualError(t, err, "bad.zed:1:8: cannot read the import: open none.zed: file does not exist\nimport \"none.zed\"\n       ^^^^^^^^^^\n"+
		"bad.zed:2:1: a directive stands directly above what it qualifies, with only comments between\n//baobab:count 1\n^^^^^^^^^^^^^^")
}

// What a directive names is used.
func TestDirectivesUse(t *testing.T) {
	s := MustParse("definition user {}\n//baobab:deleted-by _a\ndefinition doc {\n\t//baobab:granted-by _b\n\trelation r: user\n\tpermission _a = r\n\tpermission _b = r\n\tpermission _c = r\n}")
	require.Len(t, s.Warnings(), 1)
	require.Equal(t, "doc#_c", s.Warnings()[0].About)
}

func TestSelfIsTheActor(t *testing.T) {
	s, err := Parse("", "definition user {\n\trelation self: user\n\t//baobab:granted-by self\n\trelation r: user\n}")
	require.NoError(t, err)
	require.Len(t, s.Warnings(), 1)
	require.Equal(t, "3:22: warning: self is the actor, and not user#self\n\t//baobab:granted-by self\n\t                    ^^^^", s.Warnings()[0].String())
}

func TestFormatDirectives(t *testing.T) {
	for text, want := range map[string]string{
		directed: directed,
		"//baobab:deleted-by   p\t\ndefinition a{\n//baobab:count\t1..1  per subject\n// a\n      //baobab:expires-within 24h\n/* b */relation /* c */ r:a\n}": "//baobab:deleted-by p\ndefinition a {\n\t//baobab:count 1..1 per subject\n\t// a\n\t//baobab:expires-within 24h\n\t/* b */\n\t/* c */\n\trelation r: a\n}\n",
		"partial a{//b\n//baobab:granted-by\tx\r\n\trelation r:a}": "partial a { //b\n\t//baobab:granted-by x\n\trelation r: a\n}\n",
	} {
		got, err := Format("", text)
		require.NoError(t, err)
		require.Equal(t, want, got)
		again, err := Format("", got)
		require.NoError(t, err)
		require.Equal(t, got, again)
	}
	for _, text := range []string{"//baobab:x\ndefinition a {}", "//baobab:count 1\ndefinition a {}", "definition a {} //baobab:deleted-by b", "// baobab:deleted-by b\ndefinition a {}"} {
		_, err := Format("", text)
		require.ErrorIs(t, err, ErrSchema, text)
	}
}

// drawDirected draws a schema with directives.
func drawDirected(t *rapid.T) *Schema {
	chance := func(label string) bool { return rapid.IntRange(0, 2).Draw(t, label) == 2 }
	count := func(m Member) Member {
		if !chance("count") {
			return m
		}
		c := Count{Min: rapid.IntRange(0, 3).Draw(t, "min"), PerSubject: chance("per subject")}
		if c.Max = c.Min + rapid.IntRange(0, 3).Draw(t, "more"); c.Max == 0 {
			c.Max = 1
		}
		if c.Min > 0 && chance("unbounded") {
			c.Max = Unbounded
		}
		if chance("in") {
			c.In = "parent"
		}
		return m.Counted(c)
	}
	relation := func(name string, subjects ...SubjectType) Member {
		m := count(Rel(name, subjects...))
		if chance("by") {
			m = m.GrantedBy(rapid.SampledFrom([]string{"parent", "view", "own-er"}).Draw(t, "permission"))
		}
		if chance("self") {
			m = m.GrantedToSelf()
		}
		if chance("on subject") {
			m = m.GrantedOnSubject("view")
		}
		if chance("on delete") {
			m = m.OnDelete(rapid.SampledFrom([]OnDelete{Detach, Refuse, Cascade}).Draw(t, "what"))
		}
		return m
	}
	guest := Rel("guest", Type("doc").Expiring(), Wildcard("user").Expiring())
	if chance("limit") {
		unit := rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 24 * time.Hour}).Draw(t, "unit")
		guest = guest.ExpiresWithin(time.Duration(rapid.IntRange(1, int(MaxExpiresWithin/unit)).Draw(t, "limit")) * unit)
	}
	members := []Member{
		relation("own-er", Type("doc"), Userset("team", "member")), guest, relation("reader", Type("doc"), Wildcard("user")),
		Rel("parent", Type("doc")), count(Perm("view", Or(Ref("reader"), Ref("own-er")))),
	}
	if chance("deleted by") {
		members = append(members, DeletedBy("own-er"))
	}
	s, err := New(Define("user"), Define("team", Rel("member", Type("doc")), Perm("view", Nil{})), Define("doc", members...))
	if err != nil {
		t.Fatalf("%v", err)
	}
	return s
}

func TestDirectivesRoundTrip(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := drawDirected(r)
		parsed, err := Parse("", s.String())
		require.NoError(r, err, s)
		require.Equal(r, definitions(s), definitions(parsed))
		formatted, err := Format("", s.String())
		require.NoError(r, err)
		require.Equal(r, s.String(), formatted)
		for _, d := range s.Definitions() {
			for i, rel := range d.Relations {
				require.Equal(r, len(d.Counted(rel)), len(parsed.Definition(d.Name).Counted(parsed.Definition(d.Name).Relations[i])))
			}
		}
	})
}

func TestDirectiveStrings(t *testing.T) {
	require.Equal(t, []string{"count 1", "count 0..2 per subject", "count 3..* in r", "granted-by p on subject", "detach"}, []string{
		Count{Min: 1, Max: 1}.String(), Count{Max: 2, PerSubject: true}.String(), Count{Min: 3, Max: Unbounded, In: "r"}.String(),
		Guard{Permission: "p", OnSubject: true}.String(), Detach.String(),
	})
}
