package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// setAside puts a schema in place, setting aside what it does not admit.
func setAside(t testing.TB, s *store.Store, text string, renames ...schema.Rename) {
	t.Helper()
	_, err := s.SetSchema(bg, bound(t, text), store.SchemaOptions{SetAside: true, Renames: renames})
	require.NoError(t, err)
	require.NoError(t, s.Check())
}

const (
	caveated = `
caveat c(x int) { x == 1 }
definition user {}
definition doc { relation viewer: user with c }`
	mixed = `
use expiration
caveat c(x int) { x == 1 }
definition user {}
definition doc { relation viewer: user | user with c | user with expiration }`
	plain = `
definition user {}
definition doc { relation viewer: user }`
	temporary = `
use expiration
definition user {}
definition doc { relation viewer: user with expiration }`
	empty = `
definition user {}
definition doc { relation other: user }`
)

// A tuple that was written since it was set aside has taken its place (the
// documentation of SetSchema), also when that one is set aside in its turn:
// the old one must not come back, the new one must not be lost.
func TestWhatWasWrittenSinceReplacesWhatIsAside(t *testing.T) {
	s, _ := openWide(t, "doc:1#viewer@user:ann[c:{\"x\":1}]")
	setAside(t, s, plain)
	require.Empty(t, texts(t, now(t, s)))
	require.NoError(t, touch(s, "doc:1#viewer@user:ann"))
	setAside(t, s, caveated)
	require.Empty(t, texts(t, now(t, s)), "the caveated one was replaced")
	setAside(t, s, mixed)
	require.Equal(t, []string{"doc:1#viewer@user:ann"}, texts(t, now(t, s)))
}

// The same one after the other: setting aside a tuple whose place is taken among
// those that are aside is undone by the history as it was done.
func TestAsideTwice(t *testing.T) {
	s, _ := openWide(t, "doc:1#viewer@user:ann[c:{\"x\":1}]")
	setAside(t, s, plain)
	require.NoError(t, touch(s, "doc:1#viewer@user:ann"))
	setAside(t, s, empty)
	setAside(t, s, mixed)
	require.Equal(t, []string{"doc:1#viewer@user:ann"}, texts(t, now(t, s)))
}

// An unlimited grant that was set aside, and then replaced by one that ends,
// is no grant after that end: the tuple that was written since took its place.
func TestAsideDoesNotOutliveWhatReplacedIt(t *testing.T) {
	s, c := openWide(t, "doc:1#viewer@user:ann")
	setAside(t, s, temporary)
	require.NoError(t, touch(s, "doc:1#viewer@user:ann[expiration:2026-11-22T00:01:00Z]"))
	c.Time = c.Add(2 * time.Minute)
	setAside(t, s, mixed)
	require.Empty(t, texts(t, now(t, s)), "it had been replaced by one that has expired")
}

// Every tuple that names what is renamed is rewritten in the same commit
// (SchemaOptions.Renames), those that stay aside too.
func TestRenamesRewriteWhatStaysAside(t *testing.T) {
	s, _ := openWide(t, "doc:1#viewer@user:ann")
	setAside(t, s, empty)
	setAside(t, s, `
definition user {}
definition document { relation other: user }`, schema.Rename{Type: "doc", To: "document"})
	setAside(t, s, `
definition user {}
definition document { relation viewer: user }
definition doc { relation viewer: user }`)
	require.Equal(t, []string{"document:1#viewer@user:ann"}, texts(t, now(t, s)))
}

// What is deleted does not come back with a schema, also under a name that it
// has been given since.
func TestDeletedAsideUnderItsNewName(t *testing.T) {
	s, _ := openWide(t, "doc:1#viewer@user:ann", "doc:1#owner@user:ann")
	setAside(t, s, `
definition user {}
definition doc { relation owner: user }`)
	setAside(t, s, `
definition user {}
definition document { relation owner: user }`, schema.Rename{Type: "doc", To: "document"})
	require.NoError(t, deleteObject(s, "document:1"))
	setAside(t, s, `
definition user {}
definition document { relation viewer: user }
definition doc { relation viewer: user }`)
	require.Empty(t, texts(t, now(t, s)))
}

// A cascade over many objects costs what it deletes, and not for each of them
// all that is set aside.
func TestCascadeBesideMuchThatIsAside(t *testing.T) {
	const parents = `
definition user {}
definition doc {
	relation viewer: user
	//baobab:on-delete cascade
	relation parent: doc
}`
	s, err := store.Open(bound(t, parents), store.Options{})
	require.NoError(t, err)
	const n = 30_000
	_, err = s.Update(bg, func(tx *store.Tx) error {
		var rels []tuple.Relationship
		for i := range n {
			o := tuple.Object{Type: "doc", ID: "x" + time.Duration(i).String()}
			rels = append(rels,
				tuple.New(o, "parent", tuple.MustParseSubject("doc:root")).Always(),
				tuple.New(tuple.Object{Type: "doc", ID: "y" + time.Duration(i).String()}, "viewer", tuple.MustParseSubject("user:ann")).Always())
		}
		return tx.Create(rels...)
	})
	require.NoError(t, err)
	setAside(t, s, `
definition user {}
definition doc {
	//baobab:on-delete cascade
	relation parent: doc
}`)
	require.NoError(t, deleteObject(s, "doc:root"))
	require.Empty(t, texts(t, now(t, s)))
}

// Nothing sees what is set aside (SchemaOptions.SetAside), and deleting an object
// that no tuple names is nothing (DeleteObject): a refusal must not tell an actor
// of a tuple that is aside. What they may not delete can stay aside instead.
func TestActorsDoNotSeeWhatIsAside(t *testing.T) {
	s := openWith(t, store.Options{}, schema.Define("doc", schema.Rel("secret", user).GrantedToSelf(), schema.Rel("reader", user).GrantedToSelf()))
	require.NoError(t, touch(s, "doc:1#secret@user:bob", "doc:1#reader@user:ann"))
	sch, err := schema.New(schema.Define("user"), schema.Define("doc", schema.Rel("reader", user).GrantedToSelf()))
	require.NoError(t, err)
	_, err = s.SetSchema(bg, sch, store.SchemaOptions{SetAside: true})
	require.NoError(t, err)
	require.NoError(t, as(s, &desk{}, func(tx *store.Tx) error {
		_, err := tx.DeleteMatching(tuple.Filter{ObjectType: "doc", ObjectID: "1"})
		return err
	}), "ann may remove all that there is to be seen of doc:1")
	require.NoError(t, as(s, &desk{}, deleting("user:bob")), "bob is named by no tuple")
}
