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
definition folder {
	relation parent: folder
	relation viewer: user
	permission view = viewer + parent->view
}
definition doc {
	relation folder: folder
	relation reader: user | user with on_day
	permission view = folder->view
	permission read = reader
}
definition note { relation author: user }`

// anArchive has a chain of 400 folders, and 900 documents: some in the first folder,
// some in that 40 below it, and some in the last, by turns; each with ten readers
// under a condition.
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
	}
	for d := range 900 {
		add("doc:%d#folder@folder:%d", d, []int{0, 40, 399}[d%3])
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
	{"a condition", "read", 0},
}

// caches are whether decisions are kept: not, or by default.
var caches = []struct {
	name string
	o    check.Options
}{{"off", check.Options{CacheSteps: -1}}, {"on", check.Options{}}}

// What a cache saves where questions are asked again. Use -cpu 1,2.
func BenchmarkCache(b *testing.B) {
	for _, c := range archiveQuestions {
		var questions []tuple.Tuple
		for i := range 3000 {
			questions = append(questions, tuple.MustParse(fmt.Sprintf("doc:%d#%s@user:%d", c.first+i%300*3, c.permission, i/300)))
		}
		for _, cache := range caches {
			eng := anArchive(b, cache.o)
			b.Run(c.name+"/"+cache.name, func(b *testing.B) {
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
		questions = append(questions, tuple.MustParse(fmt.Sprintf("doc:%d#read@user:%d", i%900, i/900)))
	}
	for _, commit := range []string{"note:%d#author@user:1", "doc:%d#reader@user:none"} {
		for _, cache := range caches {
			eng := anArchive(b, cache.o)
			commits := 0
			b.Run(commit+"/"+cache.name, func(b *testing.B) {
				for i := range 2 * len(questions) {
					_, err := eng.Now().Given(monday).Check(ctx, questions[i/2])
					require.NoError(b, err)
				}
				before := eng.Stats().Cache
				for i := 0; b.Loop(); i++ {
					if i%100 == 0 {
						commits++
						_, err := eng.Write(ctx, tuple.MustParseRelationship(fmt.Sprintf(commit, commits)))
						require.NoError(b, err)
					}
					if _, err := eng.Now().Given(monday).Check(ctx, questions[i%len(questions)]); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(100*float64(eng.Stats().Cache.Hits-before.Hits)/float64(b.N), "%hits")
			})
		}
	}
}

// A list of 900 objects does not use the cache, and as many questions at once do.
func BenchmarkCacheOfMany(b *testing.B) {
	user := tuple.MustParseSubject("user:3")
	var questions []tuple.Tuple
	for d := range 900 {
		questions = append(questions, tuple.MustParse(fmt.Sprintf("doc:%d#read@%s", d, user)))
	}
	for _, cache := range caches {
		view := anArchive(b, cache.o).Now().Given(monday)
		b.Run("Objects/"+cache.name, func(b *testing.B) {
			for b.Loop() {
				for _, err := range view.Objects(ctx, user, "read", "doc") {
					require.NoError(b, err)
				}
			}
		})
		b.Run("CheckAll/"+cache.name, func(b *testing.B) {
			for b.Loop() {
				_, err := view.CheckAll(ctx, questions)
				require.NoError(b, err)
			}
		})
	}
}
