package differential

import (
	"context"
	"testing"

	openfgav1 "github.com/openfga/api/proto/openfga/v1"
	language "github.com/openfga/language/pkg/go/transformer"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/conformance/fga"
	"github.com/baobab-authz/baobab/tuple"
)

// The smallest of the disagreements that were found, each judged by
// docs/SEMANTICS.md: what we say follows from it. What OpenFGA says is asserted as
// well, so that it is noticed when it changes.
func TestNamed(t *testing.T) {
	for name, c := range map[string]struct {
		model        string
		tuples       []string
		ask          func(context.Context, *peer) answer
		ours, theirs answer
	}{
		"a circle below an exclusion": {
			model: `
type group
  relations
    define parent: [group, doc]
    define a: [user] or a from parent
    define c: [user:*] but not a
type doc
  relations
    define parent: [group]
    define a: [user]`,
			tuples: []string{"group:1#parent@group:2", "group:2#parent@group:1", "group:1#c@user:*"},
			ask:    check("group:1#c@user:ann"),
			ours:   yes, theirs: no,
		},
		"an arrow over parents of which one type ends the recursion": {
			model: `
type group
  relations
    define parent: [group, doc]
    define a: [user, group] or a from parent
type doc
  relations
    define parent: [group]
    define a: [user]`,
			tuples: []string{"group:1#parent@doc:1", "doc:1#parent@group:2", "group:2#a@group:3"},
			ask:    check("group:1#a@group:3"),
			ours:   no, theirs: yes,
		},
		"a tuple that hangs on its own denial": {
			model: `
type doc
  relations
    define banned: [user, doc#view]
    define reader: [user]
    define view: reader but not banned`,
			tuples: []string{"doc:1#reader@user:ann", "doc:1#banned@doc:1#view"},
			ask:    check("doc:1#view@user:ann"),
			ours:   no, theirs: no, // ours is ErrCycle, which the adapter makes false
		},
		"a missing parameter beside a tuple that needs none": {
			model: `
type group
  relations
    define a: [user]
type doc
  relations
    define parent: [group, group with cx]
    define a: a from parent
condition cx(x: bool) {
  x
}`,
			tuples: []string{"doc:1#parent@group:1[cx]", "doc:1#parent@group:2", "group:1#a@user:ann"},
			ask:    check("doc:1#a@user:ann"),
			ours:   answer{code: codeInvalid}, theirs: no,
		},
		"an object in a list of usersets": {
			model: `
type group
  relations
    define member: [group, user]`,
			tuples: []string{"group:1#member@group:2"},
			ask: func(ctx context.Context, p *peer) answer {
				return p.users(ctx, tuple.Object{Type: "group", ID: "1"}, "member", "group", "member")
			},
			ours: answer{list: []string{"group:1#member"}}, theirs: answer{list: []string{"group:1#member", "group:2"}},
		},
		"a list of users below two exclusions": {
			model: `
type doc
  relations
    define reader: [user]
    define banned: [user]
    define view: reader but not banned
    define rest: view but not view`,
			tuples: []string{"doc:1#reader@user:bob", "doc:1#banned@user:bob"},
			ask: func(ctx context.Context, p *peer) answer {
				return p.users(ctx, tuple.Object{Type: "doc", ID: "1"}, "rest", "user", "")
			},
			ours: no, theirs: answer{list: []string{"user:bob"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			they := newServer()
			defer they.Close()
			require.Equal(t, c.ours.String(), c.ask(t.Context(), loaded(t, ours{fga.NewClient()}, c.model, c.tuples)).String(), "ours")
			require.Equal(t, c.theirs.String(), c.ask(t.Context(), loaded(t, they, c.model, c.tuples)).String(), "OpenFGA's")
		})
	}
}

var (
	yes = answer{list: []string{"true"}}
	no  = answer{}
)

func check(text string) func(context.Context, *peer) answer {
	return func(ctx context.Context, p *peer) answer { return p.check(ctx, tuple.MustParse(text)) }
}

// loaded returns a peer with a model, to which a type user is added, and tuples.
func loaded(t *testing.T, a api, text string, tuples []string) *peer {
	t.Helper()
	parsed := language.MustTransformDSLToProto("model\n  schema 1.1\ntype user" + text)
	m := &openfgav1.WriteAuthorizationModelRequest{
		SchemaVersion: "1.1", TypeDefinitions: parsed.GetTypeDefinitions(), Conditions: parsed.GetConditions(),
	}
	c := Case{}
	for _, line := range tuples {
		c.Tuples = append(c.Tuples, tuple.MustParseRelationship(line))
	}
	p, refused, err := loadModel(t.Context(), a, m, c)
	require.NoError(t, err)
	require.NoError(t, refused)
	return p
}
