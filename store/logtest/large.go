package logtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// largeChecks are about commits of a size that is seldom.
func largeChecks() []check {
	return []check{
		{"LargeCommit", largeCommit},
		{"LargeGroup", largeGroup},
	}
}

// largeTuples returns n tuples.
func largeTuples(n int) []store.Stored {
	all := make([]store.Stored, n)
	for i := range all {
		t := tuple.New(tuple.Object{Type: "document", ID: fmt.Sprint("d", i/10)}, "viewer", tuple.Object{Type: "user", ID: fmt.Sprint("u", i)}.Subject())
		all[i].Relationship = t.Always()
		all[i].Aside = i%1000 == 999
	}
	return all
}

// largeCommit has many tuples, and then a large schema and the longest note.
func largeCommit(e env) {
	n := 200_000
	if testing.Short() {
		n = 20_000
	}
	w := e.world()
	all := largeTuples(n)
	w.commit(w.log, w.stored(nil, all))
	c := store.Commit{
		Parent: w.model.head(), ID: store.NewCommitID(), Time: plain(w.model.head(), "").Time,
		Schema: `{"text":"` + strings.Repeat("definition document {} ", 1<<20/23) + `"}`,
		Note:   strings.Repeat("世", store.MaxNote/3) + "x",
		Actor:  tuple.Object{Type: strings.Repeat("t", tuple.MaxName), ID: strings.Repeat("i", tuple.MaxID)}.Userset(strings.Repeat("r", tuple.MaxName)),
	}
	c.Seal()
	w.commit(w.log, c)
	w.same(w.another())
	w.reopen()
	w.commit(w.log, w.stored(all[:n/2], nil))
	w.same(w.log)
	w.compact(w.log, 0)
	w.same(w.another())
	w.reopen()
	w.same(w.log)
}

// largeGroup is of many commits.
func largeGroup(e env) {
	w := e.world()
	w.commit(w.log, plains(w.model.head(), "a", 2000)...)
	w.again(w.log, "all of a large group", w.model.commits...)
	w.same(w.another())
	w.refused(w.log, "it is of 1,999 that are in the log and one that is not",
		append(append([]store.Commit(nil), w.model.commits[1:]...), plain(w.model.head(), "late"))...)
	w.reopen()
	w.same(w.log)
}
