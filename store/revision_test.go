package store_test

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// aRevision returns the first of a new store.
func aRevision(t require.TestingT) store.Revision {
	s, err := store.Open(testSchema, store.Options{})
	require.NoError(t, err)
	now, err := s.Now()
	require.NoError(t, err)
	return now.Revision()
}

func TestRevisionText(t *testing.T) {
	r := aRevision(t)
	text := r.String()
	require.Regexp(t, `^[A-Za-z0-9_-]{18,50}$`, text)
	back, err := store.ParseRevision(text)
	require.NoError(t, err)
	require.Equal(t, r, back)

	token, err := json.Marshal(map[string]store.Revision{"at": r})
	require.NoError(t, err)
	var m map[string]store.Revision
	require.NoError(t, json.Unmarshal(token, &m))
	require.Equal(t, r, m["at"])

	zero, err := store.ParseRevision("0")
	require.NoError(t, err)
	require.True(t, zero.IsZero())
	require.Equal(t, "0", zero.String())
	require.False(t, r.IsZero())
}

func TestRevisionMalformed(t *testing.T) {
	r := aRevision(t)
	text := r.String()
	other := map[byte]string{'A': "B"}
	bad := []string{"", " ", "1", "00", "0 ", text + "A", text + "=", " " + text, text[1:], text[:len(text)-1],
		"B" + text[1:], strings.ToLower(text), "é" + text, strings.Repeat("A", 64), strings.Repeat("A", 65), strings.Repeat("A", 10_000)}
	for i := range text { // each letter mistyped
		c, ok := other[text[i]]
		if !ok {
			c = "A"
		}
		bad = append(bad, text[:i]+c+text[i+1:])
	}
	for _, s := range bad {
		if s == text {
			continue
		}
		_, err := store.ParseRevision(s)
		require.ErrorIs(t, err, store.ErrMalformedRevision, s)
		require.Less(t, len(err.Error()), 300)
		kept := r
		require.ErrorIs(t, kept.UnmarshalText([]byte(s)), store.ErrMalformedRevision)
		require.Equal(t, r, kept)
	}
}

func TestRevisionsAreOrderedAndDense(t *testing.T) {
	s, err := store.Open(testSchema, store.Options{})
	require.NoError(t, err)
	last := store.Revision{}
	require.Zero(t, last.Compare(last))
	for _, text := range []string{"document:a#viewer@user:a", "document:a#viewer@user:b", "document:a#viewer@user:c"} {
		rev, err := s.Update(context.Background(), func(tx *store.Tx) error { return tx.Create(tuple.MustParse(text).Always()) })
		require.NoError(t, err)
		require.Equal(t, 1, rev.Compare(last))
		require.Equal(t, -1, last.Compare(rev))
		last = rev
	}
	require.NotEqual(t, aRevision(t), aRevision(t), "two stores")
}

func FuzzParseRevision(f *testing.F) {
	f.Add(aRevision(f).String())
	f.Add("0")
	f.Add("")
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := store.ParseRevision(s)
		if err != nil {
			require.ErrorIs(t, err, store.ErrMalformedRevision)
			require.Zero(t, r)
			return
		}
		require.Equal(t, s, r.String())
	})
}

func FuzzRevisionText(f *testing.F) {
	f.Add(uint64(1), uint32(0), uint64(1), uint64(0))
	f.Add(uint64(1), uint32(3), uint64(0), uint64(1))
	f.Add(uint64(math.MaxUint64), uint32(math.MaxUint32), uint64(math.MaxUint64), uint64(math.MaxUint64))
	f.Fuzz(func(t *testing.T, id uint64, epoch uint32, position, chain uint64) {
		r := store.NewChainedRevision(id, epoch, position, chain)
		back, err := store.ParseRevision(r.String())
		require.NoError(t, err)
		require.Equal(t, r, back)
		require.LessOrEqual(t, len(r.String()), 51)
	})
}

// TestRevisionTextOfLogs: those of a log say their epoch and their chain as well.
func TestRevisionTextOfLogs(t *testing.T) {
	c := store.Commit{Parent: store.NewHistory(), ID: store.NewCommitID()}
	c.Seal()
	for _, r := range []store.Revision{c.Parent, c.Revision, c.Parent.Fork(), c.Revision.Fork(), c.Revision.Fork().Fork()} {
		text, err := r.MarshalText()
		require.NoError(t, err)
		require.Regexp(t, `^[A-Za-z0-9_-]{25,50}$`, string(text))
		var back store.Revision
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, r, back)
		require.Zero(t, r.Compare(back))
		require.False(t, r.IsZero())
	}
}

// TestRevisionsDifferInEveryPart: so do their texts, and their order is a strict one.
func TestRevisionsDifferInEveryPart(t *testing.T) {
	all := []store.Revision{{}}
	for _, id := range []uint64{1, 2} {
		for _, epoch := range []uint32{0, 1} {
			for _, position := range []uint64{0, 1} {
				for _, chain := range []uint64{0, 1} {
					all = append(all, store.NewChainedRevision(id, epoch, position, chain))
				}
			}
		}
	}
	texts := map[string]bool{}
	for i, a := range all {
		texts[a.String()] = true
		for j, b := range all {
			require.Equal(t, cmp.Compare(i, j), a.Compare(b))
		}
	}
	require.Len(t, texts, len(all))
}

func TestNewHistory(t *testing.T) {
	seen := map[store.Revision]bool{}
	for range 1000 {
		r := store.NewHistory()
		require.Zero(t, r.Position())
		require.False(t, r.IsZero())
		require.False(t, seen[r])
		require.False(t, r.SameHistory(store.Revision{}))
		require.False(t, r.SameHistory(store.NewHistory()))
		seen[r] = true
	}
}

// TestFork begins another epoch where the history is.
func TestFork(t *testing.T) {
	c := store.Commit{Parent: store.NewHistory(), ID: store.NewCommitID()}
	c.Seal()
	forks := map[store.Revision]bool{}
	for range 1000 {
		fork := c.Revision.Fork()
		require.Equal(t, c.Revision.Position(), fork.Position())
		require.False(t, fork.SameHistory(c.Revision))
		require.Equal(t, 1, fork.Compare(c.Revision), "it is later")
		require.False(t, forks[fork], "two copies that are restored are two histories")
		forks[fork] = true

		child := store.Commit{Parent: fork, ID: c.ID}
		child.Seal()
		require.True(t, child.Revision.SameHistory(fork))
		require.False(t, child.Revision.SameHistory(c.Revision))
	}
	require.Equal(t, uint64(1), c.Revision.Position(), "and r is what it was")
}

func TestSameHistory(t *testing.T) {
	c := store.Commit{Parent: store.NewHistory(), ID: store.NewCommitID()}
	c.Seal()
	other := store.Commit{Parent: c.Parent, ID: store.NewCommitID()}
	other.Seal()
	fork := c.Revision.Fork()
	for _, same := range [][2]store.Revision{{c.Parent, c.Revision}, {c.Revision, other.Revision}, {fork, fork}, {{}, {}}} {
		require.True(t, same[0].SameHistory(same[1]))
		require.True(t, same[1].SameHistory(same[0]))
	}
	for _, different := range [][2]store.Revision{{c.Parent, store.NewHistory()}, {c.Revision, fork}, {fork, fork.Fork()}, {fork, c.Revision.Fork().Fork()}, {c.Revision, {}}} {
		require.False(t, different[0].SameHistory(different[1]))
		require.False(t, different[1].SameHistory(different[0]))
	}
}
