package openfga_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/schema/openfga"
)

func TestFormatChangesNothingThatIsFormatted(t *testing.T) {
	s, err := openfga.Parse("", everything)
	require.NoError(t, err)
	text, err := openfga.Format(s)
	require.NoError(t, err)
	require.Equal(t, everything, text)
}

func TestFormatMovesBracketsToTheBeginning(t *testing.T) {
	this, a, b := schema.This{}, schema.Ref("a"), schema.Ref("b")
	for want, r := range map[string]schema.Rewrite{
		"[user] or a or b":                schema.Or(a, this, b),
		"([user] and b) or a":             schema.Or(a, schema.And(b, this)),
		"(([user] but not a) and b) or a": schema.Or(a, schema.And(b, schema.Minus(this, a))),
		"([user] or a) but not (a or b)":  schema.Minus(schema.Or(a, this), schema.Or(a, b)),
		"[user] and (a but not b)":        schema.And(schema.Minus(a, b), this),
	} {
		user := schema.Type("user")
		s, err := schema.New(schema.Define("user"), schema.Define("doc", schema.Rel("a", user), schema.Rel("b", user), schema.Rel("r", user).Rewritten(r)))
		require.NoError(t, err)
		text, err := openfga.Format(s)
		require.NoError(t, err)
		require.Contains(t, text, "\n    define r: "+want+"\n")
		again, err := openfga.Parse("", text)
		require.NoError(t, err)
		changes, err := schema.Compare(s, again)
		require.NoError(t, err)
		require.Empty(t, changes)
	}
}

func TestFormatRefuses(t *testing.T) {
	user := schema.Type("user")
	this, a := schema.This{}, schema.Ref("a")
	define := func(members ...schema.Member) []schema.Part {
		return []schema.Part{schema.Define("user"), schema.Define("doc", append([]schema.Member{schema.Rel("a", user), schema.Rel("p", schema.Type("doc"))}, members...)...)}
	}
	caveat := func(name, expression string, parameters ...schema.Parameter) []schema.Part {
		return []schema.Part{schema.Define("user"), schema.DeclareCaveat(name, expression, parameters...)}
	}
	x := schema.Param("x", "int")
	for name, c := range map[string]struct {
		parts []schema.Part
		want  []string
	}{
		"what is nobody's":        {define(schema.Perm("r", schema.Or(a, schema.Nil{})), schema.Perm("s", schema.Or(a, schema.Self{}))), []string{"doc#r: OpenFGA has no nil", "doc#s: OpenFGA has no self"}},
		"all":                     {define(schema.Perm("r", schema.ArrowAll("p", "a"))), []string{"doc#r: OpenFGA has no arrow with all: p.all(a)"}},
		"expiration":              {define(schema.Rel("r", user.Expiring())), []string{"doc#r: OpenFGA has no expiration: user with expiration"}},
		"this twice":              {define(schema.Rel("r", user).Rewritten(schema.Or(this, schema.And(a, this)))), []string{"doc#r: in OpenFGA's language what is stored stands at the beginning of a relation, and once"}},
		"this excluded":           {define(schema.Rel("r", user).Rewritten(schema.Minus(a, this))), []string{"doc#r: in OpenFGA's language what is stored stands at the beginning"}},
		"this deep":               {define(schema.Rel("r", user).Rewritten(schema.Or(a, schema.And(a, schema.Minus(a, this))))), []string{"doc#r: in OpenFGA's language what is stored stands at the beginning"}},
		"over rewritten":          {define(schema.Rel("q", schema.Type("doc")).Rewritten(schema.Or(this, schema.Ref("p"))), schema.Perm("r", schema.Arrow("q", "a"))), []string{"doc#r: OpenFGA takes no relation from one that is rewritten: q->a"}},
		"over wildcards":          {define(schema.Rel("q", schema.Type("doc"), schema.Wildcard("doc")), schema.Perm("r", schema.Arrow("q", "a"))), []string{"doc#r: OpenFGA takes no relation from one that admits doc:*: q->a"}},
		"over usersets":           {define(schema.Rel("q", schema.Userset("doc", "a")), schema.Perm("r", schema.Arrow("q", "a"))), []string{"doc#r: OpenFGA takes no relation from one that admits doc#a: q->a"}},
		"guards":                  {define(schema.Rel("r", user).GrantedBy("a"), schema.Rel("s", user).Counted(schema.Count{Max: 1}).OnDelete(schema.Cascade), schema.DeletedBy("a")), []string{"doc: OpenFGA has no directive deleted-by", "doc#r: OpenFGA has no directive granted-by", "doc#s: OpenFGA has no directive count", "doc#s: OpenFGA has no directive on-delete"}},
		"expires-within":          {define(schema.Rel("r", user.Expiring()).ExpiresWithin(time.Hour)), []string{"doc#r: OpenFGA has no expiration: user with expiration", "doc#r: OpenFGA has no directive expires-within"}},
		"names":                   {append(define(schema.Rel("-r", user), schema.Rel("from", user), schema.Rel("this", user), schema.Rel(strings.Repeat("x", 51), user)), schema.Define("1a"), schema.Define("self")), []string{"doc#-r: relation -r: OpenFGA has no such name", "relation from: ", "relation this: ", "relation xxx", "definition 1a: ", "definition self: "}},
		"a cycle":                 {define(schema.Perm("r", schema.Or(a, schema.Ref("s"))), schema.Perm("s", schema.Or(a, schema.Ref("r")))), []string{"doc#r: doc#r leads to itself: it needs doc#s, which needs doc#r"}},
		"excluding itself":        {define(schema.Perm("r", schema.Minus(a, schema.Arrow("p", "r")))), []string{"doc#r: no one can ever have doc#r: it needs itself"}},
		"caveats' names":          {append(caveat("a/b", "x == 1", x), schema.DeclareCaveat("map", "x == 1", x), schema.DeclareCaveat("c", "x == 1", x, schema.Param("int", "int"), schema.Param("-", "int"))), []string{"a/b: caveat a/b: OpenFGA has no such name", "caveat map: ", "parameter int: ", "parameter -: "}},
		"caveats' types":          {caveat("c", "x == 1", x, schema.Param("b", "bytes"), schema.Param("a", "any"), schema.Param("l", "list<list<int>>"), schema.Param("m", "map<any>")), []string{"c: parameter b: OpenFGA's language has no type bytes", "parameter a: ", "parameter l: ", "parameter m: "}},
		"caveats with braces":     {caveat("c", "{'a': x}.a == 1", x), []string{"c: the expression has braces, or what OpenFGA's language takes for a comment"}},
		"and a hash":              {caveat("c", "x == ' #'", schema.Param("x", "string")), []string{"c: the expression has braces, or what"}},
		"and a hash in a comment": {caveat("c", "x == 1 // a #", x), []string{"c: the expression has braces, or what"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := schema.New(c.parts...)
			require.NoError(t, err)
			text, err := openfga.Format(s)
			require.Empty(t, text)
			require.ErrorIs(t, err, schema.ErrSchema)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			var errs schema.Errors
			require.True(t, errors.As(err, &errs))
			require.Len(t, errs, len(c.want), "%v", err)
		})
	}
}

// A model reaches SpiceDB's language, but for what that cannot say.
func TestModelsAsNativeText(t *testing.T) {
	s, err := openfga.Parse("", head+"type doc\n  relations\n    define parent: [doc]\n    define viewer: [user, team#member]\n    define view: viewer or view from parent\n")
	require.NoError(t, err)
	text, err := s.Text()
	require.NoError(t, err)
	native, err := schema.Parse("", text)
	require.NoError(t, err)
	changes, err := schema.Compare(s, native)
	require.NoError(t, err)
	require.Empty(t, changes)
	s, err = openfga.Parse("", head+"type doc\n  relations\n    define editor: [user]\n    define viewer: [user] or editor\n    define a: viewer\n")
	require.NoError(t, err)
	_, err = s.Text()
	require.EqualError(t, err, "doc#viewer: relation viewer is stored and rewritten at once, which SpiceDB's language cannot say (give its tuples a relation of their own)\n"+
		"doc#a: relation a: SpiceDB has no such name: one has lower-case letters, digits and '_', from 3 to 64 of them")
}
