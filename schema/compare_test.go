package schema_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	. "github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

const compared = `use expiration
caveat hours(from int, to int) { from < to }
definition user {}
definition team { relation member: user | team#member }
definition folder {
	relation reader: user | team#member
	permission read = reader
}
//baobab:deleted-by edit
definition doc {
	relation parent: folder
	//baobab:count 1..3
	//baobab:granted-by edit
	//baobab:on-delete refuse
	relation editor: user | team#member
	relation viewer: user | user with hours
	//baobab:expires-within 7d
	relation guest: user with expiration
	relation banned: user
	permission edit = editor & parent->read
	permission view = (viewer + edit + parent->read) - banned
	permission pure = banned
}
`

// TestCompare replaces pieces of the schema above.
func TestCompare(t *testing.T) {
	for _, test := range []struct {
		want    string
		replace []string // in pairs
		renames []Rename
	}{
		{"", nil, nil},
		{"", []string{ // what means the same
			"from int, to int", "to int, from int", "user | team#member", "team#member | user",
			"editor & parent->read", "(parent.any(read)) & editor & editor", "(viewer + edit + parent->read) - banned", "(edit + (parent->read + viewer)) - (banned + banned)",
			"definition user {}\n", "// a\ndefinition user {}\n", "//baobab:expires-within 7d", "//baobab:expires-within 168h",
			"\t//baobab:granted-by edit\n\t//baobab:on-delete refuse\n", "\t//baobab:on-delete refuse\n\t//baobab:granted-by edit\n",
			"\tpermission pure = banned\n", "", "\trelation parent: folder\n", "\tpermission pure = banned\n\trelation parent: folder\n",
		}, nil},
		{`type added: org
	affects org#a
type added: unrelated`, []string{"definition user {}", "//baobab:deleted-by a\ndefinition org {\n\t//baobab:count 1\n\trelation a: user\n}\ndefinition user {}\ndefinition unrelated {}"}, nil},
		{`rewrite changed: doc#edit: was editor & parent->read, is editor & parent->view
	affects doc#edit, doc#view
subject added: doc#parent: doc
	affects doc#edit, doc#parent, doc#view
subject removed: doc#parent: folder
	affects doc#edit, doc#parent, doc#view
rewrite changed: doc#view: was viewer + edit + parent->read - banned, is viewer + edit + parent->view - banned
	affects doc#edit, doc#view
type removed: folder
	affects doc#edit, doc#view, folder#read, folder#reader`, []string{"definition folder {\n\trelation reader: user | team#member\n\tpermission read = reader\n}\n", "", "relation parent: folder", "relation parent: doc", "parent->read", "parent->view"}, nil},
		{`relation added: doc#extra: user | user:*
	affects doc#extra
permission removed: doc#pure
	affects doc#pure`, []string{"permission pure = banned", "relation extra: user | user:*"}, nil},
		{`relation added: folder#read: user
	affects doc#edit, doc#view, folder#read
permission removed: folder#read
	affects doc#edit, doc#view, folder#read`, []string{"permission read = reader", "//baobab:count 1\n\trelation read: user"}, nil},
		{`subject added: doc#viewer: user:*
	affects doc#view, doc#viewer
subject removed: doc#viewer: user
	affects doc#view, doc#viewer`, []string{"relation viewer: user | user with hours", "relation viewer: user with hours | user:*"}, nil},
		{`rewrite changed: doc#view: was viewer + edit + parent->read - banned, is viewer + edit + parent->read - pure
	affects doc#view`, []string{"- banned", "- pure"}, nil},
		{`expression changed: hours: was from < to, is from <= to
	affects doc#view, doc#viewer`, []string{"from < to", "from <= to"}, nil},
		{`parameters changed: hours: was from int, to int, is from int, to uint
	affects doc#view, doc#viewer
expression changed: hours: was from < to, is from < int(to)
	affects doc#view, doc#viewer
caveat added: weekday
	affects doc#edit, doc#editor, doc#view, folder#read, folder#reader, team#member
subject added: team#member: user with weekday
	affects doc#edit, doc#editor, doc#view, folder#read, folder#reader, team#member
subject removed: team#member: user
	affects doc#edit, doc#editor, doc#view, folder#read, folder#reader, team#member`, []string{"caveat hours(from int, to int) { from < to }", "caveat hours(from int, to uint) { from < int(to) }\ncaveat weekday(d int) { d < 6 }", "definition team { relation member: user |", "definition team { relation member: user with weekday |"}, nil},
		{`caveat removed: hours
	affects doc#view, doc#viewer
subject removed: doc#viewer: user with hours
	affects doc#view, doc#viewer`, []string{"caveat hours(from int, to int) { from < to }\n", "", " | user with hours", ""}, nil},
		{`directive changed: doc: was deleted-by edit, is deleted-by view
directive added: doc#editor: granted-by view
directive removed: doc#editor: granted-by edit
directive removed: doc#editor: on-delete refuse
directive changed: doc#editor: was count 1..3, is count 0..3
directive changed: doc#guest: was expires-within 7d, is expires-within 36h`, []string{"1..3", "0..3", "edit\n\t//baobab:on-delete refuse", "view", "expires-within 7d", "expires-within 36h", "//baobab:deleted-by edit", "//baobab:deleted-by view"}, nil},
		{`directive removed: doc: deleted-by edit
directive added: doc#editor: count 0..5 per subject in parent
directive added: doc#editor: count 1..9
directive added: doc#editor: count 2..3
directive removed: doc#editor: count 1..3
directive changed: doc#editor: was on-delete refuse, is on-delete cascade
directive removed: doc#guest: expires-within 7d`, []string{"\t//baobab:count 1..3\n", "\t//baobab:count 2..3\n\t//baobab:count 1..9\n\t//baobab:count 0..5 per subject in parent\n", "\t//baobab:expires-within 7d\n", "", "on-delete refuse", "on-delete cascade", "//baobab:deleted-by edit\n", ""}, nil},
		{`directive added: doc#parent: granted-by read on subject
directive added: doc#parent: granted-by self
directive added: doc#parent: on-delete cascade
permission added: doc#sum = editor + viewer
	affects doc#sum`, []string{"relation parent", "//baobab:granted-by read on subject\n\t//baobab:granted-by self\n\t//baobab:on-delete cascade\n\trelation parent", "permission view", "//baobab:count 1\n\tpermission sum = editor + viewer\n\tpermission view"}, nil},
		{`type renamed: folder is now dir
relation renamed: folder#reader is now dir#viewer2
type renamed: team is now doc
type renamed: doc is now document
permission renamed: doc#edit is now document#change
relation renamed: doc#editor is now document#changeor
relation renamed: doc#parent is now document#container
relation renamed: doc#viewer is now document#reader`, []string{"viewer", "reader", "reader", "viewer2", "folder", "dir", "doc", "document", "edit", "change", "team", "doc", "parent", "container"}, []Rename{{"doc", "viewer", "reader"}, {"folder", "reader", "viewer2"}, {"folder", "", "dir"}, {"doc", "", "document"}, {"doc", "edit", "change"}, {"doc", "editor", "changeor"}, {"team", "", "doc"}, {"doc", "parent", "container"}}},
		{`relation added: doc#reader: user | user with hours
	affects doc#reader, doc#view
rewrite changed: doc#view: was viewer + edit + parent->read - banned, is reader + edit + parent->read - banned
	affects doc#view
relation removed: doc#viewer
	affects doc#view, doc#viewer`, []string{"viewer", "reader"}, nil},
		{`relation renamed: doc#viewer is now doc#reader
relation added: doc#viewer: user
	affects doc#viewer`, []string{"relation viewer: user | user with hours", "relation viewer: user\n\trelation reader: user | user with hours", "(viewer", "(reader"}, []Rename{{"doc", "viewer", "reader"}}},
		{`permission renamed: doc#pure is now doc#pure2
rewrite changed: doc#pure2: was banned, is editor
	affects doc#pure2`, []string{"pure = banned", "pure2 = editor"}, []Rename{{"doc", "pure", "pure2"}}},
		{`type added: dir
	affects dir#read, dir#reader, doc#edit, doc#view
permission added: doc#fine = banned
	affects doc#fine
subject added: doc#parent: dir
	affects doc#edit, doc#parent, doc#view
subject removed: doc#parent: folder
	affects doc#edit, doc#parent, doc#view
permission removed: doc#pure
	affects doc#pure
type removed: folder
	affects doc#edit, doc#view, folder#read, folder#reader`, []string{"folder", "dir", "pure = banned", "fine = banned"}, nil},
	} {
		after := strings.NewReplacer(test.replace...).Replace(compared)
		changes, err := Compare(MustParse(compared), MustParse(after), test.renames...)
		require.NoError(t, err)
		require.Equal(t, test.want, changes.String(), after)
		again, err := Compare(MustParse(compared), MustParse(MustParse(after).String()), test.renames...)
		require.NoError(t, err)
		require.Equal(t, changes, again)
	}
}

// Renames of the schema above, each with what is wrong with it.
func TestRenameErrors(t *testing.T) {
	before := MustParse(compared)
	after := MustParse(strings.NewReplacer("viewer", "reader", "folder", "dir", "pure", "view2").Replace(compared))
	for want, renames := range map[string][]Rename{
		``: {{"doc", "viewer", "reader"}, {"folder", "", "dir"}, {"doc", "pure", "view2"}},
		`rename dcc#viewer to reader: in the schema before: unknown type "dcc"; did you mean "doc"?`:                                                                 {{"dcc", "viewer", "reader"}},
		`rename doc#viewr to reader: in the schema before: unknown relation "viewr": type "doc" does not have it; did you mean "viewer"?`:                            {{"doc", "viewr", "reader"}},
		`rename doc#viewer to raeder: in the schema after: unknown relation "raeder": type "doc" does not have it; did you mean "reader"?`:                           {{"doc", "viewer", "raeder"}},
		`rename folder to dri: in the schema after: unknown type "dri"; did you mean "dir"?`:                                                                         {{"folder", "", "dri"}},
		`rename doc to : in the schema after: unknown type ""`:                                                                                                       {{"doc", "", ""}},
		`rename folder#reader to reader: in the schema after: unknown type "folder"`:                                                                                 {{"folder", "reader", "reader"}},
		`rename user to user: that is its name already`:                                                                                                              {{"user", "", "user"}},
		`rename doc#edit to edit: that is its name already`:                                                                                                          {{"doc", "edit", "edit"}},
		`rename team to user: the schema before has a type user of its own, which is not renamed`:                                                                    {{"team", "", "user"}},
		`rename doc#viewer to editor: the schema before has doc#editor of its own, which is not renamed`:                                                             {{"doc", "viewer", "editor"}},
		`rename doc#viewer to view2: doc#viewer is a relation, and doc#view2 is a permission`:                                                                        {{"doc", "viewer", "view2"}},
		"rename doc#viewer to reader: it is renamed already":                                                                                                         {{"doc", "viewer", "reader"}, {"doc", "viewer", "reader"}},
		"rename doc#guest to reader: something else is renamed to that already":                                                                                      {{"doc", "viewer", "reader"}, {"doc", "guest", "reader"}},
		"rename team to dir: something else is renamed to that already":                                                                                              {{"folder", "", "dir"}, {"team", "", "dir"}},
		"rename x to y: in the schema before: unknown type \"x\"\nrename doc#guest to y: in the schema after: unknown relation \"y\": type \"doc\" does not have it": {{"x", "", "y"}, {"doc", "guest", "y"}},
	} {
		changes, err := Compare(before, after, renames...)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.Nil(t, changes)
		require.EqualError(t, err, want)
		require.ErrorIs(t, err, ErrRename)
		require.EqualError(t, Renames(renames).Validate(before, after), want)
		var one *RenameError
		require.ErrorAs(t, err, &one)
		require.Contains(t, renames, one.Rename)
		if strings.Contains(want, "unknown") {
			var unknown *NameError
			require.True(t, errors.As(err, &unknown))
		}
	}
}

func TestRenames(t *testing.T) {
	renames := Renames{{"folder", "", "dir"}, {"dir", "", "folder"}, {"doc", "a", "b"}, {"doc", "b", "a"}, {"folder", "r", "s"}}
	for before, after := range map[string]string{
		"doc:1#a@user:ann":                                  "doc:1#b@user:ann",
		"doc:1#b@doc:2#a":                                   "doc:1#a@doc:2#b",
		"folder:1#r@dir:1#r":                                "dir:1#s@folder:1#r",
		"dir:1#r@folder:*[c:{\"a\":1}]":                     "folder:1#r@dir:*[c:{\"a\":1}]",
		"doc:a#c@user:a#b[expiration:2027-01-01T00:00:00Z]": "doc:a#c@user:a#b[expiration:2027-01-01T00:00:00Z]",
	} {
		require.Equal(t, after, renames.Tuple(tuple.MustParseRelationship(before)).String())
	}
	typ, relation := renames.Name("folder", "r")
	require.Equal(t, []string{"dir", "s"}, []string{typ, relation})
	r := tuple.MustParse("folder:1#r@dir:1#r").Always()
	require.Zero(t, testing.AllocsPerRun(10, func() { r = renames.Tuple(r) }))
	require.Equal(t, []string{"doc to document", "doc#a to b"}, []string{Rename{"doc", "", "document"}.String(), Rename{"doc", "a", "b"}.String()})
}

// TestCompareSplit: a relation that is renamed on one of the types behind an
// arrow, or behind a guard, and not on the other.
func TestCompareSplit(t *testing.T) {
	before := MustParse(`
		definition user {}
		definition folder { relation view: user }
		definition org { relation view: user }
		definition doc {
			relation of: org
			//baobab:granted-by view on subject
			//baobab:count 1 in of
			relation parent: folder | org
			//baobab:granted-by view on subject
			relation home: folder
			permission any = parent->view + home->view
			permission every = parent.all(view)
			permission own = home.all(view)
		}`)
	after := func(anyone, every string) *Schema {
		return MustNew(Define("user"),
			Define("folder", Rel("read", Type("user")), Rel("view", Type("user"))),
			Define("org", Rel("view", Type("user"))),
			Define("doc", Rel("in", Type("org")),
				Rel("parent", Type("folder"), Type("org")).GrantedOnSubject("view").Counted(Count{Min: 1, Max: 1, In: "in"}),
				Rel("home", Type("folder")).GrantedOnSubject("read"),
				Perm("any", Or(Arrow("parent", "view"), Arrow("home", "read"), Arrow("parent", anyone))),
				Perm("every", ArrowAll("parent", every)), Perm("own", ArrowAll("home", "read"))))
	}
	renames := []Rename{{"folder", "view", "read"}, {"doc", "of", "in"}}
	const added = "relation renamed: doc#of is now doc#in\n"
	const guard = "directive added: doc#parent: granted-by view on subject\ndirective removed: doc#parent: granted-by view on subject\n"
	const rest = "relation renamed: folder#view is now folder#read\nrelation added: folder#view: user\n\taffects doc#any, doc#every, folder#view"
	const every = "rewrite changed: doc#every: parent.all(view), in which a name is now that of something else\n\taffects doc#every\n"
	changes, err := Compare(before, after("read", "view"), renames...)
	require.NoError(t, err)
	require.Equal(t, every+added+guard+rest, changes.String())
	changes, err = Compare(before, after("view", "view"), renames...)
	require.NoError(t, err)
	require.Equal(t, "rewrite changed: doc#any: was parent->view + home->view, is parent->view + home->read + parent->view\n\taffects doc#any\n"+every+added+guard+rest, changes.String())
}

// TestCompareGained: an arrow reads as before and leads to more, because what is
// there has come by the name.
func TestCompareGained(t *testing.T) {
	text := `
		definition user {}
		definition folder { relation view: user }
		definition org { relation read: user }
		definition doc {
			relation parent: folder | org
			permission see = parent->view
			permission every = parent.all(view)
			permission deep = every
		}`
	changes, err := Compare(MustParse(text), MustParse(strings.Replace(text, "relation read", "relation view", 1)), Rename{"org", "read", "view"})
	require.NoError(t, err)
	require.Equal(t, `rewrite changed: doc#every: parent.all(view), in which a name is now that of something else
	affects doc#deep, doc#every
rewrite changed: doc#see: parent->view, in which a name is now that of something else
	affects doc#see
relation renamed: org#read is now org#view`, changes.String())
}

// TestCompareRewritten: what only built schemas have.
func TestCompareRewritten(t *testing.T) {
	build := func(who Rewrite) *Schema {
		return MustNew(Define("doc", Rel("this", Type("doc")), Rel("wild", Wildcard("doc"), Type("doc")),
			Rel("r", Type("doc")).Rewritten(who), Perm("p", ArrowAll("wild", "r"))))
	}
	changes, err := Compare(build(Or(This{}, Ref("this"))), build(This{}))
	require.NoError(t, err)
	require.Equal(t, "rewrite changed: doc#r: was this + this, is this\n\taffects doc#p, doc#r", changes.String())
	nested := And(Or(And(Ref("wild"), Ref("this")), And(Ref("this"), Ref("wild"))), This{})
	changes, err = Compare(build(nested), build(And(This{}, Ref("this"), Ref("wild"))))
	require.NoError(t, err)
	require.Empty(t, changes, changes)
	changes, err = Compare(build(Minus(This{}, Nil{})), build(Minus(This{}, Self{})))
	require.NoError(t, err)
	require.Len(t, changes, 1)
}

func TestChangeStrings(t *testing.T) {
	require.Equal(t, []string{"type added", "expression changed", "ChangeKind(-1)", "ChangeKind(19)"},
		[]string{TypeAdded.String(), ExpressionChanged.String(), ChangeKind(-1).String(), ChangeKind(19).String()})
	changes, err := Compare(MustParse("caveat c(a int) { a > 1 }\ndefinition d {}"), MustParse("caveat c(a int) { a >\n1 }\n//baobab:deleted-by r\ndefinition e {\n\t// Kept.\n\t//baobab:count 1\n\trelation r: e\n}"))
	require.NoError(t, err)
	require.Equal(t, "expression changed: c: was a > 1, is \"a >\\n1\"\ntype removed: d\ntype added: e\n\taffects e#r", changes.String())
	require.Equal(t, "//baobab:deleted-by r\ndefinition e {\n\t//baobab:count 1\n\trelation r: e\n}", changes[2].After)
	require.Equal(t, "definition d {}", changes[1].Before)
	changes, err = Compare(MustParse("definition e {}"), MustParse("definition e {\n\t//baobab:count 1\n\trelation r: e\n}"))
	require.NoError(t, err)
	require.Equal(t, Changes{{Kind: RelationAdded, Type: "e", Relation: "r", After: "//baobab:count 1\nrelation r: e", Affects: []string{"e#r"}}}, changes)
	require.Empty(t, Changes(nil).String())
	changes, err = Compare(MustParse("caveat c(a int) { a > 1 }\ndefinition d {}"), MustParse("caveat c(b string, a int) { a > 1 }\ndefinition d {}"))
	require.NoError(t, err)
	require.Equal(t, "parameters changed: c: was a int, is b string, a int", changes.String())
}

// TestCompareLarge: what takes more than linear time would take minutes here.
func TestCompareLarge(t *testing.T) {
	text := func(target string) string {
		var b strings.Builder
		b.WriteString("definition user {}\n")
		for i := range 10_000 {
			fmt.Fprintf(&b, "definition t%d {\n\trelation r: user | t%d#r\n\trelation s: t%d\n\tpermission p = r + s->%s\n}\n", i, i/2, i/2, target)
		}
		return b.String()
	}
	start := time.Now()
	changes, err := Compare(MustParse(text("p")), MustParse(text("r")))
	require.NoError(t, err)
	require.Len(t, changes, 10_000)
	require.Less(t, time.Since(start), time.Minute)
}
