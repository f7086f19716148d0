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
definition team { relation member: user | team#member }
definition folder {
	relation parent: folder
	relation viewer: user | team#member
	permission view = viewer + parent->view
}
definition doc {
	relation folder: folder
	relation reviewer: team
	relation reader: user | user with on_day
	permission view = folder->view
	permission approve = reviewer.all(member)
	permission read = reader
}
definition note { relation author: user }`

// anArchive has a chain of 400 folders, and 900 documents: some in the first folder,
// some in that 40 below it, and some in the last, by turns; each with five teams as
// reviewers, and ten readers under a condition.
func anArchive(b *testing.B, o check.Options) *baobab.Engine {
	eng, err := baobab.Open(schema.MustParse(archive), baobab.Options{Check: o, Caveats: oracle.Conditions{}})
	require.NoError(b, err)
	b.Cleanup(func() { eng.Close() })
	var all []tuple.Relationship
	add := func(format string, args ...any) {
		all = append(all, tuple.MustParseRelationship(fmt.Sprintf(format, args...)))
	}
	for f := range 399 {
		add("folder:%d#parent@folder:%d", f+1, f)
	}
	for u := range 10 {
		add("folder:0#viewer@user:%d", u)
		for t := range 5 {
			add("team:%d#member@user:%d", t, u)
		}
	}
	for d := range 900 {
		add("doc:%d#folder@folder:%d", d, []int{0, 40, 399}[d%3])
		for t := range 5 {
			add("doc:%d#reviewer@team:%d", d, t)
		}
		for u := range 10 {
			add("doc:%d#reader@user:%d[on_day]", d, u)
		}
	}
	_, err = eng.Write(ctx, all...)
	require.NoError(b, err)
	return eng
}

// monday is what is given to those conditions.
var monday = map[string]any{"day": "monday", "colour": "red"}

// archiveQuestions have 3,000 questions each, about 300 documents and ten users.
var archiveQuestions = []struct {
	name, permission string
	first            int // of the documents, of which every third is meant
}{
	{"a parent", "view", 0},
	{"40 parents", "view", 1},
	{"400 parents", "view", 2},
	{"all of 5", "approve", 0},
	{"a condition", "read", 0},
}

// sizes are those of a cache: none, and the default.
var sizes = []struct {
	name  string
	bytes int64
}{{"off", -1}, {"on", 0}}

// What a cache saves where questions are asked again. Use -cpu 1,2.
func BenchmarkCache(b *testing.B) {
	for _, c := range archiveQuestions {
		var questions []tuple.Tuple
		for i := range 3000 {
			questions = append(questions, tuple.MustParse(fmt.Sprintf("doc:%d#%s@user:%d", c.first+i%300*3, c.permission, i/300)))
		}
		for _, size := range sizes {
			eng := anArchive(b, check.Options{CacheBytes: size.bytes})
			b.Run(c.name+"/"+size.name, func(b *testing.B) {
				view := eng.Now().Given(monday)
				for i := range 2 * len(questions) {
					_, err := view.Check(ctx, questions[i/2])
					require.NoError(b, err)
				}
				b.ReportAllocs()
				b.ResetTimer()
				b.RunParallel(func(p *testing.PB) {
					for i := 0; p.Next(); i++ {
						if d, err := view.Check(ctx, questions[i%len(questions)]); err != nil || !d.Allowed() {
							b.Error(d, err)
						}
					}
				})
			})
		}
	}
}

// The same with a commit after each hundred questions, by which either nothing
// depends on what changes, or everything does. The commits are part of the time.
func BenchmarkCacheBesideCommits(b *testing.B) {
	var questions []tuple.Tuple
	for i := range 3000 {
		questions = append(questions, tuple.MustParse(fmt.Sprintf("doc:%d#approve@user:%d", i%900, i/900)))
	}
	for _, commit := range []string{"note:%d#author@user:1", "team:%d#member@user:none"} {
		for _, size := range sizes {
			eng := anArchive(b, check.Options{CacheBytes: size.bytes})
			b.Run(commit+"/"+size.name, func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					if i%100 == 0 {
						_, err := eng.Write(ctx, tuple.MustParseRelationship(fmt.Sprintf(commit, i)))
						require.NoError(b, err)
					}
					if _, err := eng.Check(ctx, questions[i%len(questions)]); err != nil {
						b.Fatal(err)
					}
				}
				s := eng.Stats().Cache
				b.ReportMetric(100*float64(s.Hits)/float64(max(1, s.Hits+s.Misses)), "%hits")
			})
		}
	}
}

// A list of 900 objects does not use the cache, and as many questions at once do.
func BenchmarkCacheOfMany(b *testing.B) {
	user := tuple.MustParseSubject("user:3")
	for _, permission := range []string{"approve", "read"} {
		var questions []tuple.Tuple
		for d := range 900 {
			questions = append(questions, tuple.MustParse(fmt.Sprintf("doc:%d#%s@%s", d, permission, user)))
		}
		for _, size := range sizes {
			view := anArchive(b, check.Options{CacheBytes: size.bytes}).Now().Given(monday)
			b.Run("Objects/"+permission+"/"+size.name, func(b *testing.B) {
				for b.Loop() {
					for _, err := range view.Objects(ctx, user, permission, "doc") {
						require.NoError(b, err)
					}
				}
			})
			b.Run("CheckAll/"+permission+"/"+size.name, func(b *testing.B) {
				for b.Loop() {
					_, err := view.CheckAll(ctx, questions)
					require.NoError(b, err)
				}
			})
		}
	}
}
