package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

const (
	wide = `
use expiration
caveat c(x int) { x == 1 }
definition user {}
definition group { relation member: user | group#member }
definition doc {
	relation owner: user
	relation viewer: user | user:* | group#member | user with c | user with expiration
}`
	narrow = `
definition user {}
definition doc {
	relation owner: user
	relation viewer: user
}`
)

// fixed is an evaluator for schemas whose caveats nobody evaluates.
type fixed struct{}

func (fixed) Compile(*schema.Caveat) (schema.Condition, error) { return fixed{}, nil }
func (fixed) Validate(map[string]any) error                    { return nil }
func (fixed) Evaluate(_, _ map[string]any) (schema.Verdict, error) {
	return schema.Verdict{}, nil
}

func bound(t testing.TB, text string) *schema.Schema {
	t.Helper()
	s, err := schema.Parse("test.zed", text)
	require.NoError(t, err)
	s, err = s.Bind(fixed{})
	require.NoError(t, err)
	return s
}

type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func openWide(t testing.TB, tuples ...string) (*store.Store, *clock) {
	t.Helper()
	c := &clock{time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	st, err := store.Open(bound(t, wide), store.Options{Clock: c.now, CheckEachCommit: true, PinEvery: 2})
	require.NoError(t, err)
	t.Cleanup(func() { _ = st.Close() })
	_, err = st.Update(context.Background(), func(tx *store.Tx) error {
		for _, r := range tuples {
			if err := tx.Create(tuple.MustParseRelationship(r)); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	return st, c
}

func stored(t testing.TB, s *store.State) []string {
	t.Helper()
	var all []string
	for r, err := range s.Tuples(tuple.Filter{}) {
		require.NoError(t, err)
		all = append(all, r.String())
	}
	slices.Sort(all)
	return all
}

func TestSetSchemaRefusesOrphans(t *testing.T) {
	st, _ := openWide(t, "doc:1#owner@user:ann", "doc:1#viewer@user:*", "doc:1#viewer@group:g#member", `doc:2#viewer@user:ann[c:{"x":2}]`,
		"doc:3#viewer@user:ann[expiration:2027-01-01T00:00:00Z]", "group:g#member@user:ann")
	before := st.Stats().Revision
	_, err := st.SetSchema(context.Background(), bound(t, narrow), store.SchemaOptions{})
	require.ErrorIs(t, err, store.ErrOrphans)
	require.ErrorIs(t, err, schema.ErrUnknownType)
	require.ErrorIs(t, err, schema.ErrWildcardNotAllowed)
	assert.Equal(t, `the schema does not admit tuples that are stored: 5 stored
	doc:1#viewer@user:*: doc#viewer does not admit user:*; it admits user
	doc:1#viewer@group:g#member: unknown type "group"
	group:g#member@user:ann: unknown type "group"
	doc:2#viewer@user:ann: doc#viewer does not admit this subject with the caveat "c"; it admits user
	doc:3#viewer@user:ann: doc#viewer does not admit this subject with an expiry; it admits user`, err.Error())
	assert.Equal(t, before, st.Stats().Revision)
	_, err = st.SetSchema(context.Background(), nil, store.SchemaOptions{})
	require.ErrorIs(t, err, store.ErrNoSchema)
	require.NoError(t, st.Check())
}

func TestOrphansBeyondTheExamples(t *testing.T) {
	var tuples []string
	for i := range 25 {
		tuples = append(tuples, fmt.Sprintf("group:g#member@user:u%d", i))
	}
	st, _ := openWide(t, tuples...)
	_, err := st.SetSchema(context.Background(), bound(t, narrow), store.SchemaOptions{})
	var orphans *store.OrphanError
	require.ErrorAs(t, err, &orphans)
	assert.Equal(t, 25, orphans.Count)
	assert.Len(t, orphans.Examples, store.MaxExamples)
	assert.Contains(t, err.Error(), "\n\tand 15 more")
}

func TestSetSchemaKeepsOldStates(t *testing.T) {
	st, _ := openWide(t, "doc:1#owner@user:ann", "doc:1#viewer@user:*")
	before, err := st.Now()
	require.NoError(t, err)
	rev, err := st.SetSchema(context.Background(), bound(t, narrow), store.SchemaOptions{SetAside: true})
	require.NoError(t, err)
	assert.Equal(t, 1, rev.Compare(before.Revision()))
	after, err := st.Now()
	require.NoError(t, err)
	assert.Equal(t, []string{"doc:1#owner@user:ann"}, stored(t, after))
	assert.Nil(t, after.Schema().Definition("group"))
	for _, old := range []func() (*store.State, error){
		func() (*store.State, error) { return before, nil },
		func() (*store.State, error) { return st.At(before.Revision()) },
	} {
		s, err := old()
		require.NoError(t, err)
		assert.NotNil(t, s.Schema().Definition("group"))
		assert.Equal(t, []string{"doc:1#owner@user:ann", "doc:1#viewer@user:*"}, stored(t, s))
		_, err = s.With(tuple.MustParseRelationship("group:g#member@user:ann"))
		require.NoError(t, err)
	}
	_, err = st.Update(context.Background(), func(tx *store.Tx) error {
		return tx.Create(tuple.MustParseRelationship("doc:1#viewer@user:*"))
	})
	require.ErrorIs(t, err, schema.ErrWildcardNotAllowed)
}

func TestSetAside(t *testing.T) {
	ctx := context.Background()
	st, c := openWide(t, "doc:1#owner@user:ann", "doc:1#viewer@user:*", "doc:1#viewer@group:g#member", `doc:2#viewer@user:ann[c:{"x":2}]`,
		"doc:3#viewer@user:ann[expiration:2027-01-01T00:00:00Z]", "doc:4#viewer@user:ann[expiration:2027-06-01T00:00:00Z]", "group:g#member@user:ann", "group:g#member@user:bob")
	update := func(fn func(tx *store.Tx) error) {
		t.Helper()
		_, err := st.Update(ctx, fn)
		require.NoError(t, err)
	}
	_, err := st.SetSchema(ctx, bound(t, narrow), store.SchemaOptions{SetAside: true})
	require.NoError(t, err)
	assert.Equal(t, 7, st.Stats().Aside)
	assert.Equal(t, 1, st.Stats().Stored)
	// What is written, deleted or has expired meanwhile is what counts.
	update(func(tx *store.Tx) error { return tx.Create(tuple.MustParseRelationship("doc:2#viewer@user:ann")) })
	update(func(tx *store.Tx) error { return tx.Delete(tuple.MustParse("doc:1#viewer@user:*")) })
	assert.Equal(t, 5, st.Stats().Aside)
	update(func(tx *store.Tx) error { _, err := tx.DeleteObject(tuple.MustParseObject("user:bob")); return err })
	assert.Equal(t, 4, st.Stats().Aside)
	c.Time = time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	require.NoError(t, st.Check())
	_, err = st.SetSchema(ctx, bound(t, wide), store.SchemaOptions{})
	require.NoError(t, err)
	now, err := st.Now()
	require.NoError(t, err)
	assert.Equal(t, []string{"doc:1#owner@user:ann", "doc:1#viewer@group:g#member", "doc:2#viewer@user:ann",
		"doc:4#viewer@user:ann[expiration:2027-06-01T00:00:00Z]", "group:g#member@user:ann"}, stored(t, now))
	assert.Zero(t, st.Stats().Aside)
	require.NoError(t, st.Check())
}

func TestDeleteMatchingDropsWhatIsAside(t *testing.T) {
	ctx := context.Background()
	st, _ := openWide(t, "doc:1#viewer@user:*", "doc:2#viewer@user:*", "doc:1#owner@user:ann")
	_, err := st.SetSchema(ctx, bound(t, narrow), store.SchemaOptions{SetAside: true})
	require.NoError(t, err)
	_, err = st.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.DeleteMatching(tuple.Filter{ObjectType: "doc", ObjectID: "1"})
		assert.Equal(t, 1, n)
		return err
	})
	require.NoError(t, err)
	_, err = st.SetSchema(ctx, bound(t, wide), store.SchemaOptions{})
	require.NoError(t, err)
	now, err := st.Now()
	require.NoError(t, err)
	assert.Equal(t, []string{"doc:2#viewer@user:*"}, stored(t, now))
}

func TestSetSchemaInterrupted(t *testing.T) {
	st, _ := openWide(t)
	done, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := st.SetSchema(done, bound(t, narrow), store.SchemaOptions{})
	require.ErrorIs(t, err, context.Canceled)
	_, err = st.Update(context.Background(), func(*store.Tx) error {
		_, err := st.SetSchema(context.Background(), bound(t, narrow), store.SchemaOptions{})
		return err
	})
	require.ErrorIs(t, err, store.ErrReentrant)
	require.NoError(t, st.Close())
	_, err = st.SetSchema(context.Background(), bound(t, narrow), store.SchemaOptions{})
	require.ErrorIs(t, err, store.ErrClosed)
}

// Random writes and changes of schema, against two maps.
func TestSetSchemaModel(t *testing.T) {
	alternatives := []string{"user", "user:*", "group#member", "user with c", "user with expiration"}
	rapid.Check(t, func(t *rapid.T) {
		draw := func() *schema.Schema {
			text := "use expiration\ncaveat c(x int) { x == 1 }\ndefinition user {}\ndefinition group { relation member: user }\ndefinition doc {\n"
			for _, r := range []string{"a", "b"} {
				if n := rapid.IntRange(0, 3).Draw(t, "alternatives"); n > 0 {
					text += "relation " + r + ": "
					for i, s := range rapid.Permutation(alternatives).Draw(t, "subjects")[:n] {
						if i > 0 {
							text += " | "
						}
						text += s
					}
					text += "\n"
				}
			}
			s, err := schema.Parse("", text+"}")
			require.NoError(t, err)
			s, err = s.Bind(fixed{})
			require.NoError(t, err)
			return s
		}
		c := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
		st, err := store.Open(draw(), store.Options{Clock: c.now, CheckEachCommit: true, PinEvery: 3, HistoryAge: -1})
		require.NoError(t, err)
		defer st.Close()
		live, aside := map[tuple.Tuple]tuple.Relationship{}, map[tuple.Tuple]tuple.Relationship{}
		expired := func(r tuple.Relationship) bool { return !r.Expires.IsZero() && !r.Expires.After(c.Time) }
		type moment struct {
			state *store.State
			want  []string
		}
		var moments []moment
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			c.Time = c.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "hours")) * time.Hour)
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				s := draw()
				o := store.SchemaOptions{SetAside: rapid.Bool().Draw(t, "aside")}
				orphans := 0
				for _, r := range live {
					if !expired(r) && s.ValidateRelationship(r) != nil {
						orphans++
					}
				}
				_, err := st.SetSchema(context.Background(), s, o)
				if orphans > 0 && !o.SetAside {
					var refused *store.OrphanError
					require.ErrorAs(t, err, &refused)
					require.Equal(t, orphans, refused.Count)
					break
				}
				require.NoError(t, err)
				for id, r := range aside {
					if s.ValidateRelationship(r) == nil || expired(r) {
						delete(aside, id)
						if !expired(r) {
							live[id] = r
						}
					}
				}
				for id, r := range live {
					if expired(r) {
						delete(live, id)
					} else if s.ValidateRelationship(r) != nil {
						delete(live, id)
						aside[id] = r
					}
				}
			case 1:
				id := rapid.SampledFrom([]string{"user:u", "doc:1", "group:g"}).Draw(t, "object")
				_, err := st.Update(context.Background(), func(tx *store.Tx) error {
					_, err := tx.DeleteObject(tuple.MustParseObject(id))
					return err
				})
				require.NoError(t, err)
				for _, m := range []map[tuple.Tuple]tuple.Relationship{live, aside} {
					for k := range m {
						if k.Object.String() == id || k.Subject.Object.String() == id {
							delete(m, k)
						}
					}
				}
			default:
				text := "doc:" + rapid.SampledFrom([]string{"1", "2"}).Draw(t, "doc") + "#" + rapid.SampledFrom([]string{"a", "b"}).Draw(t, "relation") +
					"@" + rapid.SampledFrom([]string{"user:u", "user:*", "group:g#member", "user:u[c]", "user:u[expiration:2026-01-01T03:00:00Z]"}).Draw(t, "subject")
				r := tuple.MustParseRelationship(text)
				now, err := st.Now()
				require.NoError(t, err)
				admits := now.Schema().ValidateRelationship(r)
				_, err = st.Update(context.Background(), func(tx *store.Tx) error { return tx.Touch(r) })
				require.Equal(t, admits == nil, err == nil)
				if err == nil {
					live[r.Tuple] = r
					delete(aside, r.Tuple)
				}
			}
			now, err := st.Now()
			require.NoError(t, err)
			want := []string{}
			for _, r := range live {
				if !expired(r) {
					want = append(want, r.String())
				}
			}
			slices.Sort(want)
			got := []string{}
			for r, err := range now.Tuples(tuple.Filter{}) {
				require.NoError(t, err)
				got = append(got, r.String())
			}
			slices.Sort(got)
			require.Equal(t, want, got)
			require.Equal(t, len(aside), st.Stats().Aside)
			require.NoError(t, st.Check())
			moments = append(moments, moment{now, want})
		}
		for _, m := range moments {
			at, err := st.At(m.state.Revision())
			require.NoError(t, err)
			then, err := at.AsOf(m.state.Time())
			if err != nil {
				require.ErrorIs(t, err, store.ErrSwept)
				continue
			}
			got := []string{}
			for r, err := range then.Tuples(tuple.Filter{}) {
				require.NoError(t, err)
				got = append(got, r.String())
			}
			slices.Sort(got)
			require.Equal(t, m.want, got)
		}
	})
}
