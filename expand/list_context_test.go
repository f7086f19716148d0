package expand_test

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/tuple"
)

// Whenever the context ends, the list ends with its error, after what it said
// before; and with a context that lasts it is complete.
func TestListsEndWithTheContext(t *testing.T) {
	state := listedState(t, `
		group:g#member@user:ann[on_day]
		group:g#member@user:bob[on_day]
		group:h#member@group:g#member
		group:i#boss@user:ann
		doc:1#viewer@group:i#any[on_day]
		doc:1#viewer@group:h#member
		doc:1#banned@user:ann[on_day]
		doc:2#viewer@user:ann
		doc:2#banned@user:ann[on_day]
		doc:2#owner@user:ann
		doc:4#folder@folder:x[on_day]
		folder:x#reader@user:ann
		doc:3#viewer@user:*
		doc:3#viewer@user:ann
		doc:3#banned@user:ann[on_day]`)
	ann := tuple.MustParseSubject("user:ann")
	lists := map[string]func(c *countdown) iter.Seq2[string, error]{
		"objects": func(c *countdown) iter.Seq2[string, error] { return objects(c, state, ann, "open", "doc") },
		"subjects": func(c *countdown) iter.Seq2[string, error] {
			return subjects(c, state, tuple.MustParseObject("doc:1"), "open", "user")
		},
		"subjects of an intersection": func(c *countdown) iter.Seq2[string, error] {
			return subjects(c, state, tuple.MustParseObject("doc:2"), "both", "user")
		},
		"subjects beside a wildcard": func(c *countdown) iter.Seq2[string, error] {
			return subjects(c, state, tuple.MustParseObject("doc:3"), "open", "user")
		},
		"subjects of a union": func(c *countdown) iter.Seq2[string, error] {
			return subjects(c, state, tuple.MustParseObject("group:g"), "any", "user")
		},
		"subjects over an arrow": func(c *countdown) iter.Seq2[string, error] {
			return subjects(c, state, tuple.MustParseObject("doc:4"), "view", "user")
		},
		"permissions": func(c *countdown) iter.Seq2[string, error] {
			return permissions(c, state, ann, tuple.MustParseObject("doc:2"))
		},
	}
	for name, list := range lists {
		t.Run(name, func(t *testing.T) {
			var whole []string
			for a, err := range list(&countdown{ctx, 1 << 20}) {
				require.False(t, errors.Is(err, errTimeUp))
				whole = append(whole, a)
			}
			require.NotEmpty(t, whole)
			ended := 0
			for left := range 200 {
				var said []string
				var last error
				for a, err := range list(&countdown{ctx, left}) {
					require.NoError(t, last, "nothing comes after it")
					if errors.Is(err, errTimeUp) {
						last = err
						continue
					}
					said = append(said, a)
				}
				require.Equal(t, strings.Join(whole[:len(said)], ", "), strings.Join(said, ", "))
				if last == nil {
					require.Len(t, said, len(whole))
					break
				}
				require.ErrorIs(t, last, errTimeUp)
				ended++
			}
			require.NotZero(t, ended)
			require.Less(t, ended, 200)
		})
	}
}

// So it is among tuples that lead nowhere.
func TestListsLookAtTheContextAmongStrangers(t *testing.T) {
	var b strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&b, "mail:%d#viewer@user:ann\n", i)
	}
	state := now(t, open(t, `
		definition user {}
		definition doc { relation viewer: user }
		definition mail { relation viewer: user }`, b.String()+"doc:1#viewer@user:ann\n"))
	for _, err := range objects(&countdown{ctx, 1}, state, tuple.MustParseSubject("user:ann"), "viewer", "doc") {
		require.ErrorIs(t, err, errTimeUp)
	}
	require.Equal(t, []string{"doc:1"}, lines(lister().Objects(ctx, state, tuple.MustParseSubject("user:ann"), "viewer", "doc", expand.Limit(2))))
}
