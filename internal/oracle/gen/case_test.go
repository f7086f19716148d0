package gen

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/baobab-authz/baobab/internal/oracle"
	"github.com/baobab-authz/baobab/tuple"
)

// What is drawn can be written: every relationship is admitted and has not
// expired when it is written.
func TestCasesAreWellFormed(t *testing.T) {
	kinds := map[oracle.Kind]int{}
	refused := 0
	check := func(t require.TestingT, c *Case) {
		for _, r := range c.Tuples {
			require.NoError(t, r.Validate())
			require.True(t, c.Schema.Admit(r), "%s", r)
			require.True(t, r.Expires.IsZero() || r.Expires.After(c.Loaded), "%s", r)
		}
		state := oracle.NewState(c.Tuples...)
		require.Len(t, state, len(c.Tuples))
		for _, tx := range c.History {
			require.True(t, tx.At.After(c.Asked))
			for _, o := range tx.Operations {
				kinds[o.Kind]++
				if o.Kind == oracle.Create || o.Kind == oracle.Touch {
					require.NoError(t, o.Relationship.Validate())
					require.True(t, c.Schema.Admit(o.Relationship), "%s", o.Relationship)
				}
				if r := o.Relationship; o.Kind == oracle.Create || o.Kind == oracle.Touch && !r.Expires.IsZero() {
					require.True(t, r.Expires.IsZero() || r.Expires.After(tx.At), "%s", r)
				}
				require.NoError(t, o.Filter.Validate())
			}
			after, committed := state.Apply(tx)
			if !committed {
				refused++
			}
			state = after
		}
		moments := c.Moments()
		require.Len(t, moments, 1+len(c.History))
		require.Len(t, c.Given, len(moments))
		require.Equal(t, state, moments[len(c.History)].State)
		for _, s := range c.Subjects() {
			for _, o := range c.Objects() {
				for _, r := range c.Schema.Type(o.Type).Relations {
					require.NoError(t, c.Schema.Ask(tuple.New(o, r.Name, s)))
				}
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) { check(t, Draw(t)) })
	for i := range 200 {
		check(t, Cases().Example(i))
	}
	require.Len(t, kinds, 5)
	require.NotZero(t, refused)
}

// The same number gives the same case.
func TestCasesRepeat(t *testing.T) {
	for i := range 20 {
		require.Equal(t, Describe(Cases().Example(i)), Describe(Cases().Example(i)))
	}
}

// The operators, and what the engine could get wrong, are all there.
func TestCasesHaveEverything(t *testing.T) {
	var all strings.Builder
	for i := range 300 {
		all.WriteString(Describe(Cases().Example(i)))
	}
	for _, want := range []string{
		" + ", " & ", " - ", "->view", ".all(", "nil", "self", "= this", "= (this", "user:*", "group:*", "group#member", "#view",
		"#member@user:*", "@group:1#view", "[expiration:", "n60#", "Create(", "DeleteObject(", "DeleteMatching(", "relation member: user = ", "definition user {\n",
		"caveat c1(", "user with c", "user:* with c", " and expiration", "#member with c", "[c1]", `[c1:{"`, " / ", ` == "`, " && ", " || ", "given after", `"colour"`,
	} {
		require.Contains(t, all.String(), want)
	}
}

func TestWithoutExclusions(t *testing.T) {
	computed := func(r string) oracle.Expr { return oracle.Computed{Relation: r} }
	s := &oracle.Schema{Types: []*oracle.Type{{Name: "doc", Relations: []*oracle.Relation{
		{Name: "a", Admits: []oracle.Admit{{Type: "doc"}}, Rewrite: oracle.This{}},
		{Name: "p", Rewrite: oracle.Union{oracle.Exclusion{Base: computed("a"), Subtract: computed("p")},
			oracle.Intersection{oracle.Exclusion{Base: oracle.Exclusion{Base: oracle.Self{}, Subtract: oracle.Nil{}}, Subtract: computed("a")}, oracle.Nil{}}}},
	}}}}
	require.Equal(t, "use self\n\ndefinition doc {\n    relation a: doc\n    permission p = a + (self & nil)\n}\n", WithoutExclusions(s).Source())
	require.Contains(t, s.Source(), "(a - p)")
}

func TestCycleEdge(t *testing.T) {
	for _, test := range []struct {
		name, tuples, want string
	}{
		{"none", "g:1#r@g:2 g:2#r@g:3 g:1#r@g:3", ""},
		{"itself", "g:1#r@g:2 g:2#r@g:2#r", "g:2#r@g:2#r"},
		{"two", "g:1#r@g:2 g:2#s@g:1#r", "g:1#r@g:2"},
		{"three, after a tail", "g:0#r@g:1 g:1#r@g:2 g:2#r@g:3 g:3#r@g:1", "g:1#r@g:2"},
		{"expired", "g:1#r@g:1[expiration:2027-01-01T00:00:00Z]", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := Cases().Example(0)
			c.Tuples = nil
			for _, text := range strings.Fields(test.tuples) {
				c.Tuples = append(c.Tuples, tuple.MustParseRelationship(text))
			}
			edge, ok := CycleEdge(c)
			require.Equal(t, test.want != "", ok)
			if ok {
				require.Equal(t, test.want, edge.String())
			}
		})
	}
}
