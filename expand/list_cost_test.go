package expand_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/baobab-authz/baobab/expand"
	"github.com/baobab-authz/baobab/schema"
	"github.com/baobab-authz/baobab/tuple"
)

// The context is looked at where no tuple is read as well: many objects times many
// permissions that follow from each other was gone through without a look at it.
func TestListsLookAtTheContextBetweenTuples(t *testing.T) {
	const chain = 6_000
	var doc strings.Builder
	doc.WriteString("relation p0: user\n")
	for i := range chain {
		fmt.Fprintf(&doc, "permission p%d = p%d\n", i+1, i)
	}
	state := now(t, open(t, "definition user {}\ndefinition doc {\n"+doc.String()+"}", "doc:1#p0@user:ann"))
	last := fmt.Sprintf("p%d", chain)
	ann, one := tuple.MustParseSubject("user:ann"), tuple.MustParseObject("doc:1")
	require.Equal(t, []string{"doc:1"}, lines(lister().Objects(ctx, state, ann, last, "doc")))
	for a, err := range lister().Objects(&countdown{ctx, 1}, state, ann, last, "doc") {
		require.ErrorIs(t, err, errTimeUp, a)
	}
	looks := 0
	for ; ; looks++ {
		var err error
		for _, err = range lister().Subjects(&countdown{ctx, looks}, state, one, last, "user") {
		}
		if err == nil {
			break
		}
		require.ErrorIs(t, err, errTimeUp)
	}
	require.Equal(t, []string{"user:ann"}, lines(lister().Subjects(ctx, state, one, last, "user")))
	require.Greater(t, looks, 1, "at the beginning, and on the way")
}

// An object's tuples are read from one relation that leads on to the next, past
// those that do not, in pages that end anywhere.
func TestObjectsPastRelationsThatLeadNowhere(t *testing.T) {
	const relations = 9
	wanted := map[int]bool{1: true, 4: true, 5: true, 8: true}
	for _, each := range []int{1, 63, 64, 127, 128, 129, 300} {
		var parts []schema.Part
		var want []string
		var hypothetical []tuple.Relationship
		var stored strings.Builder
		for _, typ := range []string{"doc", "other"} { // relations of the same names
			var members []schema.Member
			var sum []schema.Rewrite
			for r := range relations {
				name := fmt.Sprintf("r%d", r)
				members = append(members, schema.Rel(name, schema.Type("user"), schema.Userset("user", "friend")))
				if wanted[r] {
					sum = append(sum, schema.Ref(name))
				}
				for i := range each {
					id := fmt.Sprintf("%d.%03d", r, i)
					for _, of := range []string{"user:ann", "user:bob#friend"} {
						rel := tuple.MustParseRelationship(typ + ":" + id + "#" + name + "@" + of)
						if i%3 == 0 {
							hypothetical = append(hypothetical, rel)
						} else {
							fmt.Fprintln(&stored, rel)
						}
					}
					if typ == "doc" && wanted[r] {
						want = append(want, "doc:"+id)
					}
				}
			}
			parts = append(parts, schema.Define(typ, append(members, schema.Perm("view", schema.Or(sum...)))...))
		}
		parts = append(parts, schema.Define("user", schema.Rel("friend", schema.Type("user"))))
		state, err := now(t, fill(t, schema.MustNew(parts...), stored.String())).With(hypothetical...)
		require.NoError(t, err)
		for _, sub := range []string{"user:ann", "user:bob#friend"} {
			require.Equal(t, want, lines(lister().Objects(ctx, state, tuple.MustParseSubject(sub), "view", "doc")), "%s, %d each", sub, each)
		}
	}
}

// A schema of many relations: an object is not asked for each of them. It took
// seconds to plan, and to go through, when each relation was looked for at each object.
func TestObjectsOfManyRelations(t *testing.T) {
	const relations, docs = 20_000, 5_000
	var members []schema.Member
	var sum []schema.Rewrite
	for i := range relations {
		name := fmt.Sprintf("r%d", i)
		members = append(members, schema.Rel(name, schema.Type("user"), schema.Userset("doc", "all")))
		sum = append(sum, schema.Ref(name))
	}
	s := schema.MustNew(schema.Define("user"), schema.Define("doc", append(members, schema.Perm("all", schema.Or(sum...)))...))
	var stored strings.Builder
	for i := range docs {
		fmt.Fprintf(&stored, "doc:%d#r%d@user:ann\n", i, i*3)
	}
	state := now(t, fill(t, s, stored.String()))
	require.Len(t, lines(lister().Objects(ctx, state, tuple.MustParseSubject("user:ann"), "all", "doc")), docs)
	require.Len(t, lines(lister().Objects(ctx, state, tuple.MustParseSubject("user:ann"), "all", "doc", expand.Limit(1))), 1)
}
