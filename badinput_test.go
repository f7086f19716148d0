package baobab_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

const documents = `
use expiration

definition user {}
definition team { relation member: user | team#member }
definition document {
	relation owner: user
	relation viewer: user | user:* | team#member
	relation guest: user with expiration
	permission view = viewer + owner + guest
}`

func openDocuments(t testing.TB) *baobab.Engine {
	t.Helper()
	eng, err := baobab.Open(schema.MustParse(documents), baobab.Options{Store: store.Options{CheckEachCommit: true}})
	require.NoError(t, err)
	t.Cleanup(func() { eng.Close() })
	_, err = eng.Write(ctx,
		tuple.MustParseRelationship("document:plan#owner@user:ann"),
		tuple.MustParseRelationship("document:plan#viewer@team:eng#member"),
		tuple.MustParseRelationship("team:eng#member@user:bob"))
	require.NoError(t, err)
	return eng
}

func text(t testing.TB, v baobab.View) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, v.Export(&b))
	return b.String()
}

// Each bad write has its sentinel and names the offender, by whatever way it
// is attempted, and changes nothing.
func TestBadWrites(t *testing.T) {
	object := func(id string) tuple.Object { return tuple.Object{Type: "document", ID: id} }
	ann := tuple.MustParseSubject("user:ann")
	for name, c := range map[string]struct {
		bad  tuple.Relationship
		want error
		text string
	}{
		"malformed":              {tuple.New(object("a b"), "owner", ann).Always(), tuple.ErrSyntax, `"document:a b#owner@user:ann": at byte 10: ' ' cannot stand in an id`},
		"no subject":             {tuple.New(object("a"), "owner", tuple.Subject{}).Always(), tuple.ErrSyntax, "expected a type"},
		"an id that is too long": {tuple.New(object(strings.Repeat("x", tuple.MaxID+1)), "owner", ann).Always(), tuple.ErrTooLong, "an id of 1025 bytes is longer than 1024"},
		"a name that is too long": {tuple.New(tuple.Object{Type: strings.Repeat("x", tuple.MaxName+1), ID: "a"}, "owner", ann).Always(),
			tuple.ErrTooLong, "a type of 255 bytes is longer than 254"},
		"invalid UTF-8":          {tuple.New(object("a\xff"), "owner", ann).Always(), tuple.ErrUTF8, "0xff"},
		"an undefined type":      {tuple.MustParseRelationship("folder:x#owner@user:ann"), schema.ErrUnknownType, `"folder"`},
		"an undefined relation":  {tuple.MustParseRelationship("document:plan#ownr@user:ann"), schema.ErrUnknownRelation, `did you mean "owner"`},
		"an undefined subject":   {tuple.MustParseRelationship("document:plan#owner@robot:r2"), schema.ErrUnknownType, `"robot"`},
		"a permission":           {tuple.MustParseRelationship("document:plan#view@user:ann"), schema.ErrNotStored, "document:plan#view@user:ann"},
		"a subject not admitted": {tuple.MustParseRelationship("document:plan#owner@team:eng#member"), schema.ErrSubjectNotAllowed, "team#member"},
		"a team itself":          {tuple.MustParseRelationship("document:plan#viewer@team:eng"), schema.ErrSubjectNotAllowed, "team"},
		"a wildcard":             {tuple.MustParseRelationship("document:plan#owner@user:*"), schema.ErrWildcardNotAllowed, "user:*"},
		"an expiry":              {tuple.MustParseRelationship("document:plan#owner@user:ann[expiration:2100-01-01T00:00:00Z]"), schema.ErrExpirationNotAllowed, "owner"},
		"no expiry":              {tuple.MustParseRelationship("document:plan#guest@user:ann"), schema.ErrExpirationNotAllowed, "with expiration"},
		"a caveat":               {tuple.MustParseRelationship("document:plan#owner@user:ann[noon]"), schema.ErrCaveatNotAllowed, "noon"},
		"a context without one":  {tuple.Relationship{Tuple: tuple.MustParse("document:plan#owner@user:ann"), Context: map[string]any{"a": 1}}, tuple.ErrSyntax, "a context without a caveat"},
	} {
		t.Run(name, func(t *testing.T) {
			eng := openDocuments(t)
			before, stats := text(t, eng.Now()), eng.Stats()
			good := tuple.MustParseRelationship("document:other#owner@user:zoe")
			attempts := map[string]func() error{
				"Write": func() error { _, err := eng.Write(ctx, good, c.bad); return err },
				"Create": func() error {
					_, err := eng.Update(ctx, func(tx *baobab.Tx) error { return tx.Create(good, c.bad) })
					return err
				},
				"Import": func() error {
					_, err := eng.Import(ctx, func(yield func(tuple.Relationship, error) bool) { _ = yield(good, nil) && yield(c.bad, nil) })
					return err
				},
				"With": func() error { return eng.Now().With(good, c.bad).Err() },
			}
			for how, attempt := range attempts {
				err := attempt()
				require.ErrorIs(t, err, c.want, how)
				assert.Contains(t, err.Error(), c.text, how)
			}
			assert.Equal(t, before, text(t, eng.Now()))
			assert.Equal(t, stats.Revision, eng.Stats().Revision)
			// A transaction that goes on after the refusal commits the rest.
			_, err := eng.Update(ctx, func(tx *baobab.Tx) error {
				if err := tx.Touch(good, c.bad); err == nil {
					return fmt.Errorf("accepted %v", c.bad)
				}
				return tx.Touch(good)
			})
			require.NoError(t, err)
			assert.Equal(t, stats.Tuples+1, eng.Stats().Tuples)
			require.NoError(t, eng.Verify())
		})
	}
}

// What looks for stored tuples of a permission would find none, and is refused
// rather than taken for an answer.
func TestPermissionsAreNotStored(t *testing.T) {
	eng := openDocuments(t)
	view, filter := tuple.MustParse("document:plan#view@user:ann"), tuple.MustParseFilter("document:plan#view")
	before := text(t, eng.Now())
	for name, attempt := range map[string]func(*baobab.Tx) error{
		"Delete":         func(tx *baobab.Tx) error { return tx.Delete(view) },
		"DeleteMatching": func(tx *baobab.Tx) error { _, err := tx.DeleteMatching(filter); return err },
		"any type":       func(tx *baobab.Tx) error { _, err := tx.DeleteMatching(tuple.MustParseFilter("#view")); return err },
		"Require":        func(tx *baobab.Tx) error { return tx.Require(filter) },
		"Forbid":         func(tx *baobab.Tx) error { return tx.Forbid(filter) },
		"Without":        func(tx *baobab.Tx) error { return tx.View().Without(view).Err() },
		"Tuples": func(tx *baobab.Tx) error {
			for _, err := range tx.Tuples(filter) {
				return err
			}
			return nil
		},
	} {
		_, err := eng.Update(ctx, attempt)
		require.ErrorIs(t, err, schema.ErrNotStored, name)
		assert.Contains(t, err.Error(), "view", name)
	}
	assert.Equal(t, before, text(t, eng.Now()))
}

// Each bad question has its sentinel, names the offender, and is denied.
func TestBadQuestions(t *testing.T) {
	eng := openDocuments(t)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	good := tuple.MustParse("document:plan#view@user:ann")
	closed := openDocuments(t)
	held := closed.Now()
	require.NoError(t, closed.Close())
	require.NoError(t, closed.Close())
	for name, c := range map[string]struct {
		ctx  context.Context
		view baobab.View
		t    tuple.Tuple
		want error
		text string
	}{
		"malformed":                  {ctx, eng.Now(), tuple.Tuple{}, tuple.ErrSyntax, "expected a type"},
		"unknown type":               {ctx, eng.Now(), tuple.MustParse("documnet:plan#view@user:ann"), schema.ErrUnknownType, `did you mean "document"`},
		"unknown relation":           {ctx, eng.Now(), tuple.MustParse("document:plan#veiw@user:ann"), schema.ErrUnknownRelation, `did you mean "view"`},
		"unknown subject":            {ctx, eng.Now(), tuple.MustParse("document:plan#view@usr:ann"), schema.ErrUnknownType, `did you mean "user"`},
		"unknown userset":            {ctx, eng.Now(), tuple.MustParse("document:plan#view@team:eng#membr"), schema.ErrUnknownRelation, `did you mean "member"`},
		"no object":                  {ctx, eng.Now(), tuple.New(tuple.Object{Type: "document", ID: "a b"}, "view", tuple.MustParseSubject("user:ann")), tuple.ErrSyntax, "cannot stand in an id"},
		"unknown subject, malformed": {ctx, eng.Now(), tuple.New(tuple.MustParseObject("document:plan"), "view", tuple.Subject{Object: tuple.Object{Type: "user", ID: "a b"}}), tuple.ErrSyntax, "cannot stand in an id"},
		"unknown subject, zero":      {ctx, eng.Now(), tuple.New(tuple.MustParseObject("document:plan"), "view", tuple.Subject{}), tuple.ErrSyntax, "expected a type"},
		"cancelled":                  {cancelled, eng.Now(), good, context.Canceled, "canceled"},
		"closed, held":               {ctx, held, good, store.ErrClosed, "closed"},
		"closed, new":                {ctx, closed.Now(), good, store.ErrClosed, "closed"},
		"no view":                    {ctx, baobab.View{}, good, baobab.ErrNoView, "no engine"},
		"bad With":                   {ctx, eng.Now().With(tuple.MustParseRelationship("document:plan#view@user:ann")), good, schema.ErrNotStored, "document:plan#view@user:ann"},
		"bad Without":                {ctx, eng.Now().Without(tuple.MustParse("folder:x#view@user:ann")).AsOf(eng.Now().Time()), good, schema.ErrUnknownType, "folder"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := c.view.Check(c.ctx, c.t)
			require.ErrorIs(t, err, c.want)
			assert.Contains(t, err.Error(), c.text)
			assert.True(t, d.Denied())
			ds, err := c.view.CheckAll(c.ctx, []tuple.Tuple{c.t})
			require.ErrorIs(t, err, c.want)
			assert.Equal(t, []baobab.Decision{{}}, ds)
			d, err = c.view.As(c.t.Subject).Check(c.ctx, c.t.Object, c.t.Relation)
			require.ErrorIs(t, err, c.want)
			assert.True(t, d.Denied())
			_, err = c.view.Explain(c.ctx, c.t)
			require.ErrorIs(t, err, c.want)
			if !strings.HasPrefix(name, "unknown subject") && !strings.HasPrefix(name, "unknown userset") {
				_, err = c.view.Expand(c.ctx, c.t.Object, c.t.Relation, expand.Options{})
				require.ErrorIs(t, err, c.want)
			}
			if c.view.Err() != nil {
				require.ErrorIs(t, c.view.Err(), c.want)
				for _, err := range c.view.Tuples(tuple.Filter{}) {
					require.ErrorIs(t, err, c.want)
				}
				require.ErrorIs(t, c.view.Export(&bytes.Buffer{}), c.want)
			}
		})
	}
}

func TestClosedEngine(t *testing.T) {
	eng := openDocuments(t)
	rev := eng.Now().Revision()
	require.NoError(t, eng.Close())
	fn := func(*baobab.Tx) error { t.Error("ran"); return nil }
	good := tuple.MustParse("document:plan#owner@user:ann")
	for name, call := range map[string]func() error{
		"Update":   func() error { _, err := eng.Update(ctx, fn); return err },
		"Write":    func() error { _, err := eng.Write(ctx, good.Always()); return err },
		"Delete":   func() error { _, err := eng.Delete(ctx, good); return err },
		"Check":    func() error { _, err := eng.Check(ctx, good); return err },
		"CheckAll": func() error { _, err := eng.CheckAll(ctx, []tuple.Tuple{good}); return err },
		"Explain":  func() error { _, err := eng.Explain(ctx, good); return err },
		"Expand":   func() error { _, err := eng.Expand(ctx, good.Object, "view", expand.Options{}); return err },
		"At":       func() error { _, err := eng.At(rev); return err },
		"AtLeast":  func() error { _, err := eng.AtLeast(ctx, rev); return err },
		"Latest":   func() error { _, err := eng.Latest(ctx); return err },
		"Verify":   eng.Verify,
		"Tuples": func() error {
			for _, err := range eng.Tuples(tuple.Filter{}) {
				return err
			}
			return nil
		},
	} {
		require.ErrorIs(t, call(), store.ErrClosed, name)
	}
}

func TestBadSchemas(t *testing.T) {
	_, err := baobab.Open(nil, baobab.Options{})
	require.ErrorIs(t, err, store.ErrNoSchema)
	_, err = schema.Parse("empty.zed", "  // nothing\n")
	require.ErrorIs(t, err, schema.ErrEmpty)
	_, err = baobab.Open(&schema.Schema{}, baobab.Options{})
	require.ErrorIs(t, err, store.ErrNoSchema)
	s, err := schema.Parse("noon.zed", `
caveat noon(hour int) { hour == 12 }
definition user {}
definition document { relation viewer: user with noon }`)
	require.NoError(t, err)
	_, err = baobab.Open(s, baobab.Options{})
	require.ErrorIs(t, err, schema.ErrNoEvaluator)
	assert.Equal(t, `noon.zed:2:8: the schema declares the caveat noon: nothing evaluates caveats (the engine's option Caveats takes what does, such as caveat.New)`, err.Error())
}

// A schema of 10,000 definitions, each with relations to the next, is taken,
// and decides.
func TestHugeSchema(t *testing.T) {
	const n = 10_000
	var b strings.Builder
	b.WriteString("definition user {}\n")
	for i := range n {
		fmt.Fprintf(&b, "definition t%d {\n\trelation next: t%d\n\trelation r%d: user\n\tpermission p%d = r%d + next->p%d\n}\n", i, min(i+1, n-1), i, i, i, min(i+1, n-1))
	}
	s, err := schema.Parse("huge.zed", b.String())
	require.NoError(t, err)
	eng, err := baobab.Open(s, baobab.Options{})
	require.NoError(t, err)
	defer eng.Close()
	_, err = eng.Write(ctx,
		tuple.MustParseRelationship("t0:a#next@t1:a"),
		tuple.MustParseRelationship("t1:a#next@t2:a"),
		tuple.MustParseRelationship("t2:a#r2@user:ann"))
	require.NoError(t, err)
	d, err := eng.Check(ctx, tuple.MustParse("t0:a#p0@user:ann"))
	require.NoError(t, err)
	assert.True(t, d.Allowed())
	d, err = eng.Check(ctx, tuple.MustParse("t0:a#p0@user:bob"))
	require.NoError(t, err)
	assert.True(t, d.Denied())
	_, err = eng.Check(ctx, tuple.MustParse("t0:a#p1@user:bob"))
	require.ErrorIs(t, err, schema.ErrUnknownRelation)
}

func TestBadContexts(t *testing.T) {
	s := schema.MustParse(`
caveat even(n int) { n == 2 }
definition user {}
definition document {
	relation owner: user with even
	//baobab:granted-by own
	relation viewer: user with even | user
	permission own = owner
}`)
	eng, err := baobab.Open(s, baobab.Options{Caveats: oracle.Conditions{}})
	require.NoError(t, err)
	defer eng.Close()
	_, err = eng.Write(ctx, tuple.MustParseRelationship(`document:1#viewer@user:ann[even:{"n":"two"}]`))
	require.ErrorIs(t, err, schema.ErrContextNotAllowed)
	require.Error(t, errors.Unwrap(err))
	_, err = eng.Write(ctx, tuple.MustParseRelationship(`document:1#owner@user:ann[even]`))
	require.NoError(t, err)

	write := func(given map[string]any) error {
		_, err := eng.UpdateAs(ctx, tuple.MustParseSubject("user:ann"), given, func(tx *baobab.Tx) error {
			return tx.Create(tuple.MustParseRelationship("document:1#viewer@user:bob"))
		})
		return err
	}
	require.ErrorIs(t, write(map[string]any{"n": make(chan int)}), tuple.ErrSyntax)
	err = write(nil)
	require.ErrorIs(t, err, store.ErrGuard)
	require.ErrorIs(t, err, baobab.ErrConditional)
	assert.EqualError(t, err, "user:ann may not write document:1#viewer@user:bob: granted-by own: document:1#own@user:ann: conditional on n")
	err = write(map[string]any{"n": "two"})
	require.ErrorIs(t, err, store.ErrGuard)
	require.ErrorIs(t, err, check.ErrCondition)
	assert.Contains(t, err.Error(), "user:ann may not write document:1#viewer@user:bob: granted-by own: document:1#own@user:ann: a caveat failed: even of document:1#owner@user:ann: ")
	require.ErrorIs(t, write(map[string]any{"n": 3}), store.ErrGuard)
	require.NoError(t, write(map[string]any{"n": 2}))

	_, err = eng.SetSchema(ctx, nil, store.SchemaOptions{})
	require.ErrorIs(t, err, store.ErrNoSchema)
	_, err = eng.SetSchema(ctx, schema.MustParse(`
caveat even(n int) { n = 2 }
definition user {}
definition document { relation viewer: user with even }`), store.SchemaOptions{})
	require.ErrorIs(t, err, schema.ErrSchema)
}

// The plans of schemas that came and went are let go of.
func TestManySchemas(t *testing.T) {
	eng, err := baobab.Open(schema.MustParse("definition user {} definition doc { relation viewer: user }"), baobab.Options{})
	require.NoError(t, err)
	defer eng.Close()
	_, err = eng.Write(ctx, tuple.MustParseRelationship("doc:1#viewer@user:ann"))
	require.NoError(t, err)
	for i := range 100 {
		_, err := eng.SetSchema(ctx, schema.MustParse(fmt.Sprintf("definition user {} definition doc { relation viewer: user relation r%d: user }", i)), store.SchemaOptions{})
		require.NoError(t, err)
		d, err := eng.Check(ctx, tuple.MustParse("doc:1#viewer@user:ann"))
		require.NoError(t, err)
		require.True(t, d.Allowed())
	}
}
