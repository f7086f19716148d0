package baobab_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/store"
	"github.com/baobab-authz/baobab/tuple"
)

// Each case here is one about which the page, the oracle and the engine were not
// of one mind at first. The reasons say what it would mean to decide otherwise.
func TestRulesThatWereInDoubt(t *testing.T) {
	noon := time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)
	relation := tuple.MustParse
	for _, test := range []struct {
		name, schema string
		before       []string
		actor        string // none for Update
		do           func(*baobab.Tx) error
		want         error
		after        []string // as before if it is refused
	}{
		{
			// bob may delete himself; by way of a tuple that he may not write he could
			// otherwise delete any document, and none of its tuples' guards would ask.
			name: "a cascade over a tuple that was not there gives no right to what it deletes",
			schema: `
				//baobab:deleted-by me
				definition user { permission me = self }
				definition doc {
					//baobab:on-delete cascade
					relation author: user
					relation reader: user
				}`,
			before: []string{"doc:1#reader@user:ann"},
			actor:  "user:bob",
			do: func(tx *baobab.Tx) error {
				if err := tx.Create(relation("doc:1#author@user:bob").Always()); err != nil {
					return err
				}
				_, err := tx.DeleteObject(tuple.MustParseObject("user:bob"))
				return err
			},
			want: store.ErrGuard,
		},
		{
			name: "a cascade over a tuple that was there does",
			schema: `
				//baobab:deleted-by me
				definition user { permission me = self }
				definition doc {
					//baobab:on-delete cascade
					relation author: user
					relation reader: user
				}`,
			before: []string{"doc:1#author@user:bob", "doc:1#reader@user:ann"},
			actor:  "user:bob",
			do: func(tx *baobab.Tx) error {
				_, err := tx.DeleteObject(tuple.MustParseObject("user:bob"))
				return err
			},
		},
		{
			// Nothing that names the folder is left to complain.
			name: "an object's own tuple does not refuse its deletion",
			schema: `
				definition user {}
				definition folder {
					//baobab:on-delete refuse
					relation parent: folder
				}`,
			before: []string{"folder:1#parent@folder:1"},
			do: func(tx *baobab.Tx) error {
				_, err := tx.DeleteObject(tuple.MustParseObject("folder:1"))
				return err
			},
		},
		{
			// The tuple is not live, but a view AsOf an earlier instant has it.
			name: "a write that is over before it begins needs its guards",
			schema: `
				definition user {}
				definition doc {
					//baobab:granted-by owner
					relation owner: user with expiration
				}`,
			actor: "user:bob",
			do: func(tx *baobab.Tx) error {
				return tx.Touch(relation("doc:1#owner@user:bob").Until(noon.Add(-time.Microsecond)))
			},
			want: store.ErrGuard,
		},
		{
			// So whoever does it by mistake learns nothing, and nothing happens.
			name:   "to delete what nothing names is nothing",
			schema: `definition user {}`,
			actor:  "user:bob",
			do: func(tx *baobab.Tx) error {
				_, err := tx.DeleteObject(tuple.MustParseObject("user:ann"))
				return err
			},
		},
		{
			name: "the tuples of a sum are counted each, though they have one object and subject",
			schema: `
				definition user {}
				definition org {}
				definition doc {
					relation org: org
					relation owner: user
					relation reader: user
					//baobab:count 0..1 in org
					permission view = owner + reader
				}`,
			before: []string{"doc:1#org@org:1", "doc:1#owner@user:ann"},
			do: func(tx *baobab.Tx) error {
				return tx.Create(relation("doc:1#reader@user:ann").Always())
			},
			want: store.ErrConstraint,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := schema.Parse("", "use expiration\nuse self\n"+test.schema)
			require.NoError(t, err)
			eng, err := openEngine(s, baobab.Options{Store: store.Options{Clock: func() time.Time { return noon }, CheckEachCommit: true}})
			require.NoError(t, err)
			defer eng.Close()
			for _, text := range test.before {
				_, err := eng.Write(ctx, tuple.MustParseRelationship(text))
				require.NoError(t, err)
			}
			before := eng.Now().Revision()
			if test.actor == "" {
				_, err = eng.Update(ctx, test.do)
			} else {
				_, err = eng.UpdateAs(ctx, tuple.MustParseSubject(test.actor), nil, test.do)
			}
			if test.want != nil {
				require.ErrorIs(t, err, test.want)
				require.Equal(t, before, eng.Now().Revision())
				test.after = test.before
			} else {
				require.NoError(t, err)
			}
			var stored []string
			for r, err := range eng.Now().Tuples(tuple.Filter{}) {
				require.NoError(t, err)
				stored = append(stored, r.String())
			}
			require.ElementsMatch(t, test.after, stored)
		})
	}
}
