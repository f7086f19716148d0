package check_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

func TestExplain(t *testing.T) {
	st := now(t, open(t, documents, acme))
	e := check.New(check.Options{})
	for _, want := range []string{
		`
workspace:w#edit@user:olga is allowed
  ✓ workspace:w#edit@user:olga = owner + editor + org->admin
    ✓ organization:acme#admin@user:olga, through workspace:w#org@organization:acme: stored
`, `
document:plan#edit@user:eve is allowed
  ✓ document:plan#edit@user:eve = workspace->edit - banned
    ✓ document:plan#(workspace->edit)@user:eve
      ✓ workspace:w#edit@user:eve = owner + editor + org->admin, through document:plan#workspace@workspace:w
        ✓ workspace:w#editor@user:eve
          ✓ team:eng#member@user:eve, through workspace:w#editor@team:eng#member
            ✓ team:ops#member@user:eve, through team:eng#member@team:ops#member: stored
    ✗ document:plan#banned@user:eve, which would exclude: not stored
`, `
document:plan#edit@user:bob is denied
  ✗ document:plan#edit@user:bob = workspace->edit - banned
    ✓ document:plan#banned@user:bob, which excludes: stored
`, `
document:plan#publish@user:ann is denied
  ✗ document:plan#publish@user:ann = edit & approver
    ✗ document:plan#approver@user:ann: not stored
`, `
document:plan#release@user:zoe is denied
  ✗ document:plan#release@user:zoe = (edit & approved) + (workspace->owner - banned)
    ✗ document:plan#(edit & approved)@user:zoe
      ✗ document:plan#edit@user:zoe = workspace->edit - banned
        ✗ document:plan#(workspace->edit)@user:zoe
          ✗ workspace:w#edit@user:zoe = owner + editor + org->admin, through document:plan#workspace@workspace:w
            ✗ workspace:w#owner@user:zoe: not stored
            ✗ workspace:w#editor@user:zoe: not stored
              ✗ team:eng#member@user:zoe, through workspace:w#editor@team:eng#member: not stored
                ✗ team:ops#member@user:zoe, through team:eng#member@team:ops#member: not stored
                  ✗ team:eng#member@user:zoe, through team:ops#member@team:eng#member: see above
            ✗ organization:acme#admin@user:zoe, through workspace:w#org@organization:acme: not stored
    ✗ document:plan#(workspace->owner - banned)@user:zoe
      ✗ document:plan#(workspace->owner)@user:zoe
        ✗ workspace:w#owner@user:zoe, through document:plan#workspace@workspace:w: see above
`, `
document:both#everywhere@user:ann is denied
  ✗ document:both#everywhere@user:ann = workspace.all(edit)
    ✗ workspace:open#edit@user:ann = owner + editor + org->admin, through document:both#workspace@workspace:open
      ✗ workspace:open#owner@user:ann: not stored
      ✗ workspace:open#editor@user:ann: not stored
      ✗ workspace:open#(org->admin)@user:ann: no tuple workspace:open#org
`, `
document:plan#everywhere@user:ann is allowed
  ✓ document:plan#everywhere@user:ann = workspace.all(edit)
    ✓ workspace:w#edit@user:ann = owner + editor + org->admin, through document:plan#workspace@workspace:w
      ✓ workspace:w#owner@user:ann: stored
`, `
workspace:open#view@user:zoe is allowed
  ✓ workspace:open#view@user:zoe = edit + guest
    ✓ workspace:open#guest@user:zoe
      ✓ workspace:open#guest@user:*: stored
`, `
document:new#itself@document:new is allowed
  ✓ document:new#itself@document:new = self
    ✓ document:new#(self)@document:new: it is the object itself
`, `
document:new#itself@document:old is denied
  ✗ document:new#itself@document:old = self
    ✗ document:new#(self)@document:old: it is not the object itself
`, `
document:plan#nobody@document:plan#nobody is allowed
  ✓ document:plan#nobody@document:plan#nobody: a userset holds of itself
`, `
document:plan#nobody@user:ann is denied
  ✗ document:plan#nobody@user:ann: no user can have it, by the schema
`, `
document:plan#nobody@team:eng#member is denied
  ✗ document:plan#nobody@team:eng#member: no team#member can have it, by the schema
`, `
document:none#everywhere@user:ann is denied
  ✗ document:none#everywhere@user:ann = workspace.all(edit): no tuple document:none#workspace
`, `
workspace:w#owner@user:* is denied
  ✗ workspace:w#owner@user:*: no user:* can have it, by the schema
`,
	} {
		want = strings.TrimPrefix(want, "\n")
		question, _, _ := strings.Cut(want, " is ")
		x, err := e.Explain(ctx, st, tuple.MustParse(question))
		require.NoError(t, err)
		assert.Equal(t, want, x.String())
	}
}

// Rules of every shape inside of others, stored and rewritten relations, and
// arrows that meet what they cannot follow.
func TestExplainOddities(t *testing.T) {
	s, err := schema.New(
		schema.Define("user"),
		schema.Define("folder", schema.Rel("reader", schema.Type("user"))),
		schema.Define("note"),
		schema.Define("doc",
			schema.Rel("parent", schema.Type("folder"), schema.Type("note"), schema.Wildcard("folder")),
			schema.Rel("viewer", schema.Type("user")).Rewritten(schema.And(schema.This{}, schema.Or(schema.Arrow("parent", "reader"), schema.Self{}))),
			schema.Perm("read", schema.Arrow("parent", "reader")),
			schema.Perm("all", schema.ArrowAll("parent", "reader")),
			schema.Perm("odd", schema.Minus(schema.Self{}, schema.Nil{})),
			schema.Perm("none", schema.And(schema.Ref("read"), schema.Nil{})),
			schema.Perm("deep", schema.Or(schema.And(schema.Ref("read"), schema.Minus(schema.Ref("viewer"), schema.Nil{})), schema.Nil{}, schema.Self{})),
		))
	require.NoError(t, err)
	st := now(t, fill(t, s, `
doc:1#parent@folder:x
doc:1#parent@folder:*
doc:1#parent@note:n
doc:1#viewer@user:ann
folder:x#reader@user:ann
doc:2#parent@folder:x
doc:2#viewer@user:bob
`))
	e := check.New(check.Options{})
	for _, want := range []string{
		`
doc:1#viewer@user:ann is allowed
  ✓ doc:1#viewer@user:ann = this & parent->reader + self
    ✓ doc:1#(this)@user:ann
      ✓ doc:1#viewer@user:ann: stored
    ✓ doc:1#(parent->reader + self)@user:ann
      ✓ folder:x#reader@user:ann, through doc:1#parent@folder:x: stored
`, `
doc:2#viewer@user:bob is denied
  ✗ doc:2#viewer@user:bob = this & parent->reader + self
    ✗ doc:2#(parent->reader + self)@user:bob
      ✗ folder:x#reader@user:bob, through doc:2#parent@folder:x: not stored
      ✗ doc:2#(self)@user:bob: it is not the object itself
`, `
doc:1#read@user:bob is denied
  ✗ doc:1#read@user:bob = parent->reader
    ✗ folder:x#reader@user:bob, through doc:1#parent@folder:x: not stored
    ✗ folder:*#reader@user:bob, through doc:1#parent@folder:*: a wildcard is not followed
    ✗ note:n#reader@user:bob, through doc:1#parent@note:n: note has no reader
`, `
doc:1#odd@doc:1 is allowed
  ✓ doc:1#odd@doc:1 = self - nil
    ✓ doc:1#(self)@doc:1: it is the object itself
    ✗ doc:1#(nil)@doc:1, which would exclude: nobody, by nil
`, `
doc:1#none@user:ann is denied
  ✗ doc:1#none@user:ann = read & nil
    ✗ doc:1#(nil)@user:ann: nobody, by nil
`, `
doc:1#deep@user:ann is allowed
  ✓ doc:1#deep@user:ann = (read & (viewer - nil)) + nil + self
    ✓ doc:1#(read & (viewer - nil))@user:ann
      ✓ doc:1#read@user:ann = parent->reader
        ✓ folder:x#reader@user:ann, through doc:1#parent@folder:x: stored
      ✓ doc:1#(viewer - nil)@user:ann
        ✓ doc:1#viewer@user:ann = this & parent->reader + self
          ✓ doc:1#(this)@user:ann
            ✓ doc:1#viewer@user:ann: stored
          ✓ doc:1#(parent->reader + self)@user:ann
            ✓ folder:x#reader@user:ann, through doc:1#parent@folder:x: see above
        ✗ doc:1#(nil)@user:ann, which would exclude: nobody, by nil
`,
	} {
		want = strings.TrimPrefix(want, "\n")
		question, _, _ := strings.Cut(want, " is ")
		x, err := e.Explain(ctx, st, tuple.MustParse(question))
		require.NoError(t, err)
		assert.Equal(t, want, x.String())
	}
	d, err := e.Check(ctx, st, tuple.MustParse("doc:1#all@user:ann"))
	require.NoError(t, err)
	assert.True(t, d.Denied(), "a note cannot be followed, nor a wildcard")
}

// The explanation of a proof is complete, however deep; that of a deny is
// bounded, and says so.
func TestExplainBounds(t *testing.T) {
	st := now(t, open(t, documents, chain(3*check.MaxBranches)))
	e := check.New(check.Options{})
	x, err := e.Explain(ctx, st, tuple.MustParse("team:0#member@user:ann"))
	require.NoError(t, err)
	assert.Len(t, x.Proof(), 3*check.MaxBranches+1)
	assert.Zero(t, x.Omitted)
	x, err = e.Explain(ctx, st, tuple.MustParse("team:0#member@user:zoe"))
	require.NoError(t, err)
	assert.Nil(t, x.Proof())
	assert.NotZero(t, x.Omitted)
	assert.Contains(t, x.String(), "more branches\n")
}
