package logtest

import (
	"fmt"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
)

// settleChecks are about an Append that is repeated.
func settleChecks() []check {
	return []check{
		{"RepeatedAtOnce", repeatedAtOnce},
		{"RepeatedAfterOthers", repeatedAfterOthers},
		{"RepeatedInParts", repeatedInParts},
		{"RepeatedAfterReopen", repeatedAfterReopen},
		{"RepeatedAfterCompaction", repeatedAfterCompaction},
		{"RepeatedConflict", repeatedConflict},
		{"RepeatedTogether", repeatedTogether},
	}
}

// again repeats an Append of commits that are in the log.
func (w *world) again(log store.Log, when string, commits ...store.Commit) {
	w.t.Helper()
	require.NoError(w.t, w.append(log, commits...), "Append of %d commits that are in the log already, %s", len(commits), when)
	w.sameHead(log)
}

// repeatedAtOnce repeats each Append directly, by the same handle and by another.
func repeatedAtOnce(e env) {
	w := e.world()
	logs := w.handles(2)
	for i := range 4 {
		group := plains(w.model.head(), fmt.Sprint(i), 1+i)
		w.commit(logs[0], group...)
		for _, log := range logs {
			w.again(log, "at once", group...)
		}
		w.same(logs[1])
	}
}

// repeatedAfterOthers repeats an Append when others have been since.
func repeatedAfterOthers(e env) {
	w := e.world()
	logs := w.handles(2)
	var groups [][]store.Commit
	for i := range 5 {
		groups = append(groups, plains(w.model.head(), fmt.Sprint(i), 1+i%3))
		w.commit(logs[i%2], groups[i]...)
	}
	for _, group := range groups {
		w.again(logs[0], "and others after them", group...)
		w.again(logs[1], "and others after them", group...)
	}
	w.same(logs[0])
}

// repeatedInParts repeats commits in other groups than they came in.
func repeatedInParts(e env) {
	w := e.world()
	all := plains(w.model.head(), "a", 6)
	w.commit(w.log, all[:4]...)
	w.commit(w.log, all[4:]...)
	for from := range all {
		for to := from + 1; to <= len(all); to++ {
			w.again(w.log, fmt.Sprintf("those from position %d to %d", from+1, to), all[from:to]...)
		}
	}
	w.same(w.log)
}

// repeatedAfterReopen repeats an Append when the log has been closed in the meantime.
func repeatedAfterReopen(e env) {
	w := e.world()
	group := plains(w.model.head(), "a", 3)
	w.commit(w.log, group...)
	w.reopen()
	w.again(w.log, "in a log that is open again", group...)
	w.commit(w.log, plain(w.model.head(), "b"))
	w.reopen()
	w.again(w.log, "in a log that is open again", group...)
	w.refused(w.log, "another group is there", plains(w.model.start, "c", 3)...)
	w.same(w.log)
}

// repeatedAfterCompaction repeats Appends of which some may be forgotten: then the log
// must not say that they are not there.
func repeatedAfterCompaction(e env) {
	w := e.world()
	all := plains(w.model.head(), "a", 12)
	w.commit(w.log, all...)
	for _, keep := range []uint64{8, 5, 1, 0} {
		w.compact(w.log, keep)
		for from := range all {
			for to := from + 1; to <= len(all); to++ {
				err := w.append(w.log, all[from:to]...)
				what := fmt.Sprintf("commits %d to %d, which are in a log of 12 that kept %d", from+1, to, keep)
				if uint64(from) >= w.model.floor {
					require.NoError(e.t, err, what)
				} else if err != nil {
					require.ErrorIs(e.t, err, store.ErrCompacted, what)
				}
			}
			late := w.append(w.log, plain(w.model.at(uint64(from)), "late"))
			what := fmt.Sprintf("a new commit at position %d of a log of 12 that kept %d", from, keep)
			if uint64(from) >= w.model.floor || !is(late, store.ErrCompacted) {
				require.ErrorIs(e.t, late, store.ErrConflict, what)
			}
		}
		w.same(w.log)
		w.reopen()
		w.same(w.log)
	}
	w.commit(w.log, plains(w.model.head(), "b", 2)...)
	w.same(w.log)
}

// repeatedConflict repeats what was refused, also when the log has grown.
func repeatedConflict(e env) {
	w := e.world()
	w.commit(w.log, plain(w.model.head(), "a"))
	late := plains(w.model.start, "late", 2)
	for i := range 3 {
		w.refused(w.log, "it was refused before", late...)
		w.commit(w.log, plain(w.model.head(), fmt.Sprint(i)))
	}
	w.same(w.log)
}

// repeatedTogether appends the same group by many goroutines at once: it is in the log
// once, and everybody is told so.
func repeatedTogether(e env) {
	w := e.world()
	logs := w.handles(4)
	for round := range 10 {
		group := plains(w.model.head(), fmt.Sprint(round), 1+round%3)
		errs := make([]error, 8)
		w.do("Append of the same commits by 8 goroutines", func() {
			ctx, cancel := w.context()
			defer cancel()
			var all sync.WaitGroup
			for i := range errs {
				all.Go(func() { errs[i] = w.settled(ctx, logs[i%len(logs)], append([]store.Commit(nil), group...)...) })
			}
			all.Wait()
		})
		for _, err := range errs {
			require.NoError(e.t, err, "Append of the same commits by 8 goroutines")
		}
		w.model.add(group...)
		w.same(logs[round%len(logs)])
	}
}
