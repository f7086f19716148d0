package logtest

import (
	"context"
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// snapshotChecks are about what a log says its commits have made.
func snapshotChecks() []check {
	return []check{
		{"SnapshotOfEmptyLog", snapshotOfEmptyLog},
		{"SnapshotAgreesWithModel", snapshotAgrees},
		{"SnapshotOfEveryTuple", snapshotOfEveryTuple},
		{"SnapshotOfTouched", snapshotOfTouched},
		{"SnapshotOfRemoved", snapshotOfRemoved},
		{"SnapshotOfAside", snapshotOfAside},
		{"SnapshotCarriesSchema", snapshotCarriesSchema},
		{"SnapshotThenTail", snapshotThenTail},
		{"SnapshotStaysAsItIs", snapshotStays},
		{"SnapshotIsLeft", snapshotIsLeft},
	}
}

// snapshot takes one that lives as long as the returned function is not called.
func (w *world) snapshot(log store.Log) (*store.Snapshot, context.CancelFunc) {
	w.t.Helper()
	ctx, cancel := w.context()
	snap, err := log.Snapshot(ctx)
	if err != nil {
		cancel()
	}
	require.NoError(w.t, err, "Snapshot")
	return snap, cancel
}

func snapshotOfEmptyLog(e env) {
	w := e.world()
	w.sameSnapshot(w.log)
	w.sameSnapshot(w.another())
	w.reopen()
	w.sameSnapshot(w.log)
}

// snapshotAgrees compares with the model after each of many commits.
func snapshotAgrees(e env) {
	w := e.world()
	logs := w.handles(2)
	draft := newDrafter(chance(3))
	for i := range 60 {
		w.commit(logs[i%2], draft.group(w.model, 1+draft.choose(4))...)
		w.sameSnapshot(logs[draft.choose(2)])
	}
	w.reopen()
	w.sameSnapshot(w.log)
}

// stored makes a commit of what is removed and what is added.
func (w *world) stored(removed, added []store.Stored) store.Commit {
	c := plain(w.model.head(), "")
	c = store.Commit{Parent: c.Parent, ID: c.ID, Time: c.Time, Schema: c.Schema, Removed: removed, Added: added}
	c.Seal()
	return c
}

// snapshotOfEveryTuple stores every tuple that is hard to store, plain and qualified, in
// one commit; and removes them in another.
func snapshotOfEveryTuple(e env) {
	w := e.world()
	var all []store.Stored
	choose := chance(4)
	for i, t := range tuples() {
		r := t.Always()
		if i%2 == 0 {
			r = qualified(choose, t)
		}
		all = append(all, store.Stored{Relationship: r})
	}
	w.commit(w.log, w.stored(nil, all))
	w.same(w.another())
	w.reopen()
	w.same(w.log)
	w.commit(w.log, w.stored(all[:len(all)/2], nil))
	w.same(w.log)
	w.commit(w.log, w.stored(all[len(all)/2:], nil))
	w.same(w.log)
	require.Empty(e.t, w.model.newest.tuples)
	w.reopen()
	w.same(w.log)
}

// snapshotOfTouched puts other qualifiers in the place of those that a tuple has.
func snapshotOfTouched(e env) {
	w := e.world()
	choose := chance(5)
	for _, t := range tuples()[:20] {
		was := qualified(choose, t)
		w.commit(w.log, w.stored(nil, []store.Stored{{Relationship: was}}))
		for range 6 {
			is := qualified(choose, t)
			w.commit(w.log, w.stored([]store.Stored{{Relationship: was}}, []store.Stored{{Relationship: is}}))
			w.sameSnapshot(w.log)
			was = is
		}
	}
	w.reopen()
	w.same(w.log)
}

// snapshotOfRemoved removes tuples by commits that have them with other qualifiers: those
// are as the store knew them, and a tuple is there once, whatever qualifies it.
func snapshotOfRemoved(e env) {
	w := e.world()
	choose := chance(11)
	for _, t := range tuples()[:20] {
		w.commit(w.log, w.stored(nil, []store.Stored{{Relationship: qualified(choose, t)}}))
		w.commit(w.log, w.stored([]store.Stored{{Relationship: qualified(choose, t)}}, nil))
		w.same(w.log)
	}
	w.reopen()
	w.same(w.log)
}

// snapshotOfAside has tuples that are set aside, beside those that are not.
func snapshotOfAside(e env) {
	w := e.world()
	t := tuple.MustParse("document:a#viewer@user:a")
	live := []store.Stored{{Relationship: t.Always()}}
	aside := []store.Stored{{Relationship: t.When("c", nil), Aside: true}}
	for _, change := range [][2][]store.Stored{
		{nil, live}, {live, aside}, {nil, live}, {aside, nil}, {live, nil}, {nil, aside}, {aside, live},
		{nil, aside}, {append(live, aside...), nil}, {nil, append(aside, live...)}, {live, live}, {aside, aside}, {live, nil},
	} {
		w.commit(w.log, w.stored(change[0], change[1]))
		w.same(w.log)
		w.reopen()
		w.same(w.log)
	}
}

// snapshotCarriesSchema has commits that change the schema, and others after them.
func snapshotCarriesSchema(e env) {
	w := e.world()
	only := func(schema string) store.Commit {
		c := store.Commit{Parent: w.model.head(), ID: store.NewCommitID(), Time: plain(w.model.head(), "").Time, Schema: schema}
		c.Seal()
		return c
	}
	for i := range 4 {
		w.commit(w.log, only(schemaText(i)))
		w.same(w.log)
		w.commit(w.log, plain(w.model.head(), fmt.Sprint(i)))
		w.same(w.log)
		w.commit(w.log, only(""))
		w.same(w.log)
		w.reopen()
		w.same(w.log)
	}
}

// snapshotThenTail goes on after a snapshot, while commits are appended.
func snapshotThenTail(e env) {
	w := e.world()
	logs := w.handles(2)
	draft := newDrafter(chance(6))
	for range 15 {
		w.commit(logs[0], draft.group(w.model, 1+draft.choose(3))...)
		position, want := w.model.head().Position(), w.model.newest.clone()
		snap, cancel := w.snapshot(logs[1])
		w.commit(logs[0], draft.group(w.model, 1+draft.choose(3))...)
		w.isSnapshot(snap, position, want)
		cancel()
		tl := w.tail(logs[1], snap.Revision)
		tl.expect(position+1, w.model.head().Position())
		tl.stop()
	}
}

// snapshotStays goes through a snapshot a step at a time, while others are taken, and
// commits are appended that remove what is in it.
func snapshotStays(e env) {
	w := e.world()
	logs := w.handles(2)
	var all []store.Stored
	for _, t := range tuples() {
		all = append(all, store.Stored{Relationship: t.Always()})
	}
	w.commit(w.log, w.stored(nil, all))
	want := w.model.newest.clone()
	snap, cancel := w.snapshot(logs[1])
	defer cancel()
	steps := 0
	tuples := snap.Tuples
	snap.Tuples = func(yield func(store.Stored, error) bool) {
		for s, err := range tuples {
			if steps%50 == 0 && steps/50 < len(all) {
				w.commit(logs[0], w.stored(all[steps/50:steps/50+1], nil))
				w.sameSnapshot(logs[0])
			}
			steps++
			if !yield(s, err) {
				return
			}
		}
	}
	w.isSnapshot(snap, 1, want)
	w.same(logs[0])
}

// snapshotIsLeft takes snapshots and does not go through them, or not to the end. The
// log has to work as before, and to close.
func snapshotIsLeft(e env) {
	w := e.world()
	draft := newDrafter(chance(7))
	w.commit(w.log, draft.group(w.model, 60)...)
	for range 20 { // none of it
		_, cancel := w.snapshot(w.log)
		cancel()
	}
	for range 20 { // one tuple, and then the loop is left
		snap, cancel := w.snapshot(w.log)
		for _, err := range snap.Tuples {
			require.NoError(e.t, err)
			break
		}
		cancel()
	}
	for range 5 { // after the end of the context: all of them, or an error
		snap, cancel := w.snapshot(w.log)
		cancel()
		got, err := collect(snap)
		if err == nil {
			require.NoError(e.t, differTuples(w.model.newest, got), "a snapshot without an error, whose context has ended")
		}
	}
	w.commit(w.log, draft.group(w.model, 3)...)
	w.same(w.log)
	w.reopen()
	w.same(w.log)
}
