package check_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// agreed asks an evaluator and one that has the graph alone, and wants one answer.
func agreed(t *testing.T, e *check.Evaluator, st *store.State, want map[string]bool) {
	t.Helper()
	graph := check.New(check.Options{}).GraphOnly()
	asker := e.Asker(ctx, st)
	defer asker.Close()
	for text, allowed := range want {
		q := tuple.MustParse(text)
		for i, ask := range []func() (check.Decision, error){
			func() (check.Decision, error) { return e.Check(ctx, st, q) },
			func() (check.Decision, error) { return asker.Check(q) },
			func() (check.Decision, error) { return graph.Check(ctx, st, q) },
		} {
			d, err := ask()
			require.NoError(t, err)
			require.Equal(t, allowed, d.Allowed(), "%s, asked in way %d", text, i)
		}
	}
}

// What is too wide for a roster is found all the same: subjects, the wildcard,
// groups that the subject is in, usersets that are more than groups, and parents.
func TestWideObjects(t *testing.T) {
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, "doc:direct#viewer@user:%d\n", i)
		fmt.Fprintf(&b, "doc:groups#viewer@group:%d#member\n", i)
		fmt.Fprintf(&b, "doc:odd#viewer@group:%d#active\n", i)
		fmt.Fprintf(&b, "doc:parents#parent@doc:p%d\n", i)
		fmt.Fprintf(&b, "doc:public#viewer@user:%d\n", i)
		fmt.Fprintf(&b, "group:many#member@group:%d#member\n", i)
	}
	b.WriteString("group:200#member@user:ann\ngroup:200#banned@user:bob\ngroup:200#member@user:bob\ndoc:p200#viewer@user:ann\ndoc:public#viewer@user:*\n")
	for i := range 300 {
		fmt.Fprintf(&b, "group:%d#member@user:joiner\n", i)
	}
	st := now(t, open(t, `
		definition user {}
		definition group {
			relation member: user | group#member
			relation banned: user
			permission active = member - banned
		}
		definition doc {
			relation parent: doc
			relation viewer: user | user:* | group#member | group#active
			permission view = viewer + parent->view
		}`, b.String()))
	agreed(t, check.New(check.Options{}), st, map[string]bool{
		"doc:direct#view@user:299":         true,
		"doc:direct#view@user:300":         false,
		"doc:direct#view@user:ann":         false,
		"doc:groups#view@user:ann":         true,
		"doc:groups#view@user:299":         false,
		"doc:groups#view@user:joiner":      true,
		"doc:groups#view@group:7#member":   true,
		"doc:direct#view@group:7#member":   false,
		"doc:odd#view@user:ann":            true,
		"doc:odd#view@user:bob":            false,
		"doc:parents#view@user:ann":        true,
		"doc:parents#view@user:bob":        false,
		"doc:public#view@user:ann":         true,
		"doc:public#view@user:299":         true,
		"doc:public#view@user:*":           true,
		"group:many#member@user:ann":       true,
		"group:many#member@user:299":       false,
		"group:many#member@group:7#member": true,
	})
}

// A closure follows every write, in the states before and after as well, and the
// time at which a membership ends.
func TestClosuresAreNeverStale(t *testing.T) {
	clock := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	s := schema.MustParse(`use expiration
		definition user {}
		definition team { relation member: user | team#member | user with expiration }
		definition doc { relation viewer: team#member }`)
	st, err := store.Open(s, store.Options{Clock: func() time.Time { return clock }})
	require.NoError(t, err)
	defer st.Close()
	e := check.New(check.Options{})
	q := tuple.MustParse("doc:1#viewer@user:ann")
	ask := func(state *store.State) bool {
		d, err := e.Check(ctx, state, q)
		require.NoError(t, err)
		return d.Allowed()
	}
	write := func(fn func(*store.Tx) error) *store.State {
		_, err := st.Update(ctx, fn)
		require.NoError(t, err)
		return now(t, st)
	}
	create := func(text string) *store.State {
		return write(func(tx *store.Tx) error { return tx.Create(tuple.MustParseRelationship(text)) })
	}
	first := create("doc:1#viewer@team:top#member")
	require.False(t, ask(first))
	create("team:top#member@team:eng#member")
	in := create("team:eng#member@user:ann")
	require.True(t, ask(in))
	require.False(t, ask(first))
	out := write(func(tx *store.Tx) error { return tx.Delete(tuple.MustParse("team:top#member@team:eng#member")) })
	require.False(t, ask(out))
	require.True(t, ask(in))
	again := create("team:top#member@user:ann[expiration:2027-01-01T01:00:00Z]")
	require.True(t, ask(again))
	clock = clock.Add(time.Hour)
	require.False(t, ask(now(t, st)), "it has ended")
	require.True(t, ask(again), "and not for a view from before")
	later, err := again.AsOf(clock)
	require.NoError(t, err)
	require.False(t, ask(later))
	earlier, err := later.AsOf(clock.Add(-time.Minute))
	require.NoError(t, err)
	require.True(t, ask(earlier))
	_, err = st.Update(ctx, func(tx *store.Tx) error {
		require.NoError(t, tx.Create(tuple.MustParseRelationship("team:top#member@team:eng#member")))
		pending, err := tx.State()
		require.NoError(t, err)
		require.True(t, ask(pending))
		return errBack
	})
	require.ErrorIs(t, err, errBack)
	require.False(t, ask(now(t, st)), "what was rolled back left nothing")
	back, err := st.At(in.Revision())
	require.NoError(t, err)
	require.True(t, ask(back))
}

var errBack = errors.New("back")

// An arrow over all from more tuples than a roster has is searched.
func TestWideArrowOverAll(t *testing.T) {
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, "doc:all#parent@doc:p%d\ndoc:but#parent@doc:p%d\ndoc:p%d#viewer@user:ann\n", i, i, i)
	}
	b.WriteString("doc:but#parent@doc:other\n")
	st := now(t, open(t, `
		definition user {}
		definition doc {
			relation parent: doc
			relation viewer: user
			permission all = parent.all(viewer)
		}`, b.String()))
	agreed(t, check.New(check.Options{}), st, map[string]bool{
		"doc:all#all@user:ann": true, "doc:but#all@user:ann": false, "doc:all#all@user:bob": false, "doc:none#all@user:ann": false,
	})
}

// Groups that cost more than the budget are not taken for all that there are.
func TestGroupsBeyondTheBudget(t *testing.T) {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "group:a%d#member@group:a%d#member\ngroup:b%d#member@group:b%d#member\n", i+1, i, i+1, i)
	}
	b.WriteString("group:a0#member@user:ann\ngroup:b0#member@user:ann\ndoc:1#viewer@group:b100#member\ndoc:2#viewer@group:a100#member\n")
	st := now(t, open(t, `
		definition user {}
		definition group { relation member: user | group#member }
		definition doc { relation viewer: group#member }`, b.String()))
	for _, steps := range []int{1, 10, 50, 150, 1000} {
		e := check.New(check.Options{MaxSteps: steps})
		for _, question := range []string{"doc:1#viewer@user:ann", "doc:2#viewer@user:ann"} {
			d, err := e.Check(ctx, st, tuple.MustParse(question))
			if err != nil {
				require.ErrorIs(t, err, check.ErrBudget)
				require.Less(t, steps, 1000)
			}
			require.Equal(t, err == nil, d.Allowed(), "%s in %d steps", question, steps)
		}
	}
}
