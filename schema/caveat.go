package schema

import "strings"

// A Caveat declares a condition on which a tuple can be made to depend. The
// package keeps its expression as text; an [Evaluator] gives it a meaning.
type Caveat struct {
	Name       string
	Parameters []Parameter // in order of declaration, at least one
	Expression string      // in CEL, as written between the braces, without the white space around it
	Comments   []string    // the comments above the declaration, one an element, as written
	OpenFGA    bool        // the expression is one of OpenFGA's, which package caveat says differs
	Pos        Pos         // of the name
	byName     map[string]int
	body       span      // of the expression
	condition  Condition // nil unless the schema is bound to an evaluator
}

// Condition returns the compiled caveat; nil unless the schema is the result of
// [Schema.Bind].
func (c *Caveat) Condition() Condition { return c.condition }

// At returns the position of a byte of the expression; the zero Pos if the
// caveat was built in Go.
func (c *Caveat) At(offset int) Pos { return c.span(offset, 0).pos() }

// span returns a piece of the expression.
func (c *Caveat) span(offset, length int) span {
	if c.body.src == nil {
		return span{}
	}
	start := c.body.start + min(max(0, offset), c.body.end-c.body.start)
	return span{c.body.src, start, start + min(max(0, length), c.body.end-start)}
}

// dialect reports whether it matters if the expression is OpenFGA's: there a uint
// is unsigned, and ipaddress is a function.
func (c *Caveat) dialect() bool {
	for _, p := range c.Parameters {
		if strings.Contains(p.Type.String(), "uint") {
			return true
		}
	}
	return strings.Contains(c.Expression, "ipaddress")
}

// Parameter returns the parameter of that name, and whether there is one.
func (c *Caveat) Parameter(name string) (Parameter, bool) {
	i, ok := c.byName[name]
	if !ok {
		return Parameter{}, false
	}
	return c.Parameters[i], true
}

// String returns the declaration without comments.
func (c *Caveat) String() string {
	return "caveat " + c.Name + "(" + c.parameters() + ") {\n\t" + c.Expression + "\n}"
}

// parameters returns what stands in the parentheses.
func (c *Caveat) parameters() string {
	var b strings.Builder
	for i, p := range c.Parameters {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.Name + " " + p.Type.String())
	}
	return b.String()
}

// A Parameter is a name that a caveat's expression uses, and the type of its value.
type Parameter struct {
	Name string
	Type TypeRef
}

// A TypeRef is the type of a caveat's parameter: any, bool, bytes, double,
// duration, int, ipaddress, string, timestamp or uint, or list or map with the
// type of their elements as the one argument.
type TypeRef struct {
	Name string
	Args []TypeRef
}

// String returns the type as the language writes it: map<list<string>>.
func (t TypeRef) String() string {
	if len(t.Args) == 0 {
		return t.Name
	}
	args := make([]string, len(t.Args))
	for i, a := range t.Args {
		args[i] = a.String()
	}
	return t.Name + "<" + strings.Join(args, ", ") + ">"
}

// parameterTypes are the types there are, each with the number of its arguments.
var parameterTypes = map[string]int{
	"any": 0, "bool": 0, "bytes": 0, "double": 0, "duration": 0, "int": 0, "ipaddress": 0,
	"string": 0, "timestamp": 0, "uint": 0, "list": 1, "map": 1,
}

// parameterTypeNames is parameterTypes in alphabetical order.
var parameterTypeNames = []string{
	"any", "bool", "bytes", "double", "duration", "int", "ipaddress", "list", "map", "string", "timestamp", "uint",
}
