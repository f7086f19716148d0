package store_test

import (
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Check brings all ships up with the log, and compares them with it, with each other,
// and with what was told.
func (f *fleet) Check(t *rapid.T) {
	f.settle(t)
	for _, p := range f.ships {
		p.mu.Lock()
		p.appends, p.tails = nil, nil
		p.mu.Unlock()
	}
	f.settle(t)
	log := f.truth.Open()
	head, err := log.Head(bg)
	require.NoError(t, err)
	var states []*store.State
	var latest time.Time
	for _, p := range f.ships {
		st, err := p.s.Latest(bg)
		require.NoError(t, err)
		require.Equal(t, head, st.Revision())
		require.NoError(t, p.s.Check())
		states = append(states, st)
		if st.Time().After(latest) {
			latest = st.Time()
		}
	}
	want := f.inLog(t, log).live(latest)
	for i, st := range states {
		st, err := st.AsOf(latest)
		require.NoError(t, err)
		require.Equal(t, want, read(t, st, tuple.Filter{}), "ship %d", i)
	}
	f.compareTold(t, want)
	for _, bad := range []string{store.ErrCorrupt.Error(), store.ErrCorruptLog.Error(), "a commit of the log, "} {
		require.NotContains(t, f.book.String(), bad)
	}
}

// inLog returns what the log has, without what is set aside.
func (f *fleet) inLog(t *rapid.T, log store.Log) facts {
	snap, err := log.Snapshot(bg)
	require.NoError(t, err)
	all := facts{}
	for x, err := range snap.Tuples {
		require.NoError(t, err)
		if !x.Aside {
			all[x.Tuple] = x.Relationship
		}
	}
	return all
}

// compareTold compares what is in the log with what was said.
func (f *fleet) compareTold(t *rapid.T, want facts) {
	n := 0
	for m, x := range f.told {
		_, in := want[viewer(markRelation.Object.ID, m)]
		if in {
			n++
		}
		switch x.outcome {
		case "in":
			require.True(t, in, "%s was acknowledged", m)
		case "out", "lost":
			require.False(t, in, "%s was not: %s", m, x.outcome)
		default:
			outcome := "out"
			if in {
				outcome = "in"
			}
			f.told[m] = told{x.rev, outcome}
		}
	}
	for m := range f.seen {
		require.Contains(t, want, viewer(markRelation.Object.ID, m), "%s was shown", m)
	}
	for i := range n {
		require.Contains(t, want, orderOf(i).Tuple, "each transaction saw all before it")
	}
	require.NotContains(t, want, orderOf(n).Tuple)
}
