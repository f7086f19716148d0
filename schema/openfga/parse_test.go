package openfga_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/openfga"
)

// head begins a model with the types that the tests use.
const head = "model\n  schema 1.1\ntype user\ntype team\n  relations\n    define member: [user]\n"

// plain is one without relations.
const plain = "model\n  schema 1.1\ntype user\n"

// doc returns a model whose last type has the lines as its relations.
func doc(lines ...string) string {
	return head + "type doc\n  relations\n    define p: [doc]\n    define a: [user]\n    define b: [user]\n    " + strings.Join(lines, "\n    ") + "\n"
}

func TestParseMeans(t *testing.T) {
	for line, want := range map[string]string{
		"define r: [user]":                        "relation r: user",
		"define\tr : [ user,team#member ]":        "relation r: user | team#member",
		"define r: [\n user:*,\n\nuser with c ]":  "relation r: user:* | user with c",
		"define r: ([user]) # all":                "relation r: user",
		"define r: a":                             "permission r = a",
		"define r: ((a)) or b":                    "permission r = a + b",
		"define r: (a or b) or p":                 "permission r = a + b + p",
		"define r: [user] or b or a":              "relation r: user = this + b + a",
		"define r: [user] and (a but not b)":      "relation r: user = this & (a - b)",
		"define r: ([user] or a) but not b":       "relation r: user = this + a - b",
		"define r: a from p":                      "permission r = p->a",
		"define r: (a but not b) but not (a)":     "permission r = a - b - a",
		"define r: a but not (a or b from p)":     "permission r = a - a + p->b",
		"define r: [user with c, user:* with c]":  "relation r: user with c | user:* with c",
		"define r: ( a and b and ( a or b ) )":    "permission r = a & b & a + b",
		"define r: but\n define but: a but not a": "permission r = but",
		"# x\n\t# y\n define r: a\n#z":            "permission r = a",
	} {
		s, err := openfga.Parse("", doc(line)+"condition c(x: int) { x > 1 }")
		require.NoError(t, err, line)
		require.Equal(t, want, s.Definition("doc").Relation("r").String(), line)
	}
}

func TestParseKeepsStrings(t *testing.T) {
	const expression = `"\"}" + '\'' + r"\" + """a
"}\"""" == '''}'''`
	s, err := openfga.Parse("", head+"condition c(x: string) {"+expression+"}")
	require.NoError(t, err)
	require.Equal(t, expression, s.Caveat("c").Expression)
}

func TestParseKeepsOrderAndPlaces(t *testing.T) {
	s, err := openfga.Parse("m.fga", doc("define r: [user with c] or b")+"condition c(x: int) {\n  x > 1 # one\n    && x < 9 // }\n}\n")
	require.NoError(t, err)
	var names []string
	for _, d := range s.Definitions() {
		names = append(names, d.Name)
	}
	require.Equal(t, []string{"user", "team", "doc"}, names)
	d := s.Definition("doc")
	require.Equal(t, schema.Pos{File: "m.fga", Line: 7, Column: 6}, d.Pos)
	require.Equal(t, schema.Pos{File: "m.fga", Line: 12, Column: 12}, d.Relation("r").Pos)
	c := s.Caveat("c")
	require.Equal(t, "x > 1      \n    && x < 9 // }", c.Expression)
	require.Equal(t, "m.fga:15:8", c.At(strings.Index(c.Expression, "x < 9")).String())
	require.Equal(t, []schema.Parameter{schema.Param("x", "int")}, c.Parameters)
}

type refusing struct{}

func (refusing) Compile(c *schema.Caveat) (schema.Condition, error) {
	return nil, &schema.ExpressionError{Offset: strings.Index(c.Expression, "y"), Length: 1, Message: "what is y?"}
}

func TestConditionsAreRefusedAtTheirPlace(t *testing.T) {
	s, err := openfga.Parse("m.fga", head+"condition c(x: int) {\n\n  x > y }")
	require.NoError(t, err)
	_, err = s.Bind(refusing{})
	require.EqualError(t, err, "m.fga:9:7: caveat c: what is y?\n  x > y }\n      ^")
	const model = `{"type_definitions":[{"type":"user"}],"conditions":{"c":{"name":"c","expression":%q,"parameters":{"x":{"type_name":"TYPE_NAME_INT"}}}}}`
	s, err = openfga.ParseJSON("m.json", fmt.Appendf(nil, model, "x > y"))
	require.NoError(t, err)
	_, err = s.Bind(refusing{})
	require.ErrorContains(t, err, "m.json:1:87: caveat c: what is y?")
	s, err = openfga.ParseJSON("m.json", fmt.Appendf(nil, model, "\nx > y"))
	require.NoError(t, err)
	_, err = s.Bind(refusing{})
	require.ErrorContains(t, err, "m.json:1:83: caveat c: what is y?", "the place in a string with escapes is not known")
}

func TestParseRefuses(t *testing.T) {
	long := strings.Repeat("x", 51)
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                  {"", "1:1: expected model or module, found the end of the file"},
		"no header":                {"type user", "1:1: expected model or module, found \"type\""},
		"another header":           {"modell\n schema 1.1\ntype user", "1:1: expected model or module, found \"modell\""},
		"no schema":                {"model\ntype user", "2:1: expected schema 1.1 after model, found \"type\""},
		"no schema, but a word":    {"model\nschma 1.1\ntype user", "2:1: expected schema 1.1 after model, found \"schma\""},
		"one line":                 {"model schema 1.1\ntype user", "1:7: expected the end of the line after model, found \"schema\""},
		"no version":               {"model\nschema\ntype user", "2:7: expected a version after schema, found the end of the line"},
		"schema 1.0":               {"model\nschema 1.0\ntype user", "2:8: schema 1.0 is not supported"},
		"schema 2.0":               {"model\nschema 2.0\ntype user", "2:8: unknown schema version \"2.0\": there are 1.1 and 1.2"},
		"behind the version":       {"model\nschema 1.1 x\ntype user", "2:12: expected the end of the line after the version, found \"x\""},
		"no types":                 {"model\nschema 1.1", "1:1: the schema has no definitions"},
		"no module name":           {"module\ntype user", "1:7: expected the name of the module"},
		"a bad module name":        {"module a.b\ntype user", "1:8: \"a.b\" is no name here"},
		"model twice":              {plain + "model", "4:1: model stands at the beginning, and once"},
		"define outside":           {"model\nschema 1.1\ndefine a: [b]", "3:1: define stands below a type"},
		"another declaration":      {plain + "tpye x", "4:1: expected type or condition, found \"tpye\""},
		"no declaration":           {plain + "(", "4:1: expected type or condition, found '('"},
		"no type name":             {head + "type", "7:5: expected the name of a type, found the end of the file"},
		"a bracket for a name":     {head + "type [x]", "7:6: expected the name of a type, found '['"},
		"a keyword for a name":     {head + "type with", "7:6: \"with\" is a keyword and names nothing"},
		"a digit for a name":       {head + "type 1x", "7:6: \"1x\" is no name: one begins with a letter"},
		"a slash at the end":       {head + "type x/", "7:6: \"x/\" is no name"},
		"a letter out of ASCII":    {head + "type né", "7:7: 'é' cannot stand in a name"},
		"a character":              {head + "type é", "7:6: unexpected character 'é': expected the name of a type"},
		"a long type":              {head + "type " + strings.Repeat("x", 255), "7:6: a name of 255 bytes is longer than 254"},
		"behind a type":            {head + "type x y", "7:8: expected the end of the line after type x, found \"y\""},
		"type twice":               {head + "type user", "7:6: type user is declared already, at 3:6"},
		"type self":                {head + "type self", "7:6: a type cannot be named self: that is reserved"},
		"a type with a dot":        {head + "type a.b", "7:6: \"a.b\" cannot be taken over"},
		"behind relations":         {head + "type x\n relations x\n define a: [user]", "8:12: expected the end of the line after relations, found \"x\""},
		"relations alone":          {head + "type x\n relations", "8:11: expected define below relations, found the end of the file"},
		"relations and a type":     {head + "type x\n relations\ntype y", "9:1: expected define below relations, found \"type\""},
		"relations twice":          {head + "relation\n define x: [user]", "7:1: expected define, type or condition, found \"relation\""},
		"define misspelled":        {doc("defin r: a"), "12:5: expected define, type or condition, found \"defin\""},
		"no define":                {doc("] r: a"), "12:5: expected define, type or condition, found ']'"},
		"extend in a model":        {head + "extend type x", "7:1: extend stands in a module"},
		"extend without type":      {"module m\ntype user\nextend user", "3:8: expected type after extend, found \"user\""},
		"extend alone":             {"module m\ntype user\nextend type user", "3:13: Parse reads one text: type user is extended"},
		"no relation name":         {doc("define : a"), "12:12: expected the name of a relation, found ':'"},
		"a long relation":          {doc("define " + long + ": a"), "12:12: a name of 51 bytes is longer than 50"},
		"no colon":                 {doc("define r a"), "12:14: expected ':' after r, found \"a\""},
		"nothing behind the colon": {doc("define r:"), "12:14: expected a relation, types in brackets or a parenthesis, found the end of the line"},
		"relation twice":           {doc("define a: b"), "12:12: a is declared already, at 10:12"},
		"relation this":            {doc("define this: b"), "12:12: a relation cannot be named this: that is reserved"},
		"a relation with a slash":  {doc("define a/b: b"), "12:12: \"a/b\" cannot be taken over"},
		"behind a relation":        {doc("define r: a b"), "12:17: expected the end of the line after r, found \"b\""},
		"a parenthesis too many":   {doc("define r: a)"), "12:16: the parenthesis closes nothing"},
		"a parenthesis too few":    {doc("define r: (a or b"), "12:22: expected ')' after the operand in parentheses, found the end of the line"},
		"a line within":            {doc("define r: (a\n or b)"), "12:17: expected ')' after the operand in parentheses, found the end of the line"},
		"mixed":                    {doc("define r: a or b and a"), "12:22: or and and are mixed"},
		"mixed with exclusion":     {doc("define r: a but not b or a"), "12:27: but not and or are mixed"},
		"excluded twice":           {doc("define r: a but not b but not p"), "12:27: but not stands twice"},
		"no operand":               {doc("define r: a or"), "12:19: expected a relation, types in brackets or a parenthesis"},
		"no operand within":        {doc("define r: (a or ) or b"), "12:21: expected a relation, types in brackets or a parenthesis"},
		"a keyword as an operand":  {doc("define r: from"), "12:15: \"from\" is a keyword and names nothing"},
		"nothing behind from":      {doc("define r: a from"), "12:21: expected a relation after from"},
		"brackets not first":       {doc("define r: a or [user]"), "12:20: types in brackets stand at the beginning of a definition, and once"},
		"brackets twice":           {doc("define r: [user] or ([user])"), "12:26: types in brackets stand at the beginning of a definition, and once"},
		"empty brackets":           {doc("define r: []"), "12:16: expected a type, found ']'"},
		"open brackets":            {doc("define r: [user"), "12:20: expected ',' or ']' after user, found the end of the file"},
		"no comma":                 {doc("define r: [user team]"), "12:21: expected ',' or ']' after user, found \"team\""},
		"no star":                  {doc("define r: [user:x]"), "12:21: expected '*' after user:, found \"x\""},
		"a wildcard's relation":    {doc("define r: [user:*#x]"), "12:22: a wildcard has no relation: user:* is every user itself"},
		"no relation behind #":     {doc("define r: [team#]"), "12:21: expected a relation after '#', found ']'"},
		"nothing behind with":      {doc("define r: [user with]"), "12:25: expected a condition after with, found ']'"},
		"an inline expression":     {doc("define r: [user with $expression]"), "12:26: $expression is not supported"},
		"another dollar":           {doc("define r: [user with $x]"), "12:26: unexpected character '$': expected a condition after with"},
		"too deep":                 {doc("define r: " + strings.Repeat("(", 501) + "a"), "12:515: the expression nests more than 500 deep"},
		"unknown type":             {doc("define r: [usr]"), "12:16: unknown type \"usr\""},
		"unknown userset":          {doc("define r: [team#membr]"), "12:21: unknown relation \"membr\": type \"team\" does not have it"},
		"another condition":        {doc("define r: [user with cond]") + "condition conds(x: int) { x }", "12:26: unknown condition \"cond\"\n    define r: [user with cond]\n                         ^^^^ did you mean \"conds\"?"},
		"a body for a type":        {plain + "type {x}", "4:6: expected the name of a type, found '{'"},
		"unknown condition":        {doc("define r: [user with cond]"), "12:26: unknown condition \"cond\""},
		"unknown relation":         {doc("define r: a or c"), "12:20: unknown relation \"c\": type \"doc\" does not have it"},
		"unknown behind from":      {doc("define r: a from c"), "12:22: unknown relation \"c\": type \"doc\" does not have it"},
		"unknown before from":      {doc("define r: c from p"), "12:15: unknown relation \"c\": no type that p admits has it (doc)"},
		"from what is rewritten":   {doc("define q: [doc] or a", "define r: a from q"), "13:22: no relation can be taken from q: it has more than types in brackets"},
		"from what is computed":    {doc("define q: p", "define r: a from q"), "13:22: no relation can be taken from q: it has more"},
		"from a wildcard":          {doc("define q: [doc, doc:*]", "define r: a from q"), "13:22: no relation can be taken from q: it admits doc:*, and not only objects"},
		"from a userset":           {doc("define q: [team#member]", "define r: member from q"), "13:27: no relation can be taken from q: it admits team#member"},
		"itself":                   {doc("define r: [user] or r"), "12:25: doc#r leads to itself"},
		"a cycle":                  {doc("define r: [user] or s", "define s: [user] but not t", "define t: [user] and r"), "12:12: doc#r leads to itself: it needs doc#s, which needs doc#t, which needs doc#r"},
		"only through itself":      {doc("define r: r from p"), "12:12: no one can ever have doc#r: it needs itself"},
		"only as its userset":      {doc("define r: [doc#r]"), "12:12: no one can ever have doc#r: it needs itself"},
		"only through others":      {doc("define r: [doc#s] and a", "define s: b and r from p"), "12:12: no one can ever have doc#r: it needs doc#s, which needs doc#r"},
		"excluding itself":         {doc("define r: [user] but not r from p"), "12:12: no one can ever have doc#r: it needs itself"},
		"UTF-8":                    {"model\n\xff", "2:1: byte 0xff is not valid UTF-8"},

		"a type misspelled":             {head + "tpye x\n relations\n define member: [x]\ntype y", "7:1: expected define, type or condition, found \"tpye\""},
		"a condition without a name":    {head + "condition (x: int) { x }", "7:11: expected the name of a condition, found '('"},
		"a type's name for it":          {head + "condition list(x: int) { x }", "7:11: \"list\" is a type of parameters: expected the name of a condition"},
		"a long condition":              {head + "condition " + long + "(x: int) { x }", "7:11: a name of 51 bytes is longer than 50"},
		"a condition's parenthesis":     {head + "condition c x: int) { x }", "7:13: expected '(' after condition c, found \"x\""},
		"no parameters":                 {head + "condition c() { true }", "7:13: expected the name of a parameter, found ')'"},
		"a parameter's colon":           {head + "condition c(x int) { x }", "7:15: expected ':' after the parameter x, found \"int\""},
		"a parameter twice":             {head + "condition c(x: int, x: int) { x }", "7:21: parameter x is declared already"},
		"a parameter's type":            {head + "condition c(x: *) { x }", "7:16: expected the type of a parameter, found '*'"},
		"an unknown type of parameter":  {head + "condition c(x: strin) { x }", "7:16: unknown type of a parameter \"strin\""},
		"any":                           {head + "condition c(x: any) { x }", "7:16: OpenFGA's language does not have the type any here"},
		"a list of what":                {head + "condition c(x: list) { x }", "7:20: expected '<' and the type of the elements after list"},
		"a list of nothing":             {head + "condition c(x: list<>) { x }", "7:21: expected the type of the elements of list, found '>'"},
		"a list of lists":               {head + "condition c(x: list<list<int>>) { x }", "7:21: OpenFGA's language does not have the type list here"},
		"a list that is open":           {head + "condition c(x: list<int) { x }", "7:24: expected '>' after the type of the elements, found ')'"},
		"a parameter's comma":           {head + "condition c(x: int y: int) { x }", "7:20: expected ',' or ')' after the parameter x, found \"y\""},
		"no body":                       {head + "condition c(x: int)", "7:20: expected '{' after the parameters of condition c, found the end of the file"},
		"an empty body":                 {head + "condition c(x: int) { // x\n # y\n}", "7:21: condition c has no expression"},
		"an open body":                  {head + "condition c(x: int) { x", "7:21: the condition's expression is not closed: expected '}'"},
		"an open string":                {head + "condition c(x: int) { 'x\n}", "7:23: the string is not closed: expected '"},
		"a comment in a string":         {head + "condition c(x: int) { '''x\n # ''' == x\n}", "8:2: OpenFGA reads the rest of the line as a comment, in a string too"},
		"braces":                        {head + "condition c(x: int) { {'a': {}} == x }", "7:23: a brace ends the condition: OpenFGA's language has none"},
		"a hash that begins no comment": {head + "condition c(x: int) {#1 == x }", "7:22: CEL has no #"},
		"behind a condition":            {head + "condition c(x: int) { x } type x", "7:27: expected the end of the line after condition c, found \"type\""},
		"a condition twice":             {head + "condition c(x: int) { x }\ncondition c(x: int) { x }", "8:11: condition c is declared already"},
		"a condition expiration":        {head + "condition expiration(x: int) { x }", "7:11: a caveat cannot be named expiration"},
		"a type behind a condition":     {head + "condition c(x: int) { x }\ntype x", "8:1: types stand before the conditions"},
		"a directive":                   {head + "condition c(x: int) { x //baobab:count 1\n }", "7:11: the expression of caveat c has a directive in it"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := openfga.Parse("", c.text)
			require.Nil(t, s)
			require.ErrorIs(t, err, schema.ErrSchema)
			require.Contains(t, "\n"+err.Error(), "\n"+c.want)
			var errs schema.Errors
			require.True(t, errors.As(err, &errs))
			require.Len(t, errs, 1, "%v", err)
		})
	}
}

func TestParseReportsAllErrorsInOrder(t *testing.T) {
	_, err := openfga.Parse("m.fga", `model
  schema 1.1
type user
type doc
  relations
    define a: [usr]
    define b: [user or c
    define c: b and
    define d: e or f
condition c(x: imt) { x }
type 1
type team
  relatons
    define x: [nobody]
`)
	require.EqualError(t, err, `m.fga:7:21: expected ',' or ']' after user, found "or"
    define b: [user or c
                    ^^
m.fga:8:20: expected a relation, types in brackets or a parenthesis, found the end of the line
    define c: b and
                   ^
m.fga:10:16: unknown type of a parameter "imt": there are bool, double, duration, int, ipaddress, string, timestamp, uint, list, map
condition c(x: imt) { x }
               ^^^ did you mean "int"?
m.fga:11:6: "1" is no name: one begins with a letter or '_', and has no two of '.' and '/' in a row, nor one at its end
type 1
     ^
m.fga:12:1: types stand before the conditions
type team
^^^^
m.fga:13:3: expected type or condition, found "relatons"
  relatons
  ^^^^^^^^ did you mean "relations"?`)
	_, err = openfga.Parse("m.fga", doc("define r: [usr] or c", "define s: [team#x, user with y] and x from p"))
	var errs schema.Errors
	require.ErrorAs(t, err, &errs)
	require.Len(t, errs, 5, "%v", err)
	require.ErrorIs(t, err, schema.ErrUnknownType)
	require.ErrorIs(t, err, schema.ErrUnknownRelation)
	require.Equal(t, "doc#r", errs[0].About)
}

func TestAStringCanSwallowTheRest(t *testing.T) {
	_, err := openfga.Parse("", head+"condition c(x: int) { '''x }\n''")
	require.EqualError(t, err, "7:21: the condition's expression is not closed: expected '}'\ncondition c(x: int) { '''x }\n                    ^\n"+
		"7:23: the string is not closed: expected '\ncondition c(x: int) { '''x }\n                      ^^^^^^")
}

func TestNothingIsUnknownThatMayNotHaveBeenRead(t *testing.T) {
	for _, text := range []string{
		doc("define r: [x with y]") + "type é\n",
		doc("define é: [user]", "define r: a or c or d from c or d from p") + "type x\n relations\n define y: [doc#z]",
		doc("define q: (", "define r: a from q"),
	} {
		_, err := openfga.Parse("", text)
		var errs schema.Errors
		require.ErrorAs(t, err, &errs)
		require.Len(t, errs, 1, "%v", err)
	}
}

func TestParseWarns(t *testing.T) {
	s, err := openfga.Parse("m.fga", doc("define r: [user, user, user with c, user with c] or a or a", "define s: a and b from p and b from p")+
		"condition c(x: int) { x > 1 }\ncondition d(x: int) { x > 1 }")
	require.NoError(t, err)
	var list []string
	for _, w := range s.Warnings() {
		list = append(list, strings.SplitN(w.String(), "\n", 2)[0])
	}
	require.Equal(t, []string{
		"m.fga:12:22: warning: user stands here already",
		"m.fga:12:41: warning: user with c stands here already",
		"m.fga:12:62: warning: this stands here already",
		"m.fga:13:34: warning: this stands here already",
		"m.fga:15:11: warning: no relation uses the caveat d",
	}, list)
	require.Equal(t, "relation r: user | user with c = this + a + a", s.Definition("doc").Relation("r").String())
}

func TestLongCyclesAreShortened(t *testing.T) {
	var lines []string
	for i := range 10 {
		lines = append(lines, fmt.Sprintf("define r%d: [user] or r%d", i, (i+1)%10))
	}
	_, err := openfga.Parse("", doc(lines...))
	require.ErrorContains(t, err, "doc#r0 leads to itself: it needs doc#r1, which needs doc#r2, which needs doc#r3, which needs doc#r4, which needs doc#r5, which needs …, which needs doc#r0")
}

// Time is in proportion to the text, whatever depends on what.
func TestLongChainsAreRead(t *testing.T) {
	var lines []string
	for i := range 20_000 {
		lines = append(lines, fmt.Sprintf("define r%d: r%d", i, i+1))
	}
	_, err := openfga.Parse("", doc(append(lines, "define r20000: [user]")...))
	require.NoError(t, err)
}
