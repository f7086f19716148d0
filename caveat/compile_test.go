package caveat_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/schema"
)

func TestCompileErrors(t *testing.T) {
	for _, test := range []struct{ parameters, expression, want string }{
		{"a int", "a +", `s.zed:2:5: caveat c: syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}
	a +
	   ^`},
		{"day string", `dya == "monday"`, `s.zed:2:2: caveat c: undeclared reference to 'dya' (did you mean 'day' or 'dyn'?)
	dya == "monday"
	^^^`},
		{"a int, b int", "a == c &&\n\t\tb == 'é' && 'é' == d", `s.zed:2:7: caveat c: undeclared reference to 'c'; the parameters are a, b
	a == c &&
	     ^
s.zed:3:5: caveat c: found no matching overload for '==' applied to '(int, string)'
		b == 'é' && 'é' == d
		  ^^
s.zed:3:22: caveat c: undeclared reference to 'd'; the parameters are a, b
		b == 'é' && 'é' == d
		                   ^`},
		{"a int", "a + 1", `s.zed:2:2: caveat c: the expression must come to a bool, and comes to a value of type int
	a + 1
	^^^^^`},
		{"a any", "a", `s.zed:2:2: caveat c: the expression must come to a bool, and comes to a value of type dyn, which may be any: compare it, as in x == true
	a
	^`},
		{"a uint", "a == 1u", `s.zed:2:4: caveat c: found no matching overload for '==' applied to '(int, uint)'
	a == 1u
	  ^^`},
		{"a string", "a.in_cidr('10.0.0.0/8')", `s.zed:2:11: caveat c: found no matching overload for 'in_cidr' applied to 'string.(string)'
	a.in_cidr('10.0.0.0/8')
	         ^`},
		{"a string", "a.matches('(')", `s.zed:2:12: caveat c: invalid matches argument
	a.matches('(')
	          ^^^`},
		{"a timestamp", "a < timestamp('tomorrow')", `s.zed:2:16: caveat c: invalid timestamp argument
	a < timestamp('tomorrow')
	              ^^^^^^^^^^`},
		{"a string", "int('x') == size(a)", `s.zed:2:2: caveat c: type conversion error from 'string' to 'int'
	int('x') == size(a)
	^^^^^^^^^^^^^^^^^^^`},
		{"namespace int", "namespace == 1", `s.zed:2:2: caveat c: reserved identifier: namespace
	namespace == 1
	^^^^^^^^^`},
	} {
		_, err := bind(test.parameters, test.expression, caveat.Options{})
		require.ErrorIs(t, err, schema.ErrSchema)
		require.EqualError(t, err, test.want)
	}
}

// What Compile returns points into the expression, in bytes.
func TestExpressionErrors(t *testing.T) {
	s, err := schema.New(schema.DeclareCaveat("c", "a == 'éé' && bb == cc", schema.Param("a", "string")), schema.Define("user"))
	require.NoError(t, err)
	condition, err := caveat.New(caveat.Options{}).Compile(s.Caveat("c"))
	require.Nil(t, condition)
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok)
	var got []string
	for _, err := range joined.Unwrap() {
		var e *schema.ExpressionError
		require.True(t, errors.As(err, &e))
		got = append(got, s.Caveat("c").Expression[e.Offset:e.Offset+e.Length])
	}
	require.Equal(t, []string{"bb", "cc"}, got)
}

func TestNestingIsBounded(t *testing.T) {
	_, err := bind("a bool", strings.Repeat("(", 1000)+"a"+strings.Repeat(")", 1000), caveat.Options{})
	require.ErrorIs(t, err, schema.ErrSchema)
	require.ErrorContains(t, err, "recursion")
	_, err = bind("a bool", strings.Repeat("a && ", 100_000)+"a", caveat.Options{})
	require.ErrorContains(t, err, "s.zed:2:2: caveat c: ")
}
