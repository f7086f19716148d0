package schema_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
)

func TestTextIsReadBack(t *testing.T) {
	for _, text := range []string{directed, "definition user {}\n", `use expiration
use self

caveat acme/on_day(today string, days list<string>) {
	today in days
}

definition user {
	relation friend: user
	permission see = self + friend
}

definition acme/doc {
	relation parent: acme/doc
	relation viewer: user | user:* with acme/on_day | user with expiration
	permission view = (viewer - parent->view) & nil
	permission _all = parent.all(view)
}
`} {
		s := schema.MustParse(text)
		written, err := s.Text()
		require.NoError(t, err)
		require.Equal(t, s.String(), written)
		same(t, s, written)
	}
}

func TestTextRefusesWhatSpiceDBCannotSay(t *testing.T) {
	user := schema.Define("user")
	group := schema.Define("group", schema.Rel("member", schema.Wildcard("user")))
	for name, c := range map[string]struct {
		parts []schema.Part
		want  []string
	}{
		"stored and rewritten": {
			[]schema.Part{user, schema.Define("doc", schema.Rel("owner", schema.Type("user")),
				schema.Rel("viewer", schema.Type("user")).Rewritten(schema.Or(schema.This{}, schema.Ref("owner"))),
				schema.Rel("nested", schema.Type("user")).Rewritten(schema.Minus(schema.This{}, schema.Ref("owner"))))},
			[]string{"doc#viewer: relation viewer is stored and rewritten at once", "doc#nested: relation nested is stored"},
		},
		"names": {
			[]schema.Part{schema.Define("User"), schema.Define("a"), schema.Define("my-doc",
				schema.Rel("9to5", schema.Type("User")), schema.Rel("all", schema.Type("a")), schema.Rel("relation", schema.Type("a")),
				schema.Rel(strings.Repeat("x", 65), schema.Type("a"))),
				schema.DeclareCaveat("c", "a_b == 1", schema.Param("a-b", "int"))},
			[]string{"definition User: ", "definition a: ", "definition my-doc: ", "relation 9to5: ", "relation all: ", "relation relation: ",
				"caveat c: ", "parameter a-b: ", "relation xxx"},
		},
		"keywords of what is in use": {
			[]schema.Part{user, schema.Define("doc", schema.Rel("self", schema.Type("user").Expiring()), schema.Rel("and", schema.Type("user")),
				schema.Rel("expiration", schema.Type("user")), schema.Perm("see", schema.Self{}))},
			[]string{"relation self: ", "relation and: ", "relation expiration: "},
		},
		"wildcards": {
			[]schema.Part{user, group, schema.Define("doc", schema.Rel("viewer", schema.Userset("group", "member")),
				schema.Rel("parent", schema.Type("doc"), schema.Wildcard("doc")), schema.Perm("see", schema.Arrow("parent", "viewer")))},
			[]string{"doc#viewer: group#member cannot be a subject: it admits a wildcard", "doc#see: no arrow can follow parent: it admits a wildcard"},
		},
		"a caveat with a definition's name": {
			[]schema.Part{user, schema.DeclareCaveat("user", "x == 1", schema.Param("x", "int"))},
			[]string{"caveat user has the name of a definition"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := schema.New(c.parts...)
			require.NoError(t, err)
			text, err := s.Text()
			require.Empty(t, text)
			require.ErrorIs(t, err, schema.ErrSchema)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			var errs schema.Errors
			require.ErrorAs(t, err, &errs)
			require.Len(t, errs, len(c.want), "%v", err)
		})
	}
}
