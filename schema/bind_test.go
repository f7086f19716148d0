package schema_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// refusing compiles no caveat.
type refusing struct{ err error }

func (r refusing) Compile(*schema.Caveat) (schema.Condition, error) { return nil, r.err }

func TestBindSaysWhere(t *testing.T) {
	s, err := schema.Parse("bind.zed", `caveat c(day string) {
	day == "monday"
}
definition user {}
definition doc { relation viewer: user with c }`)
	require.NoError(t, err)
	assert.Equal(t, "bind.zed:2:6", s.Caveat("c").At(4).String())
	assert.Nil(t, s.Caveat("c").Condition())
	errOther := errors.New("no day is good")
	for _, want := range []struct {
		err  error
		text string
	}{
		{&schema.ExpressionError{Offset: 4, Length: 2, Message: "what?"}, "bind.zed:2:6: caveat c: what?\n\tday == \"monday\"\n\t    ^^"},
		{errOther, "bind.zed:2:2: caveat c: no day is good\n\tday == \"monday\"\n\t^^^^^^^^^^^^^^^"},
		{errors.Join(&schema.ExpressionError{Offset: 7, Message: "one"}, &schema.ExpressionError{Offset: 0, Length: 3, Message: "two"}),
			"bind.zed:2:2: caveat c: two\n\tday == \"monday\"\n\t^^^\nbind.zed:2:9: caveat c: one\n\tday == \"monday\"\n\t       ^"},
	} {
		_, err := s.Bind(refusing{want.err})
		require.ErrorIs(t, err, schema.ErrSchema)
		assert.Equal(t, want.text, err.Error())
	}
}

func TestBindOfBuiltSchemas(t *testing.T) {
	s := schema.MustNew(schema.DeclareCaveat("c", "x", schema.Param("x", "bool")), schema.Define("user"),
		schema.Define("doc", schema.Rel("viewer", schema.Type("user").With("c"))))
	assert.Zero(t, s.Caveat("c").At(0))
	_, err := s.Bind(nil)
	require.ErrorIs(t, err, schema.ErrNoEvaluator)
	assert.EqualError(t, err, "the schema declares the caveat c: nothing evaluates caveats (the engine's option Caveats takes what does, such as caveat.New)")
	_, err = s.Bind(refusing{errors.New("never")})
	assert.EqualError(t, err, "c: caveat c: never")
	bare := schema.MustNew(schema.Define("user"))
	same, err := bare.Bind(nil)
	require.NoError(t, err)
	assert.Same(t, bare, same)
}

func TestContextErrors(t *testing.T) {
	s := schema.MustNew(schema.DeclareCaveat("c", "limit > used", schema.Param("limit", "int"), schema.Param("used", "int")), schema.Define("user"),
		schema.Define("doc", schema.Rel("viewer", schema.Type("user").With("c"))))
	for text, want := range map[string]string{
		`doc:1#viewer@user:ann[c:{"limt":1}]`: `doc:1#viewer@user:ann: the caveat c has no parameter "limt"; did you mean "limit"?`,
		`doc:1#viewer@user:ann[c:{"x":1}]`:    `doc:1#viewer@user:ann: the caveat c has no parameter "x"`,
	} {
		err := s.ValidateRelationship(tuple.MustParseRelationship(text))
		require.ErrorIs(t, err, schema.ErrContextNotAllowed)
		var refused *schema.ContextError
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, text, refused.Relationship.String())
		assert.EqualError(t, err, want)
		assert.NotErrorIs(t, err, schema.ErrNotStored)
	}
	require.NoError(t, s.ValidateRelationship(tuple.MustParseRelationship(`doc:1#viewer@user:ann[c:{"used":1}]`)))
}
