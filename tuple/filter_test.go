package tuple_test

import (
	"testing"

	"github.com/baobab-authz/baobab/tuple"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestFilterMatches compares with a naive model, on parts so few that filters
// and tuples often agree.
func TestFilterMatches(t *testing.T) {
	matched, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		part := func(name string, from ...string) string { return rapid.SampledFrom(from).Draw(t, name) }
		object := tuple.Object{Type: part("type", "a", "b"), ID: part("id", "a", "b")}
		subject := tuple.Object{Type: part("subject type", "a", "b"), ID: part("subject id", "a", "b", "*")}.Subject()
		if subject.ID != tuple.Wildcard {
			subject.Relation = part("subject relation", "", "a", "b")
		}
		fact := tuple.New(object, part("relation", "a", "b"), subject)
		f := blank(tuple.Filter{
			ObjectType: part("f type", "a", "b"), ObjectID: part("f id", "a", "b"), Relation: part("f relation", "a", "b"),
			SubjectType: part("f subject type", "a", "b"), SubjectID: part("f subject id", "a", "b", "*"),
			SubjectRelation: part("f subject relation", "...", "a", "b"),
		}, rapid.IntRange(0, 1<<6-1).Draw(t, "blank"))

		want := true
		for _, pair := range [][2]string{
			{f.ObjectType, fact.Object.Type}, {f.ObjectID, fact.Object.ID}, {f.Relation, fact.Relation},
			{f.SubjectType, fact.Subject.Type}, {f.SubjectID, fact.Subject.ID},
		} {
			if pair[0] != "" && pair[0] != pair[1] {
				want = false
			}
		}
		switch f.SubjectRelation {
		case "":
		case "...":
			want = want && fact.Subject.Relation == ""
		default:
			want = want && fact.Subject.Relation == f.SubjectRelation
		}
		require.Equal(t, want, f.Matches(fact), "%q %q", f, fact)
		if want {
			matched++
		} else {
			refused++
		}
	})
	assert.Positive(t, matched)
	assert.Positive(t, refused)
}

func TestFilterOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := genTuple().Draw(t, "a"), genTuple().Draw(t, "b")
		f := tuple.FilterOf(a)
		require.True(t, f.Matches(a))
		require.Equal(t, a == b, f.Matches(b))
		require.True(t, blank(f, rapid.IntRange(0, 1<<6-1).Draw(t, "blank")).Matches(a), "less said, more named")
		require.True(t, tuple.Filter{}.Matches(a))
	})
}
