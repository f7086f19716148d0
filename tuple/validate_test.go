package tuple_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/baobab-authz/baobab/tuple"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func errorsIsUTF8(err error) bool { return errors.Is(err, tuple.ErrUTF8) }

const misread = ": at byte 0: a part is invalid, so this would be read back as something else"

func TestValidateObject(t *testing.T) {
	for _, c := range []struct {
		o    tuple.Object
		want string
	}{
		{tuple.Object{}, `":": at byte 0: expected a type`},
		{tuple.Object{Type: "a"}, `"a:": at byte 2: expected an id`},
		{tuple.Object{ID: "b"}, `":b": at byte 0: expected a type`},
		{tuple.Object{Type: "a", ID: "*"}, `"a:*": at byte 2: only a subject can be a wildcard`},
		{tuple.Object{Type: "a", ID: "b#c"}, `"a:b#c": at byte 3: '#' cannot stand in an id`},
		{tuple.Object{Type: "a:b", ID: "c"}, `"a:b:c": at byte 3: ':' cannot stand in an id`},
	} {
		assert.EqualError(t, c.o.Validate(), c.want)
		_, err := c.o.MarshalText()
		assert.EqualError(t, err, c.want)
	}
	assert.True(t, tuple.Object{}.IsZero())
	assert.False(t, tuple.Object{ID: "b"}.IsZero())
}

func TestValidateSubject(t *testing.T) {
	o := tuple.Object{Type: "a", ID: "b"}
	for _, c := range []struct {
		s    tuple.Subject
		want string
	}{
		{tuple.Subject{}, `":": at byte 0: expected a type`},
		{o.Userset("c d"), `"a:b#c d": at byte 5: ' ' cannot stand in a relation`},
		{o.Userset("..."), `"a:b#..."` + misread},
		{tuple.Object{Type: "a", ID: "b#c"}.Subject(), `"a:b#c"` + misread},
		{tuple.Object{Type: "a", ID: "*"}.Userset("c"), `"a:*#c": at byte 3: a wildcard has no relation`},
	} {
		assert.EqualError(t, c.s.Validate(), c.want)
		_, err := c.s.MarshalText()
		assert.EqualError(t, err, c.want)
	}
	assert.True(t, tuple.Subject{}.IsZero())
	assert.False(t, o.Subject().IsZero())
	assert.True(t, tuple.MustParseSubject("user:*").IsWildcard())
	assert.False(t, tuple.MustParseSubject("user:**").IsWildcard())
	assert.True(t, o.Userset("c").IsUserset())
	assert.False(t, o.Subject().IsUserset())
}

func TestValidateTuple(t *testing.T) {
	a, b := tuple.Object{Type: "a", ID: "b"}, tuple.Object{Type: "d", ID: "e"}.Subject()
	for _, c := range []struct {
		t    tuple.Tuple
		want string
	}{
		{tuple.Tuple{}, `":#@:": at byte 0: expected a type`},
		{tuple.New(a, "", b), `"a:b#@d:e": at byte 4: expected a relation`},
		{tuple.New(a, "c@x:y#z", b), `"a:b#c@x:y#z@d:e": at byte 11: '@' cannot stand in a relation`},
		{tuple.New(a, "c", b.Object.Userset("...")), `"a:b#c@d:e#..."` + misread},
		{tuple.New(tuple.Object{Type: "a", ID: "b#c@d:e"}, "c", b), `"a:b#c@d:e#c@d:e": at byte 11: '@' cannot stand in a relation`},
		{tuple.New(a, "c", tuple.Object{Type: "d", ID: "e[f]"}.Subject()),
			`"a:b#c@d:e[f]": at byte 9: a tuple ends here; only a relationship is qualified`},
		{tuple.New(a, "c", tuple.Object{Type: "d", ID: "e\nx:y#owner@d:e"}.Subject()),
			`"a:b#c@d:e\nx:y#owner@d:e": at byte 9: '\n' cannot stand in an id`},
	} {
		assert.EqualError(t, c.t.Validate(), c.want)
		_, err := c.t.MarshalText()
		assert.EqualError(t, err, c.want)
		assert.Error(t, c.t.Always().Validate())
	}
}

func TestValidateFilter(t *testing.T) {
	for _, c := range []struct {
		f    tuple.Filter
		want string
	}{
		{tuple.Filter{ObjectID: "b"}, `":b": at byte 0: expected a type`},
		{tuple.Filter{SubjectID: "b"}, `"@:b": at byte 1: expected a type`},
		{tuple.Filter{ObjectType: "a", ObjectID: "*"}, `"a:*": at byte 2: only a subject can be a wildcard`},
		{tuple.Filter{ObjectType: "a#b"}, `"a#b"` + misread},
		{tuple.Filter{ObjectType: "a@b"}, `"a@b"` + misread},
		{tuple.Filter{ObjectType: "a:b"}, `"a:b"` + misread},
		{tuple.Filter{ObjectType: "a", ObjectID: "b#c"}, `"a:b#c"` + misread},
		{tuple.Filter{Relation: "..."}, `"#...": at byte 1: '.' cannot stand in a relation`},
		{tuple.Filter{SubjectRelation: "a b"}, `"@#a b": at byte 3: ' ' cannot stand in a relation`},
		{tuple.Filter{SubjectType: "a", SubjectID: "*", SubjectRelation: "b"}, `"@a:*#b": at byte 4: a wildcard has no relation`},
	} {
		assert.EqualError(t, c.f.Validate(), c.want)
		_, err := c.f.MarshalText()
		assert.EqualError(t, err, c.want)
	}
	assert.True(t, tuple.Filter{}.IsZero())
	assert.False(t, tuple.Filter{Relation: "a"}.IsZero())
}

// TestJSON shows that encoding/json takes every type as a string and a key.
func TestJSON(t *testing.T) {
	type all struct {
		O tuple.Object
		S tuple.Subject
		T tuple.Tuple
		R tuple.Relationship
		F tuple.Filter
		M map[tuple.Tuple]bool
	}
	in := all{
		tuple.MustParseObject("a:b"), tuple.MustParseSubject("a:b#c"), fact, fact.When("f", map[string]any{"k": "<"}),
		tuple.MustParseFilter("a@b"), map[tuple.Tuple]bool{fact: true},
	}
	text, err := json.Marshal(in)
	require.NoError(t, err)
	assert.JSONEq(t, `{"O":"a:b", "S":"a:b#c", "T":"a:b#c@d:e", "R":"a:b#c@d:e[f:{\"k\":\"<\"}]", "F":"a@b", "M":{"a:b#c@d:e":true}}`, string(text))
	var out all
	require.NoError(t, json.Unmarshal(text, &out))
	assert.Equal(t, in, out)

	before := out
	for _, key := range []string{"O", "S", "T", "R", "F"} {
		assert.ErrorIs(t, json.Unmarshal([]byte(`{"`+key+`":"?"}`), &out), tuple.ErrSyntax)
	}
	assert.Equal(t, before, out, "an error changes nothing")
}
