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
	_, err = newPlan(schema.MustParse("definition user {}\ndefinition doc { relation owner: user }"), state.Reader().Dict())
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

// A memo grows as closures displace each other, finds what is in it, and keeps
// to its limit.
func TestMemo(t *testing.T) {
	const n, limit = 10_000, 1 << 20
	m := newMemo(limit)
	key := func(i int) uint64 { return uint64(i+1) * 0x9e3779b97f4a7c15 }
	kept := make([]*closure, n)
	for i := range kept {
		kept[i] = &closure{}
		m.keep(key(i), kept[i])
		require.LessOrEqual(t, m.bytes.Load(), int64(limit))
		require.Same(t, kept[i], m.find(key(i)))
	}
	require.Greater(t, len(*m.table.Load()), firstMemo)
	found := 0
	for i := range kept {
		if c := m.find(key(i)); c != nil {
			require.Same(t, kept[i], c)
			found++
		}
	}
	require.EqualValues(t, m.kept.Load(), found)
	require.Greater(t, found, limit/2/int(kept[0].bytes()))

	m.keep(key(n), &closure{groups: make([]index.Entry, limit/8)})
	require.Nil(t, m.find(key(n)), "it would displace too many")
	again := &closure{}
	m.keep(key(n-1), again)
	require.Same(t, again, m.find(key(n-1)), "the newest wins")
	m.writing.Lock()
	m.keep(key(n-1), &closure{})
	require.Same(t, again, m.find(key(n-1)), "nobody waits")
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
