package logtest

import (
	"context"
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
)

// appendChecks are about what is appended and what is not.
func appendChecks() []check {
	return []check{
		{"AppendOne", appendOne},
		{"AppendGroup", appendGroup},
		{"AppendNothing", appendNothing},
		{"AppendKeepsNoSlice", appendKeepsNoSlice},
		{"ConflictAtEveryParent", conflictAtEveryParent},
		{"ConflictOfGroup", conflictOfGroup},
		{"ConflictOfSameContents", conflictOfSameContents},
		{"ConflictWithForeignParent", conflictWithForeignParent},
		{"WrongParentInGroup", wrongParentInGroup},
	}
}

// appendOne appends commits one by one, each by another handle, and every handle sees each.
func appendOne(e env) {
	w := e.world()
	logs := w.handles(3)
	w.same(w.log)
	for i := range 6 {
		w.commit(logs[i%3], plain(w.model.head(), fmt.Sprint(i)))
		for _, log := range logs {
			w.same(log)
		}
	}
	w.reopen()
	w.same(w.log)
}

// appendGroup appends groups of several sizes.
func appendGroup(e env) {
	w := e.world()
	logs := w.handles(2)
	for i, n := range []int{2, 1, 5, 100, 1} {
		w.commit(logs[i%2], plains(w.model.head(), fmt.Sprint(i), n)...)
		w.same(logs[1-i%2])
	}
	w.reopen()
	w.same(w.log)
}

// appendNothing appends no commits, all of which are in the log.
func appendNothing(e env) {
	w := e.world()
	require.NoError(e.t, w.append(w.log), "Append of no commits to an empty log")
	w.same(w.log)
	w.commit(w.log, plain(w.model.head(), "a"))
	require.NoError(e.t, w.append(w.log), "Append of no commits")
	w.same(w.log)
}

// appendKeepsNoSlice changes the slice that was appended: it is the caller's.
func appendKeepsNoSlice(e env) {
	w := e.world()
	group := plains(w.model.head(), "a", 3)
	given := append([]store.Commit(nil), group...)
	ctx, cancel := w.context()
	defer cancel()
	require.NoError(e.t, w.log.Append(ctx, given))
	w.model.add(group...)
	clear(given)
	w.same(w.log)
	require.NoError(e.t, w.append(w.log, group...), "the same group again")
}

// conflictAtEveryParent appends a new commit to every revision but the head.
func conflictAtEveryParent(e env) {
	w := e.world()
	logs := w.handles(2)
	w.commit(logs[0], plains(w.model.head(), "a", 5)...)
	for position := range uint64(5) {
		for _, log := range logs {
			w.refused(log, fmt.Sprintf("its parent has position %d, and the head 5", position), plain(w.model.at(position), "late"))
		}
	}
	w.same(logs[1])
	w.reopen()
	w.same(w.log)
}

// conflictOfGroup appends groups of new commits, and groups that are partly in the log,
// to revisions that are not the head.
func conflictOfGroup(e env) {
	w := e.world()
	base := plains(w.model.head(), "a", 4)
	w.commit(w.log, base...)
	w.refused(w.log, "a new group at position 2", plains(base[1].Revision, "late", 3)...)
	w.refused(w.log, "a new group at position 0", plains(w.model.start, "late", 6)...)
	w.refused(w.log, "the first two are in the log, and then two others",
		append([]store.Commit{base[1], base[2]}, plains(base[2].Revision, "late", 2)...)...)
	w.refused(w.log, "all of the log, and then another, whose parent is the head",
		append(append([]store.Commit(nil), base...), plain(w.model.head(), "late"))...)
	w.same(w.log)
	w.reopen()
	w.same(w.log)
}

// conflictOfSameContents appends commits that differ in their ID alone: another attempt
// of the same transaction is another commit.
func conflictOfSameContents(e env) {
	w := e.world()
	logs := w.handles(2)
	first := plain(w.model.head(), "a")
	second := store.Commit{Parent: first.Parent, ID: store.NewCommitID(), Time: first.Time, Schema: first.Schema, Added: first.Added}
	second.Seal()
	w.commit(logs[0], first)
	w.refused(logs[1], "it differs from the commit at its position in nothing but the ID", second)
	w.refused(logs[0], "it differs from the commit at its position in nothing but the ID", second)
	w.same(logs[0])

	empty := func() store.Commit {
		c := store.Commit{Parent: w.model.head(), ID: store.NewCommitID(), Time: first.Time}
		c.Seal()
		return c
	}
	one, other := empty(), empty()
	w.commit(logs[1], one)
	w.refused(logs[0], "another empty commit is at its position", other)
	w.same(logs[0])
}

// conflictWithForeignParent appends to revisions that are nearly the head.
func conflictWithForeignParent(e env) {
	w := e.world()
	try := func() {
		for _, s := range strangers(w.model) {
			w.refused(w.log, "its parent is "+s.why, plain(s.rev, "strange"))
			w.refused(w.log, "the parent of the first is "+s.why, plains(s.rev, "strange", 2)...)
		}
		w.same(w.log)
	}
	try()
	w.commit(w.log, plains(w.model.head(), "a", 3)...)
	try()
	w.reopen()
	try()
}

// A stranger is a revision that is not in the history of a log, and why.
type stranger struct {
	why string
	rev store.Revision
}

// strangers returns revisions that are nearly in the history of a log.
func strangers(m *model) []stranger {
	head, n := m.head(), len(m.commits)
	ahead := plains(head, "ahead", 2)
	foreign := plains(store.NewHistory(), "x", n+1)
	all := []stranger{
		{"the zero Revision", store.Revision{}},
		{"of another log, at position 0", foreign[0].Parent},
		{"of another log, at position 1", foreign[0].Revision},
		{"of another log, beyond the head", foreign[n].Revision},
		{"the head in another epoch", head.Fork()},
		{"position 0 in another epoch", m.start.Fork()},
		{"a commit on the head that was never appended", ahead[0].Revision},
		{"two commits beyond the head", ahead[1].Revision},
	}
	if n > 0 {
		all = append(all,
			stranger{"of another log, at the position of the head", foreign[n-1].Revision},
			stranger{"another commit at the position of the head", plain(m.commits[n-1].Parent, "y").Revision},
			stranger{"another commit at position 1", plain(m.start, "y").Revision})
	}
	return all
}

// wrongParentInGroup appends groups in which a commit is not the child of the one before.
func wrongParentInGroup(e env) {
	w := e.world()
	w.commit(w.log, plain(w.model.head(), "a"))
	head := w.model.head()
	group := plains(head, "b", 4)
	for _, bad := range []struct {
		why     string
		commits []store.Commit
	}{
		{"one is left out", []store.Commit{group[0], group[2], group[3]}},
		{"two are in the wrong order", []store.Commit{group[0], group[2], group[1]}},
		{"one is there twice", []store.Commit{group[0], group[0]}},
		{"two have the same parent", []store.Commit{group[0], plain(head, "c")}},
		{"the last is of another line", []store.Commit{group[0], group[1], plains(head, "c", 3)[2]}},
		{"the second is of another log", []store.Commit{group[0], plain(store.NewHistory(), "c")}},
		{"the second is of another epoch", []store.Commit{group[0], plain(group[0].Revision.Fork(), "c")}},
		{"the first is the child of the second", []store.Commit{group[1], group[0]}},
	} {
		require.Error(e.t, w.append(w.log, bad.commits...), "Append of a group in which %s", bad.why)
		w.same(w.log)
	}
	w.commit(w.log, group...)
	w.same(w.log)
	w.reopen()
	w.same(w.log)
}

// settled repeats an Append whose outcome is not known until it is.
func (w *world) settled(ctx context.Context, log store.Log, commits ...store.Commit) error {
	for {
		err := log.Append(ctx, commits)
		if settles(err) || ctx.Err() != nil {
			return err
		}
	}
}
