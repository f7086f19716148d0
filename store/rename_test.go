package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

const renamed = `
use expiration
caveat c(x int) { x == 1 }
definition account {}
definition group { relation participant: account | group#participant }
definition document {
	relation owner: account
	relation reader: account | account:* | group#participant | account with c | account with expiration
}`

var renames = schema.Renames{
	{Type: "user", To: "account"}, {Type: "doc", To: "document"},
	{Type: "group", Relation: "member", To: "participant"}, {Type: "doc", Relation: "viewer", To: "reader"},
}

func TestSetSchemaNamesItsActor(t *testing.T) {
	ctx := context.Background()
	st, _ := openWide(t)
	before := st.Stats().Revision
	_, err := st.SetSchema(ctx, bound(t, narrow), store.SchemaOptions{Actor: tuple.MustParseSubject("robot:r2")})
	require.ErrorIs(t, err, store.ErrActor)
	_, err = st.SetSchema(ctx, bound(t, narrow), store.SchemaOptions{Note: strings.Repeat("n", store.MaxNote+1)})
	require.ErrorIs(t, err, store.ErrNote)
	assert.Equal(t, before, st.Stats().Revision)
	_, err = st.SetSchema(ctx, bound(t, narrow), store.SchemaOptions{Actor: tuple.MustParseSubject("user:ann"), Note: "fewer words"})
	require.NoError(t, err)
	for change, err := range st.Watch(ctx, before) {
		require.NoError(t, err)
		assert.Equal(t, "user:ann", change.Actor.String())
		assert.Equal(t, "fewer words", change.Note)
		assert.Nil(t, change.Schema.Definition("group"))
		break
	}
}

func TestRenamesAreOneCommit(t *testing.T) {
	ctx := context.Background()
	st, _ := openWide(t, "doc:1#owner@user:ann", "doc:1#viewer@user:*", "doc:1#viewer@group:g#member", `doc:2#viewer@user:ann[c:{"x":2}]`,
		"doc:3#viewer@user:ann[expiration:2027-01-01T00:00:00Z]", "group:g#member@user:ann", "group:h#member@group:g#member")
	before := st.Stats().Revision
	rev, err := st.SetSchema(ctx, bound(t, renamed), store.SchemaOptions{Renames: renames, Note: "plain words"})
	require.NoError(t, err)
	now, err := st.Now()
	require.NoError(t, err)
	assert.Equal(t, []string{"document:1#owner@account:ann", "document:1#reader@account:*", "document:1#reader@group:g#participant",
		`document:2#reader@account:ann[c:{"x":2}]`, "document:3#reader@account:ann[expiration:2027-01-01T00:00:00Z]",
		"group:g#participant@account:ann", "group:h#participant@group:g#participant"}, stored(t, now))
	old, err := st.At(before)
	require.NoError(t, err)
	assert.Len(t, stored(t, old), 7)
	require.NoError(t, st.Check())
	for change, err := range st.Watch(ctx, before) {
		require.NoError(t, err)
		assert.Equal(t, rev, change.Revision)
		assert.NotNil(t, change.Schema.Definition("account"))
		assert.Len(t, change.Added, 7)
		assert.Len(t, change.Removed, 7)
		assert.Equal(t, "plain words", change.Note)
		break
	}
}

func TestRenamesAreRefused(t *testing.T) {
	ctx := context.Background()
	st, _ := openWide(t, "doc:1#owner@user:ann", "doc:1#viewer@user:ann", "doc:1#viewer@user:*")
	before := st.Stats().Revision
	one := `
definition user {}
definition group { relation member: user }
definition doc { relation owner: user }`
	_, err := st.SetSchema(ctx, bound(t, one), store.SchemaOptions{Renames: schema.Renames{{Type: "doc", Relation: "viewer", To: "owner"}}})
	require.ErrorIs(t, err, schema.ErrRename)
	_, err = st.SetSchema(ctx, bound(t, one), store.SchemaOptions{Renames: schema.Renames{{Type: "dok", Relation: "viewer", To: "owner"}}})
	require.ErrorIs(t, err, schema.ErrUnknownType)
	two := `
definition user {}
definition group { relation member: user }
definition doc {
	relation owner: user
	relation reader: user
}`
	_, err = st.SetSchema(ctx, bound(t, two), store.SchemaOptions{Renames: schema.Renames{{Type: "doc", Relation: "viewer", To: "reader"}}})
	require.ErrorIs(t, err, store.ErrOrphans)
	assert.Equal(t, `the schema does not admit tuples that are stored: 1 stored
	doc:1#viewer@user:*, renamed: doc:1#reader@user:*: doc#reader does not admit user:*; it admits user`, err.Error())
	assert.Equal(t, before, st.Stats().Revision)

	// What is set aside has its new name.
	_, err = st.SetSchema(ctx, bound(t, two), store.SchemaOptions{SetAside: true, Renames: schema.Renames{{Type: "doc", Relation: "viewer", To: "reader"}}})
	require.NoError(t, err)
	assert.Equal(t, 1, st.Stats().Aside)
	three := `
definition user {}
definition group { relation member: user }
definition doc {
	relation owner: user
	relation reader: user | user:*
}`
	_, err = st.SetSchema(ctx, bound(t, three), store.SchemaOptions{})
	require.NoError(t, err)
	now, err := st.Now()
	require.NoError(t, err)
	assert.Equal(t, []string{"doc:1#owner@user:ann", "doc:1#reader@user:*", "doc:1#reader@user:ann"}, stored(t, now))
}

// A constraint that stored tuples break is refused, with examples.
func TestSetSchemaKeepsToConstraints(t *testing.T) {
	ctx := context.Background()
	st, _ := openWide(t, "doc:1#owner@user:ann", "doc:1#owner@user:bob", "doc:2#viewer@user:ann", "doc:3#owner@user:ann",
		"doc:4#viewer@user:ann[expiration:2030-01-01T00:00:00Z]", "doc:4#owner@user:ann")
	before := st.Stats().Revision
	strict := `
use expiration
definition user {}
definition group { relation member: user }
definition doc {
	//baobab:count 1
	relation owner: user
	relation viewer: user | user with expiration
}`
	_, err := st.SetSchema(ctx, bound(t, strict), store.SchemaOptions{})
	require.ErrorIs(t, err, store.ErrConstraint)
	assert.Equal(t, `doc:1#owner: 2 found, 1 wanted (count 1): doc:1#owner@user:ann, doc:1#owner@user:bob
doc:2#owner: 0 found, 1 wanted (count 1), because of doc:2#viewer@user:ann`, err.Error())
	assert.Equal(t, before, st.Stats().Revision)
	_, err = st.Update(ctx, func(tx *store.Tx) error {
		return tx.Delete(tuple.MustParse("doc:1#owner@user:bob"), tuple.MustParse("doc:2#viewer@user:ann"))
	})
	require.NoError(t, err)
	_, err = st.SetSchema(ctx, bound(t, strict), store.SchemaOptions{})
	require.NoError(t, err)
	_, err = st.Update(ctx, func(tx *store.Tx) error { return tx.Create(tuple.MustParseRelationship("doc:5#viewer@user:ann")) })
	require.ErrorIs(t, err, store.ErrConstraint)

	limited := `
use expiration
definition user {}
definition group { relation member: user }
definition doc {
	//baobab:count 1
	relation owner: user
	//baobab:expires-within 7d
	relation viewer: user with expiration
}`
	_, err = st.SetSchema(ctx, bound(t, limited), store.SchemaOptions{})
	require.ErrorIs(t, err, store.ErrConstraint)
	assert.Equal(t, "doc:4#viewer@user:ann expires at 2030-01-01T00:00:00Z, 2026-11-29T00:00:00Z is the latest admitted (expires-within 7d)", err.Error())

	// What is set aside is not counted, and comes back only if that breaks nothing.
	loose := `
use expiration
definition user {}
definition group { relation member: user }
definition doc {
	relation owner: user:*
	relation viewer: user | user with expiration
}`
	_, err = st.SetSchema(ctx, bound(t, loose), store.SchemaOptions{SetAside: true})
	require.NoError(t, err)
	assert.Equal(t, 3, st.Stats().Aside)
	_, err = st.Update(ctx, func(tx *store.Tx) error { return tx.Create(tuple.MustParseRelationship("doc:6#viewer@user:ann")) })
	require.NoError(t, err)
	_, err = st.SetSchema(ctx, bound(t, strict), store.SchemaOptions{})
	require.ErrorIs(t, err, store.ErrConstraint)
	_, err = st.Update(ctx, func(tx *store.Tx) error { return tx.Delete(tuple.MustParse("doc:6#viewer@user:ann")) })
	require.NoError(t, err)
	_, err = st.SetSchema(ctx, bound(t, strict), store.SchemaOptions{})
	require.NoError(t, err)
	assert.Zero(t, st.Stats().Aside)
}

// Whoever watches sees what is set aside go, and come back; what has been set
// aside stays so under a schema that does not admit it either.
func TestWatchWhatIsSetAside(t *testing.T) {
	ctx := context.Background()
	st, _ := openWide(t, "doc:1#viewer@user:*", "doc:1#owner@user:ann", "group:g#member@user:ann")
	before := st.Stats().Revision
	var last store.Revision
	for _, text := range []string{narrow, narrow, wide} {
		var err error
		last, err = st.SetSchema(ctx, bound(t, text), store.SchemaOptions{SetAside: true})
		require.NoError(t, err)
	}
	var seen []string
	for change, err := range st.Watch(ctx, before) {
		require.NoError(t, err)
		seen = append(seen, fmt.Sprintf("+%d -%d", len(change.Added), len(change.Removed)))
		if change.Revision == last {
			break
		}
	}
	assert.Equal(t, []string{"+0 -2", "+0 -0", "+2 -0"}, seen)
}

// The context is looked at while the tuples are read.
func TestSetSchemaCancelled(t *testing.T) {
	var tuples []string
	for i := range 1500 {
		tuples = append(tuples, fmt.Sprintf("doc:%d#owner@user:ann", i))
	}
	st, _ := openWide(t, tuples...)
	ctx := &countdown{Context: context.Background(), left: 1}
	_, err := st.SetSchema(ctx, bound(t, narrow), store.SchemaOptions{})
	require.ErrorIs(t, err, context.Canceled)
	assert.Len(t, stored(t, must(st.Now())), 1500)
}

// A countdown is a context that ends after it was asked so many times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestGivenIsRefused(t *testing.T) {
	st, _ := openWide(t)
	now := must(st.Now())
	_, err := now.Given(map[string]any{"x": make(chan int)})
	require.ErrorIs(t, err, tuple.ErrSyntax)
	assert.Contains(t, err.Error(), "a value of type chan int")
	given, err := now.Given(nil)
	require.NoError(t, err)
	assert.Nil(t, given.Context())
	require.NoError(t, st.Close())
	_, err = now.Given(nil)
	require.ErrorIs(t, err, store.ErrClosed)
}

// What was set aside under a name that a rename gives now is in its way.
func TestRenameOntoWhatIsAside(t *testing.T) {
	ctx := context.Background()
	all := `
definition user {}
definition account {}
definition doc {
	relation owner: user
	relation viewer: user | account
}`
	st, err := store.Open(bound(t, all), store.Options{CheckEachCommit: true})
	require.NoError(t, err)
	defer st.Close()
	_, err = st.Update(ctx, func(tx *store.Tx) error {
		return tx.Create(tuple.MustParseRelationship("doc:1#viewer@user:ann"), tuple.MustParseRelationship("doc:1#viewer@account:ann"),
			tuple.MustParseRelationship("doc:2#viewer@account:bob"))
	})
	require.NoError(t, err)
	_, err = st.SetSchema(ctx, bound(t, "definition user {}\ndefinition doc { relation owner: user }"), store.SchemaOptions{SetAside: true})
	require.NoError(t, err)
	require.Equal(t, 3, st.Stats().Aside)
	accounts := bound(t, "definition account {}\ndefinition doc { relation owner: account }")
	_, err = st.SetSchema(ctx, accounts, store.SchemaOptions{Renames: schema.Renames{{Type: "user", To: "account"}}})
	require.ErrorIs(t, err, store.ErrExists)
	assert.EqualError(t, err, "a rename makes two tuples one: the tuple exists already, set aside: doc:1#viewer@account:ann")
	require.Equal(t, 3, st.Stats().Aside)
}

// A watcher whose context ends in the loop's body sees no more of what is there.
func TestWatchEndsBetweenCommits(t *testing.T) {
	st, _ := openWide(t)
	before := st.Stats().Revision
	for _, r := range []string{"doc:1#owner@user:ann", "doc:2#owner@user:ann"} {
		_, err := st.Update(context.Background(), func(tx *store.Tx) error { return tx.Create(tuple.MustParseRelationship(r)) })
		require.NoError(t, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	seen := 0
	for _, err := range st.Watch(ctx, before) {
		if seen++; seen == 1 {
			require.NoError(t, err)
			cancel()
			continue
		}
		require.ErrorIs(t, err, context.Canceled)
	}
	require.Equal(t, 2, seen)
}
