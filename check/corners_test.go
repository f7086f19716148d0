package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/tuple"
)

// What holds only by itself does not hold, though what it excludes is
// undefined in the same cycle.
func TestUnfoundedBesideUndefined(t *testing.T) {
	st := now(t, open(t, `
definition user {}
definition doc {
	relation s: user
	relation r: user | doc#view
	relation blocked: doc#odd
	permission view = r - blocked
	permission odd = (s - odd) + view
}`, `
doc:1#s@user:ann
doc:1#r@doc:1#view
doc:1#blocked@doc:1#odd
`))
	e := check.New(check.Options{})
	d, err := e.Check(ctx, st, tuple.MustParse("doc:1#view@user:ann"))
	require.NoError(t, err)
	assert.True(t, d.Denied())
	_, err = e.Check(ctx, st, tuple.MustParse("doc:1#odd@user:ann"))
	require.ErrorIs(t, err, check.ErrCycle)
}

// Undefined tuples below others, and cycles through every operator.
func TestCorners(t *testing.T) {
	st := now(t, open(t, `
use self

definition user {}
definition doc {
	relation s: user
	relation t: user
	permission odd = s - odd
	permission other = s - other
	permission gated = (odd & t) + other
	permission round = t + (s - back)
	permission back = round

	relation a: user | doc#a | doc#odd
	relation v: user | doc#both | doc#odd
	relation w: user | doc#both | doc#odd
	permission both = v & w
	permission mine = s & self
}`, `
doc:1#s@user:ann
doc:1#a@doc:1#a
doc:1#a@doc:1#odd
doc:1#v@doc:1#both
doc:1#w@doc:1#both
doc:2#s@user:ann
doc:2#v@doc:2#both
doc:2#v@doc:2#odd
doc:2#w@doc:2#both
doc:3#s@user:ann
doc:3#v@doc:3#both
doc:3#v@doc:3#odd
doc:3#w@doc:3#both
doc:3#w@doc:3#odd
`))
	const is = " is undefined: the answer depends on its own denial: "
	for question, want := range map[string]string{
		"doc:1#gated@user:ann": "doc:1#gated@user:ann" + is + "doc:1#other excludes doc:1#other",
		"doc:1#round@user:ann": "doc:1#round@user:ann" + is + "doc:1#round excludes doc:1#back needs doc:1#round",
		"doc:1#a@user:ann":     "doc:1#a@user:ann" + is + "doc:1#odd excludes doc:1#odd",
		"doc:1#a@user:bob":     "denied",
		"doc:1#both@user:ann":  "denied",
		"doc:2#both@user:ann":  "denied",
		"doc:3#both@user:ann":  "doc:3#both@user:ann" + is + "doc:3#odd excludes doc:3#odd",
		"doc:1#mine@user:ann":  "denied",
	} {
		q := tuple.MustParse(question)
		d, err := check.New(check.Options{}).Check(ctx, st, q)
		x, err2 := check.New(check.Options{}).Explain(ctx, st, q)
		if err != nil {
			require.ErrorIs(t, err, check.ErrCycle, question)
			require.EqualError(t, err2, err.Error())
			assert.Equal(t, want, err.Error())
			continue
		}
		assert.Equal(t, want, d.String(), question)
		assert.Equal(t, d, x.Decision)
	}
}

// A question that is answered early leaves others open, which a later question
// of the same batch explores anew.
func TestBatchAfterAnEarlyAnswer(t *testing.T) {
	st := now(t, open(t, `
definition user {}
definition doc {
	relation v: user | doc#both | doc#v
	relation w: user
	permission both = v & w
	permission either = w + v
}`, `
doc:1#v@doc:1#both
doc:1#v@doc:2#v
doc:2#v@doc:1#v
doc:2#v@user:bob
`))
	e := check.New(check.Options{})
	for _, c := range []struct {
		user string
		want []bool
	}{{"ann", []bool{false, false, false, false}}, {"bob", []bool{false, true, true, true}}} {
		var questions []tuple.Tuple
		for _, q := range []string{"doc:1#both", "doc:1#v", "doc:2#v", "doc:1#either"} {
			questions = append(questions, tuple.MustParse(q+"@user:"+c.user))
		}
		ds, err := e.CheckAll(ctx, st, questions)
		require.NoError(t, err)
		for i, want := range c.want {
			assert.Equal(t, want, ds[i].Allowed(), questions[i])
		}
	}
}

// Relations with more usersets than are read at once.
func TestWideRelations(t *testing.T) {
	for _, n := range []int{7, 8, 9, 15, 16, 17, 127, 128, 129, 136, 137, 300} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "team:top#member@team:%d#member\n", i)
		}
		fmt.Fprintf(&b, "team:%d#member@user:ann\nteam:none#member@user:bob\n", n-1)
		st := now(t, open(t, documents, b.String()))
		for user, want := range map[string]bool{"ann": true, "bob": false} {
			d, err := check.New(check.Options{}).Check(ctx, st, tuple.MustParse("team:top#member@user:"+user))
			require.NoError(t, err)
			assert.Equal(t, want, d.Allowed(), "%s of %d", user, n)
		}
	}
}
