package schema_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
)

// A front end of a language that has one line a type, and its relations behind it.
func ExampleBuilder() {
	const text = "user\nteam member=user\ndoc owner=user viewer=taem#member"
	b := &schema.Builder{}
	src := b.Source("model.txt", text)
	start := 0
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		var members []schema.Member
		for _, word := range words[1:] {
			name, subject, _ := strings.Cut(word, "=")
			typ, relation, _ := strings.Cut(subject, "#")
			at := start + strings.Index(line, word)
			place := src.Span(at+len(name)+1, at+len(word))
			members = append(members, schema.Rel(name, schema.SubjectType{Type: typ, Relation: relation}).At(src.Span(at, at+len(name)), place))
		}
		b.Define(words[0], src.Span(start, start+len(words[0])), members...)
		start += len(line)
	}
	_, err := b.Schema()
	fmt.Println(err)
	// Output:
	// model.txt:3:23: unknown type "taem"
	// doc owner=user viewer=taem#member
	//                       ^^^^^^^^^^^ did you mean "team"?
}

func TestBuilderReportsInTheOrderOfItsSources(t *testing.T) {
	b := &schema.Builder{}
	first, second := b.Source("a", "one\ntwo"), b.Source("b", "three")
	require.False(t, b.Failed())
	b.Warnf(first.Span(0, 3), "x", "", "this is odd")
	require.False(t, b.Failed())
	b.Causef(second.Span(0, 5), "", fs.ErrNotExist, "is not there")
	b.Suggestf(first.Span(4, 7), "x", "do that", "this is wrong")
	b.Errorf(first.Span(4, 7), "x", "the first at a place is kept")
	b.Errorf(first.Span(0, 3), "x", "this is wrong, too")
	b.Unknownf(schema.Span{}, "y", schema.ErrUnknownType, "tow", []string{"one", "two"}, "unknown %q", "tow")
	require.True(t, b.Failed())
	_, err := b.Schema()
	require.EqualError(t, err, "y: unknown \"tow\" (did you mean \"two\"?)\na:1:1: this is wrong, too\none\n^^^\na:2:1: this is wrong\ntwo\n^^^ do that\nb:1:1: is not there\nthree\n^^^^^")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, err, schema.ErrUnknownType)
	require.Equal(t, schema.Pos{File: "a", Line: 2, Column: 1}, first.Span(4, 7).Pos())
	require.Equal(t, first.Span(4, 4), first.Span(4, 7).Start())
}

func TestBuilderPlacesWhatIsFoundLater(t *testing.T) {
	const text = "user doc r s a/b c [ x == 1 ] p"
	b := &schema.Builder{}
	src := b.Source("f", text)
	at := func(word string) schema.Span {
		i := strings.Index(text, word)
		return src.Span(i, i+len(word))
	}
	b.Define("user", at("user"))
	b.Define("doc", at("doc"), schema.Rel("r", schema.Type("user").With("c")).At(at("r s"), at("s")),
		schema.Perm("s", schema.Placed(schema.Or(schema.Ref("r"), schema.Placed(schema.And(schema.Ref("r"), schema.Or(schema.Ref("r"), schema.Ref("r"))), at("a/b"))), at("s a"))).At(at("s")))
	b.DeclareCaveat("c", at("c ["), " x == 1 ", at(" x == 1 "), schema.PlacedParameter{Parameter: schema.Param("x", "int"), At: at("x")},
		schema.PlacedParameter{Parameter: schema.Param("p", "int"), At: at("p")})
	b.DeclareCaveat("nowhere", schema.Span{}, "x", schema.Span{}, schema.PlacedParameter{Parameter: schema.Param("x", "bool")})
	s, err := b.Schema()
	require.NoError(t, err)
	require.Equal(t, 6, s.Definition("doc").Pos.Column)
	require.Equal(t, 10, s.Definition("doc").Relation("r").Pos.Column)
	require.Equal(t, "permission s = r + (r & r + r)", s.Definition("doc").Relation("s").String())
	require.Equal(t, "f:1:27", s.Caveat("c").At(5).String())
	require.Equal(t, schema.Pos{}, s.Caveat("nowhere").At(0))
	var warnings []string
	for _, w := range s.Warnings() {
		warnings = append(warnings, strings.SplitN(w.String(), "\n", 2)[0])
	}
	require.Equal(t, []string{"f:1:31: warning: the expression does not use the parameter p", "nowhere: warning: no relation uses the caveat nowhere"}, warnings)

	b = &schema.Builder{}
	src = b.Source("f", text)
	b.Define("user", at("user"), schema.Rel("a/b", schema.Type("user")).At(at("a/b")), schema.Perm("s", schema.Placed(schema.Arrow("x", "y"), at("x"))))
	b.DeclareCaveat("c", at("c ["), "{", at("["))
	_, err = b.Schema()
	var errs schema.Errors
	require.True(t, errors.As(err, &errs))
	require.Len(t, errs, 2, "%v", err)
	require.Equal(t, []int{14, 18}, []int{errs[0].Column, errs[1].Column})
}
