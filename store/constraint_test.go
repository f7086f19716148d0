package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

func openWith(t testing.TB, o store.Options, definitions ...schema.Part) *store.Store {
	o.CheckEachCommit = true
	user := schema.Define("user")
	caveat := schema.DeclareCaveat("c", "n > 0", schema.Param("n", "int"))
	s, err := store.Open(schema.MustNew(append([]schema.Part{caveat, user}, definitions...)...), o)
	require.NoError(t, err)
	return s
}

// touch stores the relationships in a commit.
func touch(s *store.Store, texts ...string) error {
	_, err := s.Update(bg, func(tx *store.Tx) error {
		for _, text := range texts {
			if err := tx.Touch(rel(text)); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// remove deletes the tuples in a commit.
func remove(s *store.Store, texts ...string) error {
	_, err := s.Update(bg, func(tx *store.Tx) error {
		for _, text := range texts {
			if err := tx.Delete(tuple.MustParse(text)); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// deleteObject deletes an object in a commit.
func deleteObject(s *store.Store, text string) error {
	_, err := s.Update(bg, func(tx *store.Tx) error {
		_, err := tx.DeleteObject(tuple.MustParseObject(text))
		return err
	})
	return err
}

// requireRefused wants a refusal with the text, that changes nothing.
func requireRefused(t testing.TB, s *store.Store, text string, commit func() error) {
	t.Helper()
	before, was := now(t, s).Revision(), texts(t, now(t, s))
	err := commit()
	require.ErrorIs(t, err, store.ErrConstraint)
	require.EqualError(t, err, text)
	require.Equal(t, before, now(t, s).Revision())
	require.Equal(t, was, texts(t, now(t, s)))
}

var (
	user         = schema.Type("user")
	qualifiedAny = []schema.SubjectType{user, user.With("c"), user.Expiring(), schema.Wildcard("user"), schema.Userset("team", "member")}
	team         = schema.Define("team", schema.Rel("member", user))
)

func count(min, max int) schema.Count { return schema.Count{Min: min, Max: max} }

func TestCountOfAnObject(t *testing.T) {
	s := openWith(t, store.Options{}, team, schema.Define("workspace",
		schema.Rel("owner", qualifiedAny...).Counted(count(1, 1)),
		schema.Rel("admin", qualifiedAny...).Counted(count(0, 2)),
		schema.Rel("guest", user),
	))
	requireRefused(t, s, "workspace:acme#owner: 2 found, 1 wanted (count 1): workspace:acme#owner@user:ann, workspace:acme#owner@user:bob", func() error {
		return touch(s, "workspace:acme#owner@user:ann", "workspace:acme#owner@user:bob")
	})
	requireRefused(t, s, "workspace:acme#owner: 0 found, 1 wanted (count 1), because of workspace:acme#guest@user:ann", func() error {
		return touch(s, "workspace:acme#guest@user:ann")
	})
	require.NoError(t, touch(s, "workspace:acme#owner@user:ann", "workspace:acme#guest@user:ann"))
	requireRefused(t, s, "workspace:acme#owner: 0 found, 1 wanted (count 1), because of workspace:acme#owner@user:ann", func() error {
		return remove(s, "workspace:acme#owner@user:ann")
	})
	requireRefused(t, s, "workspace:acme#owner: 1 found, 0 of them without caveat or expiry, 1 wanted (count 1): workspace:acme#owner@user:ann", func() error {
		return touch(s, "workspace:acme#owner@user:ann[c]")
	})
	requireRefused(t, s, "workspace:acme#owner: 2 found, 1 wanted (count 1): workspace:acme#owner@user:*, workspace:acme#owner@user:ann", func() error {
		return touch(s, "workspace:acme#owner@user:*")
	})
	requireRefused(t, s, "workspace:acme#owner: 2 found, 1 wanted (count 1): workspace:acme#owner@user:ann, workspace:acme#owner@user:bob", func() error {
		return touch(s, rel("workspace:acme#owner@user:bob").Until(time.Now().Add(time.Hour)).String())
	})
	require.NoError(t, func() error { // from one to the other
		_, err := s.Update(bg, func(tx *store.Tx) error {
			require.NoError(t, tx.Delete(tuple.MustParse("workspace:acme#owner@user:ann")))
			return tx.Create(rel("workspace:acme#owner@team:a#member"))
		})
		return err
	}())
	err := touch(s, "workspace:acme#admin@user:ann", "workspace:acme#admin@user:bob", "workspace:acme#admin@team:a#member")
	var count *store.CountError
	require.ErrorAs(t, err, &count)
	require.Equal(t, "workspace", count.Type)
	require.Equal(t, "admin", count.Relation)
	require.Equal(t, tuple.MustParseObject("workspace:acme"), count.Object)
	require.Equal(t, 3, count.Found)
	require.Contains(t, err.Error(), "3 found, at most 2 wanted (count 0..2)")
	require.NoError(t, touch(s, "workspace:acme#admin@user:ann", "workspace:acme#admin@user:bob"))
	require.NoError(t, deleteObject(s, "workspace:acme"), "its existence ends")
	require.Empty(t, texts(t, now(t, s)))
}

func TestCountPerSubject(t *testing.T) {
	rule := schema.Count{Min: 0, Max: 2, PerSubject: true}
	s := openWith(t, store.Options{}, team,
		schema.Define("doc", schema.Rel("owner", user)),
		schema.Define("workspace",
			schema.Rel("owner", qualifiedAny...),
			schema.Rel("admin", qualifiedAny...),
			schema.Perm("high", schema.Or(schema.Ref("owner"), schema.Ref("admin"))).Counted(rule),
			schema.Perm("higher", schema.Ref("high")),
		))
	require.NoError(t, touch(s, "workspace:a#owner@user:ann", "workspace:a#admin@user:ann", "workspace:b#owner@user:ann", "doc:1#owner@user:ann"))
	requireRefused(t, s, "workspace#high@user:ann: 3 found, at most 2 wanted (count 0..2 per subject): workspace:a#admin@user:ann, workspace:a#owner@user:ann, workspace:b#owner@user:ann", func() error {
		return touch(s, "workspace:c#admin@user:ann")
	})
	require.NoError(t, touch(s, "workspace:a#owner@user:*", "workspace:b#owner@user:*", "workspace:c#owner@user:*"))
	requireRefused(t, s, "workspace#high@team:a#member: 3 found, at most 2 wanted (count 0..2 per subject): workspace:a#owner@team:a#member, workspace:b#owner@team:a#member, workspace:c#owner@team:a#member", func() error {
		return touch(s, "workspace:a#owner@team:a#member", "workspace:b#owner@team:a#member", "workspace:c#owner@team:a#member")
	})
}

func TestLowerCountPerSubject(t *testing.T) {
	s := openWith(t, store.Options{}, team, schema.Define("workspace",
		schema.Rel("member", user, schema.Userset("team", "member")).Counted(schema.Count{Min: 1, Max: schema.Unbounded, PerSubject: true}),
	))
	requireRefused(t, s, "workspace#member@user:ann: 0 found, at least 1 wanted (count 1..* per subject), because of team:a#member@user:ann", func() error {
		return touch(s, "team:a#member@user:ann")
	})
	require.NoError(t, touch(s, "team:a#member@user:ann", "workspace:a#member@user:ann"))
	require.NoError(t, touch(s, "workspace:a#member@team:a#member"))
	requireRefused(t, s, "workspace#member@team:a#member: 0 found, at least 1 wanted (count 1..* per subject), because of workspace:a#member@team:a#member", func() error {
		return remove(s, "workspace:a#member@team:a#member")
	})
	require.NoError(t, deleteObject(s, "team:a"))
}

// In a sum the same subject counts once, and for the lower bound if one of its
// tuples does.
func TestLowerCountOfASum(t *testing.T) {
	s := openWith(t, store.Options{}, schema.Define("workspace",
		schema.Rel("owner", user.With("c")), schema.Rel("admin", user),
		schema.Perm("both", schema.Or(schema.Ref("admin"), schema.Ref("owner"))),
		schema.Perm("high", schema.Or(schema.Ref("owner"), schema.Ref("both"))).Counted(count(1, 1))))
	requireRefused(t, s, "workspace:a#high: 1 found, 0 of them without caveat or expiry, 1 wanted (count 1): workspace:a#owner@user:ann", func() error {
		return touch(s, "workspace:a#owner@user:ann[c]")
	})
	require.NoError(t, touch(s, "workspace:a#owner@user:ann[c]", "workspace:a#admin@user:ann"))
	requireRefused(t, s, "workspace:a#high: 2 found, 1 wanted (count 1): workspace:a#admin@user:ann, workspace:a#admin@user:bob, workspace:a#owner@user:ann", func() error {
		return touch(s, "workspace:a#admin@user:bob")
	})
}

var inWorkspace = schema.Rel("workspace", schema.Type("workspace"), schema.Type("workspace").With("c"))

func TestCountIn(t *testing.T) {
	s := openWith(t, store.Options{},
		schema.Define("workspace", schema.Rel("member", user)),
		schema.Define("bot", inWorkspace,
			schema.Rel("live", user, user.With("c")).Counted(schema.Count{Min: 1, Max: 2, In: "workspace"}),
		))
	requireRefused(t, s, "bot#live in workspace workspace:a: 0 found, 1 to 2 wanted (count 1..2 in workspace), because of workspace:a#member@user:ann", func() error {
		return touch(s, "workspace:a#member@user:ann")
	})
	requireRefused(t, s, "bot#live in workspace workspace:a: 1 found, 0 of them without caveat or expiry, 1 to 2 wanted (count 1..2 in workspace): bot:1#live@user:ann", func() error {
		return touch(s, "bot:1#workspace@workspace:a[c]", "bot:1#live@user:ann")
	})
	require.NoError(t, touch(s, "bot:1#workspace@workspace:a", "bot:1#live@user:ann", "bot:2#workspace@workspace:a[c]", "bot:2#live@user:ann", "bot:3#live@user:ann"))
	for _, text := range []string{"bot:1#live@user:bob", "bot:2#live@user:bob", "bot:3#workspace@workspace:a"} {
		err := touch(s, text)
		require.ErrorContains(t, err, "bot#live in workspace workspace:a: 3 found, 1 to 2 wanted (count 1..2 in workspace): bot:1#live@user:ann", text)
	}
	require.ErrorIs(t, touch(s, "bot:1#live@user:ann[c]"), store.ErrConstraint)
	require.ErrorIs(t, deleteObject(s, "bot:1"), store.ErrConstraint)
	require.NoError(t, deleteObject(s, "workspace:a"))
}

func TestCountPerSubjectIn(t *testing.T) {
	s := openWith(t, store.Options{},
		schema.Define("workspace", schema.Rel("member", user)),
		schema.Define("bot", inWorkspace,
			schema.Rel("live", user, user.With("c"), schema.Wildcard("user")).Counted(schema.Count{Min: 1, Max: 2, PerSubject: true, In: "workspace"}),
		))
	requireRefused(t, s, "bot#live@user:ann in workspace workspace:a: 0 found, 1 to 2 wanted (count 1..2 per subject in workspace), because of workspace:a#member@user:ann", func() error {
		return touch(s, "workspace:a#member@user:ann")
	})
	var texts []string
	for _, w := range []string{"a", "b"} {
		for i := range 3 {
			texts = append(texts, fmt.Sprintf("bot:%s%d#workspace@workspace:%s", w, i, w))
		}
	}
	require.NoError(t, touch(s, texts...))
	require.NoError(t, touch(s, "bot:a0#live@user:ann", "bot:a1#live@user:ann", "bot:b1#live@user:ann", "bot:a0#live@user:bob", "bot:a0#live@user:*", "bot:a1#live@user:*", "bot:a2#live@user:*"))
	const three = "bot#live@user:ann in workspace workspace:a: 3 found, 1 to 2 wanted (count 1..2 per subject in workspace): bot:a0#live@user:ann, bot:a1#live@user:ann, "
	requireRefused(t, s, three+"bot:a2#live@user:ann", func() error { return touch(s, "bot:a2#live@user:ann") })
	requireRefused(t, s, three+"bot:b1#live@user:ann", func() error { return touch(s, "bot:b1#workspace@workspace:a[c]") })
	requireRefused(t, s, "bot#live@user:bob in workspace workspace:a: 1 found, 0 of them without caveat or expiry, 1 to 2 wanted (count 1..2 per subject in workspace): bot:a0#live@user:bob", func() error {
		return touch(s, "bot:a0#live@user:bob[c]")
	})
	require.ErrorIs(t, remove(s, "bot:a0#workspace@workspace:a"), store.ErrConstraint)
	require.ErrorIs(t, remove(s, "bot:a0#workspace@workspace:a", "bot:a0#live@user:bob"), store.ErrConstraint, "both that make the pair")
	require.ErrorIs(t, deleteObject(s, "bot:a0"), store.ErrConstraint)
	require.NoError(t, deleteObject(s, "workspace:a"))
	require.NoError(t, deleteObject(s, "user:ann"))
}

func TestBrokenCountsAreReportedInOrder(t *testing.T) {
	s := openWith(t, store.Options{}, schema.Define("workspace",
		schema.Rel("owner", user).Counted(count(1, 1)),
		schema.Rel("guest", user).Counted(count(0, 1)),
	))
	var texts []string
	for i := range 14 {
		texts = append(texts, fmt.Sprintf("workspace:%02d#guest@user:ann", 13-i), fmt.Sprintf("workspace:%02d#guest@user:bob", 13-i))
	}
	err := touch(s, texts...)
	var all *store.ConstraintError
	require.ErrorAs(t, err, &all)
	require.Equal(t, 28, all.Total)
	require.Len(t, all.Violations, 10)
	for i, v := range all.Violations {
		require.ErrorContains(t, v, fmt.Sprintf("workspace:%02d#owner: 0 found", i))
	}
	require.ErrorContains(t, err, "\nand 18 more")
}

func TestFoundIsBounded(t *testing.T) {
	s := openWith(t, store.Options{}, schema.Define("workspace", schema.Rel("owner", user).Counted(count(1, 1))))
	var texts []string
	for i := range 3000 {
		texts = append(texts, fmt.Sprintf("workspace:a#owner@user:%d", i))
	}
	require.ErrorContains(t, touch(s, texts...), "workspace:a#owner: 1001 or more found, 1 wanted (count 1)")
}

// A whole state is checked as if it were written at once.
func TestViolationsOfAState(t *testing.T) {
	workspace := func(counts ...schema.Count) schema.Part {
		owner := schema.Rel("owner", user, user.With("c"))
		for _, c := range counts {
			owner = owner.Counted(c)
		}
		return schema.Define("workspace", owner, schema.Rel("guest", user), schema.Rel("in", schema.Type("workspace")))
	}
	s := openWith(t, store.Options{}, workspace())
	var texts []string
	for i := range 150 {
		texts = append(texts, fmt.Sprintf("workspace:%03d#guest@user:ann", i), fmt.Sprintf("workspace:%03d#owner@user:ann", i))
		if i%10 == 3 {
			texts[len(texts)-1] = fmt.Sprintf("workspace:%03d#owner@user:ann[c]", i)
		}
	}
	require.NoError(t, touch(s, append(texts, "workspace:007#in@workspace:003")...))
	check := func(counts ...schema.Count) error {
		return store.Violations(s, schema.MustNew(schema.DeclareCaveat("c", "n > 0", schema.Param("n", "int")), schema.Define("user"), workspace(counts...)))
	}
	require.NoError(t, check())
	require.NoError(t, check(schema.Count{Min: 1, Max: 150, PerSubject: true}, schema.Count{Max: 1, In: "in"}, schema.Count{Max: 1, PerSubject: true, In: "in"}))
	var all *store.ConstraintError
	require.ErrorIs(t, store.Violations(s, manyNames()), store.ErrFull)
	require.ErrorAs(t, check(count(1, 1)), &all)
	require.Equal(t, 15, all.Total)
	require.Len(t, all.Violations, 10)
	require.EqualError(t, all.Violations[0], "workspace:003#owner: 1 found, 0 of them without caveat or expiry, 1 wanted (count 1): workspace:003#owner@user:ann")
	require.ErrorContains(t, check(schema.Count{Min: 0, Max: 149, PerSubject: true}), "workspace#owner@user:ann: 150 found, at most 149 wanted")
	require.ErrorContains(t, check(schema.Count{Min: 2, Max: schema.Unbounded, In: "in"}), "workspace#owner in in workspace:003: 1 found, at least 2 wanted")
	require.NoError(t, s.Check())
}

func TestOnDelete(t *testing.T) {
	workspace := schema.Type("workspace")
	s := openWith(t, store.Options{},
		schema.Define("workspace", schema.Rel("member", user), schema.Rel("parent", workspace).OnDelete(schema.Cascade)),
		schema.Define("doc",
			schema.Rel("workspace", workspace, schema.Userset("workspace", "member")).OnDelete(schema.Cascade),
			schema.Rel("keeper", workspace, schema.Userset("workspace", "member"), schema.Type("doc")).OnDelete(schema.Refuse),
			schema.Rel("reader", user, workspace),
		))
	require.NoError(t, touch(s,
		"workspace:a#parent@workspace:b", "workspace:b#parent@workspace:c", "workspace:c#parent@workspace:a", // a circle
		"doc:1#workspace@workspace:b", "doc:2#workspace@workspace:c#member", "doc:1#reader@user:ann", "doc:3#reader@workspace:a", "doc:3#reader@user:ann",
		"doc:1#keeper@doc:1",
	))
	require.NoError(t, touch(s, "doc:9#keeper@workspace:b#member"))
	requireRefused(t, s, "workspace:b cannot be deleted because of doc:9#keeper@workspace:b#member (on-delete refuse)", func() error {
		return deleteObject(s, "workspace:a")
	})
	var refused *store.OnDeleteError
	require.ErrorAs(t, deleteObject(s, "workspace:c"), &refused)
	require.Equal(t, "workspace:b", refused.Deleted.String())
	_, err := s.Update(bg, func(tx *store.Tx) error {
		n, err := tx.DeleteObject(tuple.MustParseObject("workspace:a"))
		require.Equal(t, 8, n)
		require.NoError(t, err)
		n, err = tx.DeleteObject(tuple.MustParseObject("doc:9"))
		require.Equal(t, 1, n)
		return err
	})
	require.NoError(t, err)
	require.Equal(t, []string{"doc:3#reader@user:ann"}, texts(t, now(t, s)))

	require.NoError(t, touch(s, "doc:9#keeper@workspace:z"))
	requireRefused(t, s, "workspace:z cannot be deleted because of doc:9#keeper@workspace:z (on-delete refuse)", func() error {
		return deleteObject(s, "workspace:z") // which changes nothing otherwise
	})
	_, err = s.Update(bg, func(tx *store.Tx) error {
		n, err := tx.DeleteObject(tuple.MustParseObject("workspace:none"))
		require.Zero(t, n)
		require.NoError(t, err)
		return tx.Create(rel("doc:9#keeper@workspace:none"))
	})
	require.NoError(t, err, "what is not there cannot be deleted")
	requireRefused(t, s, "workspace:z cannot be deleted because of doc:8#keeper@workspace:z (on-delete refuse)", func() error {
		_, err := s.Update(bg, func(tx *store.Tx) error {
			require.NoError(t, second(tx.DeleteObject(tuple.MustParseObject("workspace:z"))))
			require.NoError(t, tx.Delete(tuple.MustParse("doc:9#keeper@workspace:z")))
			return tx.Create(rel("doc:8#keeper@workspace:z"))
		})
		return err
	})
}

func TestCascadeIsDeep(t *testing.T) {
	const deep = 20_000
	s := openWith(t, store.Options{}, schema.Define("folder",
		schema.Rel("parent", schema.Type("folder")).OnDelete(schema.Cascade)))
	var texts []string
	for i := range deep {
		texts = append(texts, fmt.Sprintf("folder:%d#parent@folder:%d", i+1, i))
	}
	require.NoError(t, touch(s, texts...))
	_, err := s.Update(bg, func(tx *store.Tx) error {
		n, err := tx.DeleteObject(tuple.MustParseObject("folder:0"))
		require.Equal(t, deep, n)
		return err
	})
	require.NoError(t, err)
	for i := range 300 {
		texts[i] = fmt.Sprintf("folder:%d#parent@folder:0", i+1)
	}
	require.NoError(t, touch(s, texts[:300]...))
	require.NoError(t, deleteObject(s, "folder:0"))
	require.Zero(t, s.Stats().Tuples)
}

func TestDeletedAndMadeAgain(t *testing.T) {
	s := openWith(t, store.Options{}, schema.Define("workspace",
		schema.Rel("owner", user).Counted(count(1, 1)), schema.Rel("guest", user)))
	require.NoError(t, touch(s, "workspace:a#owner@user:ann", "workspace:a#guest@user:ann"))
	requireRefused(t, s, "workspace:a#owner: 0 found, 1 wanted (count 1), because of workspace:a#owner@user:ann", func() error {
		_, err := s.Update(bg, func(tx *store.Tx) error {
			require.NoError(t, second(tx.DeleteObject(tuple.MustParseObject("workspace:a"))))
			return tx.Create(rel("workspace:a#guest@user:ann"))
		})
		return err
	})
	_, err := s.Update(bg, func(tx *store.Tx) error { // first by hand, then whole
		require.NoError(t, second(tx.DeleteMatching(tuple.Filter{ObjectType: "workspace", ObjectID: "a"})))
		return second(tx.DeleteObject(tuple.MustParseObject("workspace:a")))
	})
	require.NoError(t, err)
}

func TestExpiresWithin(t *testing.T) {
	clock := at(0)
	s := openWith(t, store.Options{Clock: func() time.Time { return clock }}, schema.Define("doc",
		schema.Rel("guest", user.Expiring()).ExpiresWithin(2*time.Hour),
		schema.Rel("visitor", user.Expiring()).ExpiresWithin(90*time.Minute),
		schema.Rel("reader", user)))
	require.NoError(t, touch(s, "doc:1#reader@user:ann"))
	until := func(text string, n int) string { return tuple.MustParse(text).Until(at(n)).String() }
	const guest = "doc:1#guest@user:ann"
	requireRefused(t, s, "doc:1#guest@user:ann expires at 1970-01-12T15:46:41Z, 1970-01-12T15:46:40Z is the latest admitted (expires-within 2h)", func() error {
		return touch(s, until(guest, 7201))
	})
	requireRefused(t, s, "doc:1#visitor@user:ann expires at 1970-01-12T15:16:41Z, 1970-01-12T15:16:40Z is the latest admitted (expires-within 90m)", func() error {
		return touch(s, until("doc:1#visitor@user:ann", 5401))
	})
	require.NoError(t, touch(s, until(guest, 5000)))
	requireRefused(t, s, "doc:1#guest@user:ann expires at 1970-01-12T15:10:01Z, 1970-01-12T15:10:00Z is the latest admitted (expires-within 2h, and a touch may not prolong it)", func() error {
		return touch(s, until(guest, 5001))
	})
	require.NoError(t, touch(s, until(guest, 4000)))
	clock = at(4000)
	require.NoError(t, touch(s, until(guest, 4000+7200)), "it had expired, so this is another one")
	var late *store.ExpiryError
	require.ErrorAs(t, touch(s, until(guest, 4000+7201)), &late)
	require.False(t, late.Prolonged)
	require.Equal(t, at(4000+7200), late.Latest)
	require.Equal(t, guest, late.Relationship.Tuple.String())
}

func TestExpiredCountsForNothing(t *testing.T) {
	clock := at(0)
	s := openWith(t, store.Options{Clock: func() time.Time { return clock }, SweepPerCommit: -1}, schema.Define("doc",
		schema.Rel("owner", user, user.Expiring()).Counted(count(0, 1)),
		schema.Rel("keeper", user, user.Expiring()).OnDelete(schema.Refuse)))
	until := func(text string, n int) string { return tuple.MustParse(text).Until(at(n)).String() }
	require.NoError(t, touch(s, until("doc:1#owner@user:ann", 10), until("doc:1#keeper@user:ann", 10)))
	require.ErrorIs(t, touch(s, "doc:1#owner@user:bob"), store.ErrConstraint)
	require.ErrorIs(t, deleteObject(s, "user:ann"), store.ErrConstraint)
	clock = at(10)
	require.NoError(t, touch(s, "doc:1#owner@user:bob"))
	require.NoError(t, deleteObject(s, "user:ann"))
	require.NoError(t, touch(s, until("doc:1#owner@user:cat", 9)), "written after its end")
}

func TestConstraintErrorsAreJoined(t *testing.T) {
	s := openWith(t, store.Options{}, schema.Define("doc",
		schema.Rel("owner", user).Counted(count(1, 1)),
		schema.Rel("guest", user.Expiring()).ExpiresWithin(24*time.Hour),
		schema.Rel("keeper", user).OnDelete(schema.Refuse)))
	require.NoError(t, touch(s, "doc:1#owner@user:ann", "doc:1#keeper@user:bob"))
	_, err := s.Update(bg, func(tx *store.Tx) error {
		require.NoError(t, second(tx.DeleteObject(tuple.MustParseObject("user:bob"))))
		return tx.Create(tuple.MustParse("doc:2#guest@user:ann").Until(time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)))
	})
	var all *store.ConstraintError
	require.ErrorAs(t, err, &all)
	require.Equal(t, 3, all.Total)
	var count *store.CountError
	var late *store.ExpiryError
	var refused *store.OnDeleteError
	for i, target := range []any{&refused, &count, &late} {
		require.ErrorAs(t, all.Violations[i], target)
		require.ErrorIs(t, all.Violations[i], store.ErrConstraint)
		require.ErrorAs(t, err, target)
	}
	require.False(t, errors.Is(err, store.ErrExists))
	require.Contains(t, err.Error(), "(expires-within 1d)")
}

// Only objects are containers: neither usersets nor wildcards in R are.
func TestContainersAreObjects(t *testing.T) {
	s := openWith(t, store.Options{}, schema.Define("folder", schema.Rel("member", user)), schema.Define("doc",
		schema.Rel("parent", schema.Wildcard("folder"), schema.Type("folder"), schema.Userset("folder", "member")),
		schema.Rel("pin", user).Counted(schema.Count{Max: 1, In: "parent"})))
	require.NoError(t, touch(s, "doc:x#parent@folder:a", "doc:y#parent@folder:*", "doc:z#parent@folder:a#member", "doc:w#parent@folder:b"))
	require.NoError(t, touch(s, "doc:x#pin@user:ann", "doc:y#pin@user:ann", "doc:z#pin@user:ann", "doc:z#pin@user:bob", "doc:w#pin@user:ann"))
	require.ErrorIs(t, touch(s, "doc:x#pin@user:bob"), store.ErrConstraint)
}
