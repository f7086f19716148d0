package expand_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// lister returns a lister that decides within the default budget.
func lister() *expand.Lister {
	return expand.NewLister(check.New(check.Options{}), expand.ListerOptions{})
}

// lines prints the entries of a list, and what is an error.
func lines[A fmt.Stringer](list iter.Seq2[A, error]) []string {
	var all []string
	for a, err := range list {
		if err != nil {
			all = append(all, strings.TrimSuffix(a.String(), " (denied)")+": "+err.Error())
			continue
		}
		all = append(all, a.String())
	}
	return all
}

// A world in which every way to an object and to a subject is taken.
const listed = `
	use self
	caveat on_day(day string) { day == "monday" }
	caveat quota(limit int, used int) { limit / used == 2 }
	definition user {
		relation friend: user
		permission see = friend + self
		permission only = self & friend
	}
	definition group {
		relation member: user | user with on_day | group#member
		relation boss: user
		permission any = member + boss
	}
	definition folder {
		relation reader: user | group#member | user:*
		relation parent: folder
		permission view = reader + parent->view
	}
	definition doc {
		relation folder: folder | folder with on_day | group#member
		relation viewer: user | user:* | group#member | group#any with on_day
		relation banned: user | user with on_day | user with quota
		relation owner: user
		permission view = viewer + folder->view
		permission open = view - banned
		permission both = view & owner
		permission every = folder.all(view)
		permission known = folder->member
		permission paradox = owner - paradox
	}`

func listedState(t testing.TB, relationships string) *store.State {
	t.Helper()
	s, err := schema.MustParse(listed).Bind(oracle.Conditions{})
	require.NoError(t, err)
	return now(t, fill(t, s, relationships))
}

func TestObjects(t *testing.T) {
	state := listedState(t, `
		doc:d#viewer@user:ann
		doc:c#viewer@user:ann
		doc:c#viewer@group:g#member
		group:g#member@user:ann
		group:h#member@group:g#member
		group:g#member@group:h#member
		group:h#boss@user:bob
		doc:e#viewer@group:h#any[on_day]
		folder:top#reader@group:h#member
		folder:sub#parent@folder:top
		doc:f#folder@folder:sub
		doc:g#folder@folder:sub[on_day]
		doc:h#folder@folder:sub
		doc:h#folder@folder:none
		doc:i#folder@group:g#member
		doc:p#viewer@user:*
		doc:d#banned@user:ann
		doc:c#banned@user:ann[on_day]
		doc:f#banned@user:ann[quota:{"limit":1,"used":0}]
		doc:f#owner@user:ann
		doc:q#owner@user:ann
		doc:q#viewer@user:zoe
		user:ann#friend@user:bob
		user:ann#friend@user:ann`)
	for _, c := range []struct {
		subject, permission, typ string
		want                     string
	}{
		{"user:ann", "viewer", "doc", "doc:c, doc:d, doc:e (conditional on day), doc:p"},
		{"user:ann", "view", "doc", "doc:c, doc:d, doc:e (conditional on day), doc:f, doc:g (conditional on day), doc:h, doc:p"},
		{"user:ann", "open", "doc", "doc:c (conditional on day), doc:e (conditional on day), doc:f: doc:f#open@user:ann: a caveat failed: quota of doc:f#banned@user:ann: division by zero, doc:g (conditional on day), doc:h, doc:p"},
		{"user:ann", "both", "doc", "doc:f"},
		{"user:ann", "every", "doc", "doc:f, doc:g (conditional on day)"},
		{"user:ann", "known", "doc", "doc:i"},
		{"user:ann", "paradox", "doc", "doc:f: doc:f#paradox@user:ann is undefined: the answer depends on its own denial: doc:f#paradox excludes doc:f#paradox, doc:q: doc:q#paradox@user:ann is undefined: the answer depends on its own denial: doc:q#paradox excludes doc:q#paradox"},
		{"user:ann", "member", "group", "group:g, group:h"},
		{"user:ann", "view", "folder", "folder:sub, folder:top"},
		{"user:ann", "see", "user", "user:ann"},
		{"user:ann", "only", "user", "user:ann"},
		{"user:bob", "see", "user", "user:ann, user:bob"},
		{"user:bob", "only", "user", ""},
		{"user:bob", "view", "doc", "doc:e (conditional on day), doc:p"},
		{"user:new", "see", "user", "user:new"},
		{"user:new", "view", "doc", "doc:p"},
		{"user:*", "view", "doc", "doc:p"},
		{"user:*", "see", "user", ""},
		{"group:g#member", "viewer", "doc", "doc:c, doc:e (conditional on day)"},
		{"group:g#member", "member", "group", "group:g, group:h"},
		{"group:g#boss", "any", "group", "group:g"},
		{"group:new#member", "any", "group", "group:new"},
		{"group:new#member", "view", "doc", ""},
		{"doc:new#viewer", "open", "doc", "doc:new"},
		{"group:g", "viewer", "doc", ""},
	} {
		got := lines(lister().Objects(ctx, state, tuple.MustParseSubject(c.subject), c.permission, c.typ))
		require.Equal(t, c.want, strings.Join(got, ", "), "%s#%s@%s", c.typ, c.permission, c.subject)
	}
}

func TestSubjects(t *testing.T) {
	state := listedState(t, `
		doc:1#viewer@user:*
		doc:1#viewer@user:bob
		doc:1#viewer@user:eve
		doc:1#viewer@group:g#member
		group:g#member@user:gus
		group:g#member@user:hal[on_day]
		group:g#member@group:g#member
		doc:1#banned@user:ann
		doc:1#banned@user:cat[on_day]
		doc:1#banned@user:dan[quota:{"limit":1,"used":0}]
		doc:1#banned@user:eve
		doc:2#viewer@user:bob
		doc:2#folder@folder:sub
		folder:sub#parent@folder:top
		folder:sub#parent@folder:sub
		folder:top#reader@user:ann
		folder:top#reader@group:h#member
		doc:2#banned@user:ann
		doc:2#owner@user:ann
		doc:3#folder@folder:sub
		doc:3#folder@folder:top
		doc:4#viewer@group:h#any[on_day]
		doc:4#owner@user:ann
		user:ann#friend@user:bob`)
	for _, c := range []struct{ userset, kind, want string }{
		{"doc:1#view", "user", "user:*, user:bob, user:eve, user:gus, user:hal"},
		{"doc:1#open", "user", "user:* except ann, cat, dan, eve, user:bob, user:cat (conditional on day), user:dan: doc:1#open@user:dan: a caveat failed: quota of doc:1#banned@user:dan: division by zero, user:gus, user:hal"},
		{"doc:1#view", "group#member", "group:g#member"},
		{"doc:1#view", "doc#viewer", "doc:1#viewer"},
		{"doc:1#banned", "user", "user:ann, user:cat (conditional on day), user:dan: doc:1#banned@user:dan: a caveat failed: quota of doc:1#banned@user:dan: division by zero, user:eve"},
		{"doc:2#view", "user", "user:ann, user:bob"},
		{"doc:2#open", "user", "user:bob"},
		{"doc:2#both", "user", "user:ann"},
		{"doc:2#open", "folder#view", "folder:sub#view, folder:top#view"},
		{"doc:2#open", "group#any", ""},
		{"doc:3#every", "folder#view", "folder:top#view"},
		{"doc:3#every", "user", "user:ann"},
		{"doc:3#every", "group#member", "group:h#member"},
		{"doc:4#view", "group#any", "group:h#any (conditional on day)"},
		{"doc:4#view", "group#boss", "group:h#boss (conditional on day)"},
		{"doc:4#paradox", "user", "user:ann: doc:4#paradox@user:ann is undefined: the answer depends on its own denial: doc:4#paradox excludes doc:4#paradox"},
		{"user:ann#see", "user", "user:ann, user:bob"},
		{"user:new#see", "user", "user:new"},
		{"user:new#only", "user", ""},
		{"user:new#see", "user#see", "user:new#see"},
		{"doc:new#view", "user", ""},
		{"doc:new#view", "doc#view", "doc:new#view"},
		{"doc:1#view", "folder", ""},
	} {
		u := tuple.MustParseSubject(c.userset)
		got := lines(lister().Subjects(ctx, state, u.Object, u.Relation, c.kind))
		require.Equal(t, c.want, strings.Join(got, ", "), "%s@%s", c.userset, c.kind)
	}
}

func TestPermissions(t *testing.T) {
	state := listedState(t, `
		doc:1#viewer@user:ann
		doc:1#owner@user:ann
		doc:1#banned@user:ann[on_day]`)
	list := lister().Permissions(ctx, state, tuple.MustParseSubject("user:ann"), tuple.MustParseObject("doc:1"))
	require.Equal(t, []string{
		"banned (conditional on day)", "both", "open (conditional on day)", "owner",
		"paradox: doc:1#paradox@user:ann is undefined: the answer depends on its own denial: doc:1#paradox excludes doc:1#paradox",
		"view", "viewer",
	}, lines(list))
	for a, err := range list {
		require.NoError(t, err)
		require.Equal(t, "banned", a.Permission)
		break
	}
}

// What ends a list says so, and is the last that it says.
func TestListErrors(t *testing.T) {
	st := fill(t, schema.MustParse(groups), "group:1#member@user:ann")
	state := now(t, st)
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	ann, doc := tuple.MustParseSubject("user:ann"), tuple.MustParseObject("group:1")
	foreign := now(t, fill(t, schema.MustParse(groups), "")).Revision()
	for _, c := range []struct {
		name string
		list iter.Seq2[string, error]
		want string
		is   error
	}{
		{"an unknown type", objects(ctx, state, ann, "member", "grp"), `unknown type "grp"`, schema.ErrUnknownType},
		{"an unknown relation", objects(ctx, state, ann, "membr", "group"), `unknown relation "membr": type "group" does not have it; did you mean "member"?`, schema.ErrUnknownRelation},
		{"an unknown subject", objects(ctx, state, tuple.MustParseSubject("robot:1"), "member", "group"), `unknown type "robot"`, schema.ErrUnknownType},
		{"a malformed subject", objects(ctx, state, tuple.Subject{}, "member", "group"), ``, tuple.ErrSyntax},
		{"a cancelled context", objects(canceled, state, ann, "member", "group"), `context canceled`, context.Canceled},
		{"another revision", objects(ctx, state, ann, "member", "group", expand.After(expand.Cursor{Last: "1", Revision: foreign, Time: noon})), `not a cursor of this view: it is of revision `, expand.ErrCursor},
		{"another instant", objects(ctx, state, ann, "member", "group", expand.After(expand.Cursor{Last: "1", Revision: state.Revision(), Time: noon.Add(-time.Second)})), `not a cursor of this view: it is of 2027-01-01T11:59:59Z, and the view of 2027-01-01T12:00:00Z`, expand.ErrCursor},
		{"a cursor with a type", objects(ctx, state, ann, "member", "group", expand.After(expand.Cursor{Last: "group:1"})), `not a cursor of this view: Last is the id of an entry, without its type: `, expand.ErrCursor},
		{"a cursor of no entry", objects(ctx, state, ann, "member", "group", expand.After(expand.Cursor{Revision: state.Revision(), Time: noon})), `, and no id`, expand.ErrCursor},
		{"no type", objects(ctx, state, ann, "member", ""), `a list of objects: malformed: "" is no name of a type`, tuple.ErrSyntax},
		{"an object as the type", objects(ctx, state, ann, "member", "group:1"), `a list of objects: malformed: "group:1" is no name of a type`, tuple.ErrSyntax},
		{"an unknown type of subjects", subjects(ctx, state, doc, "member", "usr"), `unknown type "usr"; did you mean "user"?`, schema.ErrUnknownType},
		{"an unknown relation of subjects", subjects(ctx, state, doc, "member", "group#membr"), `unknown relation "membr": type "group" does not have it; did you mean "member"?`, schema.ErrUnknownRelation},
		{"an unknown permission", subjects(ctx, state, doc, "view", "user"), `unknown relation "view": type "group" does not have it`, schema.ErrUnknownRelation},
		{"a wildcard as the type", subjects(ctx, state, doc, "member", "user:*"), `"user:*" is neither a type, such as user, nor a type#relation`, tuple.ErrSyntax},
		{"an empty relation", subjects(ctx, state, doc, "member", "user#"), `"user#" is neither a type`, tuple.ErrSyntax},
		{"a malformed object", subjects(ctx, state, tuple.Object{Type: "group"}, "member", "user"), ``, tuple.ErrSyntax},
		{"a wildcard as the object", subjects(ctx, state, tuple.Object{Type: "group", ID: "*"}, "member", "user"), ``, tuple.ErrSyntax},
		{"a cancelled context for subjects", subjects(canceled, state, doc, "member", "user"), `context canceled`, context.Canceled},
		{"another revision for subjects", subjects(ctx, state, doc, "member", "user", expand.After(expand.Cursor{Last: "1", Revision: foreign, Time: noon})), `not a cursor of this view`, expand.ErrCursor},
		{"permissions of an unknown type", permissions(ctx, state, ann, tuple.MustParseObject("grp:1")), `unknown type "grp"`, schema.ErrUnknownType},
		{"permissions of an unknown subject", permissions(ctx, state, tuple.MustParseSubject("robot:1"), doc), `unknown type "robot"`, schema.ErrUnknownType},
		{"permissions of a malformed subject", permissions(ctx, state, tuple.Subject{}, doc), ``, tuple.ErrSyntax},
		{"permissions on a malformed object", permissions(ctx, state, ann, tuple.Object{}), ``, tuple.ErrSyntax},
		{"permissions when cancelled", permissions(canceled, state, ann, doc), `context canceled`, context.Canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			entries := 0
			for a, err := range c.list {
				entries++
				require.ErrorIs(t, err, c.is)
				require.ErrorContains(t, err, c.want)
				require.NotContains(t, a, "1") // no object and no subject
			}
			require.Equal(t, 1, entries)
		})
	}
	require.NoError(t, st.Close())
	for _, list := range []iter.Seq2[string, error]{
		objects(ctx, state, ann, "member", "group"), subjects(ctx, state, doc, "member", "user"), permissions(ctx, state, ann, doc),
	} {
		for _, err := range list {
			require.ErrorIs(t, err, store.ErrClosed)
		}
	}
}

func objects(ctx context.Context, st *store.State, s tuple.Subject, permission, typ string, o ...expand.ListOption) iter.Seq2[string, error] {
	return asText(lister().Objects(ctx, st, s, permission, typ, o...))
}

func subjects(ctx context.Context, st *store.State, o tuple.Object, permission, typ string, options ...expand.ListOption) iter.Seq2[string, error] {
	return asText(lister().Subjects(ctx, st, o, permission, typ, options...))
}

func permissions(ctx context.Context, st *store.State, s tuple.Subject, o tuple.Object) iter.Seq2[string, error] {
	return asText(lister().Permissions(ctx, st, s, o))
}

func asText[A fmt.Stringer](list iter.Seq2[A, error]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for a, err := range list {
			if !yield(a.String(), err) {
				return
			}
		}
	}
}

// A question that is given up is an entry with its error; the others are answered.
func TestListGoesOnPastABudget(t *testing.T) {
	var b strings.Builder
	b.WriteString("doc:a#viewer@user:ann\ndoc:a#owner@user:ann\ndoc:b#viewer@user:ann\n")
	for i := range 100 {
		fmt.Fprintf(&b, "doc:b#folder@folder:%d\n", i)
	}
	b.WriteString("doc:b#owner@user:ann\ndoc:c#viewer@user:ann\n")
	s := schema.MustParse(`
		definition user {}
		definition folder { relation reader: user }
		definition doc {
			relation viewer: user
			relation owner: user
			relation folder: folder
			permission open = viewer - (folder->reader & owner)
		}`)
	state := now(t, fill(t, s, b.String()))
	small := expand.NewLister(check.New(check.Options{MaxSteps: 50}), expand.ListerOptions{})
	ann := tuple.MustParseSubject("user:ann")
	var got []string
	for a, err := range small.Objects(ctx, state, ann, "open", "doc") {
		require.Equal(t, a.Object.ID == "b", errors.Is(err, check.ErrBudget))
		got = append(got, a.Object.ID)
	}
	require.Equal(t, []string{"a", "b", "c"}, got)
	require.Equal(t, []string{"doc:a", "doc:b", "doc:c"}, lines(lister().Objects(ctx, state, ann, "open", "doc")))

	got = nil
	for a, err := range small.Subjects(ctx, state, tuple.MustParseObject("doc:b"), "open", "user") {
		require.ErrorIs(t, err, check.ErrBudget)
		got = append(got, a.Subject.ID)
	}
	require.Equal(t, []string{"ann"}, got)
	got = nil
	for a, err := range small.Permissions(ctx, state, ann, tuple.MustParseObject("doc:b")) {
		require.Equal(t, a.Permission == "open", errors.Is(err, check.ErrBudget))
		got = append(got, a.Permission)
	}
	require.Equal(t, []string{"open", "owner", "viewer"}, got)
}

// Counting evaluates conditions and counts how often.
type counting struct {
	oracle.Conditions
	n *int
}

func (c counting) Compile(caveat *schema.Caveat) (schema.Condition, error) {
	compiled, err := c.Conditions.Compile(caveat)
	return countingCondition{compiled, c.n}, err
}

type countingCondition struct {
	schema.Condition
	n *int
}

func (c countingCondition) Evaluate(stored, given map[string]any) (schema.Verdict, error) {
	*c.n++
	return c.Condition.Evaluate(stored, given)
}

// A loop that breaks, and a limit, stop the work on what would have come.
func TestListStopsAtOnce(t *testing.T) {
	n := 0
	s, err := schema.MustParse(listed).Bind(counting{n: &n})
	require.NoError(t, err)
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "doc:%02d#viewer@user:ann\ndoc:%02d#banned@user:ann[on_day]\ndoc:0#viewer@user:%02d\ndoc:0#banned@user:%02d[on_day]\n", i, i, i, i)
	}
	state := now(t, fill(t, s, strings.ReplaceAll(b.String(), "doc:0#", "doc:zero#")))
	ann, doc := tuple.MustParseSubject("user:ann"), tuple.MustParseObject("doc:zero")
	n = 0
	for range lister().Objects(ctx, state, ann, "open", "doc") {
		break
	}
	require.Equal(t, 1, n)
	require.Len(t, lines(lister().Objects(ctx, state, ann, "open", "doc", expand.Limit(3))), 3)
	require.Equal(t, 1+3, n)
	for range lister().Subjects(ctx, state, doc, "open", "user") {
		break
	}
	require.Equal(t, 4+1, n)
	require.Len(t, lines(lister().Subjects(ctx, state, doc, "open", "user", expand.Limit(3), expand.After(expand.Cursor{Last: "50"}))), 3)
	require.Equal(t, 5+3, n)
	require.Len(t, lines(lister().Subjects(ctx, state, doc, "open", "user", expand.Limit(-1))), 100)
}

// The context is looked at while tuples are read, and then the list ends.
func TestListsLookAtTheContext(t *testing.T) {
	var b strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&b, "group:%05d#member@user:ann\ngroup:all#member@user:%05d\n", i, i)
	}
	state := now(t, open(t, groups, b.String()))
	for _, list := range []func(*countdown) iter.Seq2[string, error]{
		func(c *countdown) iter.Seq2[string, error] {
			return objects(c, state, tuple.MustParseSubject("user:ann"), "member", "group")
		},
		func(c *countdown) iter.Seq2[string, error] {
			return subjects(c, state, tuple.MustParseObject("group:all"), "member", "user")
		},
	} {
		ended := 0
		for whole := false; !whole; {
			n := 0
			for _, err := range list(&countdown{ctx, ended}) {
				if n++; err == nil {
					whole = true
					break
				}
				require.ErrorIs(t, err, errTimeUp)
			}
			require.Equal(t, 1, n)
			ended++
		}
		require.Greater(t, ended, 4, "once for thousands of tuples")
	}
	all := lines(lister().Objects(ctx, state, tuple.MustParseSubject("user:ann"), "member", "group"))
	require.Len(t, all, 20_000)
	require.True(t, slices.IsSorted(all))
	require.Len(t, lines(lister().Subjects(ctx, state, tuple.MustParseObject("group:all"), "member", "user")), 20_000)
}

// Nesting of any depth, and back to where it began.
func TestListsThroughDeepChains(t *testing.T) {
	const n = 100_000
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "group:%d#member@group:%d#member\n", i, (i+1)%n)
	}
	b.WriteString("group:77#member@user:ann")
	state := now(t, open(t, groups, b.String()))
	require.Len(t, lines(lister().Objects(ctx, state, tuple.MustParseSubject("user:ann"), "member", "group")), n)
	require.Equal(t, []string{"user:ann"}, lines(lister().Subjects(ctx, state, tuple.MustParseObject("group:5"), "member", "user")))
	require.Len(t, lines(lister().Subjects(ctx, state, tuple.MustParseObject("group:5"), "member", "group#member")), n)
}

// A lister answers rightly while it forgets the plans of schemas that it saw long ago.
func TestListerOfManySchemas(t *testing.T) {
	l := lister()
	for i := range 1100 {
		state := now(t, fill(t, schema.MustParse(groups), "group:1#member@user:ann"))
		require.Equal(t, []string{"group:1"}, lines(l.Objects(ctx, state, tuple.MustParseSubject("user:ann"), "member", "group")), i)
	}
}

// The text of a cursor reads back, and nothing else is one.
func TestCursorText(t *testing.T) {
	state := listedState(t, "")
	for _, c := range []expand.Cursor{
		{}, {Last: "bob"}, {Last: "*"}, {Last: "é/@ß"},
		{Last: "bob", Revision: state.Revision(), Time: state.Time()},
	} {
		text, err := c.MarshalText()
		require.NoError(t, err)
		back := expand.Cursor{Last: "before"}
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, c, back)
	}
	for _, text := range []string{"", "0", "0@", "0#bob", "x@#bob", "0@yesterday#bob", "0@#a b", "0@#a:b", "0@#a#b", state.Revision().String() + "@#bob"} {
		c := expand.Cursor{Last: "before"}
		err := c.UnmarshalText([]byte(text))
		require.ErrorIs(t, err, expand.ErrCursor, text)
		require.Contains(t, err.Error(), fmt.Sprintf("%q", text))
		require.Equal(t, expand.Cursor{Last: "before"}, c)
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("0@#bob")
	f.Add(expand.Cursor{Last: "*", Revision: now(f, fill(f, schema.MustParse(groups), "")).Revision(), Time: noon}.String())
	f.Fuzz(func(t *testing.T, text string) {
		var c expand.Cursor
		if err := c.UnmarshalText([]byte(text)); err != nil {
			require.True(t, errors.Is(err, expand.ErrCursor))
			return
		}
		var back expand.Cursor
		require.NoError(t, back.UnmarshalText([]byte(c.String())))
		require.Equal(t, c, back)
	})
}
