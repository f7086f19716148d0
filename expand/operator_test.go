package expand_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
)

// Every operator, and its place in the text.
func TestOperators(t *testing.T) {
	const world = `
		use self
		definition user {
			relation friend: user
			permission see = friend + self
			permission me = self
		}
		definition team {
			relation member: user | team#member
		}
		definition folder {
			relation reader: user
		}
		definition doc {
			relation viewer: user | user:* | team#member
			relation editor: user
			relation banned: user
			relation parent: folder | team#member | user
			permission nobody = nil
			permission look = viewer
			permission edit = editor + nil
			permission view = viewer + editor
			permission both = viewer & editor
			permission rest = viewer - banned
			permission nested = editor & (viewer + look) - (banned + nobody)
			permission inherited = parent->reader
			permission agreed = parent.all(reader)
		}`
	const tuples = `
		doc:1#viewer@user:bob
		doc:1#viewer@user:ann
		doc:1#viewer@user:*
		doc:1#viewer@team:eng#member
		doc:1#editor@user:ann
		team:eng#member@user:cat
		doc:1#parent@user:bob
		doc:1#parent@folder:y
		doc:1#parent@folder:x
		doc:1#parent@team:eng#member
		doc:2#parent@folder:x
		folder:x#reader@user:dan
		user:ann#friend@user:bob`
	state := now(t, open(t, world, tuples))
	for _, c := range []struct{ userset, want string }{
		{"doc:1#viewer", `
			doc:1#viewer
			├─ team:eng#member
			│  └─ user:cat
			├─ user:*
			├─ user:ann
			└─ user:bob
			`},
		{"doc:1#banned", `
			doc:1#banned  (no tuples)
			`},
		{"doc:unheard-of#view", `
			doc:unheard-of#view = union
			├─ doc:unheard-of#viewer  (no tuples)
			└─ doc:unheard-of#editor  (no tuples)
			`},
		{"doc:1#nobody", `
			doc:1#nobody = nil
			`},
		{"doc:1#look", `
			doc:1#look
			└─ doc:1#viewer
			   ├─ team:eng#member
			   │  └─ user:cat
			   ├─ user:*
			   ├─ user:ann
			   └─ user:bob
			`},
		{"doc:1#edit", `
			doc:1#edit = union
			├─ doc:1#editor
			│  └─ user:ann
			└─ nil
			`},
		{"doc:2#view", `
			doc:2#view = union
			├─ doc:2#viewer  (no tuples)
			└─ doc:2#editor  (no tuples)
			`},
		{"doc:1#both", `
			doc:1#both = intersection
			├─ doc:1#viewer
			│  ├─ team:eng#member
			│  │  └─ user:cat
			│  ├─ user:*
			│  ├─ user:ann
			│  └─ user:bob
			└─ doc:1#editor
			   └─ user:ann
			`},
		{"doc:1#rest", `
			doc:1#rest = exclusion
			├─ doc:1#viewer
			│  ├─ team:eng#member
			│  │  └─ user:cat
			│  ├─ user:*
			│  ├─ user:ann
			│  └─ user:bob
			└─ not doc:1#banned  (no tuples)
			`},
		{"doc:2#nested", `
			doc:2#nested = exclusion
			├─ intersection
			│  ├─ doc:2#editor  (no tuples)
			│  └─ union
			│     ├─ doc:2#viewer  (no tuples)
			│     └─ doc:2#look
			│        └─ doc:2#viewer  (seen above)
			└─ not union
			   ├─ doc:2#banned  (no tuples)
			   └─ doc:2#nobody = nil
			`},
		{"doc:1#inherited", `
			doc:1#inherited = parent->reader
			├─ folder:x#reader
			│  └─ user:dan
			├─ folder:y#reader  (no tuples)
			├─ team:eng#member  (skipped: team has no reader)
			└─ user:bob  (skipped: user has no reader)
			`},
		{"doc:1#agreed", `
			doc:1#agreed = parent.all(reader)
			├─ folder:x#reader
			│  └─ user:dan
			├─ folder:y#reader  (no tuples)
			├─ team:eng#member  (nobody: team has no reader)
			└─ user:bob  (nobody: user has no reader)
			`},
		{"doc:3#inherited", `
			doc:3#inherited = parent->reader  (no tuples)
			`},
		{"user:ann#see", `
			user:ann#see = union
			├─ user:ann#friend
			│  └─ user:bob
			└─ user:ann  (self)
			`},
		{"user:ann#me", `
			user:ann#me
			└─ user:ann  (self)
			`},
	} {
		t.Run(c.userset, func(t *testing.T) {
			require.Equal(t, text(c.want), tree(t, state, c.userset, expand.Options{}).String())
		})
	}
}

// compiledForm returns what the compiled form has and the native language has
// not: a relation that is stored and rewritten, and an arrow over wildcards.
func compiledForm(t *testing.T) *store.State {
	s, err := schema.New(
		schema.Define("user"),
		schema.Define("group", schema.Rel("member", schema.Type("user"))),
		schema.Define("doc",
			schema.Rel("editor", schema.Type("user")),
			schema.Rel("viewer", schema.Type("user")).Rewritten(schema.Or(schema.This{}, schema.Ref("editor"))),
			schema.Rel("parent", schema.Type("group"), schema.Wildcard("group"), schema.Userset("group", "member"), schema.Userset("doc", "editor")),
			schema.Perm("join", schema.Arrow("parent", "member")),
			schema.Perm("agree", schema.ArrowAll("parent", "member")),
			schema.Perm("change", schema.Arrow("parent", "viewer")),
		))
	require.NoError(t, err)
	return now(t, fill(t, s, `
		doc:1#viewer@user:bob
		doc:1#editor@user:ann
		doc:1#parent@group:*
		doc:1#parent@group:g
		doc:1#parent@group:g#member
		doc:1#parent@group:h#member
		doc:2#parent@doc:1#editor
		group:h#member@user:eve`))
}

func TestCompiledForm(t *testing.T) {
	state := compiledForm(t)
	require.Equal(t, text(`
		doc:1#viewer = union
		├─ tuples
		│  └─ user:bob
		└─ doc:1#editor
		   └─ user:ann
		`), tree(t, state, "doc:1#viewer", expand.Options{}).String())
	require.Equal(t, text(`
		doc:2#viewer = union
		├─ tuples  (no tuples)
		└─ doc:2#editor  (no tuples)
		`), tree(t, state, "doc:2#viewer", expand.Options{}).String())
	require.Equal(t, text(`
		doc:1#join = parent->member
		├─ group:*  (skipped: a wildcard)
		├─ group:g#member  (no tuples)
		├─ group:g#member  (seen above)
		└─ group:h#member
		   └─ user:eve
		`), tree(t, state, "doc:1#join", expand.Options{}).String())
	require.Equal(t, text(`
		doc:1#agree = parent.all(member)
		├─ group:*  (nobody: a wildcard)
		├─ group:g#member  (no tuples)
		├─ group:g#member  (seen above)
		└─ group:h#member
		   └─ user:eve
		`), tree(t, state, "doc:1#agree", expand.Options{}).String())
	require.Equal(t, text(`
		doc:2#change = parent->viewer
		└─ doc:1#viewer = union  (by doc:1#editor)
		   ├─ tuples
		   │  └─ user:bob
		   └─ doc:1#editor
		      └─ user:ann
		`), tree(t, state, "doc:2#change", expand.Options{}).String())
}
