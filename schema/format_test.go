package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
)

func TestFormat(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"everything": {everything, everything},
		"nothing":    {"", ""},
		"comments":   {"\n\n// a\n\n\n/* b */ // c\n", "// a\n\n/* b */\n// c\n"},
		"spaces": {
			"\ufeffuse self\r\nuse expiration\n\n\nimport 'a.zed'\n\n\nimport \"b.zed\"\ndefinition acme / user{relation a:user|user:*|acme/user#... ;;relation b : user with  c\tand expiration}",
			"use self\nuse expiration\n\nimport 'a.zed'\n\nimport \"b.zed\"\n\ndefinition acme/user {\n\trelation a: user | user:* | acme/user\n\trelation b: user with c and expiration\n}\n",
		},
		"blank lines": {
			"use self\n\n\nuse partial\ndefinition a {\n\n\n\trelation b: a\n\n\n\n\trelation c: a\n\t// d\n\n\n\t// e\n\n\trelation f: a\n\n\t// g\n\n}\n\n\n\n// h\ndefinition i {}\n\n\n// j\n",
			"use self\n\nuse partial\n\ndefinition a {\n\trelation b: a\n\n\trelation c: a\n\t// d\n\n\t// e\n\n\trelation f: a\n\n\t// g\n}\n\n// h\ndefinition i {}\n\n// j\n",
		},
		"comments between flags": {
			"use self\n// a\nuse partial\n\n\n// b\nuse expiration\n",
			"use self\n// a\nuse partial\n\n// b\nuse expiration\n",
		},
		"comments move above": {
			"definition /* 1 */ a /* 2 */ { // 3\n\trelation /* 4 */ b: /* 5\n       * 6\n 7 */ a | // 8\n\t\ta#b // 9\n} /* 10 */ // 11\ncaveat c(/* 12 */ d int) { d > 1 // 13\n}",
			"/* 1 */\n/* 2 */\ndefinition a { // 3\n\t/* 4 */\n\t/* 5\n\t * 6\n 7 */\n\t// 8\n\trelation b: a | a#b // 9\n} /* 10 */ // 11\n\n/* 12 */\ncaveat c(d int) {\n\td > 1 // 13\n}\n",
		},
		"comments on one line": {
			"definition a { /* 1 */ relation b: a /* 2 */; /* 3 */ relation c: a /* 4 */ } definition d { /* 5 */ }",
			"definition a {\n\t/* 1 */\n\trelation b: a\n\t/* 2 */\n\t/* 3 */\n\trelation c: a /* 4 */\n}\n\ndefinition d { /* 5 */\n}\n",
		},
		"parentheses": {
			"definition a {\nrelation b: a\npermission c=((b+(b)))&b+b-(b -b)-b.any( b )+b . all(b)\npermission d: a|a = (nil)+b->b\n...e\n}",
			"definition a {\n\trelation b: a\n\tpermission c = (b + b) & b + b - (b - b) - b.any(b) + b.all(b)\n\tpermission d: a | a = nil + b->b\n\t...e\n}\n",
		},
		"a hyphen is spaced where it is known to be the operator": {
			"definition a {\nrelation b: a\npermission c = b-b\n}",
			"definition a {\n\trelation b: a\n\tpermission c = b - b\n}\n",
		},
		"and stays where another file may declare the name": {
			"import \"x\"\ndefinition a {\nrelation b: a\npermission c = b-b - b\n}",
			"import \"x\"\n\ndefinition a {\n\trelation b: a\n\tpermission c = b-b - b\n}\n",
		},
		"or a partial brings it": {
			"definition a {\nrelation b: a\npermission c = b->x-y -z\n}",
			"definition a {\n\trelation b: a\n\tpermission c = b->x-y - z\n}\n",
		},
		"braces in a caveat": {
			"caveat c(a map<int>) { a == {'x': {}.size()} }",
			"caveat c(a map<int>) {\n\ta == {'x': {}.size()}\n}\n",
		},
		"caveats": {
			"caveat c ( a map< list<int> > , b any ){a == r'\\'  \n  && b['}'] && \"\"\"\n}\"\"\" == '\\'' && R\"{\\\" != '''\n'''}",
			"caveat c(a map<list<int>>, b any) {\n\ta == r'\\'  \n  && b['}'] && \"\"\"\n}\"\"\" == '\\'' && R\"{\\\" != '''\n'''\n}\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := schema.Format("x.zed", test.text)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
			again, err := schema.Format("x.zed", got)
			require.NoError(t, err)
			require.Equal(t, got, again)
		})
	}
	got, err := schema.Format("x.zed", "definition a {\n\trelation\n}")
	require.Empty(t, got)
	require.EqualError(t, err, "x.zed:2:10: expected a name after relation, found the end of the line\n\trelation\n\t        ^")
}

// TestFormatInvalid: names need not be known, and a partial that includes itself
// stays as it is.
func TestFormatInvalid(t *testing.T) {
	got, err := schema.Format("", "partial a { ...b }\npartial b { ...a }")
	require.NoError(t, err)
	require.Equal(t, "partial a {\n\t...b\n}\n\npartial b {\n\t...a\n}\n", got)
}
