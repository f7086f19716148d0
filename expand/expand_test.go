package expand_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

const groups = `
	definition user {}
	definition group {
		relation member: user | group#member
		permission anyone = member
	}`

func TestCycles(t *testing.T) {
	state := now(t, open(t, groups, `
		group:a#member@group:b#member
		group:b#member@group:c#member
		group:c#member@group:a#member
		group:c#member@group:b#member
		group:c#member@user:ann
		group:self#member@group:self#member`))
	require.Equal(t, text(`
		group:a#member
		└─ group:b#member
		   └─ group:c#member
		      ├─ group:a#member  (cycle)
		      ├─ group:b#member  (cycle)
		      └─ user:ann
		`), tree(t, state, "group:a#member", expand.Options{Depth: -1}).String())
	require.Equal(t, text(`
		group:self#member
		└─ group:self#member  (cycle)
		`), tree(t, state, "group:self#member", expand.Options{Depth: 1}).String())
}

// A permission that is defined by itself, through another object and through
// the right side of an exclusion.
func TestCyclesOfRewrites(t *testing.T) {
	state := now(t, open(t, `
		definition user {}
		definition position {
			relation player: user
			relation move: position
			permission lost = player - win
			permission win = move->lost
		}`, `
		position:4#move@position:5
		position:5#move@position:4
		position:4#player@user:ann`))
	require.Equal(t, text(`
		position:4#win = move->lost
		└─ position:5#lost = exclusion
		   ├─ position:5#player  (no tuples)
		   └─ not position:5#win = move->lost
		      └─ position:4#lost = exclusion
		         ├─ position:4#player
		         │  └─ user:ann
		         └─ not position:4#win  (cycle)
		`), tree(t, state, "position:4#win", expand.Options{Depth: -1}).String())
}

func TestDepth(t *testing.T) {
	state := now(t, open(t, groups, `
		group:a#member@group:b#member
		group:b#member@group:c#member
		group:c#member@group:d#member
		group:d#member@user:ann`))
	three := text(`
		group:a#anyone
		└─ group:a#member
		   └─ group:b#member
		      └─ group:c#member
		         └─ group:d#member  (not expanded)
		`)
	two := text(`
		group:a#anyone
		└─ group:a#member
		   └─ group:b#member
		      └─ group:c#member  (not expanded)
		`)
	for depth, want := range map[int]string{
		0: two, 2: two, 3: three,
		1: text(`
			group:a#anyone
			└─ group:a#member
			   └─ group:b#member  (not expanded)
			`),
		-1: strings.Replace(three, "  (not expanded)", "\n            └─ user:ann", 1),
	} {
		require.Equal(t, want, tree(t, state, "group:a#anyone", expand.Options{Depth: depth}).String(), "depth %d", depth)
	}
}

// What is within the depth on its shortest way is in full where it comes
// first, on whatever way.
func TestDepthIsOfTheShortestWay(t *testing.T) {
	state := now(t, open(t, groups, `
		group:a#member@group:b#member
		group:b#member@group:c#member
		group:c#member@group:d#member
		group:a#member@group:d#member
		group:d#member@group:e#member
		group:e#member@group:f#member`))
	require.Equal(t, text(`
		group:a#member
		├─ group:b#member
		│  └─ group:c#member
		│     └─ group:d#member
		│        └─ group:e#member
		│           └─ group:f#member  (not expanded)
		└─ group:d#member  (seen above)
		`), tree(t, state, "group:a#member", expand.Options{Depth: 3}).String())
	require.Equal(t, text(`
		group:a#member
		├─ group:b#member
		│  └─ group:c#member  (not expanded)
		└─ group:d#member
		   └─ group:e#member  (not expanded)
		`), tree(t, state, "group:a#member", expand.Options{Depth: 2}).String())
}

// Expired tuples are not there; caveats and expiries are shown; hypothetical
// tuples count.
func TestViews(t *testing.T) {
	st := open(t, `
		use expiration
		caveat office(ip string, at map<any>) { ip == "1" }
		definition user {}
		definition team {
			relation member: user | user with office | user with expiration
		}
		definition doc {
			relation parent: team with office and expiration
			relation viewer: user | team#member with office and expiration | user with office
			permission view = viewer + parent->member
		}`, `
		doc:1#viewer@user:ann
		doc:1#viewer@user:bob[office]
		doc:1#viewer@team:eng#member[office:{"at":{"to":9,"from":1},"ip":"[::1]"}][expiration:2027-01-01T12:00:01Z]
		doc:1#parent@team:ops[office][expiration:2028-01-01T00:00:00Z]
		team:eng#member@user:dan
		team:eng#member@user:eve[expiration:2027-01-01T13:00:00Z]
		team:ops#member@user:fay[office:{"ip":"2"}]`)
	state := now(t, st)
	require.Equal(t, text(`
		doc:1#view = union
		├─ doc:1#viewer
		│  ├─ team:eng#member[office:{"at":{"from":1,"to":9},"ip":"[::1]"}][expiration:2027-01-01T12:00:01Z]
		│  │  ├─ user:dan
		│  │  └─ user:eve[expiration:2027-01-01T13:00:00Z]
		│  ├─ user:ann
		│  └─ user:bob[office]
		└─ parent->member
		   └─ team:ops#member[office][expiration:2028-01-01T00:00:00Z]
		      └─ user:fay[office:{"ip":"2"}]
		`), tree(t, state, "doc:1#view", expand.Options{}).String())

	later, err := state.AsOf(noon.Add(time.Second))
	require.NoError(t, err)
	require.Equal(t, text(`
		doc:1#viewer
		├─ user:ann
		└─ user:bob[office]
		`), tree(t, later, "doc:1#viewer", expand.Options{}).String())

	other, err := later.With(
		tuple.MustParseRelationship("doc:1#viewer@user:nobody-knows"),
		tuple.MustParseRelationship("doc:1#viewer@user:bob"),
		tuple.MustParseRelationship("doc:new#viewer@user:ann[office]"),
		tuple.MustParseRelationship("doc:new#viewer@user:gone"),
	)
	require.NoError(t, err)
	other, err = other.Without(tuple.MustParse("doc:1#viewer@user:ann"), tuple.MustParse("doc:new#viewer@user:gone"))
	require.NoError(t, err)
	require.Equal(t, text(`
		doc:1#viewer
		├─ user:bob
		└─ user:nobody-knows
		`), tree(t, other, "doc:1#viewer", expand.Options{}).String())
	require.Equal(t, text(`
		doc:new#viewer
		└─ user:ann[office]
		`), tree(t, other, "doc:new#viewer", expand.Options{}).String())
	require.Equal(t, "doc:new#viewer  (no tuples)\n", tree(t, later, "doc:new#viewer", expand.Options{}).String())
}

func TestPendingState(t *testing.T) {
	st := open(t, groups, "")
	var kept *store.State
	_, err := st.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Create(tuple.MustParse("group:a#member@user:ann").Always()); err != nil {
			return err
		}
		var err error
		kept, err = tx.State()
		require.NoError(t, err)
		require.Equal(t, "group:a#member\n└─ user:ann\n", tree(t, kept, "group:a#member", expand.Options{}).String())
		return nil
	})
	require.NoError(t, err)
	_, err = expand.Expand(ctx, kept, tuple.MustParseObject("group:a"), "member", expand.Options{})
	require.ErrorIs(t, err, store.ErrTxDone)
}

func TestErrors(t *testing.T) {
	st := open(t, groups, "group:a#member@group:b#member\ngroup:b#member@user:ann")
	state := now(t, st)
	group := tuple.MustParseObject("group:a")
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for _, c := range []struct {
		ctx      context.Context
		object   tuple.Object
		relation string
		options  expand.Options
		is       error
		says     string
	}{
		{ctx, tuple.Object{}, "member", expand.Options{}, tuple.ErrSyntax, "expected a type"},
		{ctx, tuple.Object{Type: "group", ID: "*"}, "member", expand.Options{}, tuple.ErrSyntax, "only a subject can be a wildcard"},
		{ctx, tuple.Object{Type: "group", ID: "\xff"}, "member", expand.Options{}, tuple.ErrUTF8, "not valid UTF-8"},
		{ctx, tuple.Object{Type: "group", ID: strings.Repeat("x", 2000)}, "member", expand.Options{}, tuple.ErrTooLong, "longer than 1024"},
		{ctx, group, "", expand.Options{}, tuple.ErrSyntax, "expected a name"},
		{ctx, group, "a b", expand.Options{}, tuple.ErrSyntax, "' ' cannot stand"},
		{ctx, group, "membr", expand.Options{}, schema.ErrUnknownRelation, `unknown relation "membr": type "group" does not have it; did you mean "member"?`},
		{ctx, tuple.MustParseObject("grup:a"), "member", expand.Options{}, schema.ErrUnknownType, `unknown type "grup"`},
		{ctx, tuple.MustParseObject("user:ann"), "member", expand.Options{}, schema.ErrUnknownRelation, `type "user" does not have it`},
		{cancelled, group, "member", expand.Options{}, context.Canceled, "expanding group:a#member: context canceled"},
		{ctx, group, "member", expand.Options{MaxNodes: 4}, expand.ErrTooLarge,
			"expanding group:a#member: the tree is too large: it has more than 4 nodes"},
	} {
		tr, err := expand.Expand(c.ctx, state, c.object, c.relation, c.options)
		require.ErrorIs(t, err, c.is)
		require.ErrorContains(t, err, c.says)
		require.Nil(t, tr)
	}
	require.NoError(t, st.Close())
	_, err := expand.Expand(ctx, state, group, "member", expand.Options{})
	require.ErrorIs(t, err, store.ErrClosed)
}

// The bound is exact, whichever node it is that would be one too many.
func TestMaxNodes(t *testing.T) {
	state := now(t, open(t, `
		use self
		definition user {}
		definition team {
			relation member: user
		}
		definition doc {
			relation viewer: user | team#member
			relation parent: user | doc | team
			permission nobody = nil
			permission me = self
			permission view = (viewer + parent->view + nobody) & parent.all(viewer) - me
		}`, `
		doc:1#viewer@user:ann
		doc:1#viewer@team:eng#member
		team:eng#member@user:bob
		doc:1#parent@user:ann
		doc:1#parent@doc:2
		doc:2#parent@team:eng`))
	whole := tree(t, state, "doc:1#view", expand.Options{Depth: -1, MaxNodes: -1})
	n := size(whole)
	require.Equal(t, whole, tree(t, state, "doc:1#view", expand.Options{Depth: -1, MaxNodes: n}))
	for bound := 1; bound < n; bound++ {
		_, err := expand.Expand(ctx, state, tuple.MustParseObject("doc:1"), "view", expand.Options{Depth: -1, MaxNodes: bound})
		require.ErrorIs(t, err, expand.ErrTooLarge, "bound %d of %d", bound, n)
	}
}

func size(t *expand.Tree) int {
	n := 0
	for range t.Nodes() {
		n++
	}
	return n
}

// A countdown is a context that is cancelled when it has been looked at a
// number of times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return errTimeUp
	}
	return nil
}

var errTimeUp = errors.New("time is up")

// Whenever it is cancelled, Expand stops: between usersets, among the tuples
// of one, and while the tree is assembled.
func TestCancelled(t *testing.T) {
	var b strings.Builder
	for i := range 3000 {
		b.WriteString("group:a#member@user:" + number(i) + "\n")
		b.WriteString("group:a#member@group:" + number(i) + "#member\n")
	}
	state := now(t, open(t, groups, b.String()))
	whole := &countdown{ctx, 1 << 20}
	_, err := expand.Expand(whole, state, tuple.MustParseObject("group:a"), "member", expand.Options{})
	require.NoError(t, err)
	// Once a userset, once a page of tuples, and twice in assembling 9,002 nodes.
	looks := 1<<20 - whole.left
	require.Equal(t, 3001+6000/128+2, looks)
	for after := 0; after < looks; after++ {
		if after > 100 && after < looks-2 && after%500 != 0 {
			continue
		}
		tr, err := expand.Expand(&countdown{ctx, after}, state, tuple.MustParseObject("group:a"), "member", expand.Options{})
		require.ErrorIs(t, err, errTimeUp)
		require.Nil(t, tr)
	}
}
