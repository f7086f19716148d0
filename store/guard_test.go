package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// A desk judges by stored tuples alone: a permission p is held by the subjects
// of the relation p_holder. It notes what it was asked.
type desk struct {
	asked []string
	err   map[string]error
}

func (d *desk) judge(_ context.Context, st *store.State, t tuple.Tuple) (bool, error) {
	where := "before "
	if !st.Committed() {
		where = "pending "
	}
	d.asked = append(d.asked, where+t.String())
	if err := d.err[t.String()]; err != nil {
		return false, err
	}
	t.Relation += "_holder"
	_, ok, err := st.Get(t)
	return ok, err
}

// holders are relations that only plain writes fill.
func holders(permissions ...string) []schema.Member {
	var members []schema.Member
	for _, p := range permissions {
		members = append(members, schema.Perm(p, schema.Ref(p+"_holder")), schema.Rel(p+"_holder", user, schema.Userset("team", "member")))
	}
	return members
}

func guardedStore(t testing.TB) *store.Store {
	return openWith(t, store.Options{}, team,
		schema.Define("workspace", append(holders("assign", "create", "erase"),
			schema.DeletedBy("erase"),
			schema.Rel("admin", user).GrantedBy("assign"),
			schema.Rel("guest", user, user.Expiring()).GrantedBy("assign").GrantedToSelf(),
			schema.Rel("fixed", user),
		)...),
		schema.Define("doc", append(holders("share", "erase"),
			schema.Rel("workspace", schema.Type("workspace"), schema.Wildcard("workspace")).GrantedOnSubject("create").OnDelete(schema.Cascade),
			schema.Rel("owner", user).GrantedBy("share"),
			schema.Rel("linked", schema.Type("doc")).GrantedBy("share").GrantedOnSubject("share"),
		)...),
	)
}

// as commits on behalf of ann.
func as(s *store.Store, d *desk, fn func(*store.Tx) error) error {
	_, err := s.UpdateAs(bg, store.Actor{Subject: tuple.MustParseSubject("user:ann"), Judge: d.judge}, fn)
	return err
}

func touching(texts ...string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		for _, text := range texts {
			if err := tx.Touch(rel(text)); err != nil {
				return err
			}
		}
		return nil
	}
}

func deleting(texts ...string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		for _, text := range texts {
			if strings.Contains(text, "#") {
				if err := tx.Delete(tuple.MustParse(text)); err != nil {
					return err
				}
			} else if _, err := tx.DeleteObject(tuple.MustParseObject(text)); err != nil {
				return err
			}
		}
		return nil
	}
}

func both(fns ...func(*store.Tx) error) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		for _, fn := range fns {
			if err := fn(tx); err != nil {
				return err
			}
		}
		return nil
	}
}

// requireGuarded wants a refusal by a guard, that changes nothing.
func requireGuarded(t testing.TB, s *store.Store, text string, fn func(*store.Tx) error) {
	t.Helper()
	before := now(t, s).Revision()
	err := as(s, &desk{}, fn)
	require.ErrorIs(t, err, store.ErrGuard)
	require.EqualError(t, err, text)
	require.Equal(t, before, now(t, s).Revision())
}

func TestGrantedBy(t *testing.T) {
	s := guardedStore(t)
	require.NoError(t, touch(s, "workspace:a#assign_holder@user:ann", "workspace:b#admin@user:bob", "workspace:a#fixed@user:bob", "workspace:a#guest@user:bob"))
	d := &desk{}
	require.NoError(t, as(s, d, touching("workspace:a#admin@user:bob", "workspace:a#admin@user:cat")))
	require.Equal(t, []string{"before workspace:a#assign@user:ann"}, d.asked, "once")
	require.NoError(t, as(s, d, deleting("workspace:a#admin@user:cat")))
	requireGuarded(t, s, "user:ann may not remove workspace:b#admin@user:bob: granted-by assign: workspace:b#assign@user:ann is denied", deleting("workspace:b#admin@user:bob"))
	requireGuarded(t, s, "user:ann may not write workspace:b#admin@user:cat: granted-by assign: workspace:b#assign@user:ann is denied", touching("workspace:b#admin@user:cat"))
	requireGuarded(t, s, "user:ann may not remove workspace:a#fixed@user:bob: workspace#fixed has no granted-by", deleting("workspace:a#fixed@user:bob"))
	requireGuarded(t, s, "user:ann may not remove workspace:a#guest@user:bob: granted-by self", deleting("workspace:a#guest@user:bob"))
	requireGuarded(t, s, "user:ann may not write workspace:b#guest@user:ann: granted-by assign: workspace:b#assign@user:ann is denied", touching("workspace:b#guest@user:ann"))
	require.NoError(t, as(s, d, touching("workspace:a#guest@user:ann")))
	// Touching what is as it is, and taking back, is no change.
	require.NoError(t, as(s, d, both(touching("workspace:a#fixed@user:bob", "workspace:a#fixed@user:cat"), deleting("workspace:a#fixed@user:cat"))))
	// What is granted within the transaction grants nothing in it.
	requireGuarded(t, s, "user:ann may not write workspace:a#fixed@user:ann: workspace#fixed has no granted-by", touching("workspace:a#fixed@user:ann"))
	// A userset that acts is that userset.
	_, err := s.UpdateAs(bg, store.Actor{Subject: tuple.MustParseSubject("team:x#member"), Judge: d.judge}, touching("workspace:a#admin@user:dan"))
	require.EqualError(t, err, "team:x#member may not write workspace:a#admin@user:dan: granted-by assign: workspace:a#assign@team:x#member is denied")
}

func TestExpiredWriteIsGuarded(t *testing.T) {
	s := guardedStore(t)
	past := tuple.MustParse("workspace:a#guest@user:bob").Until(time.Now().Add(-time.Hour)).String()
	require.ErrorIs(t, as(s, &desk{}, touching(past)), store.ErrGuard)
	require.NoError(t, touch(s, past))
	require.NoError(t, as(s, &desk{}, both(touching("workspace:a#guest@user:bob"), deleting("workspace:a#guest@user:bob"))), "nothing was there, nothing is")
}

func TestGrantedByErrors(t *testing.T) {
	s := guardedStore(t)
	require.NoError(t, touch(s, "workspace:a#fixed@user:bob"))
	boom := errors.New("boom")
	err := as(s, &desk{err: map[string]error{"workspace:a#assign@user:ann": boom}}, touching("workspace:a#admin@user:bob"))
	require.ErrorIs(t, err, boom)
	var guard *store.GuardError
	require.ErrorAs(t, err, &guard)
	require.Equal(t, "workspace:a#assign@user:ann", guard.Asked.String())
	require.Equal(t, "granted-by assign", guard.Rule)
	require.EqualError(t, err, "user:ann may not write workspace:a#admin@user:bob: granted-by assign: workspace:a#assign@user:ann: boom")

	_, err = s.UpdateAs(bg, store.Actor{Subject: tuple.MustParseSubject("user:ann")}, touching("workspace:a#admin@user:bob"))
	require.ErrorIs(t, err, store.ErrGuard, "without a judge nothing is allowed")

	var kept *store.State
	_, err = s.UpdateAs(bg, store.Actor{Subject: tuple.MustParseSubject("user:ann"), Judge: func(_ context.Context, st *store.State, _ tuple.Tuple) (bool, error) {
		if !st.Committed() {
			kept = st
		}
		_, err := s.Update(bg, touching())
		require.ErrorIs(t, err, store.ErrReentrant)
		return true, err
	}}, touching("workspace:a#admin@user:bob"))
	require.ErrorIs(t, err, store.ErrGuard, "an error is no, whatever comes with it")
	require.ErrorIs(t, err, store.ErrReentrant)
	require.Nil(t, kept)
}

func TestActorMustBeOne(t *testing.T) {
	s := guardedStore(t)
	for _, text := range []string{"user:*", "robot:r2", "team:x#none"} {
		_, err := s.UpdateAs(bg, store.Actor{Subject: tuple.MustParseSubject(text)}, touching())
		require.ErrorIs(t, err, store.ErrActor, text)
	}
	_, err := s.UpdateAs(bg, store.Actor{}, touching())
	require.ErrorIs(t, err, store.ErrActor)
	require.ErrorIs(t, err, tuple.ErrSyntax)
	_, err = s.UpdateAs(bg, store.Actor{Subject: tuple.MustParseSubject("user:ann")}, nil)
	require.ErrorIs(t, err, store.ErrNoFunction)
}

func TestGrantedOnSubject(t *testing.T) {
	s := guardedStore(t)
	require.NoError(t, touch(s, "workspace:a#create_holder@user:ann", "workspace:b#admin@user:bob", "doc:1#share_holder@user:ann", "doc:2#owner@user:bob"))
	require.NoError(t, as(s, &desk{}, touching("doc:1#workspace@workspace:a")))
	requireGuarded(t, s, "user:ann may not write doc:1#workspace@workspace:b: granted-by create on subject: workspace:b#create@user:ann is denied", touching("doc:1#workspace@workspace:b"))
	requireGuarded(t, s, "user:ann may not write doc:1#workspace@workspace:*: granted-by create on subject", touching("doc:1#workspace@workspace:*"))
	requireGuarded(t, s, "user:ann may not write doc:1#linked@doc:2: granted-by share on subject: doc:2#share@user:ann is denied", touching("doc:1#linked@doc:2"))
	requireGuarded(t, s, "user:ann may not write doc:2#linked@doc:1: granted-by share: doc:2#share@user:ann is denied", touching("doc:2#linked@doc:1"))
}

func TestBirth(t *testing.T) {
	s := guardedStore(t)
	require.NoError(t, touch(s, "workspace:a#create_holder@user:ann", "doc:old#owner@user:bob"))
	d := &desk{}
	require.NoError(t, as(s, d, touching("doc:new#workspace@workspace:a", "doc:new#owner@user:ann")))
	require.Equal(t, []string{"before workspace:a#create@user:ann", "before doc:new#share@user:ann"}, d.asked)
	requireGuarded(t, s, "user:ann may not write doc:new2#owner@user:bob: granted-by share: doc:new2#share@user:ann is denied, also in the state that is written", touching("doc:new2#workspace@workspace:a", "doc:new2#owner@user:bob"))
	requireGuarded(t, s, "user:ann may not write doc:new2#owner@user:ann: granted-by share: doc:new2#share@user:ann is denied; doc:new2 is new, and begins with a tuple that is granted on its subject", touching("doc:new2#owner@user:ann"))
	requireGuarded(t, s, "user:ann may not write doc:old#owner@user:ann: granted-by share: doc:old#share@user:ann is denied", touching("doc:old#workspace@workspace:a", "doc:old#owner@user:ann"))
	requireGuarded(t, s, "user:ann may not write doc:new2#share_holder@user:ann: doc#share_holder has no granted-by", touching("doc:new2#workspace@workspace:a", "doc:new2#share_holder@user:ann", "doc:new2#owner@user:bob"))
	// linked needs share on both, and share on the new one comes from the pending state alone.
	requireGuarded(t, s, "user:ann may not write doc:new3#linked@doc:new2: granted-by share: doc:new3#share@user:ann is denied, also in the state that is written", touching("doc:new3#workspace@workspace:a", "doc:new3#linked@doc:new2"))
}

// What is new may be written by whoever has the permission in the pending state.
func TestBirthByPendingState(t *testing.T) {
	s := openWith(t, store.Options{}, team, schema.Define("workspace", holders("create")...),
		schema.Define("doc",
			schema.Rel("workspace", schema.Type("workspace")).GrantedOnSubject("create"),
			schema.Rel("share_holder", user).GrantedBy("share"),
			schema.Perm("share", schema.Ref("share_holder")),
			schema.Rel("owner", user).GrantedBy("share")))
	require.NoError(t, touch(s, "workspace:a#create_holder@user:ann"))
	d := &desk{}
	require.NoError(t, as(s, d, touching("doc:1#workspace@workspace:a", "doc:1#share_holder@user:ann", "doc:1#owner@user:bob")))
	require.Contains(t, d.asked, "pending doc:1#share@user:ann")
	require.ErrorIs(t, as(s, d, touching("doc:2#workspace@workspace:a", "doc:2#owner@user:bob")), store.ErrGuard)
	boom := errors.New("boom")
	d.err = map[string]error{"doc:3#share@user:ann": boom}
	require.NoError(t, as(s, d, touching("doc:3#workspace@workspace:a", "doc:3#owner@user:ann")), "the subject is the actor")
	require.ErrorIs(t, as(s, d, touching("doc:3#owner@user:bob")), boom)
}

func TestDeletedBy(t *testing.T) {
	s := guardedStore(t)
	require.NoError(t, touch(s, "workspace:a#erase_holder@user:ann", "workspace:a#fixed@user:bob", "workspace:b#fixed@user:bob",
		"doc:1#workspace@workspace:a", "doc:1#share_holder@user:bob", "doc:2#owner@user:bob", "team:x#member@user:bob"))
	requireGuarded(t, s, "user:ann may not delete doc:1: doc has no deleted-by", deleting("doc:1"))
	requireGuarded(t, s, "user:ann may not delete workspace:b: deleted-by erase: workspace:b#erase@user:ann is denied", deleting("workspace:b"))
	requireGuarded(t, s, "user:ann may not delete workspace:c: deleted-by erase: workspace:c#erase@user:ann is denied", both(touching("workspace:c#fixed@user:bob"), deleting("workspace:c")))
	require.NoError(t, as(s, &desk{}, deleting("workspace:none")))
	// Made again in part, the object is not gone: that would drop single tuples.
	requireGuarded(t, s, "user:ann may not remove workspace:a#fixed@user:bob: workspace#fixed has no granted-by",
		both(deleting("workspace:a"), touching("workspace:a#erase_holder@user:ann")))
	requireGuarded(t, s, "user:ann may not remove doc:1#share_holder@user:bob: doc#share_holder has no granted-by",
		both(deleting("workspace:a"), touching("doc:1#owner@user:zoe")))
	d := &desk{}
	require.NoError(t, as(s, d, deleting("workspace:a")))
	require.Equal(t, []string{"before workspace:a#erase@user:ann"}, d.asked)
	require.Equal(t, []string{"workspace:b#fixed@user:bob", "doc:2#owner@user:bob", "team:x#member@user:bob"}, texts(t, now(t, s)))
}

// A tuple that is only there within the transaction leads no cascade to what
// the actor may not write.
func TestCascadeByWhatIsTakenBack(t *testing.T) {
	s := guardedStore(t)
	require.NoError(t, touch(s, "workspace:a#erase_holder@user:ann", "doc:2#owner@user:bob"))
	requireGuarded(t, s, "user:ann may not remove doc:2#owner@user:bob: granted-by share: doc:2#share@user:ann is denied",
		both(touching("doc:2#workspace@workspace:a"), deleting("workspace:a")))
	require.NoError(t, touch(s, "doc:2#workspace@workspace:a"))
	require.NoError(t, as(s, &desk{}, deleting("workspace:a")))
}

func TestGuardsComeBeforeConstraints(t *testing.T) {
	s := openWith(t, store.Options{}, team, schema.Define("doc", append(holders("share"), schema.Rel("owner", user).GrantedBy("share").Counted(count(0, 1)))...))
	require.NoError(t, touch(s, "doc:1#owner@user:bob"))
	require.ErrorIs(t, as(s, &desk{}, touching("doc:1#owner@user:ann")), store.ErrGuard)
	require.NoError(t, touch(s, "doc:1#share_holder@user:ann"))
	require.ErrorIs(t, as(s, &desk{}, touching("doc:1#owner@user:ann")), store.ErrConstraint)
}

// Who may delete an object is told what is in the way, and not that they may not
// write the tuples that stay because of it; who may not, is told that.
func TestWhatIsInTheWayIsToldToWhoMayDelete(t *testing.T) {
	s := openWith(t, store.Options{}, team, schema.Define("workspace", append(holders("erase"), schema.DeletedBy("erase"), schema.Rel("admin", user))...),
		schema.Define("doc", schema.Rel("workspace", schema.Type("workspace")).OnDelete(schema.Refuse)))
	require.NoError(t, touch(s, "workspace:w#erase_holder@user:ann", "workspace:w#admin@user:ann", "workspace:v#admin@user:ann",
		"doc:1#workspace@workspace:w", "doc:2#workspace@workspace:v"))
	err := as(s, &desk{}, deleting("workspace:w"))
	require.ErrorIs(t, err, store.ErrConstraint)
	require.EqualError(t, err, "workspace:w cannot be deleted because of doc:1#workspace@workspace:w (on-delete refuse)")
	err = as(s, &desk{}, deleting("workspace:v"))
	require.ErrorIs(t, err, store.ErrGuard)
	require.NotErrorIs(t, err, store.ErrConstraint)
	require.ErrorIs(t, as(s, &desk{}, deleting("doc:1#workspace@workspace:w", "workspace:w")), store.ErrGuard, "nor is it taken out of the way")
	require.NoError(t, deleteTuples(s, "doc:1#workspace@workspace:w"))
	require.NoError(t, as(s, &desk{}, deleting("workspace:w")))
}

func deleteTuples(s *store.Store, texts ...string) error {
	_, err := s.Update(bg, deleting(texts...))
	return err
}
