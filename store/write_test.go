package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Each refused write says what is wrong and with which tuple, and changes nothing.
func TestWritesAreValidated(t *testing.T) {
	s := open(t, store.Options{})
	base := create(t, s, "document:a#viewer@user:a")
	long := strings.Repeat("x", tuple.MaxID+1)
	user := func(id string) tuple.Relationship {
		return tuple.New(tuple.Object{Type: "document", ID: "a"}, "viewer", tuple.Object{Type: "user", ID: id}.Subject()).Always()
	}
	tests := []struct {
		name  string
		rel   tuple.Relationship
		is    error
		names string
	}{
		{"malformed", user(""), tuple.ErrSyntax, "document:a#viewer@user:"},
		{"too long", user(long), tuple.ErrTooLong, "xxx"},
		{"not UTF-8", user("\xff"), tuple.ErrUTF8, "0xff"},
		{"zero", tuple.Relationship{}, tuple.ErrSyntax, ""},
		{"undefined type", rel("folder:a#viewer@user:a"), schema.ErrUnknownType, "folder:a#viewer@user:a"},
		{"undefined relation", rel("document:a#owner@user:a"), schema.ErrUnknownRelation, "document:a#owner@user:a"},
		{"undefined subject type", rel("document:a#viewer@robot:a"), schema.ErrUnknownType, "document:a#viewer@robot:a"},
		{"undefined subject relation", rel("document:a#viewer@team:a#boss"), schema.ErrUnknownRelation, "document:a#viewer@team:a#boss"},
		{"a permission", rel("document:a#view@user:a"), schema.ErrNotStored, "document:a#view@user:a"},
		{"subject not admitted", rel("document:a#parent@user:a"), schema.ErrSubjectNotAllowed, "document:a#parent@user:a"},
		{"wildcard not admitted", rel("document:a#editor@user:*"), schema.ErrWildcardNotAllowed, "document:a#editor@user:*"},
		{"caveat not admitted", rel("document:a#editor@user:a[c]"), schema.ErrCaveatNotAllowed, "document:a#editor@user:a"},
		{"expiry not admitted", rel("document:a#editor@user:a[expiration:2027-01-01T00:00:00Z]"), schema.ErrExpirationNotAllowed, "document:a#editor@user:a"},
	}
	good := rel("document:a#viewer@user:good")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			refuse := func(err error) {
				t.Helper()
				require.ErrorIs(t, err, test.is)
				require.ErrorContains(t, err, test.names)
			}
			rev, err := s.Update(bg, func(tx *store.Tx) error {
				refuse(tx.Create(good, test.rel))
				refuse(tx.Touch(good, test.rel))
				return nil
			})
			require.NoError(t, err)
			require.Equal(t, base, rev, "nothing was to commit")
			_, err = now(t, s).With(good, test.rel)
			refuse(err)
			require.Equal(t, []string{"document:a#viewer@user:a"}, texts(t, now(t, s)))
		})
	}
}

func TestDeleteAndWithoutAreValidated(t *testing.T) {
	s := open(t, store.Options{})
	base := create(t, s, "document:a#viewer@user:a")
	good := tuple.MustParse("document:a#viewer@user:a")
	for text, is := range map[string]error{
		"folder:a#viewer@user:a":       schema.ErrUnknownType,
		"document:a#owner@user:a":      schema.ErrUnknownRelation,
		"document:a#viewer@robot:a":    schema.ErrUnknownType,
		"document:a#viewer@team:a#off": schema.ErrUnknownRelation,
	} {
		bad := tuple.MustParse(text)
		rev, err := s.Update(bg, func(tx *store.Tx) error {
			err := tx.Delete(good, bad)
			require.ErrorIs(t, err, is)
			require.ErrorContains(t, err, text)
			require.ErrorIs(t, tx.Delete(good, tuple.Tuple{}), tuple.ErrSyntax)
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, base, rev)
		_, err = now(t, s).Without(good, bad)
		require.ErrorIs(t, err, is)
		_, _, err = now(t, s).Get(bad)
		require.ErrorIs(t, err, is)
	}
	_, err := s.Update(bg, func(tx *store.Tx) error {
		_, err := tx.DeleteObject(tuple.Object{Type: "folder", ID: "a"})
		require.ErrorIs(t, err, schema.ErrUnknownType)
		_, err = tx.DeleteObject(tuple.Object{Type: "user", ID: "*"})
		require.ErrorIs(t, err, tuple.ErrSyntax)
		for _, f := range []tuple.Filter{{ObjectID: "a"}, {ObjectType: "no type"}} {
			_, err = tx.DeleteMatching(f)
			require.ErrorIs(t, err, tuple.ErrSyntax)
			require.ErrorIs(t, tx.Require(f), tuple.ErrSyntax)
		}
		_, err = tx.DeleteMatching(tuple.Filter{Relation: "owner"})
		require.ErrorIs(t, err, schema.ErrUnknownRelation)
		return nil
	})
	require.NoError(t, err)
	for _, err := range now(t, s).Tuples(tuple.Filter{ObjectType: "folder"}) {
		require.ErrorIs(t, err, schema.ErrUnknownType)
	}
	_, err = now(t, s).Count(tuple.Filter{ObjectType: "folder"})
	require.ErrorIs(t, err, schema.ErrUnknownType)
	require.Equal(t, []string{"document:a#viewer@user:a"}, texts(t, now(t, s)))
}

func TestCreateNamesWhatExists(t *testing.T) {
	s := open(t, store.Options{})
	create(t, s, "document:a#viewer@user:a")
	_, err := s.Update(bg, func(tx *store.Tx) error {
		return tx.Create(rel("document:a#viewer@user:b"), rel(`document:a#viewer@user:a[c:{"n":1}]`))
	})
	require.ErrorIs(t, err, store.ErrExists)
	require.ErrorContains(t, err, "document:a#viewer@user:a")
	_, err = s.Update(bg, func(tx *store.Tx) error {
		return tx.Create(rel("document:a#viewer@user:b"), rel("document:a#viewer@user:c"), rel("document:a#viewer@user:b[c]"))
	})
	require.ErrorIs(t, err, store.ErrExists)
	require.ErrorContains(t, err, "document:a#viewer@user:b")
	require.Len(t, texts(t, now(t, s)), 1)
}

// Of a tuple touched twice in one call the last counts, also when it is what was there.
func TestTouchTwice(t *testing.T) {
	s := open(t, store.Options{})
	u := tuple.MustParse("document:a#viewer@user:a")
	touch := func(rels ...tuple.Relationship) store.Revision {
		return must(s.Update(bg, func(tx *store.Tx) error { return tx.Touch(rels...) }))
	}
	first := touch(u.When("c", nil), rel("document:a#viewer@user:b"), u.Always())
	require.Equal(t, []string{"document:a#viewer@user:a", "document:a#viewer@user:b"}, texts(t, now(t, s)))
	require.Equal(t, first, touch(u.When("c", nil), u.Always()))
	require.NotEqual(t, first, touch(u.Always(), u.When("c", nil)))
	require.NoError(t, s.Check())
}

func TestCanonicalOnWrite(t *testing.T) {
	s := open(t, store.Options{})
	r := rel("document:a#viewer@user:a").When("c", map[string]any{"n": 1})
	_, err := s.Update(bg, func(tx *store.Tx) error { return tx.Create(r) })
	require.NoError(t, err)
	r.Context["n"] = 99 // the store has its own
	got, ok, err := now(t, s).Get(r.Tuple)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, map[string]any{"n": 1.0}, got.Context)
	before := now(t, s).Revision()
	rev, err := s.Update(bg, func(tx *store.Tx) error { return tx.Touch(r.When("c", map[string]any{"n": 1.0})) })
	require.NoError(t, err)
	require.Equal(t, before, rev, "touched with what it had")
}

func TestPreconditions(t *testing.T) {
	s := open(t, store.Options{})
	base := create(t, s, "document:a#viewer@user:a")
	a, b := tuple.MustParseFilter("document:a"), tuple.MustParseFilter("document:b#viewer")
	for name, fn := range map[string]func(tx *store.Tx) error{
		"require": func(tx *store.Tx) error { return tx.Require(b) },
		"forbid":  func(tx *store.Tx) error { return tx.Forbid(a) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, swallow := range []bool{false, true} {
				rev, err := s.Update(bg, func(tx *store.Tx) error {
					require.NoError(t, tx.Require(a))
					require.NoError(t, tx.Forbid(b))
					err := fn(tx)
					require.ErrorIs(t, err, store.ErrPrecondition)
					require.NoError(t, tx.Create(rel("document:b#viewer@user:b")))
					require.NoError(t, tx.Require(b), "judged on the pending state")
					if swallow {
						return nil
					}
					return err
				})
				require.ErrorIs(t, err, store.ErrPrecondition)
				require.ErrorContains(t, err, map[string]string{"require": "document:b#viewer", "forbid": "document:a#viewer@user:a"}[name])
				require.Zero(t, rev)
				require.Equal(t, base, now(t, s).Revision())
			}
		})
	}
}

// What a transaction creates and deletes again, or changes back, does not happen.
func TestNoTrace(t *testing.T) {
	clock := at(0)
	s := open(t, store.Options{Clock: func() time.Time { return clock }})
	base := create(t, s, "document:a#viewer@user:a", "document:a#viewer@user:x[expiration:1970-01-12T13:46:45Z]")
	clock = at(10)
	x := tuple.MustParse("document:a#viewer@user:x")
	rev, err := s.Update(bg, func(tx *store.Tx) error {
		require.NoError(t, tx.Create(rel("document:b#viewer@user:b")))
		require.NoError(t, tx.Touch(rel("document:a#viewer@user:a[c]")))
		require.NoError(t, tx.Touch(rel("document:a#viewer@user:a")))
		return tx.Delete(tuple.MustParse("document:b#viewer@user:b"))
	})
	require.NoError(t, err)
	require.Equal(t, base, rev)

	// What has expired is not there to be changed back to: it is replaced, and
	// the replacement deleted.
	_, err = s.Update(bg, func(tx *store.Tx) error {
		require.NoError(t, tx.Create(x.Always()))
		return tx.Delete(x)
	})
	require.NoError(t, err)
	before, err := now(t, s).AsOf(at(1))
	require.NoError(t, err)
	_, ok, err := before.Get(x)
	require.NoError(t, err)
	require.False(t, ok, "at an instant before it expired, too")
	past, err := s.At(base)
	require.NoError(t, err)
	_, ok, err = past.Get(x)
	require.NoError(t, err)
	require.True(t, ok, "at the revision before, it is there")
	require.NoError(t, s.Check())
}
