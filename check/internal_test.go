package check

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// No caveat is evaluated yet, so no question has this answer; it can be told.
func TestConditionalDecision(t *testing.T) {
	d := Decision{conditional, "hour,zone"}
	assert.True(t, d.Conditional())
	assert.False(t, d.Allowed())
	assert.False(t, d.Denied())
	assert.Equal(t, []string{"hour", "zone"}, d.Missing())
	assert.Equal(t, "conditional on hour, zone", d.String())
	assert.Equal(t, "allowed", Decision{verdict: allowed}.String())
}

// A plan is made of names that the store knows. It knows those of its schema.
func TestPlanOfAnotherSchema(t *testing.T) {
	st, err := store.Open(schema.MustParse("definition user {}"), store.Options{})
	require.NoError(t, err)
	state, err := st.Now()
	require.NoError(t, err)
	_, err = newPlan(schema.MustParse("definition user {}\ndefinition doc { relation owner: user }"), state.Reader())
	require.EqualError(t, err, `check: the store does not know the name "doc" of its schema`)
}

// A question with very many causes does not make those after it slow.
func TestCausesForgetALargeTable(t *testing.T) {
	var c causes
	c.reset()
	for i := range maxPooled + 1 {
		c.intern(causeSet{missing: []string{string(rune('a' + i))}})
	}
	require.Len(t, c.number, maxPooled+1)
	c.reset()
	require.Nil(t, c.number)
	require.Equal(t, cause(2), c.intern(causeSet{missing: []string{"a"}}))
}

// A memo grows as closures displace each other, and finds what is in it.
func TestMemoGrows(t *testing.T) {
	m := newMemo(nil)
	for i := range 4 * firstMemo {
		m.keep(&closure{of: goal{object: index.ID(i + 1)}, epoch: 7, from: 10, until: 20})
	}
	require.Greater(t, len(*m.table.Load()), firstMemo)
	found := 0
	for i := range 4 * firstMemo {
		g := goal{object: index.ID(i + 1)}
		if c := m.find(g, 7, 10); c != nil {
			require.Equal(t, g, c.of)
			found++
		}
		require.Nil(t, m.find(g, 8, 10))
		require.Nil(t, m.find(g, 7, 9))
		require.Nil(t, m.find(g, 7, 20))
	}
	require.Greater(t, found, firstMemo)
}

// Where both ways to decide differ there is no answer to give.
func TestDisagreementIsNoAnswer(t *testing.T) {
	q := tuple.MustParse("doc:1#view@user:ann")
	require.Panics(t, func() { mustAgree(q, yes, Decision{}, nil) })
	require.Panics(t, func() { mustAgree(q, no, Allow(), nil) })
	require.NotPanics(t, func() {
		mustAgree(q, yes, Allow(), nil)
		mustAgree(q, no, Decision{}, nil)
		mustAgree(q, unsure, Allow(), nil)
		mustAgree(q, yes, Decision{}, ErrBudget)
	})
}
