package baobab_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/tuple"
)

// requireList asks a view for a list of docs/SEMANTICS.md: after the word
// objects, subjects or permissions, what is asked and the entries.
func requireList(t *testing.T, view baobab.View, word, rest string) {
	fields := strings.Fields(rest)
	require.NotEmpty(t, fields, word)
	left, right, _ := strings.Cut(fields[0], "@")
	left, relation, _ := strings.Cut(left, "#")
	l := &listing{view: view}
	var list entries
	switch word {
	case "objects":
		list = l.objects(tuple.MustParseSubject(right), relation, left)
	case "subjects":
		list = l.subjects(tuple.MustParseObject(left), relation, right)
	case "permissions":
		list = l.permissions(tuple.MustParseSubject(right), tuple.MustParseObject(left))
	}
	got, err := take(list, -1)
	require.NoError(t, err, rest)
	require.Equal(t, "["+strings.Join(fields[1:], " ")+"]", texts(got), "%s %s", word, fields[0])
}
