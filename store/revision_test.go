package store_test

import (
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
	f.Add(uint64(1), uint32(0), uint64(1))
	f.Add(uint64(math.MaxUint64), uint32(math.MaxUint32), uint64(math.MaxUint64))
	f.Fuzz(func(t *testing.T, id uint64, epoch uint32, position uint64) {
		r := store.NewRevision(id, epoch, position)
		back, err := store.ParseRevision(r.String())
		require.NoError(t, err)
		require.Equal(t, r, back)
	})
}
