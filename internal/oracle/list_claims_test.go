package oracle_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/internal/oracle/gen"
	"github.com/baobab-authz/baobab/tuple"
)

// The page takes two things for granted: that a wildcard's entry can speak for
// those whom nothing names, as all of them have its answer; and that what neither
// a live tuple nor the subject names is in no list of objects.
func TestNobodyIsLeftOutOfLists(t *testing.T) {
	values := map[oracle.Value]int{}
	for seed := range 100 {
		c := gen.Cases().Example(seed)
		m := c.Moments()[0]
		named := map[tuple.Object]bool{}
		var live []tuple.Relationship
		for _, r := range m.State.Relationships() {
			if r.Expires.IsZero() || r.Expires.After(m.At) {
				named[r.Object], named[r.Subject.Object] = true, true
				live = append(live, r)
			}
		}
		var strangers []tuple.Object
		for _, typ := range c.Schema.Types {
			strangers = append(strangers, tuple.Object{Type: typ.Name, ID: "nobody"})
		}
		model := oracle.NewModel(c.Schema, live, m.At, m.Given, append(strangers, c.Objects()...)...)
		for _, object := range c.Objects() {
			for _, r := range c.Schema.Type(object.Type).Relations {
				for _, stranger := range strangers {
					wildcard := tuple.Subject{Object: tuple.Object{Type: stranger.Type, ID: tuple.Wildcard}}
					want := model.Holds(tuple.New(object, r.Name, wildcard))
					require.Equal(t, want, model.Holds(tuple.New(object, r.Name, stranger.Subject())), "case %d: %s#%s", seed, object, r.Name)
					values[want]++
				}
			}
		}
		for _, s := range c.Subjects() {
			for _, typ := range c.Schema.Types {
				for _, r := range typ.Relations {
					for _, e := range model.Objects(s, r.Name, typ.Name) {
						require.True(t, named[e.Object] || e.Object == s.Object, "case %d: %s for %s#%s", seed, e, s, r.Name)
					}
				}
			}
		}
	}
	for _, v := range []oracle.Value{oracle.True, oracle.False, oracle.Undefined, oracle.Failed} {
		require.NotZero(t, values[v], v)
	}
}
