package schema_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/baobab-authz/baobab/schema"
)

const oneCaveat = "caveat c(a bool) { a }\ndefinition user {}"

type nothing struct{}

func (nothing) Compile(*schema.Caveat) (schema.Condition, error) { return nil, nil }

// Without a condition values would be stored unchecked, and every question that
// meets the caveat would fail later: it is refused where it happens.
func TestAttackNoCondition(t *testing.T) {
	s, err := schema.MustParse(oneCaveat).Bind(nothing{})
	assert.Nil(t, s)
	assert.ErrorIs(t, err, schema.ErrSchema)
	assert.ErrorContains(t, err, "1:20: caveat c: the evaluator returned no condition")
}

type misplaced struct{ offset, length int }

func (m misplaced) Compile(*schema.Caveat) (schema.Condition, error) {
	return nil, &schema.ExpressionError{Offset: m.offset, Length: m.length, Message: "wrong"}
}

// An evaluator that points beside the expression is shown within it, and does not
// make the error panic when it is printed.
func TestAttackMisplacedError(t *testing.T) {
	for _, m := range []misplaced{{0, -1}, {0, math.MinInt}, {0, math.MaxInt}, {-5, 2}, {1, math.MaxInt}, {math.MaxInt, math.MaxInt}, {math.MinInt, math.MinInt}} {
		_, err := schema.MustParse(oneCaveat).Bind(m)
		assert.NotPanics(t, func() { assert.Contains(t, err.Error(), "caveat c: wrong", "%v", m) }, "%v", m)
		assert.NotPanics(t, func() { schema.MustParse(oneCaveat).Caveat("c").At(m.offset) })
	}
}
