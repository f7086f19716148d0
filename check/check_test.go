package check_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

var ctx = context.Background()

// open returns a store with the relationships of a text, a line each.
func open(t testing.TB, source, tuples string) *store.Store {
	t.Helper()
	s, err := schema.Parse("test.zed", source)
	require.NoError(t, err)
	return fill(t, s, tuples)
}

func fill(t testing.TB, s *schema.Schema, tuples string) *store.Store {
	t.Helper()
	st, err := store.Open(s, store.Options{Clock: func() time.Time { return time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC) }})
	require.NoError(t, err)
	t.Cleanup(func() { st.Close() })
	_, err = st.Update(ctx, func(tx *store.Tx) error {
		for r, err := range tuple.ReadLines(strings.NewReader(tuples)) {
			if err != nil {
				return err
			}
			if err := tx.Touch(r); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	return st
}

func now(t testing.TB, st *store.Store) *store.State {
	t.Helper()
	s, err := st.Now()
	require.NoError(t, err)
	return s
}

const documents = `
use self
definition user {}
definition team { relation member: user | team#member }
definition organization { relation admin: user | team#member }
definition workspace {
	relation org: organization
	relation owner: user
	relation editor: user | team#member
	relation guest: user:*
	permission edit = owner + editor + org->admin
	permission view = edit + guest
}
definition document {
	relation workspace: workspace
	relation banned: user | team#member
	relation approver: user
	relation approved: user:*
	permission edit = workspace->edit - banned
	permission publish = edit & approver
	permission release = (edit & approved) + (workspace->owner - banned)
	permission everywhere = workspace.all(edit)
	permission itself = self
	permission nobody = nil
}`

const acme = `
organization:acme#admin@user:olga
workspace:w#org@organization:acme
workspace:w#owner@user:ann
workspace:w#editor@team:eng#member
workspace:open#guest@user:*
team:eng#member@user:bob
team:eng#member@team:ops#member
team:ops#member@user:eve
team:ops#member@team:eng#member
document:plan#workspace@workspace:w
document:plan#banned@user:bob
document:plan#approver@user:eve
document:both#workspace@workspace:w
document:both#workspace@workspace:open
document:pub#workspace@workspace:open
document:done#workspace@workspace:w
document:done#approved@user:*
`

func TestCheck(t *testing.T) {
	st := now(t, open(t, documents, acme))
	e := check.New(check.Options{})
	for question, want := range map[string]string{
		"workspace:w#edit@user:ann":                       "allowed",
		"workspace:w#edit@user:olga":                      "allowed",
		"workspace:w#edit@user:bob":                       "allowed",
		"workspace:w#edit@user:eve":                       "allowed",
		"workspace:w#edit@user:zoe":                       "denied",
		"workspace:w#edit@team:ops#member":                "allowed",
		"workspace:w#editor@team:eng#member":              "allowed",
		"workspace:w#edit@workspace:w#edit":               "allowed",
		"workspace:w#edit@workspace:w#owner":              "allowed",
		"workspace:w#owner@workspace:w#edit":              "denied",
		"workspace:w#edit@team:eng":                       "denied",
		"workspace:open#view@user:zoe":                    "allowed",
		"workspace:open#view@user:*":                      "allowed",
		"workspace:w#view@user:*":                         "denied",
		"workspace:open#view@team:eng#member":             "denied",
		"workspace:open#edit@user:zoe":                    "denied",
		"document:plan#edit@user:ann":                     "allowed",
		"document:plan#edit@user:bob":                     "denied",
		"document:plan#edit@user:eve":                     "allowed",
		"document:plan#publish@user:eve":                  "allowed",
		"document:plan#publish@user:ann":                  "denied",
		"document:plan#release@user:ann":                  "allowed",
		"document:plan#release@user:eve":                  "denied",
		"document:done#release@user:eve":                  "allowed",
		"document:both#everywhere@user:ann":               "denied",
		"document:plan#everywhere@user:ann":               "allowed",
		"document:none#everywhere@user:ann":               "denied",
		"document:plan#itself@document:plan":              "allowed",
		"document:new#itself@document:new":                "allowed",
		"document:new#itself@document:other":              "denied",
		"document:plan#itself@document:plan#edit":         "denied",
		"document:new#edit@document:new#edit":             "allowed",
		"document:new#edit@user:nobody":                   "denied",
		"document:plan#nobody@user:ann":                   "denied",
		"document:plan#nobody@document:plan#nobody":       "allowed",
		"document:plan#nobody@document:other#nobody":      "denied",
		"document:plan#workspace@workspace:w":             "allowed",
		"document:plan#workspace@workspace:open":          "denied",
		"document:plan#edit@document:plan#workspace":      "denied",
		"organization:acme#admin@organization:acme":       "denied",
		"organization:acme#admin@organization:acme#admin": "allowed",
	} {
		q := tuple.MustParse(question)
		d, err := e.Check(ctx, st, q)
		if assert.NoError(t, err, question) {
			assert.Equal(t, want, d.String(), question)
		}
		ds, err := e.CheckAll(ctx, st, []tuple.Tuple{q, q})
		require.NoError(t, err, question)
		assert.Equal(t, []check.Decision{d, d}, ds, question)
		x, err := e.Explain(ctx, st, q)
		require.NoError(t, err, question)
		assert.Equal(t, d, x.Decision, question)
		assert.Equal(t, d.Allowed(), x.Reason.Holds, question)
		for _, p := range x.Proof() {
			_, ok, err := st.Get(p)
			require.NoError(t, err)
			assert.True(t, ok, "%s: proof names %s, which is not stored", question, p)
		}
	}
}

// Taking the proof's tuples alone proves the tuple.
func TestProofSuffices(t *testing.T) {
	s := schema.MustParse(documents)
	st := now(t, fill(t, s, acme))
	e := check.New(check.Options{})
	for _, question := range []string{
		"workspace:w#view@user:eve", "workspace:w#edit@user:olga", "document:plan#publish@user:eve",
		"document:done#release@user:eve", "document:plan#everywhere@user:ann", "workspace:open#view@user:zoe",
	} {
		q := tuple.MustParse(question)
		x, err := e.Explain(ctx, st, q)
		require.NoError(t, err)
		var lines []string
		for _, p := range x.Proof() {
			lines = append(lines, p.String())
		}
		require.NotEmpty(t, lines, question)
		alone := now(t, fill(t, s, strings.Join(lines, "\n")))
		d, err := e2(t).Check(ctx, alone, q)
		require.NoError(t, err)
		assert.True(t, d.Allowed(), "%s by %v", question, lines)
	}
}

func e2(testing.TB) *check.Evaluator { return check.New(check.Options{}) }

const positions = `
definition user {}
definition position {
	relation player: user:*
	relation move: position
	permission lost = player - win
	permission win = move->lost
}`

func TestUndefinedNamesTheCycle(t *testing.T) {
	st := now(t, open(t, positions, `
position:1#player@user:*
position:2#player@user:*
position:3#player@user:*
position:4#player@user:*
position:1#move@position:2
position:2#move@position:1
position:3#move@position:1
position:3#move@position:4
position:0#move@position:1
`))
	e := check.New(check.Options{})
	for question, cycle := range map[string]string{
		"position:1#win@user:ann":  "position:1#win@user:ann is undefined: the answer depends on its own denial: position:2#lost excludes position:2#win needs position:1#lost excludes position:1#win needs position:2#lost",
		"position:0#win@user:ann":  "position:0#win@user:ann is undefined: the answer depends on its own denial: position:1#lost excludes position:1#win needs position:2#lost excludes position:2#win needs position:1#lost",
		"position:2#lost@user:ann": "position:2#lost@user:ann is undefined: the answer depends on its own denial: position:2#lost excludes position:2#win needs position:1#lost excludes position:1#win needs position:2#lost",
	} {
		d, err := e.Check(ctx, st, tuple.MustParse(question))
		require.ErrorIs(t, err, check.ErrCycle)
		assert.Equal(t, cycle, err.Error())
		assert.True(t, d.Denied())
		_, err = e.Explain(ctx, st, tuple.MustParse(question))
		require.ErrorIs(t, err, check.ErrCycle)
	}
	// Defined answers stay defined beside undefined ones.
	for question, want := range map[string]bool{
		"position:3#win@user:ann": true, "position:4#win@user:ann": false, "position:4#lost@user:ann": true,
		"position:3#lost@user:ann": false,
	} {
		d, err := e.Check(ctx, st, tuple.MustParse(question))
		require.NoError(t, err, question)
		assert.Equal(t, want, d.Allowed(), question)
	}
}

func TestErrors(t *testing.T) {
	db := open(t, documents, acme)
	st := now(t, db)
	e := check.New(check.Options{})
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	good := tuple.MustParse("workspace:w#edit@user:ann")
	for name, c := range map[string]struct {
		ctx  context.Context
		t    tuple.Tuple
		want error
		text string
	}{
		"malformed":        {ctx, tuple.Tuple{Relation: "x"}, tuple.ErrSyntax, ":#x@:"},
		"unknown type":     {ctx, tuple.MustParse("folder:x#edit@user:ann"), schema.ErrUnknownType, "folder"},
		"unknown relation": {ctx, tuple.MustParse("workspace:w#edti@user:ann"), schema.ErrUnknownRelation, "edit"},
		"unknown subject":  {ctx, tuple.MustParse("workspace:w#edit@robot:r2"), schema.ErrUnknownType, "robot"},
		"unknown userset":  {ctx, tuple.MustParse("workspace:w#edit@team:eng#boss"), schema.ErrUnknownRelation, "boss"},
		"cancelled":        {cancelled, good, context.Canceled, ""},
	} {
		d, err := e.Check(c.ctx, st, c.t)
		require.ErrorIs(t, err, c.want, name)
		assert.Contains(t, err.Error(), c.text, name)
		assert.True(t, d.Denied(), name)
		x, err := e.Explain(c.ctx, st, c.t)
		require.ErrorIs(t, err, c.want, name)
		assert.Nil(t, x, name)
		ds, err := e.CheckAll(c.ctx, st, []tuple.Tuple{good, c.t})
		require.ErrorIs(t, err, c.want, name)
		var q *check.QuestionError
		require.ErrorAs(t, err, &q, name)
		assert.True(t, ds[1].Denied(), name)
		if c.ctx == ctx {
			assert.True(t, ds[0].Allowed(), name)
			assert.Equal(t, 1, q.Index, name)
			assert.Contains(t, q.Error(), "question 1: ", name)
		}
	}
	require.NoError(t, db.Close())
	d, err := e.Check(ctx, st, good)
	require.ErrorIs(t, err, store.ErrClosed)
	assert.True(t, d.Denied())
}

// chain is n nested groups, of which the last has ann as its member.
func chain(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "team:%d#member@team:%d#member\n", i, i+1)
	}
	fmt.Fprintf(&b, "team:%d#member@user:ann\n", n)
	return b.String()
}

func TestBudget(t *testing.T) {
	st := now(t, open(t, documents, chain(5000)))
	q := tuple.MustParse("team:0#member@user:ann")
	d, err := check.New(check.Options{MaxSteps: 1000}).Check(ctx, st, q)
	require.ErrorIs(t, err, check.ErrBudget)
	assert.Equal(t, "team:0#member@user:ann: the budget of steps is used up: 1000", err.Error())
	assert.True(t, d.Denied())
	for _, steps := range []int{0, -1, 1_000_000} {
		d, err = check.New(check.Options{MaxSteps: steps}).Check(ctx, st, q)
		require.NoError(t, err)
		assert.True(t, d.Allowed())
	}
	// The budget is for each question, and one that exceeds it spoils no other.
	ds, err := check.New(check.Options{MaxSteps: 1000}).CheckAll(ctx, st,
		[]tuple.Tuple{q, tuple.MustParse("team:4900#member@user:ann"), tuple.MustParse("team:1#member@user:ann")})
	require.ErrorIs(t, err, check.ErrBudget)
	assert.Equal(t, []bool{false, true, false}, []bool{ds[0].Allowed(), ds[1].Allowed(), ds[2].Allowed()})
}

// A context that ends while the search goes on ends the search.
func TestCancelledInTheMiddle(t *testing.T) {
	st := now(t, open(t, documents, chain(5000)))
	c := &countdown{Context: ctx, left: 3}
	d, err := check.New(check.Options{}).Check(c, st, tuple.MustParse("team:0#member@user:ann"))
	require.ErrorIs(t, err, context.Canceled)
	assert.True(t, d.Denied())
	assert.Zero(t, c.left)
}

// A countdown is cancelled when it has been looked at a few times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left == 0 {
		return context.Canceled
	}
	c.left--
	return nil
}

// Whatever it is that a question is doing when its budget ends, it ends with
// the error, and with a larger budget it is answered.
func TestEveryBudget(t *testing.T) {
	var circle, game strings.Builder
	const n = 400
	for i := range n {
		fmt.Fprintf(&circle, "team:%d#member@team:%d#member\n", i, (i+1)%n)
		fmt.Fprintf(&game, "position:%d#player@user:*\nposition:%d#move@position:%d\n", i, i, (i+1)%n)
	}
	for _, c := range []struct {
		st       *store.State
		question string
		want     error
	}{
		{now(t, open(t, documents, circle.String())), "team:0#member@user:ann", nil},
		{now(t, open(t, positions, game.String())), "position:0#win@user:ann", check.ErrCycle},
	} {
		answered, ended := 0, 0
		for steps := 1; steps < 20*n; steps += n / 10 {
			d, err := check.New(check.Options{MaxSteps: steps}).GraphOnly().Check(ctx, c.st, tuple.MustParse(c.question))
			assert.True(t, d.Denied())
			if errors.Is(err, check.ErrBudget) {
				ended++
				assert.Zero(t, answered, "%d steps did, %d do not", steps-n/10, steps)
				continue
			}
			answered++
			require.ErrorIs(t, err, c.want)
		}
		assert.NotZero(t, answered)
		assert.NotZero(t, ended)
	}
}

// One evaluator may be asked about several stores, even of the same schema.
func TestStoresDoNotMix(t *testing.T) {
	s := schema.MustParse(documents)
	e := check.New(check.Options{})
	for _, tuples := range []string{"document:1#approver@user:ann", "document:2#approver@user:bob\ndocument:1#banned@user:ann"} {
		st := now(t, fill(t, s, tuples))
		d, err := e.Check(ctx, st, tuple.MustParse("document:1#approver@user:ann"))
		require.NoError(t, err)
		assert.Equal(t, tuples == "document:1#approver@user:ann", d.Allowed())
	}
}

func TestDecision(t *testing.T) {
	var d check.Decision
	assert.True(t, d.Denied())
	assert.False(t, d.Allowed())
	assert.False(t, d.Conditional())
	assert.Nil(t, d.Missing())
	assert.Equal(t, "denied", d.String())
}

func TestCheckAllJoinsErrors(t *testing.T) {
	st := now(t, open(t, positions, "position:1#player@user:*\nposition:1#move@position:1\nposition:2#move@position:none\n"))
	ds, err := check.New(check.Options{}).CheckAll(ctx, st, []tuple.Tuple{
		tuple.MustParse("position:1#win@user:ann"),
		tuple.MustParse("position:1#player@user:bob"),
		tuple.MustParse("position:1#player@user:ann"),
		tuple.MustParse("position:2#win@user:ann"),
		tuple.MustParse("position:1#oops@user:ann"),
	})
	require.ErrorIs(t, err, check.ErrCycle)
	require.ErrorIs(t, err, schema.ErrUnknownRelation)
	var got []string
	for _, d := range ds {
		got = append(got, d.String())
	}
	assert.Equal(t, []string{"denied", "allowed", "allowed", "denied", "denied"}, got)
	var q *check.QuestionError
	require.True(t, errors.As(err, &q))
	assert.Equal(t, 0, q.Index)
	ds, err = check.New(check.Options{}).CheckAll(ctx, st, nil)
	require.NoError(t, err)
	assert.Empty(t, ds)
}
