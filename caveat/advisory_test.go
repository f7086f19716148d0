package caveat_test

import (
	gocontext "context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/caveat"
	"github.com/baobab-authz/baobab/check"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// Wrong answers that other engines have published and that need values of CEL's
// types. docs/CONFORMANCE.md lists all of them.

// alike are contexts that come to the same text in some way of writing them
// down: joined by commas, without quotes, without types, flattened.
func alike() []context {
	var all []context
	for _, l := range [][]any{
		{"a,b"}, {"a", "b"}, {"b", "a"}, {"ab"}, {"a", "b", ""}, {"", "a", "b"}, {"a,", "b"}, {"a b"}, {`a","b`}, {"[a b]"}, {}, {""},
		{[]any{"a"}, "b"}, {[]any{"a", "b"}}, {"a", []any{"b"}}, {[]any{[]any{"a"}}, "b"}, {[]any{}, "a", "b"},
		{"1"}, {1}, {1.5}, {"1.5"}, {true}, {"true"}, {nil}, {"null"}, {context{"a": "b"}}, {"map[a:b]"}, {`{"a":"b"}`},
	} {
		all = append(all, context{"l": l})
	}
	return all
}

// CVE-2026-34972 and CVE-2026-33729 of OpenFGA, CVE-2026-46668 of SpiceDB: two
// contexts came to one key of a cache, such as a list of one text with a comma
// and a list of two, or a list within a list and a flat one, and one of them got
// the other's answer. Of contexts that look alike each has the answer that it has
// alone, asked in turn, again and again, and side by side, while all results are kept.
func TestAdvisoryContextsAlike(t *testing.T) {
	for _, only := range []string{`l == ["a,b"]`, `l == ["a", "b"]`, `l == [["a"], "b"]`, `l == ["1"]`, `l == [1]`, `l == [true]`, `l == ["true"]`,
		`l == [""]`, `l == []`, `l == [null]`, `l == [{"a": "b"}]`} {
		s, err := schema.Parse("", "caveat shape(l list<any>) {\n"+only+"\n}\n"+`
			definition user {}
			definition doc {
				relation viewer: user with shape
				relation banned: user with shape
				permission view = viewer
				permission rest = viewer - banned
			}`)
		require.NoError(t, err, only)
		eng, err := baobab.Open(s, baobab.Options{Caveats: caveat.New(caveat.Options{}), Check: check.Options{CacheSteps: 1}})
		require.NoError(t, err, only)
		defer eng.Close()
		ctx := gocontext.Background()
		_, err = eng.Write(ctx, tuple.MustParseRelationship("doc:1#viewer@user:ann[shape]"),
			tuple.MustParseRelationship("doc:2#viewer@user:ann[shape]"), tuple.MustParseRelationship("doc:2#banned@user:ann[shape]"))
		require.NoError(t, err, only)
		view := tuple.MustParse("doc:1#view@user:ann")
		rest := tuple.MustParse("doc:2#rest@user:ann")
		var alone []bool
		holding := 0
		for _, given := range alike() {
			fresh := compile(t, "l list<any>", only, caveat.Options{})
			v, err := fresh.Evaluate(nil, given)
			require.NoError(t, err, "%s, %v", only, given)
			alone = append(alone, v.Holds)
			if v.Holds {
				holding++
			}
		}
		require.Equal(t, 1, holding, only)
		ask := func() {
			for i, given := range alike() {
				ds, err := eng.Now().Given(given).CheckAll(ctx, []tuple.Tuple{view, rest, view})
				if assert.NoError(t, err, "%s, %v", only, given) {
					assert.Equal(t, alone[i], ds[0].Allowed(), "%s, %v", only, given)
					assert.Equal(t, alone[i], ds[2].Allowed(), "%s, %v", only, given)
					assert.True(t, ds[1].Denied(), "%s, %v", only, given)
				}
			}
		}
		for range 3 {
			ask()
		}
		require.NotZero(t, eng.Stats().Cache.Hits)
		var group sync.WaitGroup
		for range 4 {
			group.Go(ask)
		}
		group.Wait()
		for i, given := range alike() { // stored with the tuple
			stored := tuple.MustParse("doc:3#viewer@user:ann").When("shape", given)
			d, err := eng.Now().With(stored).Check(ctx, tuple.MustParse("doc:3#view@user:ann"))
			require.NoError(t, err)
			require.Equal(t, alone[i], d.Allowed(), "%s, %v", only, given)
		}
	}
}
