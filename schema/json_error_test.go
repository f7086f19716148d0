package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
)

// in returns a form with something as the fields of a relation or permission
// beside others.
func in(member string) string {
	return `{"version":1,"definitions":[{"name":"user","relations":[{"relation":"r","subjects":[{"type":"user"}]},{` + member + `}]}]}`
}

// rewritten returns a form with something as a rewrite.
func rewritten(rewrite string) string { return in(`"permission":"p","rewrite":` + rewrite) }

// where is the way to the member of in.
const where = "definitions[0].relations[1]"

// conditional returns a form with something as a caveat.
func conditional(caveat string) string {
	return `{"version":1,"definitions":[{"name":"user"}],"caveats":[` + caveat + `]}`
}

// wrongJSON are forms that are refused, each with its error.
var wrongJSON = [][2]string{
	// What is no JSON.
	{``, `1:1: this is not JSON: unexpected end of JSON input`},
	{"{\n\t\"version\": 1,\n}", "3:1: this is not JSON: invalid character '}' looking for beginning of object key string\n}\n^"},
	{`{"version":1} {}`, "1:15: this is not JSON: invalid character '{' after top-level value\n{\"version\":1} {}\n              ^"},
	{"{\"\xff\":1}", "1:3: byte 0xff is not valid UTF-8\n{\"\xff\":1}\n  ^"},

	// The whole.
	{`[1]`, `expected an object, found a list`},
	{`null`, `expected an object, found null`},
	{`{}`, `the field "version" is missing`},
	{`{"version":1}`, `the schema has no definitions`},
	{`{"version":2,"types":[]}`, `version: unknown version 2: what is read is version 1`},
	{`{"types":[],"version":"1"}`, `version: unknown version "1": what is read is version 1`},
	{`{"version":null}`, `version: unknown version null: what is read is version 1`},
	{`{"version":1.0}`, `version: unknown version 1.0: what is read is version 1`},
	{`{"version":2,"version":1}`, `the field "version" stands here already`},
	{`{"version":{},"version":1}`, `version: expected a whole number from 0 to 2147483647, found an object`},
	{`{"version":1,"Definitions":[]}`, `unknown field "Definitions": there are caveats, definitions and version (did you mean "definitions"?)`},
	{`{"version":1,"definitions":{}}`, `definitions: expected a list, found an object`},
	{`{"version":1,"definitions":[{"name":"user"},1e3]}`, `definitions[1]: expected an object, found 1e3`},

	// Fields.
	{in(`"relation":"s","subjects":[{"type":"user"}],"subjects":[{"type":"user","wildcard":true}]`), where + `: the field "subjects" stands here already`},
	{in(`"relation":"s","subjects":[{"type":"user","\u0074ype":"user"}]`), where + `.subjects[0]: the field "type" stands here already`},
	{in(`"relation":"s","subjects":[{"type":"user"},{"type":"user","wildcrd":true}]`), where + `.subjects[1]: unknown field "wildcrd": there are caveat, expiration, relation, type and wildcard (did you mean "wildcard"?)`},
	{in(`"relation":"s","subjects":[{"wildcard":true}]`), where + `.subjects[0]: the field "type" is missing`},
	{in(`"relation":"s","subjects":[{"type":"user","caveat":""}]`), where + `.subjects[0].caveat: expected a string with something in it, found ""`},
	{in(`"relation":"s","subjects":[{"type":"user","caveat":null}]`), where + `.subjects[0].caveat: expected a string with something in it, found null`},
	{in(`"relation":"s","subjects":[{"type":"user","wildcard":"true"}]`), where + `.subjects[0].wildcard: expected true or false, found "true"`},
	{`{"version":1,"definitions":[{"relations":[]}]}`, `definitions[0]: the field "name" is missing`},
	{`{"version":1,"definitions":[{"name":["user"]}]}`, `definitions[0].name: expected a string with something in it, found a list`},
	{`{"version":1,"definitions":[{"name":"user","deleted_by":false}]}`, `definitions[0].deleted_by: expected a string with something in it, found false`},

	// Relations and permissions.
	{in(`"subjects":[]`), where + `: expected one of the fields "relation" and "permission"`},
	{in(`"relation":"s","permission":"s","rewrite":"this"`), where + `: expected one of the fields "relation" and "permission"`},
	{in(`"permission":"p"`), where + `: the field "rewrite" is missing`},
	{in(`"permission":"p","rewrite":"nil","subjects":[{"type":"user"}]`), where + `: permission p has subjects, which only a relation has`},
	{in(`"relation":"s"`), "user#s: relation s admits no type of subject\nuser#s: no one can ever hold user#s: it needs itself (admit a type of subject besides)"},
	{in(`"relation":"s","rewrite":"nil","subjects":[{"type":"user"}]`), `user#s: relation s is rewritten without This, so that its tuples would mean nothing`},
	{rewritten(`"this"`), "user#p: permission p stores no tuples, which This stands for\nuser#p: no one can ever hold user#p: it needs itself (write nil if that is meant)"},
	{rewritten(`"thsi"`), where + `.rewrite: expected "this", "nil", "self" or an operator, found "thsi"`},
	{rewritten(`["nil"]`), where + `.rewrite: expected "this", "nil", "self" or an operator, found a list`},
	{rewritten(`{}`), where + `.rewrite: an operator is an object with one field, and here are 0`},
	{rewritten(`{"union":["nil","nil"],"computed":"r"}`), where + `.rewrite: an operator is an object with one field, and here are 2`},
	{rewritten(`{"union":["nil",{"unoin":[]}]}`), where + `.rewrite.union[1]: unknown field "unoin": there are arrow, arrow_all, computed, exclusion, intersection and union (did you mean "union"?)`},
	{rewritten(`{"union":["nil"]}`), where + `.rewrite.union: expected two operands or more, and here are 1`},
	{rewritten(`{"intersection":[]}`), where + `.rewrite.intersection: expected two operands or more, and here are 0`},
	{rewritten(`{"exclusion":["nil","nil","nil"]}`), where + `.rewrite.exclusion: an exclusion has two operands, and here are 3`},
	{rewritten(`{"arrow":["r"]}`), where + `.rewrite.arrow: an arrow has two names, a relation and what stands behind the arrow, and here are 1`},
	{rewritten(`{"arrow_all":["r",{"computed":"r"}]}`), where + `.rewrite.arrow_all[1]: expected a string with something in it, found an object`},
	{rewritten(`{"computed":"s"}`), `user#p: unknown relation "s": type "user" does not have it`},

	// Directives.
	{in(`"relation":"s","subjects":[{"type":"user"}],"counts":[{"max":1}]`), where + `.counts[0]: the field "min" is missing`},
	{in(`"relation":"s","subjects":[{"type":"user"}],"counts":[{"min":1,"max":-1}]`), where + `.counts[0].max: expected a whole number from 0 to 2147483647, found -1`},
	{in(`"relation":"s","subjects":[{"type":"user"}],"counts":[{"min":-0}]`), where + `.counts[0].min: expected a whole number from 0 to 2147483647, found -0`},
	{in(`"relation":"s","subjects":[{"type":"user"}],"counts":[{"min":2147483648}]`), where + `.counts[0].min: expected a whole number from 0 to 2147483647, found 2147483648`},
	{in(`"relation":"s","subjects":[{"type":"user"}],"counts":[{"min":"1"}]`), where + `.counts[0].min: expected a whole number from 0 to 2147483647, found "1"`},
	{in(`"relation":"s","subjects":[{"type":"user"}],"counts":[{"min":2,"max":1}]`), `user#s: the range 2..1 is empty`},
	{in(`"relation":"s","subjects":[{"type":"user"}],"guards":[{}]`), where + `.guards[0]: expected a permission, on the subject or not, or else that "self" is true`},
	{in(`"relation":"s","subjects":[{"type":"user"}],"guards":[{"self":true,"permission":"s"}]`), where + `.guards[0]: expected a permission, on the subject or not, or else that "self" is true`},
	{in(`"relation":"s","subjects":[{"type":"user"}],"guards":[{"self":true,"on_subject":true}]`), where + `.guards[0]: expected a permission, on the subject or not, or else that "self" is true`},
	{in(`"permission":"p","rewrite":"nil","guards":[{"self":true}]`), `user#p: granted-by stands above a relation, and not above a permission`},
	{in(`"relation":"s","subjects":[{"type":"user"}],"on_delete":"casacde"`), where + `.on_delete: expected refuse, cascade or detach, found "casacde"`},
	{in(`"relation":"s","subjects":[{"type":"user"}],"on_delete":1`), where + `.on_delete: expected a string with something in it, found 1`},
	{in(`"relation":"s","subjects":[{"type":"user"}],"expires_within":"1 day"`), where + `.expires_within: expected a time, which is a number and d, h or m, found "1 day"`},
	{in(`"relation":"s","subjects":[{"type":"user"}],"expires_within":"36501d"`), where + `.expires_within: 36501d is too long: a limit is at most 36500d`},
	{in(`"relation":"s","subjects":[{"type":"user"}],"expires_within":""`), where + `.expires_within: expected a string with something in it, found ""`},
	{`{"version":1,"definitions":[{"name":"user","deleted_by":"own"}]}`, `user: unknown relation "own": type "user" does not have it`},

	// Comments, which can hide no declaration.
	{in(`"relation":"s","subjects":[{"type":"user"}],"comments":["// a","// b\ndefinition c {}"]`), where + `.comments[1]: ` + noComment},
	{`{"version":1,"definitions":[{"name":"user","comments":["/* a */ definition b {} /* c */"]}]}`, `definitions[0].comments[0]: ` + noComment},
	{`{"version":1,"definitions":[{"name":"user","comments":["/* a"]}]}`, `definitions[0].comments[0]: ` + noComment},
	{`{"version":1,"definitions":[{"name":"user","comments":["a"]}]}`, `definitions[0].comments[0]: ` + noComment},
	{`{"version":1,"definitions":[{"name":"user","comments":["//baobab:deleted-by a"]}]}`, `definitions[0].comments[0]: ` + noComment},
	{`{"version":1,"definitions":[{"name":"user","comments":["// baobab: deleted-by a"]}]}`, `definitions[0].comments[0]: ` + noComment},
	{`{"version":1,"definitions":[{"name":"user","comments":[1]}]}`, `definitions[0].comments[0]: expected a string with something in it, found 1`},

	// Caveats.
	{conditional(`{"parameters":[],"expression":"x"}`), `caveats[0]: the field "name" is missing`},
	{conditional(`{"name":"c","expression":"x"}`), `caveats[0]: the field "parameters" is missing`},
	{conditional(`{"name":"c","parameters":[]}`), `caveats[0]: the field "expression" is missing`},
	{conditional(`{"name":"c","parameters":[{"name":"x"}],"expression":"x"}`), `caveats[0].parameters[0]: the field "type" is missing`},
	{conditional(`{"name":"c","parameters":[{"name":"x","type":"list<itn>"}],"expression":"x"}`), `c: parameter x has an unknown type`},
	{conditional(`{"name":"c","parameters":[],"expression":"x"}`), `c: a caveat has at least one parameter`},
	{conditional(`{"name":"c","parameters":[{"name":"x","type":"bool"}],"expression":" "}`), `c: caveat c has no expression`},
	{conditional(`{"name":"c","parameters":[{"name":"x","type":"bool"}],"expression":"x } definition d {"}`), `c: the expression of caveat c does not end where it ends: its strings and braces must be closed`},

	// All that New refuses.
	{`{"version":1,"definitions":[{"name":"a b"},{"name":"c"},{"name":"c"}]}`, "a b: \"a b\": at byte 1: ' ' cannot stand in a type\nc: definition c is declared already"},
}

const noComment = `expected a comment that begins with // or /*, ends where it ends, and is neither a directive nor like one`

func TestParseJSONErrors(t *testing.T) {
	for _, c := range wrongJSON {
		t.Run(c[0], func(t *testing.T) {
			s, err := schema.ParseJSON([]byte(c[0]))
			require.Nil(t, s)
			require.ErrorIs(t, err, schema.ErrSchema)
			require.EqualError(t, err, c[1])
		})
	}
}
