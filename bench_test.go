package baobab_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

const office = `
definition user {}
definition team { relation member: user | team#member }
definition organization {
	relation owner: user
	relation admin: user
	permission manage = owner + admin
}
definition workspace {
	relation org: organization
	relation owner: user
	relation admin: user | team#member
	relation reader: user | team#member
	permission delete = owner + admin + org->manage
	permission view = delete + reader
}
definition chatbot {
	relation workspace: workspace
	relation banned: user
	permission view = workspace->view - banned
	permission delete = workspace->delete
	permission see = workspace->view
}`

// anOffice is 100 organizations of 10 workspaces of 20 chatbots, and of 60
// users in 4 teams that nest: about 32,000 tuples. A team of one reads every second workspace.
func anOffice(b *testing.B) *baobab.Engine {
	eng, err := baobab.Open(schema.MustParse(office), baobab.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { eng.Close() })
	var all []tuple.Relationship
	add := func(format string, args ...any) {
		all = append(all, tuple.MustParseRelationship(fmt.Sprintf(format, args...)))
	}
	add("team:support#member@user:support")
	for o := range 100 {
		add("organization:%d#owner@user:%d-0", o, o)
		for u := range 60 {
			add("team:%d-%d#member@user:%d-%d", o, u%4, o, u)
		}
		for t := range 3 {
			add("team:%d-%d#member@team:%d-%d#member", o, t, o, t+1)
		}
		for w := range 10 {
			add("workspace:%d-%d#org@organization:%d", o, w, o)
			add("workspace:%d-%d#admin@user:%d-%d", o, w, o, w)
			add("workspace:%d-%d#reader@team:%d-0#member", o, w, o)
			if w%2 == 0 {
				add("workspace:%d-%d#reader@team:support#member", o, w)
			}
			for c := range 20 {
				add("chatbot:%d-%d-%d#workspace@workspace:%d-%d", o, w, c, o, w)
			}
		}
	}
	_, err = eng.Write(ctx, all...)
	require.NoError(b, err)
	return eng
}

func BenchmarkCheck(b *testing.B) {
	eng := anOffice(b)
	for _, c := range []struct{ name, question string }{
		{"allowed through an arrow", "chatbot:7-3-5#delete@user:7-3"},
		{"allowed through nested teams", "chatbot:7-3-5#view@user:7-59"},
		{"denied to a stranger", "chatbot:7-3-5#view@user:8-59"},
		{"denied after all teams", "chatbot:7-3-5#delete@user:7-59"},
	} {
		q := tuple.MustParse(c.question)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := eng.Check(ctx, q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCheckAll(b *testing.B) {
	eng := anOffice(b)
	var questions []tuple.Tuple
	for c := range 64 {
		questions = append(questions, tuple.MustParse(fmt.Sprintf("chatbot:7-%d-%d#view@user:7-59", c%10, c%20)))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := eng.CheckAll(ctx, questions); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64, "ns/check")
}

func BenchmarkExplain(b *testing.B) {
	eng := anOffice(b)
	q := tuple.MustParse("chatbot:7-3-5#view@user:7-59")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := eng.Explain(ctx, q); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	eng := anOffice(b)
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		r := tuple.New(tuple.Object{Type: "team", ID: fmt.Sprint(i % 1000)}, "member", tuple.MustParseSubject("user:7-59"))
		if _, err := eng.Write(ctx, r.Always()); err != nil {
			b.Fatal(err)
		}
	}
}

// A user's 200 chatbots, which hold by arrows, as delete, and need to be decided
// each, as view, because of an exclusion; 60 users of a workspace; and 10,000
// chatbots, whole and in pages.
func BenchmarkList(b *testing.B) {
	eng := anOffice(b)
	owner, chatbot := tuple.MustParseSubject("user:7-0"), tuple.MustParseObject("chatbot:7-3-5")
	objects := func(permission string, want int, o ...expand.ListOption) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for _, err := range eng.Objects(ctx, owner, permission, "chatbot", o...) {
					fatal(b, err)
					n++
				}
				require.Equal(b, want, n)
			}
		}
	}
	b.Run("200 objects", objects("delete", 200))
	b.Run("200 objects, each decided", objects("view", 200))
	b.Run("the first 10 of them", objects("view", 10, expand.Limit(10)))
	subjects := func(permission string, want int) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for _, err := range eng.Subjects(ctx, chatbot, permission, "user") {
					fatal(b, err)
					n++
				}
				require.Equal(b, want, n)
			}
		}
	}
	b.Run("2 subjects", subjects("delete", 2))
	b.Run("60 subjects, each decided", subjects("view", 60))
	view, support := eng.Now(), tuple.MustParseSubject("user:support")
	long := func(b *testing.B, o ...expand.ListOption) (n int, last string) {
		for a, err := range view.Objects(ctx, support, "see", "chatbot", o...) {
			fatal(b, err)
			n, last = n+1, a.Object.ID
		}
		return n, last
	}
	whole := func(o ...expand.ListOption) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n, _ := long(b, o...)
				require.Equal(b, 10_000, n)
			}
		}
	}
	b.Run("10,000 objects", whole())
	b.Run("10,000 objects, unordered", whole(expand.Unordered()))
	b.Run("10,000 objects in pages of 100", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			view = view.AsOf(view.Time().Add(-time.Microsecond)) // for which nothing is kept
			var cursor expand.Cursor
			all := 0
			for n := 100; n == 100; all += n {
				var last string
				n, last = long(b, expand.Limit(100), expand.After(cursor))
				cursor = view.Cursor(last)
				if n == 0 {
					break
				}
			}
			require.Equal(b, 10_000, all)
		}
	})
	b.Run("permissions", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, err := range eng.Permissions(ctx, owner, chatbot) {
				fatal(b, err)
			}
		}
	})
}

// fatal is require.NoError, which costs more than an entry of a list.
func fatal(b *testing.B, err error) {
	if err != nil {
		b.Fatal(err)
	}
}
