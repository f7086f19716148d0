package schema_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	. "github.com/baobab-authz/baobab/schema"
)

func TestNew(t *testing.T) {
	s, err := New(
		DeclareCaveat("c", " a > 1 ", Param("a", "int"), Param("b", "map<list<string>>")),
		Define("user"),
		Define("team", Rel("member", Type("user").With("c"), Userset("team", "member").Expiring(), Wildcard("user").With("c").Expiring())),
		Define("doc",
			Rel("owner", Type("user")),
			Rel("team", Type("team")),
			Perm("view", Minus(And(Or(Ref("owner"), Or(Arrow("team", "member"), Self{})), Ref("owner")), ArrowAll("team", "member"))),
			Perm("none", Nil{}),
			Perm("single", Or(And(Ref("owner")))),
		),
	)
	require.NoError(t, err)
	same(t, MustParse(s.String()), s.String())
	require.Equal(t, definitions(MustParse(s.String())), definitions(s))
	require.Equal(t, caveats(MustParse(s.String())), caveats(s))
	require.Equal(t, "single", s.Definition("doc").Relations[4].Name)
	require.Equal(t, Computed{Relation: "owner"}, s.Definition("doc").Relation("single").Rewrite)
	require.Zero(t, s.Definition("doc").Pos)
}

// TestRewritten: what the native language does not have, and other languages do.
func TestRewritten(t *testing.T) {
	s := MustNew(
		Define("user"),
		Define("same"), DeclareCaveat("same", "x", Param("x", "bool")),
		Define("doc",
			Rel("parent", Type("doc"), Wildcard("doc")),
			Rel("editor", Type("user"), Wildcard("user")),
			Rel("viewer", Type("user").With("same"), Userset("doc", "editor")).Rewritten(Or(This{}, Ref("editor"), Arrow("parent", "viewer"))),
			Rel("plain", Type("user")).Rewritten(This{}),
		),
		Define("folder", Rel("reader", Userset("doc", "editor"))),
	)
	viewer := s.Definition("doc").Relation("viewer")
	require.True(t, viewer.Stored())
	require.Equal(t, "relation viewer: user with same | doc#editor = this + editor + parent->viewer", viewer.String())
	require.Equal(t, "relation plain: user", s.Definition("doc").Relation("plain").String())
	require.Contains(t, s.String(), viewer.String())
	_, err := Parse("", s.String())
	require.ErrorIs(t, err, ErrSchema)
}

type foreign struct{ Rewrite }

func TestNewErrors(t *testing.T) {
	deep := Ref("r")
	for range 600 {
		deep = Minus(deep, Ref("r"))
	}
	wide := Ref("r")
	for range 40 {
		wide = Or(And(wide, wide), wide)
	}
	endless := []TypeRef{{Name: "list"}}
	endless[0].Args = endless
	doc := func(members ...Member) Part {
		return Define("doc", append([]Member{Rel("r", Type("doc"))}, members...)...)
	}
	for _, test := range []struct {
		want  string
		kind  error
		parts []Part
	}{
		{"the schema has no definitions", ErrEmpty, nil},
		{"a part is nil", ErrSchema, []Part{doc(), nil}},
		{`doc#p: unknown relation "x": type "doc" does not have it`, ErrUnknownRelation, []Part{doc(Perm("p", Ref("x")))}},
		{`doc#perm: unknown relation "perk": type "doc" does not have it (did you mean "perm"?)`, ErrUnknownRelation, []Part{doc(Perm("perm", Or(Ref("r"), Ref("perk"))))}},
		{`doc#s: unknown type "dog" (did you mean "doc"?)`, ErrUnknownType, []Part{doc(Rel("s", Type("dog")))}},
		{`doc is declared already`, ErrSchema, []Part{doc(), doc()}},
		{`doc#r: r is declared already`, ErrSchema, []Part{doc(Rel("r", Type("doc")))}},
		{`doc#p: an operand is nil: nobody is Nil{}`, ErrSchema, []Part{doc(Perm("p", Or(Ref("r"), nil)))}},
		{`doc#p: a permission has no rewrite: nobody is Nil{}`, ErrSchema, []Part{doc(Perm("p", nil))}},
		{`doc#p: a union has no operands`, ErrSchema, []Part{doc(Perm("p", Or()))}},
		{`doc#p: an intersection has no operands`, ErrSchema, []Part{doc(Perm("p", And()))}},
		{`doc#p: an operator is a *schema.Nil: it must be a value`, ErrSchema, []Part{doc(Perm("p", &Nil{}))}},
		{`doc#p: an operator is a schema_test.foreign: it must be a value`, ErrSchema, []Part{doc(Perm("p", foreign{Nil{}}))}},
		{`doc#p: the expression nests more than 500 deep`, ErrSchema, []Part{doc(Perm("p", deep))}},
		{`doc#p: the expression has more than 100000 operators`, ErrSchema, []Part{doc(Perm("p", wide))}},
		{`doc#p: the expression has more than 100000 operators`, ErrSchema, []Part{doc(Perm("p", Minus(wide, Ref("r"))))}},
		{`doc#p: permission p stores no tuples, which This stands for`, ErrSchema, []Part{doc(Perm("p", This{}))}},
		{`doc#s: relation s is rewritten without This, so that its tuples would mean nothing`, ErrSchema, []Part{doc(Rel("s", Type("doc")).Rewritten(Ref("r")))}},
		{`doc#s: relation s admits no type of subject`, ErrSchema, []Part{doc(Rel("s"))}},
		{`doc#s: a wildcard has no relation: doc:* is every doc itself`, ErrSchema, []Part{doc(Rel("s", SubjectType{Type: "doc", Wildcard: true, Relation: "r"}))}},
		{`doc#p: the arrow leads nowhere: w has wildcards alone`, ErrSchema, []Part{doc(Rel("w", Wildcard("doc")), Perm("p", Arrow("w", "r")))}},
		{`no one can ever hold doc#p: it needs itself (write nil if that is meant)`, ErrSchema, []Part{doc(Perm("p", Or(Ref("p"), And(Ref("p"), Ref("r")))))}},
		{`a b: "a b": at byte 1: ' ' cannot stand in a type`, ErrSchema, []Part{Define("a b")}},
		{`doc#: "": at byte 0: expected a name`, ErrSchema, []Part{doc(Rel("", Type("doc")))}},
		{`c: a caveat has at least one parameter`, ErrSchema, []Part{doc(), DeclareCaveat("c", "true")}},
		{`c: caveat c has no expression`, ErrSchema, []Part{doc(), DeclareCaveat("c", " // a", Param("a", "int"))}},
		{`c: the expression of caveat c does not end where it ends: its strings and braces must be closed`, ErrSchema, []Part{doc(),
			DeclareCaveat("c", "true } definition evil {} caveat d(y int) { y == 1", Param("x", "int"))}},
		{`c: the expression of caveat c does not end where it ends: its strings and braces must be closed`, ErrSchema, []Part{doc(), DeclareCaveat("c", `a == "b`, Param("a", "string"))}},
		{`c: the expression of caveat c does not end where it ends: its strings and braces must be closed`, ErrSchema, []Part{doc(), DeclareCaveat("c", "a == '\xff'", Param("a", "string"))}},
		{`c: parameter a has an unknown type`, ErrSchema, []Part{doc(), DeclareCaveat("c", "a", Param("a", "list<strin>"))}},
		{`c: the expression of caveat c does not end where it ends: its strings and braces must be closed`, ErrSchema, []Part{doc(),
			DeclareCaveat("c", "true } definition evil {} caveat d(y int) { y == 1", Param("x", "int"))}},
		{`c: the expression of caveat c does not end where it ends: its strings and braces must be closed`, ErrSchema, []Part{doc(), DeclareCaveat("c", `a == "b`, Param("a", "string"))}},
		{`c: the expression of caveat c does not end where it ends: its strings and braces must be closed`, ErrSchema, []Part{doc(), DeclareCaveat("c", "a == '\xff'", Param("a", "string"))}},
		{`c: parameter a has an unknown type`, ErrSchema, []Part{doc(), DeclareCaveat("c", "a", Param("a", "int int"))}},
		{`c: the expression of caveat c does not end where it ends: its strings and braces must be closed`, ErrSchema, []Part{doc(),
			DeclareCaveat("c", "true } definition evil {} caveat d(y int) { y == 1", Param("x", "int"))}},
		{`c: the expression of caveat c does not end where it ends: its strings and braces must be closed`, ErrSchema, []Part{doc(), DeclareCaveat("c", `a == "b`, Param("a", "string"))}},
		{`c: the expression of caveat c does not end where it ends: its strings and braces must be closed`, ErrSchema, []Part{doc(), DeclareCaveat("c", "a == '\xff'", Param("a", "string"))}},
		{`c: parameter a has an unknown type`, ErrSchema, []Part{doc(), DeclareCaveat("c", "a", Parameter{Name: "a", Type: endless[0]})}},
		{`doc: count stands above a relation or a permission, and not above a definition`, ErrSchema, []Part{doc(DeletedBy("r").Counted(Count{Max: 1}))}},
		{`doc: deleted-by names no permission`, ErrSchema, []Part{doc(DeletedBy(""))}},
		{`doc: deleted-by is said already`, ErrSchema, []Part{doc(DeletedBy("r"), DeletedBy("r"))}},
		{`doc: unknown relation "q": type "doc" does not have it`, ErrUnknownRelation, []Part{doc(DeletedBy("q"))}},
		{`doc#p: on-delete stands above a relation, and not above a permission`, ErrSchema, []Part{doc(Perm("p", Ref("r")).OnDelete(Detach))}},
		{`doc#p: granted-by stands above a relation, and not above a permission`, ErrSchema, []Part{doc(Perm("p", Ref("r")).GrantedToSelf())}},
		{`doc#p: expires-within stands above a relation, and not above a permission`, ErrSchema, []Part{doc(Perm("p", Ref("r")).ExpiresWithin(0))}},
		{`doc#s: a bound is not negative`, ErrSchema, []Part{doc(Rel("s", Type("doc")).Counted(Count{Min: -1, Max: 1}))}},
		{`doc#s: a bound is not negative`, ErrSchema, []Part{doc(Rel("s", Type("doc")).Counted(Count{Max: -2}))}},
		{`doc#s: 2147483648 is too large: a bound is at most 2147483647`, ErrSchema, []Part{doc(Rel("s", Type("doc")).Counted(Count{Max: MaxCount + 1}))}},
		{`doc#s: a count of 0 would admit no tuple`, ErrSchema, []Part{doc(Rel("s", Type("doc")).Counted(Count{}))}},
		{`doc#s: count 1 is said already`, ErrSchema, []Part{doc(Rel("s", Type("doc")).Counted(Count{Min: 1, Max: 1}).Counted(Count{Min: 1, Max: 1, Pos: Pos{Line: 1}}))}},
		{`doc#s: count 2 contradicts count 1`, ErrSchema, []Part{doc(Rel("s", Type("doc")).Counted(Count{Min: 1, Max: 1}).Counted(Count{Min: 2, Max: 2}))}},
		{`doc#s: unknown relation "t": type "doc" does not have it`, ErrUnknownRelation, []Part{doc(Rel("s", Type("doc")).Counted(Count{Max: 1, In: "t"}))}},
		{`doc#s: granted-by names no permission`, ErrSchema, []Part{doc(Rel("s", Type("doc")).GrantedBy(""))}},
		{`doc#s: granted-by names no permission`, ErrSchema, []Part{doc(Rel("s", Type("doc")).GrantedOnSubject(""))}},
		{`doc#s: no guard can name doc#self: in a directive self is the actor`, ErrSchema, []Part{doc(Rel("self", Type("doc")), Rel("s", Type("doc")).GrantedBy("self"))}},
		{`doc#s: granted-by self is said already`, ErrSchema, []Part{doc(Rel("s", Type("doc")).GrantedToSelf().GrantedToSelf())}},
		{`doc#s: granted-by r is said already`, ErrSchema, []Part{doc(Rel("s", Type("doc")).GrantedBy("r").GrantedOnSubject("r").GrantedBy("r"))}},
		{`doc#s: unknown relation "q": type "doc" does not have it (did you mean q on subject?)`, ErrUnknownRelation, []Part{doc(Rel("s", Type("team")).GrantedBy("q")), Define("team", Rel("q", Type("doc")))}},
		{`doc#s: on-delete is said already`, ErrSchema, []Part{doc(Rel("s", Type("doc")).OnDelete(Detach).OnDelete(Refuse))}},
		{`doc#s: OnDelete(7) is no on-delete: there are Detach, Refuse and Cascade`, ErrSchema, []Part{doc(Rel("s", Type("doc")).OnDelete(7))}},
		{`doc#s: expires-within is said already`, ErrSchema, []Part{doc(Rel("s", Type("doc").Expiring()).ExpiresWithin(time.Hour).ExpiresWithin(time.Hour))}},
		{`doc#s: expires-within needs a time that is more than nothing`, ErrSchema, []Part{doc(Rel("s", Type("doc").Expiring()).ExpiresWithin(-time.Hour))}},
		{`doc#s: 1m30s is no whole number of minutes`, ErrSchema, []Part{doc(Rel("s", Type("doc").Expiring()).ExpiresWithin(90 * time.Second))}},
		{`doc#s: 876001h0m0s is too long: a limit is at most 36500d`, ErrSchema, []Part{doc(Rel("s", Type("doc").Expiring()).ExpiresWithin(MaxExpiresWithin + time.Hour))}},
		{`doc#s: expires-within limits when tuples expire, and those of s with a subject doc never do (admit doc with expiration instead)`, ErrSchema, []Part{doc(Rel("s", Type("doc")).ExpiresWithin(time.Hour))}},
		{`c: the expression of caveat c has a directive in it: a directive stands above what it qualifies`, ErrSchema, []Part{doc(), DeclareCaveat("c", "a //baobab:count 1", Param("a", "bool"))}},
		{`c: parameter a is declared already`, ErrSchema, []Part{doc(), DeclareCaveat("c", "a", Param("a", "int"), Param("a", "int"))}},
	} {
		s, err := New(test.parts...)
		require.Nil(t, s)
		require.ErrorIs(t, err, test.kind, test.want)
		require.ErrorIs(t, err, ErrSchema)
		if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q is not in\n%v", test.want, err)
		}
		var errs Errors
		require.True(t, errors.As(err, &errs))
		require.Zero(t, errs[0].Line)
	}
}
