package check

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/internal/index"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// A rule depends on all that a search can come by: the tuples of groups, of what
// arrows follow and lead to, and of what is excluded, with their caveats.
func TestDepends(t *testing.T) {
	s := schema.MustParse(`
		caveat on(day string, hour int) { true }
		caveat at(hour int, place string) { true }
		caveat never(x bool) { true }
		definition user { relation boss: user with never }
		definition robot { relation owner: user }
		definition team {
			relation member: user | team#member | crew#active
			relation leader: user with never
		}
		definition crew {
			relation mate: user with on
			relation left: user
			permission active = mate - left
		}
		definition folder {
			relation parent: folder
			relation owner: user
			permission view = owner + parent->view
		}
		definition doc {
			relation parent: folder with at | robot
			relation reader: user
			relation blocked: team#leader
			relation other: user
			permission view = parent->view
			permission own = parent->owner
			permission every = parent.all(owner)
			permission read = (reader & view) - blocked
			permission nobody = nil
			permission alias = read
		}`)
	dict := index.NewDict()
	var names []string
	for _, d := range s.Definitions() {
		names = append(names, d.Name)
		for _, r := range d.Relations {
			names = append(names, r.Name)
		}
	}
	require.NoError(t, dict.InternNames(names...))
	for _, c := range []struct{ typ, relation, relations, parameters string }{
		{"team", "member", "left mate member", "day hour"},
		{"crew", "active", "left mate", "day hour"},
		{"team", "leader", "leader", "x"},
		{"folder", "view", "owner parent", ""},
		{"doc", "view", "owner parent", "hour place"},
		{"doc", "own", "owner parent", "hour place"},
		{"doc", "every", "owner parent", "hour place"},
		{"doc", "read", "blocked leader owner parent reader", "hour place x"},
		{"doc", "alias", "blocked leader owner parent reader", "hour place x"},
		{"doc", "nobody", "", ""},
		{"doc", "reader", "reader", ""},
	} {
		d := newDepends(s, dict, c.typ, c.relation)
		var relations []string
		for _, n := range d.relations {
			relations = append(relations, dict.String(n))
		}
		slices.Sort(relations)
		require.Equal(t, c.relations, strings.Join(relations, " "), "%s#%s", c.typ, c.relation)
		require.Equal(t, c.parameters, strings.Join(d.parameters, " "), "%s#%s", c.typ, c.relation)
		require.False(t, d.many)
	}
}

// The values of parameters are told from each other exactly.
func TestValuesAreToldApart(t *testing.T) {
	d := &depends{parameters: []string{"a", "b"}}
	value := rapid.Custom(drawValue)
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) map[string]any {
			m := rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c"}), value, 0, 3).Draw(t, label)
			c, err := tuple.CanonicalContext(m)
			require.NoError(t, err)
			return c
		}
		x := draw("x")
		y := draw("y")
		if rapid.Bool().Draw(t, "nearly the same") {
			y = maps.Clone(x)
			delete(y, "c")
			if rapid.Bool().Draw(t, "but one") {
				delete(y, rapid.SampledFrom(d.parameters).Draw(t, "but"))
			}
		}
		p, ok := d.values(x, nil)
		require.True(t, ok)
		q, ok := d.values(y, make([]byte, 0, 7))
		require.True(t, ok)
		read := func(m map[string]any) map[string]any {
			r := map[string]any{}
			for _, name := range d.parameters {
				if v, ok := m[name]; ok {
					r[name] = v
				}
			}
			return r
		}
		require.Equal(t, reflect.DeepEqual(read(x), read(y)), string(p) == string(q), "%v and %v", x, y)
	})
}

func drawValue(t *rapid.T) any {
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0:
		return rapid.SampledFrom([]string{"", "a", "b", "aa", "\x00", "\x05\x01a"}).Draw(t, "string")
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return float64(rapid.IntRange(-1, 2).Draw(t, "number"))
	case 3:
		return rapid.SliceOfN(rapid.Custom(drawValue), 0, 2).Draw(t, "list")
	case 4:
		return rapid.MapOfN(rapid.SampledFrom([]string{"", "a", "b"}), rapid.Custom(drawValue), 0, 2).Draw(t, "map")
	}
	return nil
}

// Only canonical values can be told apart.
func TestOtherValuesAreNotKept(t *testing.T) {
	d := &depends{parameters: []string{"a"}}
	for _, v := range []any{7, []any{7}, map[string]any{"x": 7}} {
		_, ok := d.values(map[string]any{"a": v}, nil)
		require.False(t, ok)
	}
}

// Where what was kept is not what a search finds there is no answer to give.
func TestKeptDisagreementIsNoAnswer(t *testing.T) {
	q := tuple.MustParse("doc:1#view@user:ann")
	require.Panics(t, func() { mustBeKept(q, Allow(), true, Decision{}, nil) })
	require.Panics(t, func() { mustBeKept(q, Decision{}, true, Decision{}, ErrBudget) })
	require.NotPanics(t, func() {
		mustBeKept(q, Allow(), true, Allow(), nil)
		mustBeKept(q, Decision{}, false, Allow(), nil)
	})
}
