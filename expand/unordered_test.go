package expand_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// A list without an order has no places.
func TestUnorderedHasNoPlaces(t *testing.T) {
	state := listedState(t, "doc:1#viewer@user:ann\ndoc:2#viewer@user:ann")
	ann := tuple.MustParseSubject("user:ann")
	n := 0
	for a, err := range lister().Objects(ctx, state, ann, "view", "doc", expand.Unordered(), expand.After(expand.Cursor{Last: "1"})) {
		require.ErrorIs(t, err, expand.ErrCursor)
		require.ErrorContains(t, err, "without an order")
		require.Zero(t, a)
		n++
	}
	for a, err := range lister().Subjects(ctx, state, tuple.MustParseObject("doc:1"), "view", "user", expand.After(expand.Cursor{Last: "*"}), expand.Unordered()) {
		require.ErrorIs(t, err, expand.ErrCursor)
		require.Zero(t, a)
		n++
	}
	require.Equal(t, 2, n)
	require.Len(t, lines(lister().Objects(ctx, state, ann, "view", "doc", expand.Unordered(), expand.After(expand.Cursor{}))), 2)
}

// What is certain comes before all has been found, and what is not comes once, as
// what it turns out to be; errors end the list as they do otherwise.
func TestUnorderedStreams(t *testing.T) {
	var b strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&b, "folder:%d#reader@user:ann\ndoc:%d#folder@folder:%d\n", i, i, i)
	}
	state := now(t, open(t, `
		definition user {}
		definition folder { relation reader: user }
		definition doc {
			relation folder: folder
			relation owner: user
			permission view = folder->reader
			permission both = view & owner
		}`, b.String()+"doc:7#owner@user:ann\n"))
	ann := tuple.MustParseSubject("user:ann")
	looks := func(o ...expand.ListOption) int {
		c := &countdown{ctx, 1 << 30}
		for _, err := range lister().Objects(c, state, ann, "view", "doc", o...) {
			require.NoError(t, err)
			break
		}
		return 1<<30 - c.left
	}
	whole := looks()
	require.Greater(t, whole, 10)
	require.Less(t, looks(expand.Unordered()), 2*whole/3)

	all := lines(lister().Objects(ctx, state, ann, "view", "doc", expand.Unordered()))
	require.Equal(t, all, lines(lister().Objects(ctx, state, ann, "view", "doc", expand.Unordered())))
	require.False(t, slices.IsSorted(all))
	slices.Sort(all)
	require.Equal(t, lines(lister().Objects(ctx, state, ann, "view", "doc")), all)
	require.Equal(t, []string{"doc:7"}, lines(lister().Objects(ctx, state, ann, "both", "doc", expand.Unordered())))

	ended := 0
	for left := 0; left < whole; left++ {
		var last error
		for _, err := range lister().Objects(&countdown{ctx, left}, state, ann, "both", "doc", expand.Unordered()) {
			require.NoError(t, last)
			last = err
		}
		if last != nil {
			require.ErrorIs(t, last, errTimeUp)
			ended++
		}
	}
	require.Greater(t, ended, 10)
}

// One that is reached first by way of an intersection, and then for certain, comes once.
func TestUnorderedComesOnce(t *testing.T) {
	state := now(t, open(t, `
		definition user {}
		definition doc {
			relation a: user
			relation b: user
			relation c: user
			permission both = a & b
			permission view = both + c
		}`, "doc:1#a@user:ann\ndoc:1#c@user:ann\ndoc:2#a@user:ann\ndoc:3#c@user:ann\ndoc:4#a@user:ann\ndoc:4#b@user:ann\ndoc:1#b@user:ann\n"))
	got := lines(lister().Objects(ctx, state, tuple.MustParseSubject("user:ann"), "view", "doc", expand.Unordered()))
	slices.Sort(got)
	require.Equal(t, []string{"doc:1", "doc:3", "doc:4"}, got)
}

// Exclusions whose right sides are many groups: the work is in proportion to the tuples,
// whether nobody is excluded, everyone, or some, and whichever way the groups are made.
func TestExclusionsOfManyGroups(t *testing.T) {
	s := schema.MustParse(`
		definition user {}
		definition group {
			relation member: user | group#member
			relation off: user
			permission on = member - off
		}
		definition doc {
			relation viewer: user
			relation banned: user | group#member | group#on
			permission open = viewer - banned
		}`)
	looks := func(n int, member func(i int) int, want int) int {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "doc:1#viewer@user:%d\ndoc:1#banned@group:%d#member\ngroup:%d#member@user:%d\n", i, i, i, member(i))
		}
		state := now(t, fill(t, s, b.String()))
		hypothetical, err := state.With(tuple.MustParseRelationship("doc:2#viewer@user:0"))
		require.NoError(t, err)
		c := &countdown{ctx, 1 << 30}
		require.Len(t, lines(lister().Subjects(c, hypothetical, tuple.MustParseObject("doc:1"), "open", "user")), want)
		require.Len(t, lines(lister().Subjects(c, state, tuple.MustParseObject("doc:1"), "open", "user")), want)
		return 1<<30 - c.left
	}
	const n = 4000
	require.Less(t, looks(n, func(i int) int { return n + i }, n), 5*n)
	require.Less(t, looks(n, func(i int) int { return i }, 0), 5*n)
	require.Less(t, looks(n, func(i int) int { return i % 10 }, n-10), 5*n)
}

// The right side of an exclusion may be much larger than the list: then it is not gone
// through for it.
func TestExclusionOfALargeGroup(t *testing.T) {
	var b strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&b, "group:all#member@user:%d\n", i)
	}
	state := now(t, open(t, `
		definition user {}
		definition group { relation member: user }
		definition doc {
			relation viewer: user
			relation banned: group#member
			permission open = viewer - banned
		}`, b.String()+"doc:1#viewer@user:7\ndoc:1#viewer@user:x\ndoc:1#banned@group:all#member\n"))
	c := &countdown{ctx, 1 << 30}
	require.Equal(t, []string{"user:x"}, lines(lister().Subjects(c, state, tuple.MustParseObject("doc:1"), "open", "user")))
	require.Less(t, 1<<30-c.left, 10)
}

// The context ends on the way down the right side, which is gone down while the list
// is decided.
func TestExclusionsEndWithTheContext(t *testing.T) {
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, "doc:1#viewer@user:v%03d\n", i)
	}
	for i := range 9_000 {
		fmt.Fprintf(&b, "group:all#member@user:%d\n", i)
	}
	state := now(t, open(t, `
		definition user {}
		definition group { relation member: user }
		definition doc {
			relation viewer: user
			relation banned: group#member
			permission open = viewer - banned
		}`, b.String()+"doc:1#banned@group:all#member\n"))
	whole := lines(lister().Subjects(ctx, state, tuple.MustParseObject("doc:1"), "open", "user"))
	require.Len(t, whole, 300)
	ended := 0
	for left, last := 0, error(errTimeUp); last != nil; left++ {
		last = nil
		n := 0
		for a, err := range lister().Subjects(&countdown{ctx, left}, state, tuple.MustParseObject("doc:1"), "open", "user") {
			require.NoError(t, last)
			if last = err; err == nil {
				require.Equal(t, whole[n], a.String())
				n++
			}
		}
		if last != nil {
			require.ErrorIs(t, last, errTimeUp)
			ended++
		}
	}
	require.Greater(t, ended, 100)
}

// Ids that begin alike, in several ways, are in the order of their bytes.
func TestOrderOfIDs(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		id := rapid.Custom(func(r *rapid.T) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "aaaaaaaa", "tenant-0001/", "~", "é", "0"}), 1, 5).Draw(r, "parts"), "")
		})
		ids := rapid.SliceOfNDistinct(id, 1, 40, rapid.ID[string]).Draw(r, "ids")
		prefix := rapid.SampledFrom([]string{"", "common/prefix/"}).Draw(r, "prefix")
		var b strings.Builder
		for i := range ids {
			ids[i] = prefix + ids[i]
			fmt.Fprintf(&b, "group:%s#member@user:ann\ngroup:of#member@user:%s\n", ids[i], ids[i])
		}
		st := open(t, groups, b.String())
		defer st.Close()
		state := now(t, st)
		slices.Sort(ids)
		var objects, subjects []string
		for a, err := range lister().Objects(ctx, state, tuple.MustParseSubject("user:ann"), "member", "group") {
			require.NoError(r, err)
			objects = append(objects, a.Object.ID)
		}
		for a, err := range lister().Subjects(ctx, state, tuple.MustParseObject("group:of"), "member", "user") {
			require.NoError(r, err)
			subjects = append(subjects, a.Subject.ID)
		}
		require.Equal(r, ids, objects)
		require.Equal(r, ids, subjects)
	})
}

// A list allocates for itself, and not for its entries.
func TestListsAllocateLittle(t *testing.T) {
	var b strings.Builder
	for i := range 2_000 {
		fmt.Fprintf(&b, "group:%05d#member@user:ann\ngroup:all#member@user:%05d\n", i, i)
	}
	state := now(t, open(t, groups, b.String()))
	l := expand.NewLister(check.New(check.Options{}), expand.ListerOptions{})
	for name, list := range map[string]func() int{
		"sorted": func() int { return count(l.Objects(ctx, state, tuple.MustParseSubject("user:ann"), "member", "group")) },
		"unordered": func() int {
			return count(l.Objects(ctx, state, tuple.MustParseSubject("user:ann"), "member", "group", expand.Unordered()))
		},
		"subjects": func() int {
			return count(l.Subjects(ctx, state, tuple.MustParseObject("group:all"), "member", "user"))
		},
	} {
		require.Equal(t, 2_000, list())
		allocations := testing.AllocsPerRun(20, func() { list() })
		require.Less(t, allocations, 60.0, name) // the pool may be emptied at any time
	}
}

func count[A any](list func(func(A, error) bool)) (n int) {
	for range list {
		n++
	}
	return n
}
