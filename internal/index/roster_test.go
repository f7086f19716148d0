package index

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/tuple"
)

// A relation with more tuples than a roster holds is one entry in it, and is back
// when there are fewer; the relations around it stay as they are.
func TestWideRelations(t *testing.T) {
	b := newBuilder(t)
	put(t, b, "document:a#editor@user:ann", "document:a#viewer@team:x#member", "document:b#viewer@user:ann")
	id, ok := b.Peek().dict.ID(tuple.MustParseObject("document:a"))
	require.True(t, ok)
	var texts []string
	for i := range maxNarrow + 1 {
		texts = append(texts, fmt.Sprintf("document:a#member@user:%d", i))
	}
	for i, text := range texts {
		put(t, b, text)
		s := b.Freeze()
		require.NoError(t, s.Check())
		wide := slices.ContainsFunc(s.rosters.of(id), Entry.Wide)
		require.Equal(t, i == maxNarrow, wide)
		if wide {
			require.Len(t, s.rosters.of(id), 3)
		}
	}
	k, ok := keyOf(b, texts[0])
	require.True(t, ok)
	b.Remove(k)
	s := b.Freeze()
	require.NoError(t, s.Check())
	require.Len(t, s.rosters.of(id), 2+maxNarrow)
	require.Nil(t, s.rosters.of(1<<31-1))
}

func keyOf(b *Builder, text string) (Key, bool) {
	r := b.Peek().ReadAt(0)
	return r.Key(tuple.MustParse(text))
}

// An entry has all of a key but the object.
func TestEntry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := Key{
			Relation:        Name(rapid.IntRange(1, MaxNames).Draw(t, "relation")),
			SubjectRelation: Name(rapid.IntRange(0, MaxNames).Draw(t, "subject relation")),
			Subject:         ID(rapid.IntRange(1, 1<<31-1).Draw(t, "subject")),
			Qualifier:       rapid.Uint32().Draw(t, "qualifier"),
		}
		e := EntryOf(k)
		require.Equal(t, k.Relation, e.Relation())
		require.Equal(t, k.SubjectRelation, e.SubjectRelation())
		require.Equal(t, k.Subject, e.Subject())
		require.Equal(t, k.Qualifier != 0, e.Qualified())
		require.False(t, e.Wide())
		require.True(t, wideEntry(k.Relation).Wide())
	})
}

// The epoch of relations changes exactly with their tuples, and never comes back.
func TestEpochs(t *testing.T) {
	b := newBuilder(t)
	put(t, b, "document:a#editor@user:ann")
	editor, _ := b.Peek().dict.Name("editor")
	viewer, _ := b.Peek().dict.Name("viewer")
	epoch := func(names ...Name) uint64 {
		r := b.Freeze().ReadAt(0)
		return r.Epoch(names)
	}
	first := epoch(editor, viewer)
	require.NotZero(t, first)
	require.Zero(t, epoch(viewer))
	put(t, b, "document:a#viewer@user:ann")
	second := epoch(editor, viewer)
	require.Greater(t, second, first)
	require.Equal(t, first, epoch(editor))
	k, _ := keyOf(b, "document:a#viewer@user:ann")
	b.Remove(k)
	require.Greater(t, epoch(viewer), second)
	require.Equal(t, epoch(viewer), epoch(viewer))
}
