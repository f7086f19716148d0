package expand_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/tuple"
)

// The shape is what other programs read: it must not change.
func TestJSON(t *testing.T) {
	tr := everything(t)
	text, err := json.MarshalIndent(tr, "", "  ")
	require.NoError(t, err)
	require.Equal(t, `{
  "root": "doc:1#view",
  "usersets": {
    "doc:1#banned": {
      "kind": "tuples"
    },
    "doc:1#view": {
      "kind": "exclusion",
      "children": [
        {
          "kind": "intersection",
          "children": [
            {
              "kind": "userset",
              "subject": "doc:1#viewer",
              "state": "expanded"
            },
            {
              "kind": "union",
              "children": [
                {
                  "kind": "arrow",
                  "tupleset": "parent",
                  "target": "view",
                  "all": true,
                  "children": [
                    {
                      "kind": "userset",
                      "subject": "doc:1#view",
                      "state": "cycle",
                      "tuple": "doc:1#parent@doc:1"
                    },
                    {
                      "kind": "userset",
                      "subject": "doc:2#view",
                      "state": "beyond",
                      "tuple": "doc:1#parent@doc:2"
                    },
                    {
                      "kind": "skipped",
                      "subject": "user:ann",
                      "reason": "no-target",
                      "tuple": "doc:1#parent@user:ann"
                    }
                  ]
                },
                {
                  "kind": "self",
                  "subject": "doc:1"
                },
                {
                  "kind": "nil"
                },
                {
                  "kind": "userset",
                  "subject": "doc:1#viewer",
                  "state": "seen"
                }
              ]
            }
          ]
        },
        {
          "kind": "userset",
          "subject": "doc:1#banned",
          "state": "expanded"
        }
      ]
    },
    "doc:1#viewer": {
      "kind": "tuples",
      "children": [
        {
          "kind": "subject",
          "subject": "user:*",
          "tuple": "doc:1#viewer@user:*"
        },
        {
          "kind": "subject",
          "subject": "user:bob",
          "tuple": "doc:1#viewer@user:bob[office:{\"ip\":\"1\"}][expiration:2028-01-01T00:00:00Z]"
        }
      ]
    }
  }
}`, string(text))
	var back expand.Tree
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, tr, &back)
	require.Equal(t, tr.String(), back.String())
}

// everything returns a tree with a node of each kind and state.
func everything(t *testing.T) *expand.Tree {
	return tree(t, now(t, open(t, `
		use expiration
		use self
		caveat office(ip string) { ip == "1" }
		definition user {}
		definition doc {
			relation viewer: user:* | user with office and expiration
			relation banned: user
			relation parent: doc | user
			permission nobody = nil
			permission view = viewer & (parent.all(view) + self + nil + viewer) - banned
		}`, `
		doc:1#viewer@user:*
		doc:1#viewer@user:bob[office:{"ip":"1"}][expiration:2028-01-01T00:00:00Z]
		doc:1#parent@doc:1
		doc:1#parent@doc:2
		doc:1#parent@user:ann`)), "doc:1#view", expand.Options{Depth: 1})
}

func TestNoTree(t *testing.T) {
	var none expand.Tree
	text, err := json.Marshal(none)
	require.NoError(t, err)
	require.Equal(t, "null", string(text))
	require.NoError(t, json.Unmarshal(text, &none))
	require.Nil(t, none.Root)
	require.Empty(t, none.String())
	for range none.Nodes() {
		t.Fatal("a node of no tree")
	}
}

func TestNodesStops(t *testing.T) {
	n := 0
	for range everything(t).Nodes() {
		if n++; n == 3 {
			break
		}
	}
	require.Equal(t, 3, n)
}

func TestMalformedJSON(t *testing.T) {
	entry := func(body string) string { return `{"root":"d:1#v","usersets":{"d:1#v":` + body + `}}` }
	child := func(c string) string { return entry(`{"kind":"union","children":[` + c + `]}`) }
	for _, c := range []struct{ text, says string }{
		{`{}`, `a node of kind "userset" about ":"`},
		{`{"root":"d:1","usersets":{}}`, `a node of kind "userset" about "d:1"`},
		{`{"root":"d:1#v","usersets":{}}`, `d:1#v is expanded and does not stand in usersets`},
		{`{"root":"d:1#v","usersets":{"d:1#v":{"kind":"nil"},"d:2#v":{"kind":"nil"}}}`, `1 entries to which nothing leads`},
		{entry(`null`), "d:1#v is expanded and does not stand in usersets"},
		{entry(`{"kind":"magic"}`), `unknown kind "magic"`},
		{entry(`{"kind":"nil","children":[{"kind":"nil"}]}`), `a node of kind "nil" with 1 children`},
		{entry(`{"kind":"exclusion","children":[{"kind":"nil"}]}`), `a node of kind "exclusion" with 1 children`},
		{entry(`{"kind":"nil","state":"seen"}`), `a node of kind "nil" in the state "seen"`},
		{child(`null`), `a child of "union" is null`},
		{child(`{"kind":"userset","subject":"d:2#v"}`), `a node of kind "userset" in the state ""`},
		{child(`{"kind":"userset","subject":"d:2#v","state":"lost"}`), `unknown state "lost"`},
		{child(`{"kind":"userset","subject":"d:2","state":"seen"}`), `a node of kind "userset" about "d:2"`},
		{child(`{"kind":"subject","subject":"d:2#v"}`), `a node of kind "subject" about "d:2#v"`},
		{child(`{"kind":"userset","subject":"d:1#v","state":"expanded"}`), `d:1#v is expanded and does not stand in usersets, or is expanded twice`},
		{child(`{"kind":"userset","subject":"d:2#v","state":"seen","children":[{"kind":"nil"}]}`), `a node of kind "userset" with 1 children`},
	} {
		tr := expand.Tree{Root: &expand.Node{Kind: expand.KindNil}}
		err := json.Unmarshal([]byte(c.text), &tr)
		require.ErrorIs(t, err, expand.ErrMalformed, c.text)
		require.ErrorContains(t, err, c.says)
		require.Equal(t, expand.KindNil, tr.Root.Kind, "changed by an error")
	}
	var tr expand.Tree
	require.ErrorIs(t, json.Unmarshal([]byte(`{"root":"d:1#v#w"}`), &tr), tuple.ErrSyntax)
	require.Error(t, json.Unmarshal([]byte(`[]`), &tr))
}

// Trees that Expand does not make.
func TestMalformedTree(t *testing.T) {
	userset := func(name string, children ...*expand.Node) *expand.Node {
		return &expand.Node{Kind: expand.KindUserset, State: expand.Expanded, Subject: tuple.MustParseSubject(name), Children: children}
	}
	for _, c := range []struct {
		root *expand.Node
		says string
	}{
		{&expand.Node{Kind: expand.KindNil}, "the root is no expanded userset"},
		{userset("d:1#v"), "d:1#v is expanded and has 0 children, not one"},
		{userset("d:1#v", nil), "d:1#v is expanded and has 1 children, not one"},
		{userset("d:1#v", userset("d:1#v", &expand.Node{Kind: expand.KindNil})), "d:1#v stands in full twice"},
	} {
		_, err := json.Marshal(expand.Tree{Root: c.root})
		require.ErrorIs(t, err, expand.ErrMalformed)
		require.ErrorContains(t, err, c.says)
	}
	_, err := json.Marshal(expand.Tree{Root: &expand.Node{Kind: expand.KindUserset, State: expand.Expanded, Children: []*expand.Node{{Kind: "nil"}}}})
	require.ErrorIs(t, err, tuple.ErrSyntax)

	// They print as well as can be, without a panic.
	odd := expand.Tree{Root: userset("d:1#v", &expand.Node{Kind: expand.KindExclusion, Children: []*expand.Node{
		nil,
		{Kind: "magic", Children: []*expand.Node{{Kind: expand.KindSkipped, Subject: tuple.MustParseSubject("user:ann"), Reason: "fancy"}}},
		{Kind: expand.KindSkipped, Reason: expand.NoTarget, Subject: tuple.MustParseSubject("user:bob")},
		{Kind: expand.KindUserset, State: expand.Seen, Subject: tuple.MustParseSubject("d:2#v")},
	}})}
	require.Equal(t, text(`
		d:1#v = exclusion
		├─ not magic
		│  └─ user:ann  (skipped: fancy)
		├─ not user:bob  (skipped: user has no target)
		└─ not d:2#v  (seen below)
		`), odd.String())
	_, err = json.Marshal(odd)
	require.NoError(t, err)
	require.NoError(t, odd.WriteDot(new(strings.Builder)))
	require.NoError(t, odd.WriteMermaid(new(strings.Builder)))
}
