package schema_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
)

// TestMessages are of what testdata does not have, since it cannot be seen there.
func TestMessages(t *testing.T) {
	for text, want := range map[string]string{
		"definition a {}\nimport \"b":                            "2:1: Parse reads one text and follows no import: use ParseFS\nimport \"b\n^^^^^^^^^\n2:8: the string is not closed: expected \"\nimport \"b\n       ^^",
		"definition a {\r\n\trelation b: a\r\trelation c a\r\n}": "3:13: expected ':' after relation c, found \"a\"\n\trelation c a\n\t           ^",
		"definition a {\x00}":                                    "1:15: unexpected character '\\x00': expected relation, permission or '}'\ndefinition a {\x00}\n              ^",
		"\ufeffdefinition a":                                     "1:14: expected '{' after definition a, found the end of the file\n\ufeffdefinition a\n             ^",
		"definition a { relation b: user:\n* }":                  "1:28: unknown type \"user\"\ndefinition a { relation b: user:\n                           ^^^^",
		"definition a { relation b: a definition c }":            "1:30: expected the end of the line after relation b, found \"definition\"\ndefinition a { relation b: a definition c }\n                             ^^^^^^^^^^",
		"definition a { relation b: a | \"x\" }":                 "1:32: expected a type, found \"x\"\ndefinition a { relation b: a | \"x\" }\n                               ^^^",
		"definition a { import { use } }":                        "1:16: expected relation, permission or '}', found \"import\"\ndefinition a { import { use } }\n               ^^^^^^",
		"definition a {\nrelation b: a\nimport \"x\"\n":          "1:14: the braces of definition a are not closed\ndefinition a {\n             ^\n3:1: Parse reads one text and follows no import: use ParseFS\nimport \"x\"\n^^^^^^^^^^",
		"definition a {\nrelation b: a\nuse self\n":              "1:14: the braces of definition a are not closed\ndefinition a {\n             ^\n3:5: use stands before the first definition, partial or caveat\nuse self\n    ^^^^",
		"definition a { relation b: a #... }\n}":                 "2:1: expected definition, caveat, partial, use or import, found '}'\n}\n^",
		"definition a { relation é: a }":                         "1:25: 'é' cannot stand in a name: a name consists of ASCII letters, digits, '_' and '-'\ndefinition a { relation é: a }\n                        ^",
		"definition a {}\ncaveat b(c int) { true } caveat":       "2:32: expected a name after caveat, found the end of the file\ncaveat b(c int) { true } caveat\n                               ^",
		"use partial\nuse import\ndefinition a {\nrelation é: b\nrelation c: a#d\npermission e = f\n}": "4:10: 'é' cannot stand in a name: a name consists of ASCII letters, digits, '_' and '-'\nrelation é: b\n         ^",
		"définition b {}\ndefinition a { relation c: b | a with d\n...x }":                             "1:1: expected definition, caveat, partial, use or import, found \"d\"\ndéfinition b {}\n^",
		"definition a { relation r: b }\ndefinition b { relation }\n":                                  "2:25: expected a name after relation, found '}'\ndefinition b { relation }\n                        ^",
		"definition b { relation }\ndefinition a { relation r: b | a#s\npermission p = r->x\n}":        "1:25: expected a name after relation, found '}'\ndefinition b { relation }\n                        ^\n2:34: unknown relation \"s\": type \"a\" does not have it\ndefinition a { relation r: b | a#s\n                                 ^",
	} {
		s, err := schema.Parse("", text)
		require.Nil(t, s)
		require.EqualError(t, err, want, "%q", text)
	}
}

// TestLongLines: a message quotes what stands around the place, and counts
// characters.
func TestLongLines(t *testing.T) {
	long := strings.Repeat("é", 3000)
	_, err := schema.Parse("", "/* "+long+" */ definition a { relation b: c } // "+long)
	require.EqualError(t, err, "1:3035: unknown type \"c\"\n…"+strings.Repeat("é", 34)+" */ definition a { relation b: c } // "+strings.Repeat("é", 46)+"…\n"+
		strings.Repeat(" ", 1+34+31)+"^")
}

// TestNames: what is a keyword elsewhere is a name where it can be one.
func TestNames(t *testing.T) {
	same(t, schema.MustParse(`
		definition use {}
		definition partial {}
		definition acme / _1 {
			relation self: use
			relation import: partial
			relation expiration: acme/_1
			relation and: acme/ _1#any
			relation any: acme/_1
			relation 007: use
			relation this: use
			permission all = any.all(any) + and.any(all) & self - 007 + expiration->import + this
		}`), `definition use {} definition partial {} definition acme/_1 {
			relation self: use
			relation import: partial
			relation expiration: acme/_1
			relation and: acme/_1#any
			relation any: acme/_1
			relation 007: use
			relation this: use
			permission all = (((any.all(any) + (and.any(all))) & self)) - (007 + expiration->import + this)
		}`)
}
