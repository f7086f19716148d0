package openfga_test

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/openfga"
)

// in returns a file system with files in pairs of name and text.
func in(files ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		m[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return m
}

const (
	coreModule  = "module core\ntype user\ntype org\n  relations\n    define member: [user]\n"
	boardModule = "module board\ntype board\n  relations\n    define org: [org]\n    define view: can_see from org\nextend type org\n  relations\n    define can_see: member\n"
	twoModules  = "schema: '1.2'\ncontents:\n  - core.fga\n  - sub/board.fga\n"
)

func TestParseFSMerges(t *testing.T) {
	for _, mod := range []string{
		twoModules,
		"---\n# modules\nschema: \"1.2\" # the version\ncontents: # of\n- 'core.fga'\n\n- \"sub\\u002fboard.fga\" # it\n",
		"contents: [ core.fga, 'sub/board.fga' ,] # x\nschema : '1.2'\nauthor: me\n  and: you\n- x",
		"schema: '1.2'\r\ncontents:\r\n  - ./core.fga\r\n  - sub%2Fboard.fga\r\n...\r\n",
		"schema: '1.2'  \ncontents:\t\n  -   core.fga \n  - sub\\board.fga\n",
	} {
		s, err := openfga.ParseFS(in("x/fga.mod", mod, "x/core.fga", coreModule, "x/sub/board.fga", boardModule), "x/fga.mod")
		require.NoError(t, err, mod)
		require.Equal(t, "definition user {}\n\ndefinition org {\n\trelation member: user\n\tpermission can_see = member\n}\n\n"+
			"definition board {\n\trelation org: org\n\tpermission view = org->can_see\n}\n", s.String())
		require.Equal(t, "x/sub/board.fga:8:12", s.Definition("org").Relation("can_see").Pos.String())
	}
	s, err := openfga.ParseFS(in("fga.mod", twoModules, "core.fga", boardModule, "sub/board.fga", coreModule), "fga.mod")
	require.NoError(t, err, "a module can extend what a later one declares")
	require.Equal(t, "board", s.Definitions()[0].Name)
}

func TestParseFSWarnsOfUnknownKeys(t *testing.T) {
	s, err := openfga.ParseFS(in("fga.mod", "name: x\n"+twoModules, "core.fga", coreModule, "sub/board.fga", boardModule), "fga.mod")
	require.NoError(t, err)
	require.Len(t, s.Warnings(), 1)
	require.Contains(t, s.Warnings()[0].String(), "fga.mod:1:1: warning: the key name is unknown, and not read")
}

func TestParseFSRefuses(t *testing.T) {
	list := func(items string) string { return "schema: '1.2'\ncontents:\n" + items }
	one := func(mod string) fstest.MapFS { return in("fga.mod", mod, "core.fga", coreModule) }
	two := func(first, second string) fstest.MapFS {
		return in("fga.mod", twoModules, "core.fga", first, "sub/board.fga", second)
	}
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  []string
	}{
		"an empty file":           {one(""), []string{"fga.mod:1:1: schema is missing"}},
		"no schema":               {one("contents:\n - core.fga"), []string{"fga.mod:1:1: schema is missing"}},
		"no contents":             {one("schema: '1.2'"), []string{"fga.mod:1:1: contents is missing"}},
		"nothing in contents":     {one(list("")), []string{"fga.mod:1:1: the schema has no definitions"}},
		"UTF-8":                   {one("schema: \xff"), []string{"fga.mod:1:9: byte 0xff is not valid UTF-8"}},
		"schema 1.1":              {one("schema: '1.1'\ncontents: [core.fga]"), []string{"fga.mod:1:9: modules take schema 1.2, and not \"1.1\""}},
		"schema without quotes":   {one("schema: 1.2 # x\ncontents: [core.fga]"), []string{"fga.mod:1:9: the version is a string, and stands in quotes\nschema: 1.2 # x\n        ^^^ write '1.2'"}},
		"no version":              {one("schema: # x\ncontents: [core.fga]"), []string{"fga.mod:1:1: expected a version after schema"}},
		"a list of versions":      {one("schema: '1.2'\n- x\ncontents: [core.fga]"), []string{"fga.mod:2:1: an item of a list stands below contents"}},
		"behind the version":      {one("schema: '1.2'#\ncontents: [core.fga]"), []string{"fga.mod:1:14: expected the end of the line"}},
		"schema twice":            {one("schema: '1.2'\nschema: '1.2'\ncontents: [core.fga]"), []string{"fga.mod:2:1: schema stands here already"}},
		"no key":                  {one("x\nschema: '1.2'\ncontents: [core.fga]"), []string{"fga.mod:1:1: expected schema or contents and a colon"}},
		"contents, a string":      {one("schema: '1.2'\ncontents: core.fga"), []string{"fga.mod:2:11: contents is a list"}},
		"contents, a map":         {one(list(" a: b\n - core.fga")), []string{"fga.mod:3:2: expected a key at the left, or an item of a list"}},
		"an empty item":           {one(list(" -\n - core.fga")), []string{"fga.mod:3:2: expected the path of a module after the hyphen"}},
		"an item that is a map":   {one(list(" - a: core.fga\n - core.fga")), []string{"fga.mod:3:4: expected the path of a module: a string on one line"}},
		"an item that is a list":  {one(list(" - [core.fga]\n - core.fga")), []string{"fga.mod:3:4: expected the path of a module: a string"}},
		"an item, a number":       {one(list(" - 1.2\n - core.fga")), []string{"fga.mod:3:4: expected the path of a module: a string"}},
		"an item, a comment":      {one(list(" - # x\n - core.fga")), []string{"fga.mod:3:2: expected the path of a module after the hyphen"}},
		"behind an item":          {one(list(" - 'core.fga' x")), []string{"fga.mod:3:15: expected the end of the line"}},
		"an open string":          {one(list(" - 'core.fga")), []string{"fga.mod:3:4: the string is not closed on its line: expected '"}},
		"an open version":         {one("schema: '1.2\ncontents: [core.fga]"), []string{"fga.mod:1:9: the string is not closed on its line"}},
		"an escape":               {one(list(` - "core\q.fga"`)), []string{"fga.mod:3:4: the string has an escape that is not read"}},
		"an open list":            {one("schema: '1.2'\ncontents: [core.fga"), []string{"fga.mod:2:20: the list is not closed on its line: expected ']'"}},
		"an open string in it":    {one("schema: '1.2'\ncontents: ['core.fga]"), []string{"fga.mod:2:12: the string is not closed"}},
		"behind a list":           {one("schema: '1.2'\ncontents: [core.fga] x"), []string{"fga.mod:2:22: expected the end of the line"}},
		"a path that leads out":   {one(list(" - ../core.fga")), []string{"fga.mod:3:4: \"../core.fga\" leads out of the folder"}},
		"another":                 {one(list(" - a/%2e%2e/core.fga")), []string{"fga.mod:3:4: \"a/%2e%2e/core.fga\" leads out of the folder"}},
		"an absolute path":        {one(list(" - /core.fga")), []string{"fga.mod:3:4: \"/core.fga\" leads out of the folder"}},
		"an escape in a path":     {one(list(" - core%fga")), []string{"fga.mod:3:4: the path \"core%fga\" does not decode"}},
		"a quote in a path":       {one(list(" - 'it''s.zed'")), []string{"fga.mod:3:4: \"it's.zed\" is no module"}},
		"another kind of file":    {one(list(" - core.zed")), []string{"fga.mod:3:4: \"core.zed\" is no module: its file ends with .fga"}},
		"a module twice":          {one(list(" - core.fga\n - ./core.fga")), []string{"fga.mod:4:4: \"./core.fga\" is listed already"}},
		"no such module":          {one(list(" - core.fga\n - x.fga")), []string{"fga.mod:4:4: cannot read the module: open x.fga: file does not exist"}},
		"a model":                 {two(coreModule, head), []string{"sub/board.fga:1:1: this file is listed as a module, and is a model by itself", "sub/board.fga:3:6: type user is declared already, at core.fga:2:6"}},
		"errors in both":          {two(coreModule+"(", boardModule+"define"), []string{"core.fga:6:1: expected define", "sub/board.fga:9:7: expected the name of a relation"}},
		"a type twice":            {two(coreModule, "module b\ntype org"), []string{"sub/board.fga:2:6: type org is declared already, at core.fga:3:6"}},
		"a condition twice":       {two(coreModule+"condition c(x: int) { x }", "module b\ncondition c(x: int) { x }"), []string{"sub/board.fga:2:11: condition c is declared already, at core.fga:6:11"}},
		"a relation twice":        {two(coreModule, "module b\nextend type org\n relations\n define member: [user]"), []string{"sub/board.fga:4:9: member is declared already, at core.fga:5:12"}},
		"no type to extend":       {two(coreModule, "module b\nextend type orgs\n relations\n define member: [user]"), []string{"sub/board.fga:2:13: unknown type \"orgs\": no module declares what is extended here"}},
		"extended twice":          {two(coreModule, "module b\nextend type org\n relations\n define x: [user]\nextend type org\n relations\n define y: [user]"), []string{"sub/board.fga:5:13: type org is extended in this module already"}},
		"extended where declared": {two(coreModule+"extend type org\n relations\n define x: [user]", "module b"), []string{"core.fga:6:13: type org stands in this module itself"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := openfga.ParseFS(c.files, "fga.mod")
			require.Nil(t, s)
			require.ErrorIs(t, err, schema.ErrSchema)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			var errs schema.Errors
			require.True(t, errors.As(err, &errs))
			if name != "an empty file" { // which lacks both keys, at one place
				require.Len(t, errs, len(c.want), "%v", err)
			}
		})
	}
	_, err := openfga.ParseFS(in(), "fga.mod")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NotErrorIs(t, err, schema.ErrSchema)
	_, err = openfga.ParseFS(one(list(" - x.fga")), "fga.mod")
	require.ErrorIs(t, err, fs.ErrNotExist)
}
