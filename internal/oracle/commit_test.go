package oracle

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/tuple"
)

// workspaces is a schema with each directive.
func workspaces() *Schema {
	user := []Admit{{Type: "user"}}
	return &Schema{
		Caveats: []*Caveat{{"on", []Parameter{{"a", "bool"}}, "a"}},
		Types: []*Type{
			{Name: "user"},
			{"org", []*Relation{{"member", []Admit{{Type: "user"}, {Type: "user", Caveat: "on"}}, This{}}}},
			{"ws", []*Relation{
				{"owner", []Admit{{Type: "user"}, {Type: "user", Caveat: "on"}}, This{}},
				{"guest", []Admit{{Type: "user", Temporary: true}}, This{}},
				{"org", []Admit{{Type: "org"}}, This{}},
				{"keeper", user, This{}},
				{"friend", []Admit{{Type: "ws", Relation: "owner"}, {Type: "user", Wildcard: true}}, This{}},
				{"edit", nil, Computed{"owner"}},
				{"all", nil, Union{Computed{"owner"}, Computed{"keeper"}}},
			}},
		},
		Directives: []Directive{
			DeletedBy{"ws", "edit"},
			Count{Type: "ws", Relation: "owner", Min: 1, Max: 2},
			Guard{Type: "ws", Relation: "owner", Permission: "edit"},
			Guard{Type: "ws", Relation: "guest"},
			ExpiresWithin{"ws", "guest", 5 * time.Minute},
			Guard{Type: "ws", Relation: "org", Permission: "member", OnSubject: true},
			OnDelete{"ws", "org", Cascade},
			OnDelete{"ws", "keeper", Refuse},
			Count{Type: "ws", Relation: "friend", Min: 0, Max: 1, PerSubject: true},
			Count{Type: "ws", Relation: "all", Min: 0, Max: 2, In: "org"},
			Count{Type: "ws", Relation: "all", Min: 1, Max: Unbounded, PerSubject: true, In: "org"},
		},
	}
}

func TestDirectivesInSource(t *testing.T) {
	source := workspaces().Source()
	for _, want := range []string{
		"use expiration\n\n", "//baobab:deleted-by edit\ndefinition ws {", "    //baobab:count 1..2\n    //baobab:granted-by edit\n    relation owner:",
		"    //baobab:granted-by self\n    //baobab:expires-within 5m\n    relation guest: user with expiration\n",
		"    //baobab:granted-by member on subject\n    //baobab:on-delete cascade\n", "    //baobab:count 0..1 per subject\n",
		"    //baobab:count 0..2 in org\n    //baobab:count 1..* per subject in org\n    permission all",
	} {
		require.Contains(t, source, want)
	}
}

func TestCommit(t *testing.T) {
	acme := "org:acme#member@user:ann ws:1#owner@user:ann ws:1#org@org:acme"
	for _, test := range []struct {
		name, before, actor, operations string
		want                            string // the reasons, or the state after
	}{
		{"nothing", acme, "user:bob", "", acme},
		{"too few", acme, "", "-ws:1#owner@user:ann", "count 1..2 ws:1; count 1..* per subject in org org:acme user:ann"},
		{"too many", acme, "", "+ws:1#owner@user:bob +ws:1#owner@user:cat", "count 1..2 ws:1; count 0..2 in org org:acme"},
		{"handed over", "ws:1#owner@user:ann", "", "-ws:1#owner@user:ann +ws:1#owner@user:bob", "ws:1#owner@user:bob"},
		{"conditional is not enough", "", "", "+ws:1#owner@user:ann[on]", "count 1..2 ws:1"},
		{"named only", "", "", "+ws:1#keeper@user:ann", "count 1..2 ws:1"},
		{"named as a userset's object", "", "", "+ws:1#owner@user:ann +ws:1#friend@ws:2#owner", "count 1..2 ws:2"},
		{"a wildcard is nobody's", "ws:1#owner@user:ann ws:1#friend@user:* ws:2#owner@user:ann", "", "+ws:2#friend@user:*",
			"ws:1#owner@user:ann ws:1#friend@user:* ws:2#owner@user:ann ws:2#friend@user:*"},
		{"the second in two", "ws:1#owner@user:ann ws:1#friend@ws:1#owner ws:2#owner@user:ann", "", "+ws:2#friend@ws:1#owner", "count 0..1 per subject ws:1#owner"},
		{"both are named", "org:acme#member@user:ann", "", "+org:acme#member@user:bob", "count 1..* per subject in org org:acme user:bob"},
		{"deleted", acme, "", "~ws:1", "count 1..* per subject in org org:acme user:ann"},
		{"deleted with all", acme, "", "~org:acme", ""},
		{"deleted and named", "ws:1#owner@user:ann", "", "~ws:1 +ws:1#keeper@user:ann", "count 1..2 ws:1"},
		{"kept", "ws:1#owner@user:ann ws:1#keeper@user:ann", "", "~user:ann", "count 1..2 ws:1; on-delete ws:1#keeper@user:ann"},
		{"kept, and deleted after all", "ws:1#owner@user:ann ws:1#keeper@user:ann", "", "~user:ann ~ws:1", ""},
		{"not for long enough", "ws:1#owner@user:ann", "", "+ws:1#guest@user:bob[expiration:2027-01-01T12:05:00.000001Z]", "expiry ws:1#guest@user:bob"},
		{"prolonged", "ws:1#owner@user:ann ws:1#guest@user:bob[expiration:2027-01-01T12:01:00Z]", "", "!ws:1#guest@user:bob[expiration:2027-01-01T12:05:00Z]", "expiry ws:1#guest@user:bob"},
		{"begun again", "ws:1#owner@user:ann ws:1#guest@user:bob[expiration:2027-01-01T12:00:00Z]", "", "!ws:1#guest@user:bob[expiration:2027-01-01T12:05:00Z]",
			"ws:1#owner@user:ann ws:1#guest@user:bob[expiration:2027-01-01T12:05:00Z]"},
		{"there", acme, "user:bob", "+ws:1#owner@user:ann", "exists ws:1#owner@user:ann"},

		{"without the permission", acme, "user:bob", "+ws:1#owner@user:bob", "guard ws:1#owner@user:bob"},
		{"with it", "ws:1#owner@user:ann", "user:ann", "+ws:1#owner@user:bob", "ws:1#owner@user:ann ws:1#owner@user:bob"},
		{"with it for this alone", "ws:1#owner@user:ann", "user:ann", "+ws:1#owner@user:bob +ws:1#keeper@user:bob", "guard ws:1#keeper@user:bob"},
		{"by one of the owners", "ws:1#owner@user:ann ws:2#owner@ws:1#owner", "ws:1#owner", "+ws:1#owner@user:bob", "ws:1#owner@user:ann ws:1#owner@user:bob ws:2#owner@ws:1#owner"},
		{"conditional", "ws:1#owner@user:ann ws:1#owner@user:bob[on]", "user:bob", "-ws:1#owner@user:bob", "guard ws:1#owner@user:bob"},
		{"taken back", acme, "user:bob", "-ws:1#owner@user:ann +ws:1#owner@user:ann", acme},
		{"oneself", "ws:1#owner@user:ann", "user:bob", "+ws:1#guest@user:bob[expiration:2027-01-01T12:01:00Z]", "ws:1#owner@user:ann ws:1#guest@user:bob[expiration:2027-01-01T12:01:00Z]"},
		{"another", "ws:1#owner@user:ann", "user:ann", "+ws:1#guest@user:bob[expiration:2027-01-01T12:01:00Z]", "guard ws:1#guest@user:bob"},
		{"born", "org:acme#member@user:ann", "user:ann", "+ws:2#org@org:acme +ws:2#owner@user:ann +ws:2#owner@user:bob",
			"org:acme#member@user:ann ws:2#org@org:acme ws:2#owner@user:ann ws:2#owner@user:bob"},
		{"born, for another", acme, "user:ann", "+ws:2#org@org:acme +ws:2#owner@user:bob", "guard ws:2#owner@user:bob"},
		{"born elsewhere", acme, "user:bob", "+ws:2#org@org:acme +ws:2#owner@user:bob", "guard ws:2#org@org:acme; guard ws:2#owner@user:bob"},
		{"not born", acme, "user:ann", "+ws:2#owner@user:ann", "guard ws:2#owner@user:ann"},
		{"known before", acme + " ws:1#friend@ws:2#owner", "user:ann", "+ws:2#org@org:acme +ws:2#owner@user:ann", "guard ws:2#owner@user:ann"},
		{"deleted by its owner", "ws:1#owner@user:ann ws:1#friend@user:*", "user:ann", "~ws:1", ""},
		{"deleted by another", "ws:1#owner@user:ann", "user:bob", "~ws:1", "guard ws:1"},
		{"deleted by another who took it", "ws:1#owner@user:ann", "user:bob", "!ws:1#owner@user:bob ~ws:1", "guard ws:1"},
		{"deleted, and there still", "ws:1#owner@user:ann ws:1#friend@user:*", "user:ann", "~ws:1 +ws:1#owner@user:bob", "guard ws:1#friend@user:*"},
		{"not deleted", "", "user:bob", "~ws:1", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := workspaces()
			s.Type("ws").Relation("owner").Admits = append(s.Type("ws").Relation("owner").Admits, Admit{Type: "ws", Relation: "owner"})
			u := Update{Transaction: Transaction{At: noon}}
			if test.actor != "" {
				u.Actor = tuple.MustParseSubject(test.actor)
			}
			for _, f := range strings.Fields(test.operations) {
				switch mark, rest := f[0], f[1:]; mark {
				case '~':
					u.Operations = append(u.Operations, Operation{Kind: DeleteObject, Object: tuple.MustParseObject(rest)})
				default:
					kind := map[byte]Kind{'+': Create, '!': Touch, '-': Delete}[mark]
					u.Operations = append(u.Operations, Operation{Kind: kind, Relationship: tuple.MustParseRelationship(rest)})
				}
			}
			before := NewState(relationships(strings.Fields(test.before)...)...)
			after, broken := s.Commit(before, u)
			if len(broken) == 0 {
				require.Equal(t, text(NewState(relationships(strings.Fields(test.want)...)...)), text(after))
				return
			}
			require.Equal(t, before, after)
			var reasons []string
			for _, v := range broken {
				reasons = append(reasons, v.String())
			}
			require.Equal(t, test.want, strings.Join(reasons, "; "))
		})
	}
}
