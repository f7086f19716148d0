package baobab_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

const archive = `
caveat on_day(day string) { day == "monday" }
definition user {}
definition team { 
	relation member: user | user with on_day | team#member
}
definition folder {
	relation parent: folder
	relation viewer: user | team#member
	relation banned: user
	permission view = viewer + parent->view
}
definition doc {
	relation folder: folder
	relation reviewer: team
	relation viewer: user | user with on_day | team#member
	permission view = viewer + folder->view
	permission approve = reviewer.all(member)
	permission direct = viewer
}
definition note {
	relation author: user
}`

// anArchive is a chain of 400 folders, and 1,000 documents: each in folder 0, 39 or 399, by turns,
// with 5 teams as reviewers, all of which have user 0 to 9, and a viewer under a condition.
func anArchive(b *testing.B, o check.Options) *baobab.Engine {
	s := schema.MustParse(archive)
	eng, err := baobab.Open(s, baobab.Options{Check: o, Caveats: oracle.Conditions{}})
	require.NoError(b, err)
	b.Cleanup(func() { eng.Close() })
	var all []tuple.Relationship
	add := func(format string, args ...any) {
		all = append(all, tuple.MustParseRelationship(fmt.Sprintf(format, args...)))
	}
	for f := range 400 {
		if f > 0 {
			add("folder:%d#parent@folder:%d", f, f-1)
		}
		add("folder:%d#viewer@user:none%d", f, f)
	}
	add("folder:0#viewer@user:0")
	for t := range 5 {
		for u := range 10 {
			add("team:%d#member@user:%d", t, u)
		}
	}
	for d := range 1000 {
		add("doc:%d#folder@folder:%d", d, []int{0, 39, 399}[d%3])
		for t := range 5 {
			add("doc:%d#reviewer@team:%d", d, t)
		}
		for u := range 10 {
			add("doc:%d#viewer@user:%d[on_day]", d, u)
		}
	}
	_, err = eng.Write(ctx, all...)
	require.NoError(b, err)
	return eng
}

func BenchmarkCache(b *testing.B) {
	for _, c := range []struct {
		name, question string
		given          map[string]any
	}{
		{"an arrow over all of 5", "doc:%d#approve@user:%d", nil},
		{"a condition", "doc:%d#direct@user:%d", map[string]any{"day": "monday"}},
		{"a condition without its value", "doc:%d#direct@user:%d", nil},
		{"folders and a condition", "doc:%d#view@user:%d", map[string]any{"day": "sunday"}},
	} {
		for _, size := range []int64{-1, 0} {
			b.Run(fmt.Sprintf("%s/%d", c.name, size), func(b *testing.B) {
				eng := anArchive(b, check.Options{CacheBytes: size, CacheSteps: 1})
				for _, n := range []int{1, 10000} {
					var qs []tuple.Tuple
					for i := range n {
						qs = append(qs, tuple.MustParse(fmt.Sprintf(c.question, (i*7+1)%1000, i/1000)))
					}
					b.Run(fmt.Sprint(n), func(b *testing.B) {
						for _, q := range append(qs, qs...) {
							_, err := eng.Now().Given(c.given).Check(ctx, q)
							require.NoError(b, err)
						}
						b.ReportAllocs()
						i := 0
						for b.Loop() {
							if i++; i == n {
								i = 0
							}
							if _, err := eng.Now().Given(c.given).Check(ctx, qs[i]); err != nil {
								b.Fatal(err)
							}
						}
						b.Logf("%+v", eng.Stats())
					})
				}
			})
		}
	}
}

func BenchmarkCacheLists(b *testing.B) {
	for _, c := range []struct {
		name, permission string
		given            map[string]any
	}{
		{"an arrow over all of 5", "approve", nil},
		{"a condition", "direct", map[string]any{"day": "monday"}},
	} {
		for _, size := range []int64{-1, 0} {
			eng := anArchive(b, check.Options{CacheBytes: size})
			b.Run(fmt.Sprintf("list/%s/%d", c.name, size), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					n := 0
					for _, err := range eng.Now().Given(c.given).Objects(ctx, tuple.MustParseSubject("user:3"), c.permission, "doc") {
						require.NoError(b, err)
						n++
					}
					require.Equal(b, 1000, n)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/one")
			})
			b.Run(fmt.Sprintf("all/%s/%d", c.name, size), func(b *testing.B) {
				b.ReportAllocs()
				var qs []tuple.Tuple
				for d := range 1000 {
					qs = append(qs, tuple.MustParse(fmt.Sprintf("doc:%d#%s@user:4", d, c.permission)))
				}
				for b.Loop() {
					_, err := eng.Now().Given(c.given).CheckAll(ctx, qs)
					require.NoError(b, err)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/one")
			})
			b.Logf("%+v", eng.Stats())
		}
	}
}
