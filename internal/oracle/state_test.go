package oracle

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/tuple"
)

func relationships(lines ...string) (list []tuple.Relationship) {
	for _, l := range lines {
		list = append(list, tuple.MustParseRelationship(l))
	}
	return list
}

func text(s State) string {
	var lines []string
	for _, r := range s.Relationships() {
		lines = append(lines, r.String())
	}
	return strings.Join(lines, "\n")
}

func TestStateIsAValue(t *testing.T) {
	s := NewState(relationships("doc:1#v@user:ann", "doc:1#v@user:bob", "doc:1#v@user:ann[expiration:2027-01-01T12:00:00Z]")...)
	with := s.With(relationships("doc:1#v@user:cat")...)
	without := with.Without(tuple.MustParse("doc:1#v@user:bob"), tuple.MustParse("doc:1#v@user:zoe"))
	require.Equal(t, "doc:1#v@user:ann[expiration:2027-01-01T12:00:00Z]\ndoc:1#v@user:bob", text(s))
	require.Len(t, with, 3)
	require.Equal(t, "doc:1#v@user:ann[expiration:2027-01-01T12:00:00Z]\ndoc:1#v@user:cat", text(without))
}

func TestApply(t *testing.T) {
	stored := NewState(relationships("doc:1#v@user:ann", "doc:1#v@doc:2#v", "doc:2#v@user:ann", "doc:3#v@doc:2",
		"doc:4#v@user:ann[expiration:2027-01-01T12:00:00Z]")...)
	r := tuple.MustParseRelationship
	for _, test := range []struct {
		name       string
		at         time.Time
		operations []Operation
		want       string // "" if the transaction does not commit
	}{
		{"create what is live", noon, []Operation{{Kind: Touch, Relationship: r("doc:9#v@user:ann")}, {Kind: Create, Relationship: r("doc:1#v@user:ann")}}, ""},
		{"create what has not expired", noon.Add(-1), []Operation{{Kind: Create, Relationship: r("doc:4#v@user:ann")}}, ""},
		{"create what has expired", noon, []Operation{{Kind: Create, Relationship: r("doc:4#v@user:ann")}},
			"doc:1#v@doc:2#v\ndoc:1#v@user:ann\ndoc:2#v@user:ann\ndoc:3#v@doc:2\ndoc:4#v@user:ann"},
		{"create after delete", noon, []Operation{{Kind: DeleteMatching, Filter: tuple.Filter{}}, {Kind: Create, Relationship: r("doc:1#v@user:ann")}},
			"doc:1#v@user:ann\ndoc:4#v@user:ann[expiration:2027-01-01T12:00:00Z]"},
		{"delete, touch", noon, []Operation{{Kind: Delete, Relationship: r("doc:1#v@user:ann")}, {Kind: Delete, Relationship: r("doc:7#v@user:ann")},
			{Kind: Touch, Relationship: r("doc:4#v@user:ann[expiration:2028-01-01T12:00:00Z]")}},
			"doc:1#v@doc:2#v\ndoc:2#v@user:ann\ndoc:3#v@doc:2\ndoc:4#v@user:ann[expiration:2028-01-01T12:00:00Z]"},
		{"delete an object", noon, []Operation{{Kind: DeleteObject, Object: tuple.MustParseObject("doc:2")}},
			"doc:1#v@user:ann\ndoc:4#v@user:ann[expiration:2027-01-01T12:00:00Z]"},
		{"delete matching", noon, []Operation{{Kind: DeleteMatching, Filter: tuple.MustParseFilter("doc#v@user:ann")}},
			"doc:1#v@doc:2#v\ndoc:3#v@doc:2\ndoc:4#v@user:ann[expiration:2027-01-01T12:00:00Z]"},
		{"delete matching what has not expired", noon.Add(-1), []Operation{{Kind: DeleteMatching, Filter: tuple.MustParseFilter("doc#v@user:ann")}},
			"doc:1#v@doc:2#v\ndoc:3#v@doc:2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := text(stored)
			after, committed := stored.Apply(Transaction{test.at, test.operations})
			require.Equal(t, test.want != "", committed)
			require.Equal(t, before, text(stored))
			if !committed {
				test.want = before
			}
			require.Equal(t, test.want, text(after))
		})
	}
}

func TestOperationString(t *testing.T) {
	require.Equal(t, "Create(doc:1#v@user:ann)", Operation{Relationship: tuple.MustParseRelationship("doc:1#v@user:ann")}.String())
	require.Equal(t, "DeleteMatching(doc#v)", Operation{Kind: DeleteMatching, Filter: tuple.MustParseFilter("doc#v")}.String())
	require.Equal(t, "DeleteObject(doc:1)", Operation{Kind: DeleteObject, Object: tuple.MustParseObject("doc:1")}.String())
}
